package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// startLoad is how many tokens a second go into a new file, a few thousand a
// transaction, each made durable: by hand, and by queries.
func startLoad(w *world) (side, side, func() error, error) {
	return w.load(func(fresh *world) (err error) {
			fresh.floor, err = openFloor(filepath.Join(fresh.dir, "load.db"), false)
			return err
		}), w.load(func(fresh *world) error {
			if err := fresh.openFawn(false); err != nil {
				return err
			}
			return fresh.fillSchema()
		}), nil, nil
}

func (w *world) load(open func(fresh *world) error) side {
	return func(time.Duration) (_ figure, err error) {
		dir, err := os.MkdirTemp(w.dir, "load-")
		if err != nil {
			return figure{}, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		fresh := &world{dir: dir, tokens: w.tokens}
		if err := open(fresh); err != nil {
			return figure{}, err
		}
		begin, work := time.Now(), processorTime()
		err = fresh.fillTokens()
		took := time.Since(begin)
		work = processorTime() - work
		n := float64(w.tokens)
		return figure{n / took.Seconds(), float64(work) / n}, errors.Join(err, fresh.close())
	}
}
