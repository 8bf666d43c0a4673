package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv/bolt"
)

// startDisk is the size of the files as they were filled, in the order in
// which tokens arrive.
func startDisk(w *world) (side, side, func() error, error) {
	return pagesOf(w.floor), sizeOf(w.fawnFile()), nil, nil
}

// startCompacted is the size of the files written anew: the floor's with full
// pages, and Fawn's by its own compaction.
func startCompacted(w *world) (side, side, func() error, error) {
	sorted, compacted := filepath.Join(w.dir, "sorted.db"), filepath.Join(w.dir, "compacted.db")
	if err := w.close(); err != nil {
		return nil, nil, nil, err
	}
	err := sortFloor(w.floorFile(), sorted)
	if err == nil {
		err = copyFile(w.fawnFile(), compacted)
	}
	if err == nil {
		_, _, err = bolt.Compact(context.Background(), compacted, nil)
	}
	if err := errors.Join(err, w.open(false)); err != nil {
		return nil, nil, nil, err
	}
	floor, err := openFloor(sorted, true)
	if err != nil {
		return nil, nil, nil, err
	}
	return pagesOf(floor), sizeOf(compacted), func() error {
		return errors.Join(floor.Close(), os.Remove(sorted), os.Remove(compacted))
	}, nil
}

// pagesOf is how much of a floor's file has pages in it: by itself bbolt makes
// a file larger by 16 MiB at a time.
func pagesOf(db *bbolt.DB) side {
	return func(time.Duration) (f figure, err error) {
		err = db.View(func(tx *bbolt.Tx) error {
			f.value = float64(tx.Size())
			return nil
		})
		return f, err
	}
}

func sizeOf(path string) side {
	return func(time.Duration) (figure, error) {
		info, err := os.Stat(path)
		if err != nil {
			return figure{}, err
		}
		return figure{value: float64(info.Size())}, nil
	}
}

// sortFloor writes a file of bbolt anew, in the order of its keys.
func sortFloor(from, to string) error {
	in, err := openFloor(from, false)
	if err != nil {
		return err
	}
	out, err := openFloor(to, true)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	err = in.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return sortBucket(out, name, b.Cursor()) })
	})
	return errors.Join(err, out.Close(), in.Close())
}

// sortBucket copies a bucket, some entries a transaction.
func sortBucket(out *bbolt.DB, name []byte, c *bbolt.Cursor) error {
	const some = 50_000
	for k, v := c.First(); k != nil; {
		err := out.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(name)
			if err != nil {
				return err
			}
			b.FillPercent = fullPages
			for n := 0; k != nil && n < some; k, v = c.Next() {
				if err := b.Put(k, v); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close(), in.Close())
}
