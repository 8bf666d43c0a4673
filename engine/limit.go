package engine

import (
	"context"
	"sync"
	"time"
)

// limited is a context that ends when a query's time is up. It makes a timer
// only once somebody waits for its end: most queries never wait, and only look
// now and then.
type limited struct {
	context.Context //nolint:containedctx // a context is made of the one it limits
	until           time.Time

	mu     sync.Mutex
	timed  context.Context //nolint:containedctx // the one with the timer, nil before anybody waits
	cancel context.CancelFunc
}

// begin makes the zero limited a context below ctx that ends after d.
func (l *limited) begin(ctx context.Context, d time.Duration) {
	l.Context, l.until = ctx, realTime().Add(d)
}

// realTime is what time limits are counted in, whatever the clock of the
// database says: a clock that is set forward ends no query.
func realTime() time.Time {
	return time.Now() //nolint:forbidigo // how long a query runs is no time that it sees
}

// Deadline implements context.Context.
func (l *limited) Deadline() (time.Time, bool) {
	if earlier, ok := l.Context.Deadline(); ok && earlier.Before(l.until) {
		return earlier, true
	}
	return l.until, true
}

// Done implements context.Context.
func (l *limited) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed == nil {
		l.timed, l.cancel = context.WithTimeout(l.Context, l.until.Sub(realTime()))
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
	if realTime().Before(l.until) {
		return nil
	}
	return context.DeadlineExceeded
}

// end releases the timer, if there is one.
func (l *limited) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel()
	}
}
