package kvtest

import (
	"context"
	"sync/atomic"

	"github.com/fawndb/fawn/engine/kv"
)

// Losing is a store whose commits lose against others as often as it is told.
type Losing struct {
	kv.Store
	left atomic.Int64
}

// Lose returns s, which loses nothing yet.
func Lose(s kv.Store) *Losing { return &Losing{Store: s} }

// Next lets the next n commits lose.
func (l *Losing) Next(n int64) { l.left.Store(n) }

// Left is how many of them have not come yet.
func (l *Losing) Left() int64 { return max(l.left.Load(), 0) }

// Commit loses, if it is to.
func (l *Losing) Commit(ctx context.Context, b *kv.Batch) (int64, error) {
	if l.left.Add(-1) >= 0 {
		return 0, kv.ErrConflict
	}
	return l.Store.Commit(ctx, b)
}
