package bolt_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
)

// The benchmarks work on tokens as the engine may store them, each beside the
// same work done by hand over bbolt ("floor=..."). A token is three entries:
//
//	d, id                the document, 203 bytes; ids ascend
//	i, instance, id      the index by instance, 4 tokens each
//	s, sha256 of secret  the id
const (
	benchTokens  = 100_000
	perInstance  = 4
	documentSize = 203
)

// token returns the three entries of a token.
func token(id uint64) [3]kv.Write {
	id8 := binary.BigEndian.AppendUint64(nil, id)
	return [3]kv.Write{
		{Key: documentKey(id), Value: make([]byte, documentSize)},
		{Key: append(instanceKey(id/perInstance), id8...)},
		{Key: secretKey(id), Value: id8},
	}
}

func documentKey(id uint64) []byte { return binary.BigEndian.AppendUint64([]byte("d"), id) }

// instanceKey is the start of the index keys of an instance; instances stand
// in no order, as a hash makes them.
func instanceKey(instance uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte("i"), instance*0x9E3779B97F4A7C15)
}

func secretKey(id uint64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, id))
	return append([]byte("s"), sum[:]...)
}

var bench struct {
	once sync.Once
	file []byte
}

// benchFile returns the path of a new store of benchTokens tokens.
func benchFile(b *testing.B) string {
	b.Helper()
	bench.once.Do(func() {
		path := newPath(b)
		s, err := bolt.Open(path, bolt.Options{Spaces: map[byte]bolt.Space{'d': {Ascending: true}}, NoSync: true})
		if err != nil {
			b.Fatal(err)
		}
		for id := uint64(0); id < benchTokens; {
			batch := &kv.Batch{}
			for range 10_000 {
				t := token(id)
				batch.Writes = append(batch.Writes, t[:]...)
				id++
			}
			if _, err := s.Commit(context.Background(), batch); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		bench.file = read(b, path)
	})
	path := filepath.Join(b.TempDir(), "bench.db")
	write(b, path, bench.file)
	return path
}

func benchStore(b *testing.B) *bolt.Store {
	return open(b, benchFile(b), bolt.Options{Spaces: map[byte]bolt.Space{'d': {Ascending: true}}})
}

// benchRaw opens the same file with bbolt.
func benchRaw(b *testing.B) *bbolt.DB {
	db, err := bbolt.Open(benchFile(b), 0o600, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, NoStatistics: true, InitialMmapSize: 1 << 30,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// BenchmarkOpen opens and closes a store, which is checked each time.
func BenchmarkOpen(b *testing.B) {
	b.Run("store", func(b *testing.B) {
		path := benchFile(b)
		for b.Loop() {
			s, err := bolt.Open(path, bolt.Options{})
			must(b, err)
			must(b, s.Close())
		}
	})
	b.Run("floor=bbolt", func(b *testing.B) {
		path := benchFile(b)
		for b.Loop() {
			db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
			must(b, err)
			must(b, db.Close())
		}
	})
}

// must ends the benchmark on an error.
func must(b *testing.B, err error) {
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkGet reads one token by its secret, with a snapshot of its own.
func BenchmarkGet(b *testing.B) {
	b.Run("store", func(b *testing.B) {
		s := benchStore(b)
		measure(b, func(r *rand.Rand) error { return getBySecret(s, r.Uint64N(benchTokens)) })
	})
	b.Run("floor=View", func(b *testing.B) {
		db := benchRaw(b)
		measure(b, func(r *rand.Rand) error {
			key := secretKey(r.Uint64N(benchTokens))
			return db.View(func(tx *bbolt.Tx) error {
				if tx.Bucket(key[:1]).Get(key) == nil {
					return fmt.Errorf("%x is not there", key)
				}
				return nil
			})
		})
	})
}

func getBySecret(s kv.Store, id uint64) error {
	snap, err := s.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	key := secretKey(id)
	if value, err := snap.Get(key); value == nil || err != nil {
		return fmt.Errorf("%x: %w", key, err)
	}
	return nil
}

// BenchmarkGetInside reads tokens within one snapshot.
func BenchmarkGetInside(b *testing.B) {
	b.Run("store", func(b *testing.B) {
		snap, err := benchStore(b).Snapshot()
		must(b, err)
		defer snap.Close()
		measure(b, func(r *rand.Rand) error {
			_, err := snap.Get(secretKey(r.Uint64N(benchTokens)))
			return err
		})
	})
	b.Run("floor=Get", func(b *testing.B) {
		tx, err := benchRaw(b).Begin(false)
		must(b, err)
		defer func() { _ = tx.Rollback() }()
		bucket := tx.Bucket([]byte("s"))
		measure(b, func(r *rand.Rand) error {
			bucket.Get(secretKey(r.Uint64N(benchTokens)))
			return nil
		})
	})
}

// BenchmarkScan4 lists the tokens of an instance, with a snapshot of its own.
func BenchmarkScan4(b *testing.B) {
	b.Run("store", func(b *testing.B) {
		s := benchStore(b)
		measure(b, func(r *rand.Rand) error {
			lo := instanceKey(r.Uint64N(benchTokens / perInstance))
			hi := append(slices.Clone(lo), 0xff)
			snap, err := s.Snapshot()
			if err != nil {
				return err
			}
			defer snap.Close()
			n := 0
			it := snap.Scan(lo, hi, false)
			for it.Next() {
				n++
			}
			it.Close()
			return four(n)
		})
	})
	b.Run("floor=Cursor", func(b *testing.B) {
		db := benchRaw(b)
		measure(b, func(r *rand.Rand) error {
			lo := instanceKey(r.Uint64N(benchTokens / perInstance))
			hi := append(slices.Clone(lo), 0xff)
			return db.View(func(tx *bbolt.Tx) error {
				n := 0
				c := tx.Bucket(lo[:1]).Cursor()
				for k, _ := c.Seek(lo); k != nil && slices.Compare(k, hi) < 0; k, _ = c.Next() {
					n++
				}
				return four(n)
			})
		})
	})
}

func four(n int) error {
	if n != perInstance {
		return fmt.Errorf("%d tokens", n)
	}
	return nil
}

// measure runs f b.N times and reports the median beside the mean, which on a
// busy machine says little.
func measure(b *testing.B, f func(r *rand.Rand) error) {
	b.Helper()
	b.ReportAllocs()
	r := rand.New(rand.NewPCG(1, 2))
	times := make([]time.Duration, 0, 1<<16)
	for b.Loop() {
		start := time.Now()
		if err := f(r); err != nil {
			b.Fatal(err)
		}
		if len(times) < cap(times) {
			times = append(times, time.Since(start))
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "p50-ns")
}

// BenchmarkGetBesideWriter reads while another commits without rest.
func BenchmarkGetBesideWriter(b *testing.B) {
	for _, writing := range []bool{true, false} {
		name := "store"
		if !writing {
			name = "floor=NoWriter"
		}
		b.Run(name, func(b *testing.B) {
			s := benchStore(b)
			var stop atomic.Bool
			var wg sync.WaitGroup
			if writing {
				wg.Go(func() {
					for id := uint64(benchTokens); !stop.Load(); id++ {
						must(b, create(s, id))
					}
				})
			}
			measure(b, func(r *rand.Rand) error { return getBySecret(s, r.Uint64N(benchTokens)) })
			stop.Store(true)
			wg.Wait()
		})
	}
}

// create commits a token as the engine does: it has read that nothing of it
// is there.
func create(s kv.Store, id uint64) error {
	snap, err := s.Snapshot()
	if err != nil {
		return err
	}
	t := token(id)
	batch := &kv.Batch{
		Since:  snap.Time(),
		Keys:   [][]byte{t[0].Key, t[2].Key},
		Ranges: []kv.Range{{Lo: t[1].Key, Hi: append(slices.Clone(t[1].Key), 0)}},
		Writes: t[:],
	}
	snap.Close()
	_, err = s.Commit(context.Background(), batch)
	return err
}

// createRaw puts a token in a transaction of bbolt.
func createRaw(tx *bbolt.Tx, id uint64) error {
	for i, w := range token(id) {
		bucket := tx.Bucket(w.Key[:1])
		if i == 0 {
			bucket.FillPercent = 0.95
		}
		if err := bucket.Put(w.Key, w.Value); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkCommit1 creates tokens one after the other, durably.
func BenchmarkCommit1(b *testing.B) { benchCommit(b, 1, "floor=Update", "floor=queue") }

// BenchmarkCommit64 lets 64 writers create tokens, durably.
func BenchmarkCommit64(b *testing.B) {
	benchCommit(b, 64, "floor=queue", "floor=Update", "floor=Batch")
}

func benchCommit(b *testing.B, writers int, floors ...string) {
	b.Run("store", func(b *testing.B) {
		s := benchStore(b)
		benchWriters(b, writers, func(id uint64) error { return create(s, id) })
	})
	for _, name := range floors {
		b.Run(name, func(b *testing.B) {
			db := benchRaw(b)
			do := db.Update
			switch name {
			case "floor=Batch":
				do = db.Batch
			case "floor=queue":
				do = rawQueue(b, db)
			}
			benchWriters(b, writers, func(id uint64) error {
				return do(func(tx *bbolt.Tx) error { return createRaw(tx, id) })
			})
		})
	}
}

// benchWriters divides b.N creations among writers.
func benchWriters(b *testing.B, writers int, create func(id uint64) error) {
	var wg sync.WaitGroup
	var next, done atomic.Int64
	next.Store(benchTokens)
	times := make([][]time.Duration, writers)
	b.ResetTimer()
	for w := range writers {
		wg.Go(func() {
			for done.Add(1) <= int64(b.N) {
				start := time.Now()
				if err := create(uint64(next.Add(1))); err != nil {
					b.Error(err)
				}
				times[w] = append(times[w], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(times...)
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// rawQueue is the barest commit queue over bbolt: it checks nothing, and
// knows no times, limits or watchers.
func rawQueue(b *testing.B, db *bbolt.DB) func(func(tx *bbolt.Tx) error) error {
	type job struct {
		do   func(tx *bbolt.Tx) error
		done chan error
	}
	jobs := make(chan job, 1024)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for j := range jobs {
			group := []job{j}
			for len(jobs) > 0 {
				group = append(group, <-jobs)
			}
			err := db.Update(func(tx *bbolt.Tx) error {
				for _, j := range group {
					if err := j.do(tx); err != nil {
						return err
					}
				}
				return nil
			})
			for _, j := range group {
				j.done <- err
			}
		}
	}()
	b.Cleanup(func() { close(jobs); <-ended })
	return func(do func(tx *bbolt.Tx) error) error {
		j := job{do, make(chan error, 1)}
		jobs <- j
		return <-j.done
	}
}
