package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"
)

// startServingMemory is how much memory a server has for itself while clients
// look up tokens: the bare one, and fawn serve.
func startServingMemory(w *world) (side, side, func() error, error) {
	binary, err := buildFawn(w.dir)
	if err != nil {
		return nil, nil, nil, err
	}
	floor := func(d time.Duration) (figure, error) {
		p, err := startChild("serve", w.floorFile())
		if err != nil {
			return figure{}, err
		}
		return w.servingMemory(p, d)
	}
	fawn := func(d time.Duration) (figure, error) {
		p, err := startProgram(binary, "serve", "--addr", "127.0.0.1:0", "--data", w.fawnFile())
		if err != nil {
			return figure{}, err
		}
		return w.servingMemory(p, d)
	}
	return w.aside(floor, fawn)
}

// servingMemory is the most memory that a server has under the load of 16
// clients. It ends the server.
func (w *world) servingMemory(p *program, d time.Duration) (figure, error) {
	addr, err := p.said("listening on ")
	if err != nil {
		return figure{}, err
	}
	load, stop, err := w.clients(16, addr, http1)
	if err != nil {
		return figure{}, err
	}
	most, err := p.peak(func() error {
		_, err := load(max(d, 2*time.Second))
		return err
	})
	for _, end := range []func() error{stop, p.interrupt} {
		if e := end(); err == nil {
			err = e
		}
	}
	return figure{value: float64(most)}, err
}

// childServe is the bare server of the floor's file.
func childServe(args []string) error {
	debug.SetGCPercent(300)
	db, err := openFloor(args[0], false)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stop, err := serveFloor(&world{floor: db}, l)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	fmt.Printf("listening on %s\n", l.Addr())
	<-ctx.Done()
	return stop()
}

// startFillMemory is how much memory it takes to make all tokens, which are
// indexed, from nothing: by hand, and with Fawn.
func startFillMemory(w *world) (side, side, func() error, error) {
	side := func(which string) side {
		return func(time.Duration) (_ figure, err error) {
			dir, err := os.MkdirTemp(w.dir, "fill-")
			if err != nil {
				return figure{}, err
			}
			p, err := startChild("fill", which, dir, strconv.Itoa(w.tokens))
			if err != nil {
				return figure{}, errors.Join(err, os.RemoveAll(dir))
			}
			most, err := p.peak(func() error {
				_, err := p.said("filled")
				return err
			})
			if err == nil {
				err = p.Wait()
			}
			return figure{value: float64(most)}, errors.Join(err, os.RemoveAll(dir))
		}
	}
	return side("floor"), side("fawn"), nil, nil
}

// childFill makes so many tokens in a folder.
func childFill(args []string) error {
	which, dir := args[0], args[1]
	tokens, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	w := &world{dir: dir, tokens: tokens}
	if which == "floor" {
		w.floor, err = openFloor(filepath.Join(dir, "floor.db"), true)
	} else {
		err = w.openFawn(true)
	}
	if err != nil {
		return err
	}
	if err := w.fill(); err != nil {
		return err
	}
	fmt.Println("filled")
	return w.close()
}
