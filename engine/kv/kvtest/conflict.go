package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// testConflicts reads at one time, lets another commit write, and commits.
func testConflicts(t *testing.T, s kv.Store) {
	keys := func(ks ...string) (out [][]byte) {
		for _, k := range ks {
			out = append(out, []byte(k))
		}
		return out
	}
	span := func(lo, hi string) kv.Range { return kv.Range{Lo: bound(lo), Hi: bound(hi)} }
	for i, c := range []struct {
		name     string
		keys     [][]byte
		ranges   []kv.Range
		write    kv.Write
		conflict bool
	}{
		{"nothing read", nil, nil, put("m", "x"), false},
		{"key written", keys("m"), nil, put("m", "x"), true},
		{"key deleted", keys("m"), nil, del("m"), true},
		{"absent key deleted", keys("absent"), nil, del("absent"), true},
		{"one of several keys", keys("a", "z", "m", "b"), nil, put("m", "x"), true},
		{"other keys", keys("", "l", "m\x00", "ma", "n"), nil, put("m", "x"), false},
		{"range around", nil, []kv.Range{span("a", "z")}, put("m", "x"), true},
		{"range of the key", nil, []kv.Range{span("m", "m\x00")}, put("m", "x"), true},
		{"range from the key", nil, []kv.Range{span("m", "-")}, put("m", "x"), true},
		{"range up to the key", nil, []kv.Range{span("a", "m")}, put("m", "x"), false},
		{"range behind the key", nil, []kv.Range{span("m\x00", "-")}, put("m", "x"), false},
		{"range of everything", nil, []kv.Range{span("-", "-")}, put("m", "x"), true},
		{"empty range", nil, []kv.Range{span("m", "m")}, put("m", "x"), false},
		{"range upside down", nil, []kv.Range{span("z", "a")}, put("m", "x"), false},
		{"range with a deletion", nil, []kv.Range{span("a", "z")}, del("m"), true},
		{"one of several ranges", nil, []kv.Range{span("a", "b"), span("m", "n")}, put("m", "x"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			mark := put(fmt.Sprintf("~%d", i), "done")
			since := now(t, s)
			commit(t, s, writes(c.write))
			b := &kv.Batch{Since: since, Keys: c.keys, Ranges: c.ranges, Writes: []kv.Write{mark}}
			_, err := s.Commit(context.Background(), b)
			if want := map[bool]error{true: kv.ErrConflict}[c.conflict]; !errors.Is(err, want) {
				t.Fatalf("commit: %v, want %v", err, want)
			}
			snap := snapshot(t, s)
			got, _ := snap.Get(mark.Key)
			snap.Close()
			if (got == nil) != c.conflict {
				t.Errorf("the write is there: %v, want %v", got != nil, !c.conflict)
			}
			b.Since = now(t, s)
			if c.conflict {
				commit(t, s, b) // with a new snapshot there is no conflict
			}
		})
	}
}

// testConflictForgotten commits on what was read before the store was opened,
// which no store can know to be unchanged.
func testConflictForgotten(t *testing.T, s kv.Store) {
	old := &kv.Batch{Since: -1, Keys: [][]byte{[]byte("never")}, Writes: []kv.Write{put("a", "1")}}
	if _, err := s.Commit(context.Background(), old); !errors.Is(err, kv.ErrConflict) {
		t.Errorf("reading a key: %v, want %v", err, kv.ErrConflict)
	}
	old.Keys = nil
	commit(t, s, old) // nothing was read
}

// testIncrements lets many writers add to a few counters. No addition may be
// lost, and every conflict must be a true one.
func testIncrements(t *testing.T, s kv.Store) {
	const writers, rounds, counters = 32, 12, 3
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			key := fmt.Appendf(nil, "counter%d", w%counters)
			for range rounds {
				if err := increment(s, key); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	snap := snapshot(t, s)
	defer snap.Close()
	sum := 0
	for _, p := range all(t, snap) {
		n, _ := strconv.Atoi(p.value)
		sum += n
	}
	if sum != writers*rounds {
		t.Errorf("the counters are %d together, want %d", sum, writers*rounds)
	}
}

// increment adds one to the number at key, however often others do it first.
func increment(s kv.Store, key []byte) error {
	for {
		snap, err := s.Snapshot()
		if err != nil {
			return err
		}
		value, err := snap.Get(key)
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(string(value))
		b := &kv.Batch{Since: snap.Time(), Keys: [][]byte{key}}
		b.Writes = []kv.Write{{Key: key, Value: strconv.AppendInt(nil, int64(n+1), 10)}}
		snap.Close()
		if _, err = s.Commit(context.Background(), b); !errors.Is(err, kv.ErrConflict) {
			return err
		}
	}
}

// testWriteSkew lets writers add an entry to a range only while it holds fewer
// than ten: each reads the range and writes a key that no other writes.
func testWriteSkew(t *testing.T, s kv.Store) {
	const writers, limit = 24, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for {
				added, err := addBelow(s, fmt.Sprintf("r%02d", w), limit)
				if errors.Is(err, kv.ErrConflict) {
					continue
				}
				if err != nil || !added {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	wg.Wait()
	snap := snapshot(t, s)
	defer snap.Close()
	if got := all(t, snap); len(got) != limit {
		t.Errorf("the range has %d entries, want %d", len(got), limit)
	}
}

// addBelow adds one entry that begins with prefix, if the range r..s holds
// fewer than limit.
func addBelow(s kv.Store, prefix string, limit int) (added bool, err error) {
	snap, err := s.Snapshot()
	if err != nil {
		return false, err
	}
	r := kv.Range{Lo: []byte("r"), Hi: []byte("s")}
	n, mine := 0, 0
	it := snap.Scan(r.Lo, r.Hi, false)
	for it.Next() {
		n++
		if bytes.HasPrefix(it.Key(), []byte(prefix)) {
			mine++
		}
	}
	it.Close()
	since := snap.Time()
	snap.Close()
	if n >= limit {
		return false, nil
	}
	w := put(fmt.Sprintf("%s/%d", prefix, mine), "")
	_, err = s.Commit(context.Background(), &kv.Batch{Since: since, Ranges: []kv.Range{r}, Writes: []kv.Write{w}})
	return true, err
}
