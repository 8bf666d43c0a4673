package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peerRows are the goals beside other databases. SQLite and PocketBase are
// fetched by Go when they are built; PostgreSQL must be installed. In "floor"
// stands the peer.
var peerRows = []row{
	{number: "2", name: "authenticate, beside a get of SQLite", must: 1 / 2.0, start: besideSQLite("verify", startVerify)},
	{number: "4", name: "4 decoded documents, beside SQLite", must: 1 / 1.7, start: besideSQLite("map", startMap)},
	{number: "16", name: "list all tokens, one, beside SQLite", must: 1 / 3.0, start: besideSQLite("list", startList)},
	{number: "12", name: "64 writers, beside SQLite", unit: rates, must: 2.5, start: besideSQLite("write", startWriters(loneUpdate))},
	{number: "7", name: "lookup, 16, beside PocketBase auth-refresh", unit: rates, must: 7, start: startPocketBase(authRefresh)},
	{number: "7", name: "lookup, 16, beside its filtered list", unit: rates, must: 9, start: startPocketBase(filteredList)},
	{number: "7", name: "lookup, 16, beside pgbench verify", unit: rates, must: 0.7, start: startPostgres(16, pgVerify, (*world).lookups)},
	{number: "7", name: "lookup, 64, beside pgbench verify", unit: rates, must: 1.2, start: startPostgres(64, pgVerify, (*world).lookups)},
	{number: "13", name: "durable creates, 16, beside pgbench", unit: rates, must: 0.25, start: startPostgres(16, pgCreate, (*world).creates)},
	{number: "13", name: "durable creates, 64, beside pgbench", unit: rates, must: 0.55, start: startPostgres(64, pgCreate, (*world).creates)},
}

// errNoPeer says that a peer is not to be had here.
var errNoPeer = errors.New("no such peer here")

// startPeer builds the program of peers, and starts it as one of them, with a
// place for its data.
func (w *world) startPeer(name string) (*program, error) {
	source, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/fawndb/fawn").Output()
	if err != nil {
		return nil, fmt.Errorf("where the sources are: %w", err)
	}
	path := filepath.Join(w.dir, "peers")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = filepath.Join(strings.TrimSpace(string(source)), "cmd", "bench", "peers")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s does not build: %s", errNoPeer, name, out)
	}
	data, err := os.MkdirTemp(w.dir, name)
	if err != nil {
		return nil, err
	}
	return startProgram(path, name, filepath.Join(data, "data"), strconv.Itoa(w.userCount()))
}

// besideSQLite is a row of ours with what SQLite takes for the same in place
// of its floor.
func besideSQLite(measure string, start func(w *world) (side, side, func() error, error)) func(w *world) (side, side, func() error, error) {
	return func(w *world) (_, _ side, _ func() error, err error) {
		p, err := w.startPeer("sqlite")
		if err != nil {
			return nil, nil, nil, err
		}
		if _, err := p.said("ready"); err != nil {
			return nil, nil, nil, err
		}
		_, fawn, stop, err := start(w)
		stops := func() error {
			if stop == nil {
				return p.kill()
			}
			return errors.Join(stop(), p.kill())
		}
		if err != nil {
			return nil, nil, nil, errors.Join(err, p.kill())
		}
		peer := func(d time.Duration) (figure, error) {
			if _, err := fmt.Fprintln(p.in, measure, d); err != nil {
				return figure{}, err
			}
			said, err := p.said("= ")
			if err != nil {
				return figure{}, err
			}
			v, err := strconv.ParseFloat(said, 64)
			return figure{value: v}, err
		}
		return peer, fawn, stops, nil
	}
}

// signedIn is a user of PocketBase with a token to act with.
type signedIn struct{ id, token string }

// A user's own new token, and the tokens of the user.
func authRefresh(u signedIn) string {
	return "POST /api/collections/users/auth-refresh HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + u.token + "\r\nContent-Length: 0\r\n\r\n"
}

func filteredList(u signedIn) string {
	return "GET /api/collections/tokens/records?filter=(user='" + u.id + "') HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + u.token + "\r\n\r\n"
}

// startPocketBase is the lookup of row 6 beside what PocketBase offers for the
// same, both over 16 connections.
func startPocketBase(request func(u signedIn) string) func(w *world) (side, side, func() error, error) {
	return func(w *world) (_, _ side, _ func() error, err error) {
		const connections = 16
		p, err := w.startPeer("pocketbase")
		if err != nil {
			return nil, nil, nil, err
		}
		users, addr, err := p.pocketBase()
		if err != nil {
			return nil, nil, nil, errors.Join(err, p.kill())
		}
		peer, err := rate(connections, func(n int) (func() error, error) {
			c, err := http1(addr)
			if err != nil {
				return nil, err
			}
			r := random()
			for range n {
				r.Uint64()
			}
			return func() error { return c.(*conn1).exchange(request(users[r.IntN(len(users))]), 1) }, nil
		})
		if err != nil {
			return nil, nil, nil, errors.Join(err, p.kill())
		}
		fawn, stop, err := w.lookups(connections)
		if err != nil {
			return nil, nil, nil, errors.Join(err, p.kill())
		}
		return peer, fawn, func() error { return errors.Join(stop(), p.kill()) }, nil
	}
}

// pocketBase reads who is signed in, and where the server listens.
func (p *program) pocketBase() (users []signedIn, addr string, err error) {
	for p.out.Scan() {
		switch f := strings.Fields(p.out.Text()); {
		case len(f) == 3 && f[0] == "user":
			users = append(users, signedIn{f[1], f[2]})
		case len(f) == 3 && f[0] == "listening":
			return users, f[2], nil
		}
	}
	return nil, "", errors.Join(errors.New("PocketBase ended"), p.out.Err())
}

// lookups is the lookup of row 6.
func (w *world) lookups(connections int) (side, func() error, error) {
	return w.served(func(addr string) (side, func() error, error) { return w.clients(connections, addr, http1) })
}

// creates makes durable tokens over HTTP.
func (w *world) creates(connections int) (side, func() error, error) {
	return w.served(func(addr string) (side, func() error, error) {
		s, err := rate(connections, func(n int) (func() error, error) {
			c, err := http1(addr)
			if err != nil {
				return nil, err
			}
			r := random()
			for range n {
				r.Uint64()
			}
			return func() error { return c.do(w.root, createBody(userID(r.IntN(w.userCount())))) }, nil
		})
		return s, func() error { return nil }, err
	})
}

// served serves Fawn to clients.
func (w *world) served(clients func(addr string) (side, func() error, error)) (side, func() error, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	ended, err := serveFawn(w, l)
	if err != nil {
		return nil, nil, err
	}
	s, left, err := clients(l.Addr().String())
	if err != nil {
		return nil, nil, errors.Join(err, ended())
	}
	return s, func() error { return errors.Join(left(), ended()) }, nil
}

// createBody is the query that makes a token of a user, as drivers write it.
func createBody(user int64) []byte {
	return fmt.Appendf(nil, `{"create":{"tokens":null},"params":{"object":{"instance":{"@ref":{"id":"%d","collection":{"@ref":`+
		`{"id":"users","collection":{"@ref":{"id":"collections"}}}}}},"data":{"object":{"name":"%s"}}}}}`, user, deviceName)
}
