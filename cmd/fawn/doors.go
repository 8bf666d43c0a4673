package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/server"
	"github.com/fawndb/fawn/server/conns"
	"github.com/fawndb/fawn/server/resp"
)

// door is one way into the database: a listener and who serves it.
type door struct {
	told     string // what is said of it at the start, before its address
	listener net.Listener
	refusal  []byte // for a connection that is one too many
	drain    func() // says that the end comes; nil where nobody asks
	server   interface {
		Serve(l net.Listener, certFile, keyFile string) error
		Shutdown(ctx context.Context) error
	}
}

// listen makes the doors that were asked for. HTTP comes last, so that who waits
// for it finds all of them open.
func (f *serveFlags) listen() ([]*door, error) {
	var doors []*door
	for _, d := range []struct{ told, addr string }{{"listening for Redis clients on", f.tcp}, {"listening on", f.addr}} {
		if d.addr == "" {
			continue
		}
		l, err := net.Listen("tcp", d.addr)
		if err != nil {
			return nil, errors.Join(err, closeAll(doors))
		}
		doors = append(doors, &door{told: d.told, listener: l})
	}
	return doors, nil
}

func closeAll(doors []*door) error {
	var err error
	for _, d := range doors {
		err = errors.Join(err, d.listener.Close())
	}
	return err
}

// public is the URL under which clients reach the server: the one that was
// given, or its address.
func (f *serveFlags) public(doors []*door) string {
	switch addr := doors[len(doors)-1].listener.Addr().String(); {
	case f.publicURL != "":
		return f.publicURL
	case f.cert != "":
		return "https://" + addr
	default:
		return "http://" + addr
	}
}

// staff puts a server behind each door.
func (f *serveFlags) staff(doors []*door, db *engine.DB, s *services, log *slog.Logger) {
	web := doors[len(doors)-1]
	web.refusal = server.FullAnswer()
	query := server.New(db, server.Options{Log: log, Build: "fawn-" + version, Mounts: s.mounts})
	web.server, web.drain = query, query.Drain
	if f.tcp == "" {
		return
	}
	doors[0].refusal = []byte(resp.FullReply)
	doors[0].server = resp.New(db, resp.Options{Tokens: s.tokens, Log: log, Version: version})
}

// serveAll serves the doors until ctx ends, some time longer for those who still
// have to hear of it, and then lets running queries finish. If one of them
// fails, all end.
func (f *serveFlags) serveAll(ctx context.Context, out io.Writer, doors []*door, log *slog.Logger) error {
	limit := conns.NewLimit(f.connections, log, time.Now)
	done := make(chan error, len(doors))
	for _, d := range doors {
		refusal := d.refusal
		if f.cert != "" {
			refusal = nil // in clear text it would be no word of TLS
		}
		go func() { done <- d.server.Serve(limit.Listener(d.listener, refusal), f.cert, f.key) }()
		fmt.Fprintf(out, "%s %s\n", d.told, d.listener.Addr())
	}
	var err error
	left := len(doors)
	select {
	case err = <-done:
		left--
	case <-ctx.Done():
		for _, d := range doors {
			if d.drain != nil {
				d.drain()
			}
		}
		select {
		case err = <-done:
			left--
		case <-time.After(f.drain):
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	ended := make(chan error, len(doors))
	for _, d := range doors {
		go func() { ended <- d.server.Shutdown(ending) }()
	}
	for range doors {
		err = errors.Join(err, <-ended)
	}
	for range left {
		if e := <-done; !errors.Is(e, http.ErrServerClosed) && !errors.Is(e, resp.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}
