package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

var errWrong = errors.New("wrong answer")

// rawVerify authenticates a random token by hand.
func rawVerify(w *world) side {
	r := random()
	return p50(func() error {
		s := secretOf(r.IntN(w.tokens))
		return w.floor.View(func(tx *bbolt.Tx) error {
			return authenticate(tx, s)
		})
	})
}

// verify authenticates a random token. The secret is made within the time
// that is measured, on both sides.
func verify(w *world) side {
	r, ctx := random(), context.Background()
	return p50(func() error {
		n := r.IntN(w.tokens)
		v, err := w.db.Verify(ctx, secretOf(n))
		if err == nil && (v.Instance != w.user(w.userOf(n)) || len(v.Roles) != 1) {
			err = errWrong
		}
		return err
	})
}

func startVerify(w *world) (side, side, func() error, error) {
	return rawVerify(w), verify(w), nil, nil
}

// fourTokens checks how many tokens a user was found to have.
func fourTokens(n int) error {
	if n != perUser {
		return fmt.Errorf("%d tokens: %w", n, errWrong)
	}
	return nil
}

// lookup is a side that runs a parsed query for a random user.
func (w *world) lookup(q string, check func(v value.Value) error) (side, error) {
	parsed, err := w.db.Parse(q, "user")
	if err != nil {
		return nil, err
	}
	r, ctx := random(), context.Background()
	return p50(func() error {
		args := []value.Field{{Name: "user", Value: w.user(r.IntN(w.userCount()))}}
		res, err := w.db.Run(ctx, engine.Request{Secret: w.root, Expr: parsed.Expr, Args: args})
		if err != nil {
			return err
		}
		return check(res.Value)
	}), nil
}

const matchQuery = `Paginate(Match(Index("tokens_by_instance"), Var("user")))`

func startMatch(w *world) (side, side, func() error, error) {
	r := random()
	floor := p50(func() error {
		return w.floor.View(func(tx *bbolt.Tx) error {
			n := 0
			err := tokensOf(tx, userID(r.IntN(w.userCount())), func([]byte) error {
				n++
				return nil
			})
			return errors.Join(err, fourTokens(n))
		})
	})
	fawn, err := w.lookup(matchQuery, func(v value.Value) error { return fourTokens(v.(*value.Page).Len()) })
	return floor, fawn, nil, err
}

const mapQuery = `Map(Paginate(Match(Index("tokens_by_instance"), Var("user"))), (ref) => Get(ref))`

func startMap(w *world) (side, side, func() error, error) {
	r, d := random(), msgpack.NewDecoder(nil)
	floor := p50(func() error {
		return w.floor.View(func(tx *bbolt.Tx) error {
			var found []decoded
			docs := tx.Bucket(documents)
			err := tokensOf(tx, userID(r.IntN(w.userCount())), func(id []byte) error {
				var t decoded
				err := t.decode(d, docs.Get(id))
				found = append(found, t)
				return err
			})
			return errors.Join(err, fourTokens(len(found)))
		})
	})
	fawn, err := w.lookup(mapQuery, func(v value.Value) error {
		data := v.(*value.Page).Data()
		for _, doc := range data {
			if _, err := doc.(*value.Document).Fields(); err != nil {
				return err
			}
		}
		return fourTokens(len(data))
	})
	return floor, fawn, nil, err
}

// lookupBody is the query for the tokens of a user, as the official drivers
// write it when they have the user's ref.
func lookupBody(user int64) []byte {
	return fmt.Appendf(nil, `{"paginate":{"match":{"index":"tokens_by_instance"},"terms":{"@ref":{"id":"%d",`+
		`"collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}}}}`, user)
}

func startDecode(w *world) (side, side, func() error, error) {
	body := lookupBody(1)
	if len(body) != 161 {
		return nil, nil, nil, fmt.Errorf("the query has %d bytes", len(body))
	}
	// A clock takes 50 ns: one sample is the mean of many.
	const many = 64
	per := func(do func() error) side {
		return each(p50(func() error {
			for range many {
				if err := do(); err != nil {
					return err
				}
			}
			return nil
		}), many)
	}
	floor := per(func() error {
		var v any
		return json.Unmarshal(body, &v)
	})
	fawn := per(func() error {
		_, err := engine.DecodeJSON(body)
		return err
	})
	return floor, fawn, nil, nil
}

// besideWriter measures reads with a writer that never rests, and without: a
// row whose floor is the same reads alone.
func besideWriter(read func() side, write func() error) (side, side, func() error, error) {
	alone, beside := read(), read()
	return alone, func(d time.Duration) (figure, error) {
		stop, done := make(chan struct{}), make(chan error, 1)
		go func() {
			for {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				if err := write(); err != nil {
					done <- err
					return
				}
			}
		}()
		t, err := beside(d)
		close(stop)
		return t, errors.Join(err, <-done)
	}, nil, nil
}

func startRawBesideWriter(w *world) (side, side, func() error, error) {
	return besideWriter(func() side { return rawVerify(w) }, func() error { return w.floor.Update(w.rawCreate()) })
}

func startBesideWriter(w *world) (side, side, func() error, error) {
	create, err := w.creator()
	if err != nil {
		return nil, nil, nil, err
	}
	return besideWriter(func() side { return verify(w) }, create)
}
