package main

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine"
)

// startOpen is how long it takes from a closed file to the first answer: to
// whom a token belongs. The closing is not measured.
func startOpen(w *world) (side, side, func() error, error) {
	r := random()
	floor := once(func() (func() error, error) {
		db, err := openFloor(w.floorFile(), false)
		if err != nil {
			return nil, err
		}
		return db.Close, db.View(func(tx *bbolt.Tx) error { return authenticate(tx, secretOf(r.IntN(w.tokens))) })
	})
	fawn := once(func() (func() error, error) {
		db, err := engine.Open(w.fawnFile(), engine.Options{})
		if err != nil {
			return nil, err
		}
		n := r.IntN(w.tokens)
		v, err := db.Verify(context.Background(), secretOf(n))
		if err == nil && v.Instance != w.user(w.userOf(n)) {
			err = errWrong
		}
		return db.Close, err
	})
	return w.aside(floor, fawn)
}

// once is a side that does one thing once. What it returns is called
// afterwards, unmeasured.
func once(do func() (end func() error, err error)) side {
	return func(time.Duration) (figure, error) {
		begin := time.Now()
		end, err := do()
		took := time.Since(begin)
		if end != nil {
			err = errors.Join(err, end())
		}
		return figure{value: float64(took)}, err
	}
}
