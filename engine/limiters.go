package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/engine/txn"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Kinds of keys of counters: those of the language and those of Limit do not
// meet, so that no query waits for something that waits for a commit.
const (
	counterOfLogin byte = iota
	counterOfDoor
)

// counterSize is that of a key of a counter.
const counterSize = 1 + 4 + sha256.Size

// counterKey is the key of a counter. Its text is not kept: it may be an
// address of somebody.
func counterKey(s value.Scope, kind byte, text string) []byte {
	sum := sha256.Sum256(append([]byte{kind}, text...))
	return append(scopeKey(spaceCounter, s), sum[:]...)
}

// Limit runs try, unless what key names was tried too often within the policy:
// then the error is a *limiter.Locked. Tries of one key follow each other. What
// try says of its outcome is durable when Limit returns, also if it fails, and
// whatever becomes of ctx. A counter belongs to a database, with which it
// goes, and is swept when it counts for nothing any more.
//
// try may query and commit, but it must not call Limit with the same key.
func (db *DB) Limit(
	ctx context.Context, database value.Scope, key string, p limiter.Policy, try func() (limiter.Outcome, error),
) error {
	k := counterKey(database, counterOfDoor, key)
	u := db.limiter.Use(string(k))
	err := u.Try(ctx, p, db.now, func() (limiter.Counter, error) { return db.counter(k) }, try)
	if saveErr := u.Release(func(c limiter.Counter) error { return db.saveCounter(ctx, k, c) }); saveErr != nil {
		return errors.Join(err, fmt.Errorf("engine: limit: %w", saveErr))
	}
	return err
}

// counter reads a counter from the store.
func (db *DB) counter(key []byte) (limiter.Counter, error) {
	snap, err := db.store.Snapshot()
	if err != nil {
		return limiter.Counter{}, err
	}
	defer snap.Close()
	b, err := snap.Get(key)
	if err != nil {
		return limiter.Counter{}, err
	}
	return limiter.Decode(b)
}

// saveCounter keeps a counter. It does so also when the caller has gone, who
// could try for ever otherwise.
func (db *DB) saveCounter(ctx context.Context, key []byte, c limiter.Counter) error {
	w := kv.Write{Key: key, Value: c.Append(nil)}
	if c == (limiter.Counter{}) {
		w = kv.Write{Key: key, Delete: true}
	}
	_, err := db.commit(context.WithoutCancel(ctx), &kv.Batch{Writes: []kv.Write{w}}, false)
	return err
}

// tries are the counters that a request uses, by their keys. They are kept
// when it is answered: while it runs its snapshot is open.
type tries map[string]*limiter.Use

// tried checks a password. For the public, whose keys have the role client, it
// counts wrong ones, by whoever is named, and answers one that is locked as if
// the password were wrong, after the same time. A query that is run again
// counts once.
func (tx *tx) tried(who query.Candidate, stored, password string) (bool, error) {
	policy := tx.db.options.LoginLimit
	if tx.session.builtin != roleClient || policy.Limit < 0 {
		return tx.checkPassword(stored, password)
	}
	key, err := tx.counterOf(who)
	if err != nil {
		return false, err
	}
	memo := hashed{stored, password, string(key)}
	if ok, known := tx.req.checks[memo]; known {
		return ok, nil
	}
	use := tx.req.tries[string(key)]
	if use == nil {
		use = tx.db.limiter.Use(string(key))
		if tx.req.tries == nil {
			tx.req.tries = tries{}
		}
		tx.req.tries[string(key)] = use
	}
	ok := false
	err = use.Try(tx.ctx, policy, tx.db.now, func() (limiter.Counter, error) { return tx.db.counter(key) },
		func() (outcome limiter.Outcome, err error) {
			if ok, err = tx.checkPassword(stored, password); err != nil {
				return limiter.Ignored, err
			}
			if ok {
				return limiter.Cleared, nil
			}
			return limiter.Counted, nil
		})
	if locked := new(limiter.Locked); errors.As(err, &locked) {
		ok = false
		_, err = tx.checkPassword(tx.db.dummy(), password)
	}
	if err != nil {
		return false, timedOut(err)
	}
	tx.req.remember(memo, ok)
	return ok, nil
}

// counterOf is the key of the counter of whoever wants to be somebody: the
// document, whatever set led to it, or the set that led nowhere.
func (tx *tx) counterOf(who query.Candidate) ([]byte, error) {
	named := who.Named
	if who.Ref != nil {
		named = *who.Ref
	}
	text, err := value.Renderer{Names: tx}.Append(nil, named)
	return counterKey(tx.own.Scope, counterOfLogin, string(text)), err
}

// answered keeps the counters that a request has used, before its error, err,
// goes out. It has no snapshot any more. What cannot be kept is no answer.
func (db *DB) answered(ctx context.Context, req *request, err error) error {
	var failed error
	for key, use := range req.tries {
		failed = errors.Join(failed, use.Release(func(c limiter.Counter) error {
			return db.saveCounter(ctx, []byte(key), c)
		}))
	}
	req.tries = nil
	if failed != nil {
		return failed
	}
	return err
}

// counters frees the counters that count for nothing any more.
func (s *sweeper) counters(ctx context.Context) error {
	from := []byte{spaceCounter}
	for {
		var ended [][]byte
		err := s.look(ctx, func(t *txn.Txn) (err error) {
			ended, err = endedCounters(t, from)
			return err
		})
		if err != nil || len(ended) == 0 {
			return err
		}
		if err := s.freeCounters(ctx, ended); err != nil {
			return err
		}
		from = append(ended[len(ended)-1], 0)
	}
}

// endedCounters returns the keys of a batch of counters, from a key on, that
// count for nothing any more.
func endedCounters(t *txn.Txn, from []byte) (ended [][]byte, err error) {
	it := t.Scan(from, []byte{spaceCounter + 1}, false)
	defer it.Close()
	for len(ended) < sweepBatch && it.Next() {
		c, err := limiter.Decode(it.Value())
		if err != nil {
			return nil, err
		}
		if t.Time() >= c.End {
			ended = append(ended, append([]byte(nil), it.Key()...))
		}
	}
	return ended, it.Err()
}

// freeCounters frees counters that have not been written since they ended.
func (s *sweeper) freeCounters(ctx context.Context, keys [][]byte) error {
	return s.work(ctx, 0, func(tx *tx) error {
		for _, key := range keys {
			b, err := tx.t.Get(key)
			if err != nil {
				return err
			}
			c, err := limiter.Decode(b)
			if err != nil {
				return err
			}
			if b != nil && tx.now >= c.End {
				tx.t.Delete(key)
			}
		}
		return nil
	})
}
