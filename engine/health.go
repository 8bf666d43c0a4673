package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/fawndb/fawn/engine/kv"
)

// How long what a commit told of the store is taken for the present.
const (
	writtenLately = time.Second
	failedLately  = 10 * time.Second
)

// health is what the last commits told of the store.
type health struct {
	written atomic.Int64 // time of the last commit that was written, in microseconds
	failed  atomic.Pointer[failure]
	asking  chan struct{} // holds one while the store is being asked
}

// failure is a commit that the store could not write, for a reason of its own.
type failure struct {
	ts  int64
	err error
}

// Ready reports whether queries can be answered: it reads something.
func (db *DB) Ready() error {
	snap, err := db.store.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	_, err = snap.Get(metaKey(metaFormat))
	return err
}

// Writable reports whether a write could commit: what the last commit told, if
// that was lately, and otherwise what one without writes does, which is made
// durable as any other. The error is the store's, or that of ctx.
func (db *DB) Writable(ctx context.Context) error {
	h := &db.health
	select {
	case h.asking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err, known := h.lately(db.now()); known {
		<-h.asking
		return err
	}
	// A disk that hangs is waited for by the goroutine, not by the caller.
	done := make(chan error, 1)
	go func() {
		ts, err := db.store.Commit(context.WithoutCancel(ctx), &kv.Batch{})
		h.note(ts, err, db.now)
		<-h.asking
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lately tells how the last commit ended, if that is known to hold.
func (h *health) lately(now int64) (err error, known bool) {
	written := h.written.Load()
	if f := h.failed.Load(); f != nil && f.ts > written && now-f.ts < failedLately.Microseconds() {
		return f.err, true
	}
	return nil, now-written < writtenLately.Microseconds()
}

// note takes in how a commit ended. Most errors are the caller's: they tell
// nothing of the store.
func (h *health) note(ts int64, err error, now func() int64) {
	switch {
	case err == nil:
		h.written.Store(ts)
	case isStores(err):
		h.failed.Store(&failure{now(), err})
	}
}

// isStores reports whether an error of a commit is the store's own.
func isStores(err error) bool {
	for _, callers := range []error{
		kv.ErrConflict, kv.ErrKeySize, kv.ErrValueSize, kv.ErrBatchSize, kv.ErrStamp, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, callers) {
			return false
		}
	}
	return true
}
