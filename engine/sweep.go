package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/txn"
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
			if err := s.round(db.ctx, sweepLook); err != nil && db.ctx.Err() == nil {
				db.options.Log.Error("sweep failed", "error", err)
			}
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
	if err := s.counters(ctx); err != nil {
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
		err := s.look(ctx, func(t *txn.Txn) (err error) {
			notes, err = dueNotes(t, from)
			return err
		})
		if err != nil || len(notes) == 0 {
			return err
		}
		err = s.work(ctx, noted(notes[0]).Scope, func(tx *tx) error {
			for _, note := range notes {
				if err := tx.expire(note); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		from = append(notes[len(notes)-1], 0)
	}
}

// dueNotes returns the notes of the ttls that are reached, from a key on: a
// batch, of documents of one database.
func dueNotes(t *txn.Txn, from []byte) ([][]byte, error) {
	var notes [][]byte
	it := t.Scan(from, ttlKey(t.Time()+1, value.Ref{}), false)
	defer it.Close()
	for len(notes) < sweepBatch && it.Next() {
		if len(notes) > 0 && noted(it.Key()).Scope != noted(notes[0]).Scope {
			break
		}
		notes = append(notes, append([]byte(nil), it.Key()...))
	}
	return notes, it.Err()
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
		entries, _, err := tx.timeline(d, r, list)
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
	return tx.release(r)
}

// history frees the versions, and the entries, that need not be kept any more.
func (s *sweeper) history(ctx context.Context, look int) error {
	for look > 0 {
		var found []value.Ref
		err := s.look(ctx, func(t *txn.Txn) (err error) {
			found, look, err = s.histories(t, look)
			return err
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

// histories returns the next documents that have a history: a batch, of one
// database. Left is how many entries may still be looked at.
func (s *sweeper) histories(t *txn.Txn, look int) (found []value.Ref, left int, err error) {
	lo := s.next
	if lo == nil {
		lo = []byte{spaceHistory}
	}
	it := t.Scan(lo, []byte{spaceHistory + 1}, false)
	defer it.Close()
	s.next = nil
	for it.Next() {
		r := decodeRef(it.Key()[1:])
		look--
		if look < 0 || len(found) == sweepBatch || len(found) > 0 && r.Scope != found[0].Scope {
			s.next = append([]byte(nil), it.Key()...)
			break
		}
		if len(found) == 0 || r != found[len(found)-1] {
			found = append(found, r)
		}
	}
	return found, look, it.Err()
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
		before, _, err := tx.timeline(d, r, list)
		if err != nil {
			return err
		}
		after, _, err := tx.timeline(d, r, list[n:])
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
