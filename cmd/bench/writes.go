package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

// rawCreate makes a token by hand. All but the puts is done before the
// transaction.
func (w *world) rawCreate() func(tx *bbolt.Tx) error {
	n := int(atomic.AddInt64(&w.next, 1))
	s, user := secretOf(n), userID(w.userOf(n))
	doc, err := tokenDocument(s, tokenID(n), user)
	sum := sha256.Sum256([]byte(s))
	return func(tx *bbolt.Tx) error {
		if err != nil {
			return err
		}
		return putEncoded(tx, doc, sum[:], tokenID(n), user)
	}
}

const createQuery = `Create(Tokens(), Var("params"))`

// creator returns a function that makes a token with Fawn.
func (w *world) creator() (func() error, error) {
	parsed, err := w.db.Parse(createQuery, "params")
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	var made atomic.Int64
	return func() error {
		params := w.tokenParams(w.userOf(int(made.Add(1))))
		args := []value.Field{{Name: "params", Value: params}}
		res, err := w.db.Run(ctx, engine.Request{Secret: w.root, Expr: parsed.Expr, Args: args})
		if err == nil && !res.Created {
			err = errWrong
		}
		return err
	}, nil
}

func startLoneCreate(w *world) (side, side, func() error, error) {
	create, err := w.creator()
	if err != nil {
		return nil, nil, nil, err
	}
	return p50(func() error { return w.floor.Update(w.rawCreate()) }), p50(create), nil, nil
}

// writers is how many of them write at once.
const writers = 64

// rawWriters starts a way to make tokens by hand, by many at once.
type rawWriters func(w *world) (floor side, stop func() error, err error)

func startWriters(raw rawWriters) func(w *world) (side, side, func() error, error) {
	return func(w *world) (side, side, func() error, error) {
		create, err := w.creator()
		if err != nil {
			return nil, nil, nil, err
		}
		floor, stop, err := raw(w)
		if err != nil {
			return nil, nil, nil, err
		}
		fawn, err := rate(writers, func(int) (func() error, error) { return create, nil })
		return floor, fawn, stop, err
	}
}

// loneUpdate is one writer, a transaction each.
func loneUpdate(w *world) (side, func() error, error) {
	floor, err := rate(1, func(int) (func() error, error) {
		return func() error { return w.floor.Update(w.rawCreate()) }, nil
	})
	return floor, nil, err
}

// dbBatch is bbolt's own way to write together.
func dbBatch(w *world) (side, func() error, error) {
	floor, err := rate(writers, func(int) (func() error, error) {
		return func() error { return w.floor.Batch(w.rawCreate()) }, nil
	})
	return floor, nil, err
}

// queued is a write that waits in a bareQueue.
type queued struct {
	write func(tx *bbolt.Tx) error
	done  chan error
}

// bareQueue is one goroutine that writes whatever waits in one transaction.
func bareQueue(w *world) (side, func() error, error) {
	line, ended := make(chan *queued, writers), make(chan struct{})
	go func() {
		defer close(ended)
		for first := range line {
			group := []*queued{first}
			for len(line) > 0 {
				group = append(group, <-line)
			}
			err := w.floor.Update(func(tx *bbolt.Tx) error {
				var err error
				for _, q := range group {
					err = errors.Join(err, q.write(tx))
				}
				return err
			})
			for _, q := range group {
				q.done <- err
			}
		}
	}()
	floor, err := rate(writers, func(int) (func() error, error) {
		done := make(chan error, 1)
		return func() error {
			line <- &queued{w.rawCreate(), done}
			return <-done
		}, nil
	})
	return floor, func() error {
		close(line)
		<-ended
		return nil
	}, err
}
