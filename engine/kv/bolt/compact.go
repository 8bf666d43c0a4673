package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/internal/commit"
)

const (
	// unfinished ends the name of the file that a compaction writes, until it
	// gets the name of the store.
	unfinished = ".compacting"
	// compactBytes is how much is copied in a transaction.
	compactBytes = 16 << 20
	// With no more than fewChanges left to copy commits are made to wait for
	// the rest; or after so many rounds, if the changes do not get fewer.
	fewChanges = 1000
	mostRounds = 20
)

// Compact compacts the store at path, as Store.Compact does, while no other
// process has it open. Errors are those of Open, too.
func Compact(ctx context.Context, path string, progress func(copied int64)) (before, after int64, err error) {
	if _, err := os.Stat(path); err != nil { // Open would make one
		return 0, 0, fmt.Errorf("compact %s: %w", path, err)
	}
	s, err := Open(path, Options{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Compact(ctx, progress)
}

// Compact is kv.Compacter's Compact. It copies the store key by key into a
// file beside it, some MiB at a time, each of a new snapshot, and with them
// what was changed meanwhile among the keys before. At the end commits wait
// while the last changes are copied and the new file, whole and durable, takes
// the name of the old one.
//
// Snapshots of before go on reading the old file. Its room is free when the
// last of them is closed.
func (s *Store) Compact(ctx context.Context, progress func(copied int64)) (before, after int64, err error) {
	if !s.compacting.TryLock() {
		return 0, 0, kv.ErrBusy
	}
	defer s.compacting.Unlock()
	if s.closed {
		return 0, 0, kv.ErrClosed
	}
	if progress == nil {
		progress = func(int64) {}
	}
	if before, after, err = s.compact(ctx, progress); err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", s.path, fileError(err))
	}
	return before, after, nil
}

func (s *Store) compact(ctx context.Context, progress func(int64)) (before, after int64, err error) {
	info, err := s.present()
	if err != nil {
		return 0, 0, err
	}
	c := copier{s: s, name: s.path + unfinished, next: []byte{}}
	if err := c.open(info.Mode().Perm()); err != nil {
		return 0, 0, err
	}
	defer func() {
		if !c.done {
			err = errors.Join(err, guarded(c.to.Close), os.Remove(c.name))
		}
	}()
	s.note(new(journal))
	defer s.note(nil)
	for n := 0; c.next != nil || s.changes() > fewChanges && n < mostRounds; {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		if err := c.round(); err != nil {
			return 0, 0, err
		}
		progress(c.copied)
		if c.next == nil {
			n++
			if err := c.to.Sync(); err != nil { // so that little is left to sync at the end
				return 0, 0, err
			}
		}
	}
	if err := c.finish(); err != nil {
		return 0, 0, err
	}
	smaller, err := os.Stat(s.path)
	if err != nil {
		return 0, 0, err
	}
	return info.Size(), smaller.Size(), nil
}

// present returns what the system says of the store's file, unless another has
// its name.
func (s *Store) present() (fs.FileInfo, error) {
	info, err := os.Stat(s.path)
	if err == nil && !os.SameFile(info, s.file.Load().info) {
		err = errors.New("the open file has another name now")
	}
	return info, err
}

// journal is the keys that were written since they were copied.
type journal struct{ keys map[string]struct{} }

// add notes what a group has written. A nil journal notes nothing.
func (j *journal) add(g *commit.Group) {
	if j == nil {
		return
	}
	if j.keys == nil {
		j.keys = map[string]struct{}{}
	}
	for w := range g.Writes() {
		j.keys[string(w.Key)] = struct{}{}
	}
}

// note starts a journal, or ends it if j is nil.
func (s *Store) note(j *journal) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.journal = j
}

// changes is how many keys the journal has.
func (s *Store) changes() int {
	s.writing.Lock()
	defer s.writing.Unlock()
	return len(s.journal.keys)
}

// changed returns the keys of the journal, which is empty then, in their
// order, and a snapshot that has their values. s.writing is held.
func (s *Store) changed() ([]string, *snapshot, error) {
	snap, err := s.snapshot(s.newestView)
	if err != nil {
		return nil, nil, err
	}
	keys := slices.Sorted(maps.Keys(s.journal.keys))
	s.journal.keys = nil
	return keys, snap, nil
}

// copier writes what a store holds into a new file.
type copier struct {
	s      *Store
	name   string
	to     *bbolt.DB
	mapped int64
	next   []byte // the keys before are copied; nil is the end of all keys
	copied int64  // bytes of keys and values
	done   bool   // the new file is the store's
}

// open makes the new file, in the place of what an earlier copier left behind.
func (c *copier) open(mode fs.FileMode) error {
	if err := os.Remove(c.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := makeEmpty(c.name, c.s.file.Load().db.Info().PageSize, Options{NoSync: true})
	if err == nil {
		err = os.Chmod(c.name, mode)
	}
	if err == nil {
		c.to, c.mapped, err = openFile(c.name, Options{NoSync: true})
	}
	if err != nil {
		_ = os.Remove(c.name)
		return err
	}
	c.to.NoGrowSync = true // the file gets no longer than its pages are
	return nil
}

// round copies what was changed among the copied keys, and some more keys.
func (c *copier) round() error {
	c.s.writing.Lock()
	keys, snap, err := c.s.changed()
	c.s.writing.Unlock()
	if err != nil {
		return err
	}
	defer snap.Close()
	return c.write(func(tx *bbolt.Tx) error {
		if err := c.repeat(tx, keys, snap); err != nil {
			return err
		}
		return c.advance(tx, snap)
	})
}

func (c *copier) write(f func(tx *bbolt.Tx) error) error {
	return guarded(func() error { return c.to.Update(f) })
}

// repeat copies keys again that were copied before.
func (c *copier) repeat(tx *bbolt.Tx, keys []string, snap kv.Snapshot) error {
	for _, k := range keys {
		key := []byte(k)
		if c.next != nil && k >= string(c.next) {
			break // it is still to come
		}
		value, err := snap.Get(key)
		if err != nil {
			return err
		}
		b, err := tx.CreateBucketIfNotExists(c.s.bucketOf(key))
		if err == nil && value == nil {
			err = b.Delete(key)
		} else if err == nil {
			err = b.Put(key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// advance copies the next keys.
func (c *copier) advance(tx *bbolt.Tx, snap kv.Snapshot) error {
	if c.next == nil {
		return nil
	}
	it := snap.Scan(c.next, nil, false)
	defer it.Close()
	var b *bbolt.Bucket
	var name []byte
	size := 0
	for it.Next() {
		key := it.Key()
		if size >= compactBytes {
			c.next = slices.Clone(key)
			return nil
		}
		if of := c.s.bucketOf(key); b == nil || !bytes.Equal(of, name) {
			var err error
			if b, err = tx.CreateBucketIfNotExists(of); err != nil {
				return err
			}
			b.FillPercent, name = fullPages, of
		}
		if err := b.Put(key, it.Value()); err != nil {
			return err
		}
		size += len(key) + len(it.Value())
		c.copied += int64(len(key) + len(it.Value()))
	}
	c.next = nil
	return it.Err()
}

// finish puts the new file in the place of the old one, while no commit is
// written.
func (c *copier) finish() error {
	s := c.s
	s.writing.Lock()
	defer s.writing.Unlock()
	if f := s.failure.Load(); f != nil {
		return f.err
	}
	keys, snap, err := s.changed()
	if err != nil {
		return err
	}
	defer snap.Close()
	err = c.write(func(tx *bbolt.Tx) error {
		if err := c.repeat(tx, keys, snap); err != nil {
			return err
		}
		return snap.view.tx.Bucket(header).ForEach(tx.Bucket(header).Put)
	})
	if err == nil {
		err = c.to.Sync()
	}
	if err != nil {
		return err
	}
	to, err := newFile(c.to, c.name, c.mapped)
	if err != nil {
		return err
	}
	if err := c.to.View(func(tx *bbolt.Tx) error {
		to.base = snap.view.file.state(snap.view.tx) - to.state(tx)
		return nil
	}); err != nil {
		return err
	}
	if _, err := s.present(); err != nil {
		return err
	}
	if err := os.Rename(c.name, s.path); err != nil {
		return err
	}
	c.done = true
	c.to.NoSync, c.to.NoGrowSync = s.noSync, false
	s.replace(to)
	if err := syncFolder(filepath.Dir(s.path)); err != nil {
		// After a power cut the name might lead to the old file.
		err = fmt.Errorf("whether the new file is durable is unknown, open the store again: %w", err)
		s.fail(err, false)
		return err
	}
	return nil
}

// replace makes f the store's file. That of before is closed when nobody uses
// it any more.
func (s *Store) replace(f *file) {
	old := s.file.Load()
	s.replaced.Add(1)
	old.unused = sync.OnceFunc(func() {
		defer s.replaced.Done()
		_ = guarded(old.db.Close) // all of it was copied
	})
	s.file.Store(f)
	old.views.drop(false)
	old.release()
}
