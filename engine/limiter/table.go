package limiter

import (
	"context"
	"sync"
)

// Outcome says what a try does to its counter.
type Outcome int

// Outcomes of a try.
const (
	// Ignored leaves the counter as it is.
	Ignored Outcome = iota
	// Counted is one try more: a wrong password, a mail that was sent.
	Counted
	// Cleared begins anew: the right password.
	Cleared
)

// Table holds the counters that are being used. While one is, what is kept of
// it elsewhere may be older. The zero value is ready to use.
type Table struct {
	mu   sync.Mutex
	used map[string]*entry
}

// entry is the counter of a key that is being used.
type entry struct {
	uses int // of the table

	// trying is held during a try. Whoever waits for it may have a snapshot
	// open that a commit waits for, so nobody who holds it may commit.
	trying chan struct{}
	loaded bool

	mu      sync.Mutex
	counter Counter
	version int // of counter: how often it was tried

	saving sync.Mutex // held while it is saved
	saved  int        // version
}

// Use is one request's use of a key. It is not safe for concurrent use.
type Use struct {
	table *Table
	key   string
	entry *entry
}

// Use begins the use of a key. It ends with Release.
func (t *Table) Use(key string) *Use {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.used[key]
	if e == nil {
		e = &entry{trying: make(chan struct{}, 1)}
		if t.used == nil {
			t.used = map[string]*entry{}
		}
		t.used[key] = e
	}
	e.uses++
	return &Use{table: t, key: key, entry: e}
}

// Try runs try, unless the key is locked: then the error is a *Locked. Tries of
// one key follow each other. load reads what is kept of the counter; now is
// the time in microseconds. Neither they nor try may commit anything while the
// caller of another try of the key has a snapshot open.
func (u *Use) Try(
	ctx context.Context, p Policy, now func() int64, load func() (Counter, error), try func() (Outcome, error),
) error {
	e := u.entry
	select {
	case e.trying <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-e.trying }()
	if !e.loaded {
		c, err := load()
		if err != nil {
			return err
		}
		e.set(c, 0)
		e.loaded = true
	}
	if err := e.present().LockedAt(now()); err != nil {
		// What is refused is saved too: it takes as long as what is not.
		e.set(e.present(), 1)
		return err
	}
	outcome, err := try()
	switch outcome {
	case Counted:
		e.set(p.Add(e.present(), now()), 1)
	case Cleared:
		if e.present() != (Counter{}) {
			e.set(Counter{}, 1)
		}
	case Ignored:
	}
	return err
}

func (e *entry) present() Counter {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.counter
}

// set changes the counter; later is by how much its version grows.
func (e *entry) set(c Counter, later int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counter = c
	e.version += later
}

// Release ends the use. If the counter has changed, save keeps it; it has been
// kept when Release returns, whoever did so. The zero Counter need not be kept.
func (u *Use) Release(save func(Counter) error) error {
	defer u.end()
	e := u.entry
	e.saving.Lock()
	defer e.saving.Unlock()
	e.mu.Lock()
	c, version := e.counter, e.version
	e.mu.Unlock()
	if e.saved == version {
		return nil
	}
	if err := save(c); err != nil {
		return err
	}
	e.saved = version
	return nil
}

func (u *Use) end() {
	u.table.mu.Lock()
	defer u.table.mu.Unlock()
	if u.entry.uses--; u.entry.uses == 0 {
		delete(u.table.used, u.key)
	}
}
