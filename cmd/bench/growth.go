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
		ends := stops{func() error { return errors.Join(few.close(), os.RemoveAll(dir)) }}
		stop = ends.all
		var sides [4]side
		for i, w := range []*world{few, w} {
			floor, fawn, ended, err := read(w)
			if err != nil {
				return nil, nil, nil, errors.Join(err, stop())
			}
			if ended != nil {
				ends = append(ends, ended)
			}
			sides[i], sides[2+i] = floor, fawn
		}
		return growth(sides[0], sides[1]), growth(sides[2], sides[3]), stop, nil
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
