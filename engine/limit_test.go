package engine

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestLimited(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		name   string
		parent context.Context
		given  time.Duration
		want   error
	}{
		{"in time", context.Background(), time.Hour, nil},
		{"time is up", context.Background(), 0, context.DeadlineExceeded},
		{"the caller has gone", cancelled, time.Hour, context.Canceled},
		{"both", cancelled, 0, context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			var l limited
			l.limit(test.parent, test.given)
			defer l.release()
			if err := l.Err(); !errors.Is(err, test.want) {
				t.Errorf("before anybody waits: got %v, want %v", err, test.want)
			}
			if test.want == nil {
				return
			}
			<-l.Done() // what has ended is done at once
			if err := l.Err(); !errors.Is(err, test.want) {
				t.Errorf("after waiting: got %v, want %v", err, test.want)
			}
		})
	}
}

// TestLimitedDeadline pins that the nearer of two deadlines counts, and that a
// timer ends a wait.
func TestLimitedDeadline(t *testing.T) {
	near := time.Now().Add(time.Minute)
	parent, cancel := context.WithDeadline(context.Background(), near)
	defer cancel()
	var far, soon limited
	far.limit(parent, time.Hour)
	defer far.release()
	if at, ok := far.Deadline(); !ok || !at.Equal(near) {
		t.Errorf("got %v, want the caller's %v", at, near)
	}
	soon.limit(parent, time.Millisecond)
	defer soon.release()
	if at, ok := soon.Deadline(); !ok || !at.Before(near) {
		t.Errorf("got %v, want one before the caller's", at)
	}
	<-soon.Done()
	if err := soon.Err(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
