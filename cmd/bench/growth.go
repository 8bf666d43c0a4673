package main

import (
	"errors"
	"os"
	"time"
)

// fewTokens is how many tokens the database has that growth is measured from.
const fewTokens = 10_000

// startGrowth is how much longer something takes with all tokens than with
// few: by hand, and with Fawn.
func startGrowth(read func(w *world) (floor, fawn side, stop func() error, err error)) func(w *world) (side, side, func() error, error) {
	return func(w *world) (_, _ side, stop func() error, err error) {
		dir, err := os.MkdirTemp(w.dir, "few-")
		if err != nil {
			return nil, nil, nil, err
		}
		few, err := newWorld(dir, fewTokens)
		if err != nil {
			return nil, nil, nil, errors.Join(err, os.RemoveAll(dir))
		}
		stop = func() error { return errors.Join(few.close(), os.RemoveAll(dir)) }
		floor, fawn, _, err := read(w)
		if err != nil {
			return nil, nil, nil, errors.Join(err, stop())
		}
		fewFloor, fewFawn, _, err := read(few)
		if err != nil {
			return nil, nil, nil, errors.Join(err, stop())
		}
		return growth(fewFloor, floor), growth(fewFawn, fawn), stop, nil
	}
}

// growth is the ratio of two sides' figures.
func growth(few, many side) side {
	return func(d time.Duration) (figure, error) {
		small, err := few(d)
		if err != nil {
			return figure{}, err
		}
		large, err := many(d)
		return figure{value: large.value / small.value}, err
	}
}
