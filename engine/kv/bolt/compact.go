package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"go.etcd.io/bbolt"
)

const (
	// compactBytes is how much is copied in a transaction.
	compactBytes = 16 << 20
	// compactFill is how full the pages of the new file are: some room is
	// left, or the first changes would split every page.
	compactFill = 0.9
)

// Compact writes the store at path anew, without the free space in it: into a
// file beside it, which takes its name once it is whole and durable. Whatever
// goes wrong before, the file at path stays as it was. No other process may
// have it open.
//
// It calls progress, unless that is nil, now and then with the bytes of keys
// and values that were copied. The sizes are those of the file before and
// after. Errors are those of Open, and that of ctx.
func Compact(ctx context.Context, path string, progress func(copied int64)) (before, after int64, err error) {
	if progress == nil {
		progress = func(int64) {}
	}
	if before, after, err = compact(ctx, path, progress); err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, fileError(err))
	}
	return before, after, nil
}

func compact(ctx context.Context, path string, progress func(int64)) (before, after int64, err error) {
	// The name may be a link; the file that it leads to is replaced.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return 0, 0, err
	}
	from, _, err := openFile(path, Options{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, guarded(from.Close)) }()
	if _, err := readHeader(from); err != nil {
		return 0, 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".compact-*")
	if err != nil {
		return 0, 0, err
	}
	name := f.Name()
	defer func() { _ = os.Remove(name) }()
	if err := errors.Join(f.Chmod(info.Mode().Perm()), f.Close()); err != nil {
		return 0, 0, err
	}
	if err := copyFile(ctx, name, from, progress); err != nil {
		return 0, 0, err
	}
	smaller, err := os.Stat(name)
	if err != nil {
		return 0, 0, err
	}
	if runtime.GOOS == "windows" { // does not replace an open file
		if err := from.Close(); err != nil {
			return 0, 0, err
		}
	}
	if err := os.Rename(name, path); err != nil {
		return 0, 0, err
	}
	return info.Size(), smaller.Size(), syncFolder(filepath.Dir(path))
}

// copyFile writes all that a store holds into a new file, which is durable
// when it returns.
func copyFile(ctx context.Context, name string, from *bbolt.DB, progress func(int64)) (err error) {
	to, err := bbolt.Open(name, 0, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, NoStatistics: true, NoSync: true, PageSize: from.Info().PageSize,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	c := copier{ctx: ctx, to: to, progress: progress}
	defer func() { err = errors.Join(err, c.rollback()) }()
	err = guarded(func() error {
		return from.View(func(tx *bbolt.Tx) error { return tx.ForEach(c.bucket) })
	})
	if err == nil {
		err = c.commit()
	}
	if err != nil {
		return err
	}
	return to.Sync()
}

// copier writes entries into a new file, in transactions of some size.
type copier struct {
	ctx      context.Context //nolint:containedctx // a copier is one copy
	to       *bbolt.DB
	tx       *bbolt.Tx
	pending  int
	copied   int64
	progress func(int64)
}

// bucket copies one bucket.
func (c *copier) bucket(name []byte, b *bbolt.Bucket) error {
	cursor := b.Cursor()
	k, v := cursor.First()
	for {
		if err := c.begin(); err != nil {
			return err
		}
		to, err := c.tx.CreateBucketIfNotExists(name)
		if err != nil {
			return err
		}
		to.FillPercent = compactFill
		for ; k != nil && c.pending < compactBytes; k, v = cursor.Next() {
			if err := to.Put(k, v); err != nil {
				return err
			}
			c.pending += len(k) + len(v)
		}
		if k == nil {
			return nil
		}
		if err := c.commit(); err != nil {
			return err
		}
	}
}

// begin starts a transaction if there is none.
func (c *copier) begin() (err error) {
	if err = c.ctx.Err(); err == nil && c.tx == nil {
		c.tx, err = c.to.Begin(true)
	}
	return err
}

func (c *copier) commit() error {
	if c.tx == nil {
		return nil
	}
	tx := c.tx
	c.copied, c.pending, c.tx = c.copied+int64(c.pending), 0, nil
	c.progress(c.copied)
	return tx.Commit()
}

// rollback ends a transaction that an error has left open.
func (c *copier) rollback() error {
	if c.tx == nil {
		return nil
	}
	return c.tx.Rollback()
}
