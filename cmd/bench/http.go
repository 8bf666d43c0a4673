package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/server"
)

// client sends one request over its connection and reads the answer.
type client interface {
	do(secret string, body []byte) error
	close() error
}

// stops end what a row has begun.
type stops []func() error

// all ends everything, the last first.
func (s *stops) all() error {
	var err error
	for i := len(*s) - 1; i >= 0; i-- {
		err = errors.Join(err, (*s)[i]())
	}
	return err
}

// startHTTP is a row of so many connections, each with one request at a time:
// a random token looks up the tokens of its user.
func startHTTP(connections int, dial func(addr string) (client, error)) func(w *world) (side, side, func() error, error) {
	return func(w *world) (floor, fawn side, stop func() error, err error) {
		var ends stops
		stop = ends.all
		sides := make([]side, 2)
		for i, serve := range []func(*world, net.Listener) (func() error, error){serveFloor, serveFawn} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, nil, nil, errors.Join(err, stop())
			}
			ended, err := serve(w, l)
			if err != nil {
				return nil, nil, nil, errors.Join(err, stop())
			}
			ends = append(ends, ended)
			clients, left, err := w.clients(connections, l.Addr().String(), dial)
			if err != nil {
				return nil, nil, nil, errors.Join(err, stop())
			}
			sides[i], ends = clients, append(ends, left)
		}
		return sides[0], sides[1], stop, nil
	}
}

// clients connects so many clients to a server; stop ends them.
func (w *world) clients(n int, addr string, dial func(addr string) (client, error)) (_ side, stop func() error, err error) {
	var connected []client
	stop = func() error {
		var err error
		for _, c := range connected {
			err = errors.Join(err, c.close())
		}
		return err
	}
	s, err := rate(n, func(n int) (func() error, error) {
		c, err := dial(addr)
		if err != nil {
			return nil, err
		}
		connected = append(connected, c)
		r := random()
		for range n {
			r.Uint64()
		}
		return func() error {
			token := r.IntN(w.tokens)
			return c.do(secretOf(token), lookupBody(userID(w.userOf(token))))
		}, nil
	})
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return s, stop, nil
}

func serveFawn(w *world, l net.Listener) (func() error, error) {
	s := server.New(w.db, server.Options{Log: slog.New(slog.DiscardHandler)})
	return background("fawn", func() error { return s.Serve(l, "", "") }, s.Shutdown), nil
}

func serveFloor(w *world, l net.Listener) (func() error, error) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: &bareHandler{db: w.floor}, Protocols: protocols}
	return background("floor", func() error { return s.Serve(l) }, s.Shutdown), nil
}

// background runs a server until the function that it returns is called. In a
// profile its work has the label server.
func background(name string, serve func() error, shutdown func(context.Context) error) func() error {
	done := make(chan error, 1)
	go pprof.Do(context.Background(), pprof.Labels("server", name), func(context.Context) { done <- serve() })
	return func() error {
		if err := shutdown(context.Background()); err != nil {
			return err
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// bareHandler answers the lookup and nothing else: it cuts the user out of the
// body without reading the rest, and writes the answer that Fawn gives.
type bareHandler struct {
	db      *bbolt.DB
	buffers sync.Pool
}

func (h *bareHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, ok := h.buffers.Get().(*bytes.Buffer)
	if !ok {
		b = new(bytes.Buffer)
	}
	defer h.buffers.Put(b)
	b.Reset()
	if _, err := io.Copy(b, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	secret := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	user, err := userIn(b.Bytes())
	if err == nil {
		b.Reset()
		err = h.db.View(func(tx *bbolt.Tx) error { return answer(b, tx, secret, user) })
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	header := w.Header()
	header["Content-Type"] = []string{"application/json;charset=utf-8"}
	header["Content-Length"] = []string{strconv.Itoa(b.Len())}
	_, _ = w.Write(b.Bytes())
}

func userIn(body []byte) (int64, error) {
	_, rest, _ := bytes.Cut(body, []byte(`"id":"`)) // the first is the user's
	id, _, ok := bytes.Cut(rest, []byte(`"`))
	if !ok {
		return 0, errMissing
	}
	return strconv.ParseInt(string(id), 10, 64)
}

// answer authenticates and writes the page of a user's tokens.
func answer(b *bytes.Buffer, tx *bbolt.Tx, secret string, user int64) error {
	if err := authenticate(tx, secret); err != nil {
		return err
	}
	b.WriteString(`{"resource":{"data":[`)
	first := true
	err := tokensOf(tx, user, func(id []byte) error {
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(`{"@ref":{"id":"`)
		b.Write(strconv.AppendInt(b.AvailableBuffer(), idOf(id), 10))
		b.WriteString(`","collection":{"@ref":{"id":"tokens"}}}}`)
		return nil
	})
	b.WriteString(`]}}`)
	return err
}
