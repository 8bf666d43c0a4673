package bolt_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
	"github.com/fawndb/fawn/engine/kv/kvtest"
)

// accounts hold all the money there is; transfers move it between them.
const (
	accounts = 50
	deposit  = 1000
)

func account(n int) []byte { return fmt.Appendf(nil, "m%02d", n) }

func openAccounts(t *testing.T, s *bolt.Store) {
	t.Helper()
	b := &kv.Batch{}
	for n := range accounts {
		b.Writes = append(b.Writes, kv.Write{Key: account(n), Value: binary.BigEndian.AppendUint64(nil, deposit)})
	}
	if _, err := s.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// balance is the sum of all accounts in a snapshot, and how many transfers it
// has of each worker.
func balance(snap kv.Snapshot) (sum uint64, transfers [3]uint64, err error) {
	for n := range accounts {
		v, err := snap.Get(account(n))
		if err != nil || len(v) != 8 {
			return 0, transfers, fmt.Errorf("account %d has %x: %w", n, v, err)
		}
		sum += binary.BigEndian.Uint64(v)
	}
	for w := range transfers {
		it := snap.Scan(fmt.Appendf(nil, "t%d", w), fmt.Appendf(nil, "t%d", w+1), false)
		for it.Next() {
			transfers[w]++
		}
		it.Close()
		err = errors.Join(err, it.Err())
	}
	return sum, transfers, err
}

// transfer moves 1 from an account to another, and notes it under a key of its
// own.
func transfer(s *bolt.Store, worker, n int) error {
	for {
		snap, err := s.Snapshot()
		if err != nil {
			return err
		}
		b := &kv.Batch{Since: snap.Time(), Writes: []kv.Write{{Key: fmt.Appendf(nil, "t%d%09d", worker, n)}}}
		from, to := (n*7+worker)%accounts, (n*11+worker+1)%accounts
		if from == to {
			to = (to + 1) % accounts
		}
		for i, a := range []int{from, to} {
			v, err := snap.Get(account(a))
			if err != nil || len(v) != 8 {
				snap.Close()
				return fmt.Errorf("account %d has %x: %w", a, v, err)
			}
			money := binary.BigEndian.Uint64(v) + uint64(2*i) - 1
			b.Keys = append(b.Keys, account(a))
			b.Writes = append(b.Writes, kv.Write{Key: account(a), Value: binary.BigEndian.AppendUint64(nil, money)})
		}
		snap.Close()
		if _, err = s.Commit(context.Background(), b); !errors.Is(err, kv.ErrConflict) {
			return err
		}
	}
}

// TestCompactServing compacts a store again and again while transactions move
// money, readers count it, and a snapshot from before the first time stays
// open.
func TestCompactServing(t *testing.T) {
	path, want := newBloated(t)
	s := open(t, path, bolt.Options{})
	openAccounts(t, s)
	before, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var done [3]atomic.Uint64
	var workers sync.WaitGroup
	running := func() bool {
		select {
		case <-stop:
			return false
		default:
			return true
		}
	}
	for w := range done {
		workers.Go(func() {
			for n := 0; running(); n++ {
				if err := transfer(s, w, n); err != nil {
					t.Errorf("transfer: %v", err)
					return
				}
				done[w].Add(1)
			}
		})
	}
	workers.Go(func() {
		for running() {
			var least [3]uint64
			for w := range done {
				least[w] = done[w].Load()
			}
			snap, err := s.Snapshot()
			if err != nil {
				t.Errorf("snapshot: %v", err)
				return
			}
			sum, transfers, err := balance(snap)
			snap.Close()
			if sum != accounts*deposit || err != nil {
				t.Errorf("there are %d in all, %v", sum, err)
			}
			for w := range done {
				if transfers[w] < least[w] {
					t.Errorf("worker %d has made %d transfers, %d are there", w, least[w], transfers[w])
				}
			}
		}
	})
	for round := range 6 {
		time.Sleep(20 * time.Millisecond)
		from, to, err := s.Compact(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || round == 0 && (to > from/5 || info.Size() > from/5) {
			t.Errorf("from %d to %d bytes, the file is %v, %v", from, to, info, err)
		}
	}
	close(stop)
	workers.Wait()
	mustBeAlone(t, path)
	if sum, transfers, err := balance(before); sum != accounts*deposit || transfers != [3]uint64{} || err != nil {
		t.Errorf("the snapshot of before has %d and %v, %v", sum, transfers, err)
	}
	before.Close()
	if err := s.Verify(func(err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, bolt.Options{})
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	sum, transfers, err := balance(snap)
	if sum != accounts*deposit || err != nil {
		t.Errorf("there are %d in all, %v", sum, err)
	}
	for w := range done {
		if transfers[w] != done[w].Load() {
			t.Errorf("worker %d has made %d transfers, %d are there", w, done[w].Load(), transfers[w])
		}
	}
	for k, v := range want {
		if got, err := snap.Get([]byte(k)); string(got) != v || err != nil {
			t.Fatalf("%s has %q, %v", k, got, err)
		}
	}
}

// TestCompactRefused lets a compaction of an open store fail: the store goes
// on as if nothing had been.
func TestCompactRefused(t *testing.T) {
	path, want := newBloated(t)
	s := open(t, path, bolt.Options{})
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := s.Compact(ended, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("compacted after the end: %v", err)
	}
	// A second one at the same time.
	var second error
	if _, _, err := s.Compact(context.Background(), func(int64) { _, _, second = s.Compact(context.Background(), nil) }); err != nil {
		t.Error(err)
	}
	if !errors.Is(second, kv.ErrBusy) {
		t.Errorf("compacted twice at once: %v", second)
	}
	// In the way of the new file stands a folder that is not empty.
	if err := os.MkdirAll(path+".compacting/x", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Compact(context.Background(), nil); err == nil {
		t.Error("compacted into a folder")
	}
	if err := os.RemoveAll(path + ".compacting"); err != nil {
		t.Fatal(err)
	}
	// The file has another name now: no other may take its place.
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Compact(context.Background(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("compacted a file that has gone: %v", err)
	}
	if err := os.WriteFile(path, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Compact(context.Background(), nil); err == nil {
		t.Error("compacted over another file")
	}
	if b, err := os.ReadFile(path); string(b) != "another" || err != nil {
		t.Errorf("the other file is %q, %v", b, err)
	}
	if err := os.Rename(path+".moved", path); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a!", "after")
	want["a!"] = "after"
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Compact(context.Background(), nil); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("compacted a closed store: %v", err)
	}
	mustBeAlone(t, path)
	mustHold(t, path, want)
}

// TestCompactLeftOver opens a store beside which a killed compaction has left
// its file: that goes.
func TestCompactLeftOver(t *testing.T) {
	path, want := newBloated(t)
	if err := os.WriteFile(path+".compacting", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustHold(t, path, want)
	mustBeAlone(t, path)
}

// TestReplacedWhileWaiting opens a file that is replaced while it waits for
// the lock: it must open the new one.
func TestReplacedWhileWaiting(t *testing.T) {
	path, want := newBloated(t)
	s := open(t, path, bolt.Options{})
	opened := make(chan error, 1)
	go func() {
		second, err := bolt.Open(path, bolt.Options{LockWait: 20 * time.Second})
		if err == nil {
			err = second.Close()
		}
		opened <- err
	}()
	time.Sleep(50 * time.Millisecond)
	if _, _, err := s.Compact(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-opened:
		t.Errorf("the file that was replaced was opened: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	put(t, s, "a!", "after")
	want["a!"] = "after"
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
	mustHold(t, path, want)
}

// TestStoreCompacting runs the suite of all stores on one that is compacted
// all the time.
func TestStoreCompacting(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store {
		s := open(t, newPath(t), bolt.Options{NoSync: true})
		ended := make(chan error, 1)
		go func() {
			for {
				if _, _, err := s.Compact(context.Background(), nil); err != nil {
					ended <- err
					return
				}
			}
		}()
		t.Cleanup(func() {
			_ = s.Close()
			if err := <-ended; !errors.Is(err, kv.ErrClosed) && !errors.Is(err, kv.ErrBusy) {
				t.Error(err)
			}
		})
		return s
	})
}
