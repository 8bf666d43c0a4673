package kvtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// testPublish checks that Publish runs for valid batches only, in order, and
// before the commit can be seen.
func testPublish(t *testing.T, s kv.Store) {
	var mu sync.Mutex
	var published []int64
	publish := func(ts int64) {
		mu.Lock()
		defer mu.Unlock()
		published = append(published, ts)
	}
	retract := func(ts int64) { t.Errorf("retract of %d, which was written", ts) }

	since := now(t, s)
	commit(t, s, writes(put("a", "1")))
	stale := &kv.Batch{Since: since, Keys: [][]byte{[]byte("a")}, Publish: publish, Retract: retract}
	if _, err := s.Commit(context.Background(), stale); !errors.Is(err, kv.ErrConflict) {
		t.Fatalf("commit: %v", err)
	}
	if len(published) != 0 {
		t.Error("a batch in conflict was published")
	}

	var times []int64
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			b := writes(put(fmt.Sprint("b", w), ""))
			b.Publish, b.Retract = publish, retract
			ts, err := s.Commit(context.Background(), b)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			times = append(times, ts)
		})
	}
	wg.Wait()
	if !slices.IsSorted(published) {
		t.Errorf("published out of order: %d", published)
	}
	slices.Sort(times)
	if !slices.Equal(published, times) {
		t.Errorf("published %d, committed %d", published, times)
	}

	// A snapshot never waits for a commit: another goroutine can take one
	// while this one is being published.
	due, looked := make(chan int64), make(chan struct{})
	wg.Go(func() {
		defer close(looked)
		ts := <-due
		snap, err := s.Snapshot()
		if err != nil {
			t.Error(err)
			return
		}
		defer snap.Close()
		if got, err := snap.Get([]byte("seen")); got != nil || err != nil || snap.Time() >= ts {
			t.Errorf("at the publishing of %d: a snapshot of %d sees it: %v, %v", ts, snap.Time(), got != nil, err)
		}
	})
	b := writes(put("seen", ""))
	b.Publish = func(ts int64) { due <- ts; <-looked }
	commit(t, s, b)
	wg.Wait()
}

// testWatch checks that watchers see every commit, stamped, in order, before
// its caller does.
func testWatch(t *testing.T, s kv.Store) {
	var mu sync.Mutex
	seen := map[int64]string{}
	var order []int64
	cancel := s.Watch(func(c kv.Commit) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, c.Time)
		seen[c.Time] = fmt.Sprintf("%x %x %v", c.Writes[0].Key, c.Writes[0].Value, c.Writes[1].Delete)
	})
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			key := fmt.Sprintf("w%02d", w)
			b := writes(kv.Write{Key: []byte(key), Value: make([]byte, 8), ValueStamps: []int{0}}, del("x"+key))
			ts, err := s.Commit(context.Background(), b)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if want := fmt.Sprintf("%x %x %v", key, time8(ts), true); seen[ts] != want {
				t.Errorf("the commit of %d was seen as %q before it returned, want %q", ts, seen[ts], want)
			}
		})
	}
	wg.Wait()
	since := now(t, s)
	commit(t, s, writes(put("a", ""), put("b", "")))
	conflict := &kv.Batch{Since: since, Keys: [][]byte{[]byte("a")}, Writes: []kv.Write{put("c", ""), put("d", "")}}
	if _, err := s.Commit(context.Background(), conflict); !errors.Is(err, kv.ErrConflict) {
		t.Fatalf("commit: %v", err)
	}
	cancel()
	if len(order) != 33 || !slices.IsSorted(order) {
		t.Errorf("%d commits were seen, want 33, in order: %d", len(order), order)
	}
}

// testWatchCancel checks that a watcher sees nothing after its cancel, and
// that others go on.
func testWatchCancel(t *testing.T, s kv.Store) {
	var one, two int // guarded by the order of events: a commit has returned
	cancelOne := s.Watch(func(kv.Commit) { one++ })
	cancelTwo := s.Watch(func(kv.Commit) { two++ })
	commit(t, s, writes(put("a", "")))
	cancelOne()
	cancelOne()
	commit(t, s, writes(put("b", "")))
	cancelTwo()
	commit(t, s, writes(put("c", "")))
	if one != 1 || two != 2 {
		t.Errorf("the watchers saw %d and %d commits, want 1 and 2", one, two)
	}
}
