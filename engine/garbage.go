package engine

import (
	"context"
	"encoding/binary"

	"github.com/fawndb/fawn/engine/txn"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// garbage frees what belonged to deleted collections, indexes and databases.
func (s *sweeper) garbage(ctx context.Context) error {
	var notes [][]byte
	err := s.look(ctx, func(t *txn.Txn) error {
		it := t.Scan([]byte{spaceGarbage}, []byte{spaceGarbage + 1}, false)
		defer it.Close()
		for it.Next() {
			notes = append(notes, append([]byte(nil), it.Key()...))
		}
		return it.Err()
	})
	if err != nil {
		return err
	}
	for _, note := range notes {
		for done := false; !done; {
			if done, err = s.collect(ctx, note); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect frees a batch of what a note of garbage is about, and, when there
// is nothing left, the note.
func (s *sweeper) collect(ctx context.Context, note []byte) (done bool, err error) {
	scope := value.Scope(binary.BigEndian.Uint32(note[1:]))
	own := scope
	free := (*tx).freeClass
	switch {
	case len(note) == 1+4: // a database, whose own schema is gone
		own, free = 0, (*tx).freeDatabase
	case binary.BigEndian.Uint32(note[1+4:]) >= uint32(value.FirstIndex):
		free = (*tx).freeIndex
	}
	left := sweepBatch
	err = s.work(ctx, own, func(tx *tx) error {
		left = sweepBatch
		if err := free(tx, note[1:], &left); err != nil {
			return err
		}
		if left > 0 {
			tx.t.Delete(note)
		}
		return nil
	})
	return left > 0, err
}

// freeClass forgets documents of a collection; prefix is its scope and class.
func (tx *tx) freeClass(prefix []byte, left *int) error {
	for _, space := range []byte{spaceLive, spaceHistory} {
		lo := append([]byte{space}, prefix...)
		it := tx.t.Scan(lo, after(lo), false)
		defer it.Close()
		for *left > 0 && it.Next() {
			if err := tx.forget(decodeRef(it.Key()[1:])); err != nil {
				return err
			}
			*left--
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	return nil
}

// freeIndex deletes entries of an index; prefix is its scope and number.
func (tx *tx) freeIndex(prefix []byte, left *int) error {
	return tx.free([]byte{index.SpaceEntry, index.SpaceRemoved}, prefix, left, nil)
}

// freeDatabase deletes what a database holds; prefix is its scope.
func (tx *tx) freeDatabase(prefix []byte, left *int) error {
	spaces := []byte{
		spaceLive, spaceHistory, index.SpaceEntry, index.SpaceRemoved, spaceNext, spaceSchema, spaceCounter, spaceSeal,
	}
	return tx.free(spaces, prefix, left, func(key, stored []byte) error {
		switch key[0] {
		case spaceSeal:
			return tx.dropDigests(stored)
		case spaceLive:
		default:
			return nil
		}
		r := decodeRef(key[1:])
		if r.Class == value.Keys {
			tx.t.Delete(keyKey(r.ID, r.Scope))
		}
		return tx.dropTTL(r, stored)
	})
}

// free deletes keys with a prefix in some spaces, and calls also with each.
func (tx *tx) free(spaces, prefix []byte, left *int, also func(key, stored []byte) error) error {
	for _, space := range spaces {
		lo := append([]byte{space}, prefix...)
		it := tx.t.Scan(lo, after(lo), false)
		defer it.Close()
		for *left > 0 && it.Next() {
			if also != nil {
				if err := also(it.Key(), it.Value()); err != nil {
					return err
				}
			}
			tx.t.Delete(append([]byte(nil), it.Key()...))
			*left--
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	return nil
}
