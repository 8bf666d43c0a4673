package engine

import (
	"context"
	"errors"

	"github.com/fawndb/fawn/engine/kv"
)

// ErrCompacting is the error of a second Compact while one runs.
var ErrCompacting = errors.New("engine: the file is being compacted already")

// Compact writes the database's file anew, without the room of what was
// deleted, while queries run. It calls progress, unless that is nil, now and
// then with the bytes that were copied. The sizes are those of the file before
// and after; both are 0 for a database without a file, which needs no
// compaction. If it fails, or is cut short, the file stays as it was.
func (db *DB) Compact(ctx context.Context, progress func(copied int64)) (before, after int64, err error) {
	c, ok := db.store.(kv.Compacter)
	if !ok {
		return 0, 0, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(db.ctx, cancel)()
	before, after, err = c.Compact(ctx, progress)
	switch {
	case errors.Is(err, kv.ErrBusy):
		err = ErrCompacting
	case err != nil && db.ctx.Err() != nil:
		err = ErrClosed
	}
	return before, after, err
}
