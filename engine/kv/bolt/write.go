package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/internal/commit"
)

// fullPages is how far pages are filled when they split by keys that ascend.
const fullPages = 0.95

// writer is the side of a Store that its queue sees.
type writer struct{ s *Store }

// Write writes g in one transaction of bbolt.
func (w writer) Write(g *commit.Group) error {
	s := w.s
	s.writing.Lock()
	defer s.writing.Unlock()
	if f := s.failure.Load(); f != nil {
		return f.err
	}
	f := s.file.Load()
	f.views.drop(f.roomy())
	tx, err := s.begin(f, true)
	if err != nil {
		return err
	}
	f.size = tx.Size()
	err = guarded(func() error {
		if f.state(tx) != g.State() {
			return damaged("transaction %d where %d was to come: another program writes the file", f.state(tx), g.State())
		}
		f.db.AllocSize = growth(tx.Size())
		if err := s.fill(tx, g); err != nil {
			return err
		}
		return tx.Commit()
	})
	if err == nil {
		s.journal.add(g)
		return nil
	}
	err = fileError(err)
	s.recover(f, tx, g.State(), err)
	return err
}

// recover ends the transaction tx, which was to make the given state and has
// failed with err, and decides whether the store can go on. After a full disk
// it can.
func (s *Store) recover(f *file, tx *bbolt.Tx, state uint64, err error) {
	panicked := errors.Is(err, kv.ErrDamaged)
	if panicked {
		s.fail(err, false)
	}
	if again := guarded(tx.Rollback); errors.Is(again, kv.ErrDamaged) {
		s.wedged.Store(true)
		return
	}
	// If the last write of all, of the meta page, was done and its sync has
	// failed, snapshots would see a commit that may not outlive a power cut.
	now, beginErr := s.begin(f, false)
	if beginErr != nil {
		return
	}
	if f.state(now) >= state {
		s.fail(fmt.Errorf("whether the last commit is durable is unknown, open the store again: %w", err), true)
	}
	_ = now.Rollback()
}

// fill makes the writes of g in tx, in the order of the keys.
func (s *Store) fill(tx *bbolt.Tx, g *commit.Group) error {
	var b *bbolt.Bucket
	var name []byte
	for w := range g.Writes() {
		if of := s.bucketOf(w.Key); b == nil || !bytes.Equal(of, name) {
			var err error
			if b, err = tx.CreateBucketIfNotExists(of); err != nil {
				return err
			}
			if name = of; s.filled[of[0]] || behindAll(b, w.Key) {
				b.FillPercent = fullPages
			}
		}
		var err error
		if w.Delete {
			err = b.Delete(w.Key)
		} else {
			err = b.Put(w.Key, w.Value)
		}
		if err != nil {
			return err
		}
	}
	return tx.Bucket(header).Put(headTime, binary.BigEndian.AppendUint64(nil, uint64(g.Last())))
}

// behindAll reports whether key comes behind all of a bucket: what is written
// there, in the order of the keys, fills up its pages.
func behindAll(b *bbolt.Bucket, key []byte) bool {
	last, _ := b.Cursor().Last()
	return bytes.Compare(last, key) < 0
}

// roomy reports whether the file cannot outgrow its map with the next group,
// even if that writes every page anew.
func (f *file) roomy() bool { return 2*f.size+maxGrowth < f.mapped }

// maxGrowth is more than the bytes of a group.
const maxGrowth = 1 << 30

// growth is by how many bytes a file of the given size grows at a time: each
// time costs a sync, so large files grow in large steps.
func growth(size int64) int {
	const least, most = 256 << 10, 16 << 20
	return int(min(max(size/8, least), most))
}
