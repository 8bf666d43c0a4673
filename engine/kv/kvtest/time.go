package kvtest

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// testTimes checks the times of one caller: they increase, and a commit lies
// between the snapshots before and after it.
func testTimes(t *testing.T, s kv.Store) {
	last := now(t, s)
	for i := range 100 {
		ts := commit(t, s, writes(put("a", fmt.Sprint(i))))
		next := now(t, s)
		if last >= ts || ts >= next {
			t.Fatalf("snapshot %d, commit %d, snapshot %d must increase", last, ts, next)
		}
		if again := now(t, s); again <= next {
			t.Fatalf("with no commit under way, snapshots at %d and %d", next, again)
		}
		last = now(t, s)
	}
}

// sight is what a reader saw: of the commits, which each leave one entry, how
// many there were, and the time of the last.
type sight struct{ ts, commits, last int64 }

// testTimesUnderLoad lets readers look on while many write. What each saw
// must be exactly the commits with a time below its snapshot's, and nothing
// that was not published before.
func testTimesUnderLoad(t *testing.T, s kv.Store) {
	const writers, readers, rounds = 16, 3, 40
	var published atomic.Int64 // the greatest time so far
	var mu sync.Mutex
	var times []int64
	var wg, looking sync.WaitGroup
	stop := make(chan struct{})
	sights := make([][]sight, readers)
	for r := range readers {
		looking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				saw, err := look(s)
				if err != nil {
					t.Error(err)
					return
				}
				if p := published.Load(); saw.last > p {
					t.Errorf("saw the commit of %d; published was %d", saw.last, p)
				}
				sights[r] = append(sights[r], saw)
			}
		})
	}
	for range writers {
		wg.Go(func() {
			for range rounds {
				b := writes(kv.Write{Key: []byte("c........"), KeyStamps: []int{1}})
				b.Publish = published.Store
				ts, err := s.Commit(context.Background(), b)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				times = append(times, ts)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	close(stop)
	looking.Wait()
	slices.Sort(times)
	if len(times) != writers*rounds || len(slices.Compact(slices.Clone(times))) != len(times) {
		t.Fatalf("%d commits must have times of their own", writers*rounds)
	}
	for _, saw := range sights {
		checkSights(t, saw, times)
	}
}

// look takes a snapshot and reads the commits that it holds, newest first.
func look(s kv.Store) (saw sight, err error) {
	snap, err := s.Snapshot()
	if err != nil {
		return saw, err
	}
	defer snap.Close()
	saw.ts = snap.Time()
	it := snap.Scan([]byte("c"), []byte("d"), false)
	defer it.Close()
	for it.Next() {
		if saw.commits == 0 {
			saw.last = int64(^binary.BigEndian.Uint64(it.Key()[1:]))
		}
		saw.commits++
	}
	return saw, it.Err()
}

// checkSights compares what one reader saw, in order, with the times of all
// commits.
func checkSights(t *testing.T, saw []sight, times []int64) {
	t.Helper()
	for i, v := range saw {
		n, same := slices.BinarySearch(times, v.ts)
		var last int64
		if n > 0 {
			last = times[n-1]
		}
		if same || v.commits != int64(n) || v.last != last {
			t.Fatalf("the snapshot of %d saw %d commits up to %d, want %d up to %d (one of the same time: %v)",
				v.ts, v.commits, v.last, n, last, same)
		}
		if i > 0 && v.ts < saw[i-1].ts {
			t.Fatalf("a snapshot of %d after one of %d", v.ts, saw[i-1].ts)
		}
	}
}
