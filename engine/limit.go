package engine

import (
	"context"
	"sync"
	"time"
)

// limited is a context that ends when a query's time is up. The time begins when
// somebody first looks, which is soon: before the query waits for anything, and
// every few hundred steps. It makes a timer only once somebody waits for its
// end. Most queries have come to their own end before that.
type limited struct {
	context.Context //nolint:containedctx // a context is made of the one it limits
	given           time.Duration

	mu     sync.Mutex
	until  time.Time       // zero before anybody has looked
	timed  context.Context //nolint:containedctx // the one with the timer, nil before anybody waits
	cancel context.CancelFunc
}

// limit makes the zero limited a context below ctx that ends after d.
func (l *limited) limit(ctx context.Context, d time.Duration) { l.Context, l.given = ctx, d }

// end returns when the time is up. l.mu is held.
func (l *limited) end() time.Time {
	if l.until.IsZero() {
		l.until = realTime().Add(l.given)
	}
	return l.until
}

// realTime is what time limits are counted in, whatever the clock of the
// database says: a clock that is set forward ends no query.
func realTime() time.Time {
	return time.Now() //nolint:forbidigo // how long a query runs is no time that it sees
}

// Deadline implements context.Context.
func (l *limited) Deadline() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if earlier, ok := l.Context.Deadline(); ok && earlier.Before(l.end()) {
		return earlier, true
	}
	return l.end(), true
}

// Done implements context.Context.
func (l *limited) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed == nil {
		l.timed, l.cancel = context.WithTimeout(l.Context, l.end().Sub(realTime()))
	}
	return l.timed.Done()
}

// Err implements context.Context.
func (l *limited) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed != nil {
		return l.timed.Err()
	}
	if err := l.Context.Err(); err != nil {
		return err
	}
	if end := l.end(); realTime().Before(end) {
		return nil
	}
	return context.DeadlineExceeded
}

// release lets go of the timer, if there is one.
func (l *limited) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel()
	}
}
