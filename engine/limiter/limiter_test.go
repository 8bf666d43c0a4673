package limiter_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine/limiter"
)

const minute = int64(time.Minute / time.Microsecond)

// TestPasswords walks through the policy for passwords.
func TestPasswords(t *testing.T) {
	p, c, now := limiter.Passwords, limiter.Counter{}, 1000*minute
	fail := func(n int) {
		for range n {
			c = p.Add(c, now)
		}
	}
	for lock, want := range []int64{15, 30, 60, 120, 240, 480, 960, 1440, 1440} {
		fail(4)
		if err := c.LockedAt(now); err != nil {
			t.Fatalf("lock %d: after 4: %v", lock, err)
		}
		fail(1)
		var locked *limiter.Locked
		if err := c.LockedAt(now + want*minute - 1); !errors.As(err, &locked) {
			t.Fatalf("lock %d: not locked for %d minutes", lock, want)
		}
		if got := locked.Until.UnixMicro(); got != now+want*minute {
			t.Errorf("lock %d: ends after %d", lock, got-now)
		}
		before := c
		if fail(3); c != before {
			t.Errorf("lock %d: tries count while it is locked", lock)
		}
		if err := c.LockedAt(now + want*minute); err != nil {
			t.Errorf("lock %d: does not end: %v", lock, err)
		}
		now += want * minute
	}
	now = c.End
	if fail(5); c.Until != now+15*minute {
		t.Errorf("what has ended counts: locked for %d minutes", (c.Until-now)/minute)
	}
}

// TestWindow pins that tries far from each other do not add up.
func TestWindow(t *testing.T) {
	p, c, now := limiter.Passwords, limiter.Counter{}, 1000*minute
	for range 4 {
		c = p.Add(c, now)
	}
	now += 15 * minute
	for range 4 {
		c = p.Add(c, now)
	}
	if err := c.LockedAt(now); err != nil {
		t.Errorf("4 and 4 in two windows: %v", err)
	}
	if c = p.Add(c, now); c.LockedAt(now) == nil {
		t.Error("5 in one window do not lock")
	}
}

// TestNoLock pins a policy without a lock of its own: the window's rest.
func TestNoLock(t *testing.T) {
	p, c, now := limiter.Policy{Limit: 3, Window: 15 * time.Minute}, limiter.Counter{}, 1000*minute
	for n := range int64(3) {
		c = p.Add(c, now+n*minute)
	}
	if c.LockedAt(now+15*minute-1) == nil || c.LockedAt(now+15*minute) != nil {
		t.Errorf("locked until %d minutes after the first", (c.Until-now)/minute)
	}
	if c.End != now+15*minute {
		t.Errorf("kept for %d minutes", (c.End-now)/minute)
	}
	off := limiter.Policy{Limit: -1, Window: time.Hour}
	if c := off.Add(limiter.Counter{}, now); c != (limiter.Counter{}) {
		t.Errorf("a policy without a limit counts: %v", c)
	}
}

func TestDecode(t *testing.T) {
	want := limiter.Counter{End: 5, Start: -1, Count: 3, Until: 1 << 60, Locks: 2}
	if got, err := limiter.Decode(want.Append(nil)); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := limiter.Decode(nil); err != nil || got != (limiter.Counter{}) {
		t.Errorf("nothing: got %v, %v", got, err)
	}
	for _, n := range []int{0, 1, 39, 41} {
		if _, err := limiter.Decode(make([]byte, n)); err == nil {
			t.Errorf("%d bytes: no error", n)
		}
	}
}

// shelf keeps one counter.
type shelf struct {
	mu    sync.Mutex
	kept  limiter.Counter
	saves int
	fail  error
}

func (s *shelf) load() (limiter.Counter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept, nil
}

func (s *shelf) save(c limiter.Counter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.kept = c
	s.saves++
	return nil
}

// TestTogether pins that tries of one key that come at once count one by one:
// no more of them run than the policy allows.
func TestTogether(t *testing.T) {
	var table limiter.Table
	var s shelf
	ran := 0 // tries follow each other: no lock
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			use := table.Use("alice")
			err := use.Try(context.Background(), limiter.Passwords, func() int64 { return 1 }, s.load,
				func() (limiter.Outcome, error) {
					ran++
					return limiter.Counted, nil
				})
			if locked := new(limiter.Locked); err != nil && !errors.As(err, &locked) {
				t.Error(err)
			}
			if err := use.Release(s.save); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if ran != 5 || s.kept.Locks != 1 {
		t.Errorf("%d tries ran, kept %+v", ran, s.kept)
	}
}

// TestRelease pins what is saved and when.
func TestRelease(t *testing.T) {
	var table limiter.Table
	var s shelf
	try := func(use *limiter.Use, o limiter.Outcome) {
		t.Helper()
		err := use.Try(context.Background(), limiter.Passwords, func() int64 { return 1 }, s.load,
			func() (limiter.Outcome, error) { return o, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		outcome limiter.Outcome
		saves   int
		count   int64
	}{{limiter.Ignored, 0, 0}, {limiter.Cleared, 0, 0}, {limiter.Counted, 1, 1}, {limiter.Counted, 2, 2}, {limiter.Cleared, 3, 0}} {
		use := table.Use("k")
		try(use, step.outcome)
		if err := use.Release(s.save); err != nil {
			t.Fatal(err)
		}
		if s.saves != step.saves || s.kept.Count != step.count {
			t.Errorf("outcome %d: %d saves, count %d", step.outcome, s.saves, s.kept.Count)
		}
	}
	first, second := table.Use("k"), table.Use("k")
	try(first, limiter.Counted)
	try(second, limiter.Counted)
	s.fail = errors.New("disk")
	if err := first.Release(s.save); err == nil {
		t.Error("a failed save is no error")
	}
	s.fail = nil
	if err := second.Release(s.save); err != nil || s.kept.Count != 2 {
		t.Errorf("got %v, count %d", err, s.kept.Count)
	}
}

// TestTryEnds pins that a try waits for another only within its context.
func TestTryEnds(t *testing.T) {
	var table limiter.Table
	var s shelf
	ctx, cancel := context.WithCancel(context.Background())
	first, second := table.Use("k"), table.Use("k")
	err := first.Try(ctx, limiter.Passwords, func() int64 { return 1 }, s.load, func() (limiter.Outcome, error) {
		cancel()
		return limiter.Ignored, second.Try(ctx, limiter.Passwords, func() int64 { return 1 }, s.load,
			func() (limiter.Outcome, error) {
				t.Error("ran beside the first")
				return limiter.Ignored, nil
			})
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
