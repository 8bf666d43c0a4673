package commit

import "sync"

// Clock gives commits and snapshots their times, in microseconds, so that a
// snapshot's time alone says which commits are in it.
//
// The store numbers its states; each group makes the next one. While a group
// is being written, readers still see the state before it, so their times
// must stay below the group's:
//
//	last commit seen | times of snapshots | first .. last of the group
//
// The group's times start a lead ahead of the system clock, which leaves
// those snapshots one microsecond each. A reader learns from the state that
// it holds, not from the clock, whether the group is in it.
type Clock struct {
	now  func() int64
	lead int64

	mu      sync.Mutex
	state   uint64 // number of the newest state known to be visible
	visible int64  // time of the last commit in it
	issued  int64  // greatest time given to any commit, written or failed
	read    int64  // greatest time given to a snapshot
	group   struct {
		open        bool  // times are being given
		sealed      bool  // last is final; the state may appear at any moment
		first, last int64 // last < first: no commit has been accepted
	}
}

// NewClock returns the clock of a store whose visible state has the number
// state and whose last commit had the time last. now is the system clock;
// commits run lead microseconds ahead of it.
func NewClock(now func() int64, lead int64, state uint64, last int64) *Clock {
	return &Clock{now: now, lead: lead, state: state, visible: last, issued: last, read: last}
}

// Snapshot returns the time of a snapshot that holds the given state. It
// reports false if a newer state is visible already: the caller then takes
// its state again. It never waits for a commit.
func (c *Clock) Snapshot(state uint64) (ts int64, ok bool) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == c.state+1 && c.group.sealed {
		c.advance() // the caller has seen the group before its writer told
	}
	if state != c.state {
		return 0, false
	}
	ts = max(now, c.read+1, c.visible+1)
	if c.group.open {
		ts = min(ts, c.group.first-1)
	}
	c.read = ts
	return ts, true
}

// open starts a group. Its first time leaves room for a snapshot of the state
// before it, and lies after every snapshot that was taken.
func (c *Clock) open() {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.group.first = max(now+c.lead, c.issued+1, c.visible+2, c.read+1)
	c.group.last = c.group.first - 1
	c.group.open = true
}

// next returns the time of the group's next commit. Only the goroutine that
// opened the group calls it.
func (c *Clock) next() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.group.last++
	c.issued = c.group.last
	return c.issued
}

// seal ends the giving of times, and returns the number of the state that the
// group will make.
func (c *Clock) seal() (state uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.group.sealed = true
	return c.state + 1
}

// close ends the group. If it was written, its state is the visible one.
func (c *Clock) close(written bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if written && c.group.sealed {
		c.advance()
	}
	c.group.open, c.group.sealed = false, false
}

// advance makes the group's state the visible one. c.mu is held.
func (c *Clock) advance() {
	c.state++
	c.visible = c.group.last
	c.group.open, c.group.sealed = false, false
}
