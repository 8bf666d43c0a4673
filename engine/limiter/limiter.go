// Package limiter owns counters that bound how often something may be tried:
// the passwords of an account, the mails to an address. A counter belongs to a
// key, lasts beyond a restart, and ends by itself.
//
// How a counter moves is said by a Policy; a Table keeps those that are being
// used, so that tries of one key follow each other. Where counters are kept is
// not its business: whoever has a Table reads and writes them.
package limiter

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Policy says how often something may be tried.
type Policy struct {
	// Limit tries that were counted within Window lock the key. It is negative
	// for no limit at all.
	Limit  int
	Window time.Duration
	// Lock is how long the key is locked then; zero is until the window ends.
	// It doubles with every further lock, up to MaxLock, and is forgotten
	// when a try is cleared, or MaxLock after a lock has ended.
	Lock, MaxLock time.Duration
}

// Passwords is the policy for wrong passwords of an account.
var Passwords = Policy{Limit: 5, Window: 15 * time.Minute, Lock: 15 * time.Minute, MaxLock: 24 * time.Hour}

// Locked is the error of a try that is refused.
type Locked struct {
	// Until is when the next try is allowed.
	Until time.Time
}

// Error implements error.
func (l *Locked) Error() string { return "limiter: locked until " + l.Until.UTC().Format(time.RFC3339) }

// Counter is what is kept of a key. The zero value is that of a key that was
// never tried. Times are in microseconds.
type Counter struct {
	End   int64 // from then on it counts for nothing
	Start int64 // of the window
	Count int64 // of tries within it
	Until int64 // it is locked until then
	Locks int64 // in a row
}

// LockedAt returns the error of a try at a time, nil if it is allowed.
func (c Counter) LockedAt(now int64) error {
	if now < c.Until {
		return &Locked{Until: time.UnixMicro(c.Until)}
	}
	return nil
}

// Add returns the counter with one more try. Tries while it is locked do not
// count.
func (p Policy) Add(c Counter, now int64) Counter {
	if now >= c.End {
		c = Counter{}
	}
	if p.Limit < 0 || now < c.Until {
		return c
	}
	if window := p.Window.Microseconds(); c.Count == 0 || now >= c.Start+window {
		c.Start, c.Count = now, 0
	}
	c.Count++
	windowEnd := c.Start + p.Window.Microseconds()
	c.End = max(c.End, windowEnd)
	if c.Count < int64(p.Limit) {
		return c
	}
	c.Count, c.Until, c.Locks = 0, windowEnd, c.Locks+1
	if p.Lock > 0 {
		c.Until = now + p.lock(c.Locks).Microseconds()
	}
	c.End = max(windowEnd, c.Until+p.MaxLock.Microseconds())
	return c
}

// lock is how long the n-th lock in a row lasts.
func (p Policy) lock(n int64) time.Duration {
	d := p.Lock
	for ; n > 1 && d < p.MaxLock; n-- {
		d *= 2
	}
	return max(p.Lock, min(d, p.MaxLock))
}

// size is that of a counter as it is kept: its numbers, 8 bytes each.
const size = 5 * 8

// Append appends the counter as it is kept.
func (c Counter) Append(dst []byte) []byte {
	for _, n := range []int64{c.End, c.Start, c.Count, c.Until, c.Locks} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	return dst
}

// Decode reads a counter as it is kept; nil is the zero Counter.
func Decode(b []byte) (Counter, error) {
	if b == nil {
		return Counter{}, nil
	}
	if len(b) != size {
		return Counter{}, fmt.Errorf("limiter: a counter of %d bytes, not %d", len(b), size)
	}
	n := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[8*i:])) }
	return Counter{End: n(0), Start: n(1), Count: n(2), Until: n(3), Locks: n(4)}, nil
}
