package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/forward"
	"github.com/fawndb/fawn/server/oauth"
	"github.com/fawndb/fawn/server/tokens"
)

// serviceConnections is how many connections ask about tokens at once.
const serviceConnections = 64

// services is a database of tokens that a service has made, found by the
// digests of their secrets, and the doors that are asked about them.
type services struct {
	db     *engine.DB
	tokens *tokens.Service
	n      int
	key    string // secret of who asks
	mounts []server.Mount
}

// accessSecret is the secret of a token.
func accessSecret(n int) string {
	var random [32]byte
	binary.BigEndian.PutUint64(random[:], uint64(n)*0x9E3779B97F4A7C15)
	return "at_" + base64.RawURLEncoding.EncodeToString(random[:])
}

// newServices makes a database of so many tokens in a folder.
func newServices(dir string, n int) (*services, error) {
	dir, err := os.MkdirTemp(dir, "services-")
	if err != nil {
		return nil, err
	}
	db, err := engine.Open(filepath.Join(dir, "fawn.db"), engine.Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	s := &services{db: db, n: n}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *services) open() (err error) {
	ctx := context.Background()
	if s.tokens, err = tokens.New(ctx, s.db, tokens.Options{Issuer: "https://tokens.example.com"}); err != nil {
		return err
	}
	res, err := s.db.Query(ctx, s.tokens.Secret(), `Select("secret", CreateKey({ role: "server" }))`, nil)
	if err != nil {
		return err
	}
	s.key = string(res.Value.(value.String))
	if err := s.fill(ctx); err != nil {
		return err
	}
	o, err := oauth.New(s.tokens, door.Options{}, oauth.Options{Introspections: -1})
	if err != nil {
		return err
	}
	f, err := forward.New(s.tokens, door.Options{}, forward.Options{})
	if err != nil {
		return err
	}
	s.mounts = []server.Mount{{Prefixes: o.Prefixes(), Handler: o}, {Prefixes: f.Prefixes(), Handler: f}}
	return nil
}

// fill makes users and their tokens, each with a permission.
func (s *services) fill(ctx context.Context) error {
	const size = 1000
	data := value.Object{
		{Name: "scope", Value: value.String("read write")},
		{Name: "permissions", Value: value.Object{{Name: "createA", Value: value.Boolean(true)}}},
	}
	for from := 0; from < s.n; from += size {
		err := s.tokens.Update(ctx, func(tx *tokens.Tx) error {
			var user value.Ref
			for i := from; i < min(from+size, s.n); i++ {
				if i%perUser == 0 {
					v, err := tx.Query(`Select("ref", Create(Collection("users"), { data: { username: Var("name") } }))`,
						map[string]any{"name": fmt.Sprint("user", i)})
					if err != nil {
						return err
					}
					user = v.(value.Ref)
				}
				t, err := tx.NewToken(tokens.OAuth, user)
				if err != nil {
					return err
				}
				t.Data, t.TTL = data, tx.At().Add(24*time.Hour)
				t.Grant(tokens.Access, accessSecret(i), t.TTL, false)
				if err := tx.Put(t); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return nil
}

// question is one that the doors are asked about a token.
type question struct {
	request func(s *services, secret string) string
	answer  int // how many bytes an answer has at least
}

var askIntrospection = question{
	request: func(s *services, secret string) string {
		form := "token=" + secret
		return "POST /oauth/introspect HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + s.key +
			"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)) + "\r\n\r\n" + form
	},
	answer: 250,
}

var askForward = question{
	request: func(_ *services, secret string) string {
		return "GET /auth/forward?permission=createA HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + secret + "\r\n\r\n"
	},
}

// startQuestion is a row of questions over many connections, beside a handler
// of net/http that gives the same answer at once.
func startQuestion(q question) func(w *world) (side, side, func() error, error) {
	return func(w *world) (_, _ side, stop func() error, err error) {
		return servedQuestion(w.dir, w.tokens, q, func(s *services, addr string, left func(stop func() error)) (side, error) {
			return rate(serviceConnections, func(n int) (func() error, error) { return s.asker(q, n, addr, left) })
		})
	}
}

// startQuestionGrowth is how much longer a question over one connection takes
// with all tokens than with few.
func startQuestionGrowth(q question) func(w *world) (side, side, func() error, error) {
	return startGrowth(func(w *world) (side, side, func() error, error) {
		return servedQuestion(w.dir, w.tokens, q, func(s *services, addr string, left func(stop func() error)) (side, error) {
			ask, err := s.asker(q, 0, addr, left)
			return p50(ask), err
		})
	})
}

// servedQuestion serves so many tokens, and beside them the bare answer.
func servedQuestion(
	dir string, n int, q question, measured func(s *services, addr string, left func(stop func() error)) (side, error),
) (floor, fawn side, stop func() error, err error) {
	s, err := newServices(dir, n)
	if err != nil {
		return nil, nil, nil, err
	}
	ends := stops{s.db.Close}
	left := func(stop func() error) { ends = append(ends, stop) }
	stop = ends.all
	answer, err := s.bareAnswer(q)
	if err != nil {
		return nil, nil, nil, errors.Join(err, stop())
	}
	bare := &http.Server{Handler: answer}
	whole := server.New(s.db, server.Options{Log: slog.New(slog.DiscardHandler), Mounts: s.mounts})
	sides := make([]side, 2)
	for i, serve := range []func(l net.Listener) func() error{
		func(l net.Listener) func() error {
			return background("floor", func() error { return bare.Serve(l) }, bare.Shutdown)
		},
		func(l net.Listener) func() error {
			return background("fawn", func() error { return whole.Serve(l, "", "") }, whole.Shutdown)
		},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, nil, errors.Join(err, stop())
		}
		left(serve(l))
		if sides[i], err = measured(s, l.Addr().String(), left); err != nil {
			return nil, nil, nil, errors.Join(err, stop())
		}
	}
	return sides[0], sides[1], stop, nil
}

// asker is the n-th connection, which asks about random tokens.
func (s *services) asker(q question, n int, addr string, left func(stop func() error)) (func() error, error) {
	c, err := dial1(addr)
	if err != nil {
		return nil, err
	}
	left(c.Close)
	r := random()
	for range n {
		r.Uint64()
	}
	return func() error { return c.exchange(q.request(s, accessSecret(r.IntN(s.n))), q.answer) }, nil
}

// bareAnswer is a handler that reads a request and gives the answer that Fawn
// gives, without looking anything up.
func (s *services) bareAnswer(q question) (http.Handler, error) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(q.request(s, accessSecret(0)))))
	if err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	server.New(s.db, server.Options{Mounts: s.mounts}).Handler().ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("%w: status %d", errWrong, answer.Code)
	}
	header, body := answer.Header(), answer.Body.Bytes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		maps.Copy(w.Header(), header)
		_, _ = w.Write(body)
	}), nil
}
