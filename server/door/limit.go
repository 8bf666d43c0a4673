package door

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/fawndb/fawn/server/tokens"
)

// Limit is how often something may be done within a time. These limits are
// kept in memory; those that survive a restart are engine.DB.Limit's.
type Limit struct {
	Name   string
	Times  int
	Within time.Duration
}

// The limits of an address, of all doors together, and of a caller.
// Source: chapter on token services, section 6.4.
var (
	FailedLogins   = Limit{"failed logins", 50, 15 * time.Minute}
	Renewals       = Limit{"renewals", 60, time.Minute}
	UnknownSecrets = Limit{"unknown secrets", 300, time.Minute}
	Introspections = Limit{"introspections", 6000, time.Minute} // of a caller's key
	Resets         = Limit{"resets", 10, time.Hour}
	Sends          = Limit{"sends", 20, time.Hour}
)

// Limits counts for all doors of a server. It is safe for concurrent use.
type Limits struct {
	clock func() time.Time

	mu     sync.Mutex
	counts map[counted]*window
	sweep  time.Time // when those that are over are forgotten next
}

// counted is what a counter counts: how often somebody did what a limit is for.
type counted struct{ name, who string }

type window struct {
	n   int
	end time.Time
}

// Limited is the error of somebody who must wait.
type Limited struct{ Wait time.Duration }

// Error implements error.
func (l *Limited) Error() string { return "door: to be tried again in " + l.Wait.String() }

// RetryAfter says in a header how long to wait, in seconds rounded up; nothing
// if that is 0.
func RetryAfter(h http.Header, wait time.Duration) {
	if wait > 0 {
		h.Set("Retry-After", strconv.FormatInt(Seconds(wait), 10))
	}
}

// Seconds are those of a time to wait, rounded up.
func Seconds(wait time.Duration) int64 { return int64(math.Ceil(wait.Seconds())) }

// Free refuses, with a *Limited, an address that has used up a limit.
func (d *Door) Free(r *http.Request, l Limit) error { return limited(d.Limits.Wait(l, d.Address(r))) }

// Take counts one time of a limit for the address of a request, or refuses it
// with a *Limited.
func (d *Door) Take(r *http.Request, l Limit) error { return limited(d.Limits.Take(l, d.Address(r))) }

func limited(wait time.Duration) error {
	if wait > 0 {
		return &Limited{wait}
	}
	return nil
}

// Attempt runs a login that fails with tokens.ErrCredentials when somebody has
// guessed wrong. An address that has done so too often is refused with a
// *Limited.
func (d *Door) Attempt(r *http.Request, login func() error) error {
	if err := d.Free(r, FailedLogins); err != nil {
		return err
	}
	err := login()
	if errors.Is(err, tokens.ErrCredentials) {
		_ = d.Take(r, FailedLogins) // it has been answered already
	}
	return err
}

// NewLimits returns counters that have counted nothing.
func NewLimits(clock func() time.Time) *Limits {
	if clock == nil {
		clock = time.Now //nolint:forbidigo // the default clock
	}
	return &Limits{clock: clock, counts: map[counted]*window{}}
}

// Wait is how long somebody, an address or the id of a key, must wait before
// the next time; 0 is not at all. It counts nothing.
func (l *Limits) Wait(limit Limit, who string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.counts[counted{limit.Name, Network(who)}]
	if now := l.clock(); w != nil && w.n >= limit.Times && now.Before(w.end) {
		return w.end.Sub(now)
	}
	return 0
}

// Take counts one time, unless there have been enough: then it is how long to
// wait.
func (l *Limits) Take(limit Limit, who string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	l.forget(now)
	key := counted{limit.Name, Network(who)}
	w := l.counts[key]
	if w == nil || !now.Before(w.end) {
		w = &window{end: now.Add(limit.Within)}
		l.counts[key] = w
	}
	if w.n >= limit.Times {
		return w.end.Sub(now)
	}
	w.n++
	return 0
}

// forget drops the counters that are over, once a minute.
func (l *Limits) forget(now time.Time) {
	if now.Before(l.sweep) {
		return
	}
	l.sweep = now.Add(time.Minute)
	for key, w := range l.counts {
		if !now.Before(w.end) {
			delete(l.counts, key)
		}
	}
}
