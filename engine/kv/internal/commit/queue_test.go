package commit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// recorder is a Writer that notes the keys of every group. It asks before
// each write whether that is to fail.
type recorder struct {
	before func(n int) error // n counts groups from 0
	groups [][]string
	states []uint64
}

func (r *recorder) Write(g *Group) error {
	var keys []string
	for w := range g.Writes() {
		keys = append(keys, string(w.Key)+string(w.Value))
	}
	r.groups = append(r.groups, keys)
	r.states = append(r.states, g.State())
	return r.before(len(r.groups) - 1)
}

// newTestQueue returns a queue before w whose clock stands still.
func newTestQueue(t *testing.T, w Writer) *Queue {
	q := NewQueue(w, NewClock(func() int64 { return 1000 }, 0, 0, 0))
	t.Cleanup(func() {
		if err := q.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
			t.Error(err)
		}
	})
	return q
}

// batch is a batch that writes value at key, after reading at since.
func batch(key, value string, since int64, read ...string) *kv.Batch {
	b := &kv.Batch{Since: since, Writes: []kv.Write{{Key: []byte(key), Value: []byte(value)}}}
	for _, k := range read {
		b.Keys = append(b.Keys, []byte(k))
	}
	return b
}

// together commits batches so that they are in one group, in their order:
// while a first batch, "-", is being written, they line up.
func together(t *testing.T, w *recorder, batches ...*kv.Batch) (times []int64, errs []error) {
	t.Helper()
	var q *Queue
	var wg sync.WaitGroup
	times, errs = make([]int64, len(batches)), make([]error, len(batches))
	before := w.before
	w.before = func(n int) error {
		if n > 0 {
			return before(n)
		}
		for i, b := range batches {
			in := make(chan struct{})
			ctx := &announcing{Context: context.Background(), in: in}
			wg.Go(func() { times[i], errs[i] = q.Commit(ctx, b) })
			<-in
		}
		return nil
	}
	q = newTestQueue(t, w)
	if _, err := q.Commit(context.Background(), batch("-", "", 0)); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	return times, errs
}

// announcing is a context that tells when somebody waits for it: its batch is
// in line then.
type announcing struct {
	context.Context
	in chan struct{}
}

func (a *announcing) Done() <-chan struct{} { close(a.in); return nil }

func never(int) error { return nil }

func TestGroup(t *testing.T) {
	w := &recorder{before: never}
	times, errs := together(t, w,
		batch("c", "1", 0),
		batch("a", "2", 0),
		batch("b", "3", 1500, "c"), // a neighbour wrote it
		batch("c", "4", 1500, "b"), // which has not written this
		batch("d", "5", 1500, "e"),
	)
	if want := [][]string{{"-"}, {"a2", "c4", "d5"}}; fmt.Sprint(w.groups) != fmt.Sprint(want) {
		t.Errorf("groups %q, want %q", w.groups, want)
	}
	if want := []uint64{1, 2}; !slices.Equal(w.states, want) {
		t.Errorf("states %d, want %d", w.states, want)
	}
	want := []error{nil, nil, kv.ErrConflict, nil, nil}
	if !slices.Equal(errs, want) {
		t.Errorf("errors %v, want %v", errs, want)
	}
	if times[2] != 0 || times[1] != times[0]+1 || times[3] != times[0]+2 || times[4] != times[0]+3 {
		t.Errorf("times %d", times)
	}
}

// TestGroupFails lets a group fail: nobody of it is written, what was
// published is taken back, and the next is written.
func TestGroupFails(t *testing.T) {
	full := errors.New("disk full")
	w := &recorder{before: func(n int) error {
		if n == 1 {
			return full
		}
		return nil
	}}
	var events []string
	batches := []*kv.Batch{batch("a", "", 0), batch("b", "", 1500, "a"), batch("c", "", 0)}
	for i, b := range batches {
		b.Publish = func(ts int64) { events = append(events, fmt.Sprint("+", i, " ", ts)) }
		b.Retract = func(ts int64) { events = append(events, fmt.Sprint("-", i, " ", ts)) }
	}
	times, errs := together(t, w, batches...)
	if want := []error{full, kv.ErrConflict, full}; !slices.Equal(errs, want) || !slices.Equal(times, []int64{0, 0, 0}) {
		t.Errorf("answers %d %v, want %v", times, errs, want)
	}
	if want := []string{"+0 1002", "+2 1003", "-0 1002", "-2 1003"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
}

// TestAfterFailure checks that what a failed group was to write counts as
// unwritten, and that no watcher sees it.
func TestAfterFailure(t *testing.T) {
	full := errors.New("disk full")
	w := &recorder{before: func(n int) error {
		if n == 0 {
			return full
		}
		return nil
	}}
	q := newTestQueue(t, w)
	watched := 0
	q.Watch(func(kv.Commit) { watched++ })
	ctx := context.Background()
	if _, err := q.Commit(ctx, batch("a", "", 0)); !errors.Is(err, full) {
		t.Errorf("commit: %v", err)
	}
	if _, err := q.Commit(ctx, batch("a", "", 500, "a")); err != nil {
		t.Errorf("commit after the failure: %v", err)
	}
	if want := []uint64{1, 1}; !slices.Equal(w.states, want) || watched != 1 {
		t.Errorf("states %d, want %d; %d commits were seen", w.states, want, watched)
	}
}

// TestGroupSize lines up more than one group may hold.
func TestGroupSize(t *testing.T) {
	var batches []*kv.Batch
	for i := range 3 {
		b := &kv.Batch{}
		for j := range 3 {
			b.Writes = append(b.Writes, kv.Write{Key: fmt.Appendf(nil, "%d%d", i, j)})
		}
		b.Writes[0].Value = make([]byte, kv.MaxValue)
		b.Writes[1].Value = make([]byte, kv.MaxValue)
		batches = append(batches, b)
	}
	var sizes []int
	w := &recorder{before: never}
	_, errs := together(t, w, batches...)
	for _, g := range w.groups {
		sizes = append(sizes, len(g))
	}
	// Two batches of 32 MiB and a few bytes are more than 64 MiB.
	if want := []int{1, 3, 3, 3}; !slices.Equal(sizes, want) || errors.Join(errs...) != nil {
		t.Errorf("groups of %d writes, want %d; %v", sizes, want, errs)
	}
}
