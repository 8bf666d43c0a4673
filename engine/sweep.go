package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/txn"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

const (
	// sweepBatch is how many documents, or entries, one transaction of the
	// sweeper frees: few, so that what it collides with is little.
	sweepBatch = 128
	// sweepLook is how many entries of history one round of the background
	// looks at; the next round goes on from there.
	sweepLook = 20_000
)

// sweeper frees what nobody can see any more: documents that expired, what
// belonged to deleted collections, indexes and databases, and history that
// need not be kept. Queries never depend on it: they leave out by themselves
// what is gone.
//
// It looks for work in snapshots whose reads are not noted, and does it in
// small transactions that read it again.
type sweeper struct {
	db   *DB
	next []byte // where the look at the history goes on; nil is its start
}

// Sweep frees, now and all of it, what the background would free in time.
// Errors are those of the store.
func (db *DB) Sweep(ctx context.Context) error {
	s := sweeper{db: db}
	return s.round(ctx, math.MaxInt)
}

// sweepAll runs the background's rounds until the database is closed.
func (db *DB) sweepAll(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	s := sweeper{db: db}
	for {
		select {
		case <-db.ctx.Done():
			return
		case <-ticker.C:
			// What failed is left for the next round.
			_ = s.round(db.ctx, sweepLook)
		}
	}
}

// round does everything once; look bounds the entries of history looked at.
func (s *sweeper) round(ctx context.Context, look int) error {
	if err := s.expired(ctx); err != nil {
		return fmt.Errorf("engine: sweep: %w", err)
	}
	if err := s.garbage(ctx); err != nil {
		return fmt.Errorf("engine: sweep: %w", err)
	}
	if err := s.history(ctx, look); err != nil {
		return fmt.Errorf("engine: sweep: %w", err)
	}
	return nil
}

// look reads a snapshot; nothing is noted, and nothing may be written.
func (s *sweeper) look(ctx context.Context, f func(t *txn.Txn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := s.db.open(ctx, &request{}, false)
	if err != nil {
		return err
	}
	defer tx.close()
	return f(&tx.t)
}

// work runs a transaction in a database, again if it loses against others. Its
// commit is no news for streams: what it frees is gone already.
func (s *sweeper) work(ctx context.Context, scope value.Scope, f func(tx *tx) error) error {
	for range DefaultRetries {
		err := s.attempt(ctx, scope, f)
		if !errors.Is(err, kv.ErrConflict) {
			return err
		}
	}
	return nil // it is left for the next round
}

func (s *sweeper) attempt(ctx context.Context, scope value.Scope, f func(tx *tx) error) error {
	tx, err := s.db.open(ctx, &request{}, true)
	if err != nil {
		return err
	}
	defer tx.close()
	if err := tx.begun(&session{scope: scope, builtin: roleServer}); err != nil {
		return err
	}
	if err := f(tx); err != nil || tx.t.Writes() == 0 {
		return err
	}
	b := tx.t.Batch()
	b.Publish, b.Retract = s.db.feed.mute, s.db.feed.unmute
	ts, err := s.db.commit(ctx, b, false)
	s.db.feed.unmute(ts)
	return err
}

// expired frees the documents whose ttl is reached.
func (s *sweeper) expired(ctx context.Context) error {
	from := []byte{spaceTTL}
	for {
		var notes [][]byte
		err := s.look(ctx, func(t *txn.Txn) error {
			it := t.Scan(from, ttlKey(t.Time()+1, value.Ref{}), false)
			defer it.Close()
			for len(notes) < sweepBatch && it.Next() {
				notes = append(notes, append([]byte(nil), it.Key()...))
			}
			return it.Err()
		})
		if err != nil || len(notes) == 0 {
			return err
		}
		for len(notes) > 0 {
			scope, n := noted(notes[0]).Scope, 1
			for n < len(notes) && noted(notes[n]).Scope == scope {
				n++
			}
			batch := notes[:n]
			err := s.work(ctx, scope, func(tx *tx) error {
				for _, note := range batch {
					if err := tx.expire(note); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			from, notes = append(notes[n-1], 0), notes[n:]
		}
	}
}

// noted is the document that a note of a ttl is about.
func noted(note []byte) value.Ref { return decodeRef(note[1+8:]) }

// expire frees the document that a note is about, if its version has expired.
func (tx *tx) expire(note []byte) error {
	tx.t.Delete(note)
	r := noted(note)
	b, err := tx.t.Get(liveKey(r))
	if err != nil || b == nil {
		return err
	}
	rec, err := decodeRecord(b)
	if err != nil || !rec.Expired(tx.now) {
		return err
	}
	return tx.forget(r)
}

// forget takes a document out of the store with all its history and all its
// entries.
func (tx *tx) forget(r value.Ref) error {
	list, err := tx.pasts(r)
	if err != nil {
		return err
	}
	for _, p := range list {
		tx.t.Delete(p.key)
		if p.key[0] == spaceLive && p.HasTTL {
			tx.t.Delete(ttlKey(p.TTL, r))
		}
	}
	definitions, err := tx.definitions(r)
	if err != nil {
		return err
	}
	for _, d := range definitions {
		entries, err := tx.timeline(d, r, list)
		if err != nil {
			return err
		}
		for key := range entries {
			tx.t.Delete([]byte(key))
		}
	}
	if row := collections[min(r.Class, value.FirstUserClass)]; row.lives != nil {
		row.lives(tx, r, false)
	}
	return nil
}

// history frees the versions, and the entries, that need not be kept any more.
func (s *sweeper) history(ctx context.Context, look int) error {
	for look > 0 {
		var found []value.Ref
		err := s.look(ctx, func(t *txn.Txn) error {
			lo := s.next
			if lo == nil {
				lo = []byte{spaceHistory}
			}
			it := t.Scan(lo, []byte{spaceHistory + 1}, false)
			defer it.Close()
			s.next = nil
			var last value.Ref
			for it.Next() {
				if look--; look < 0 || len(found) == sweepBatch {
					s.next = append([]byte(nil), it.Key()...)
					break
				}
				r := decodeRef(it.Key()[1:])
				if len(found) > 0 && r.Scope != found[0].Scope {
					s.next = append([]byte(nil), it.Key()...)
					break
				}
				if r != last {
					found, last = append(found, r), r
				}
			}
			return it.Err()
		})
		if err != nil {
			return err
		}
		if err := s.trim(ctx, found); err != nil || s.next == nil {
			return err
		}
	}
	return nil
}

// trim frees history of documents of one database.
func (s *sweeper) trim(ctx context.Context, list []value.Ref) error {
	if len(list) == 0 {
		return nil
	}
	return s.work(ctx, list[0].Scope, func(tx *tx) error {
		for _, r := range list {
			if lowest := tx.minimumTime(r.Scope, r.Class); lowest > 0 {
				if err := tx.trim(r, lowest); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// trim frees what the history of a document has from before a time: of the
// versions up to then only the newest is needed, if it is live.
func (tx *tx) trim(r value.Ref, lowest int64) error {
	list, err := tx.pasts(r)
	if err != nil {
		return err
	}
	n := 0
	for n < len(list) && list[n].time() <= lowest {
		n++
	}
	if n > 0 && !list[n-1].Tombstone {
		n--
	}
	if n == 0 {
		return nil
	}
	for _, p := range list[:n] {
		tx.t.Delete(p.key)
	}
	definitions, err := tx.definitions(r)
	if err != nil {
		return err
	}
	for _, d := range definitions {
		before, err := tx.timeline(d, r, list)
		if err != nil {
			return err
		}
		after, err := tx.timeline(d, r, list[n:])
		if err != nil {
			return err
		}
		for key := range before {
			if _, stays := after[key]; !stays {
				tx.t.Delete([]byte(key))
			}
		}
	}
	return nil
}

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
	spaces := []byte{spaceLive, spaceHistory, index.SpaceEntry, index.SpaceRemoved, spaceNext, spaceSchema}
	return tx.free(spaces, prefix, left, func(key, stored []byte) error {
		if key[0] != spaceLive {
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
