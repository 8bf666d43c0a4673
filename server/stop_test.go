package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
)

// begins is a clock that tells of every query that begins or ends.
func begins() (clock func() time.Time, told <-chan struct{}) {
	ch := make(chan struct{}, 100)
	return func() time.Time {
		ch <- struct{}{}
		return time.Now()
	}, ch
}

// waiting is a query that waits for a time ahead.
func waiting(ahead time.Duration) ask {
	return ask{body: "1", header: headersOf("X-Last-Seen-Txn", strconv.FormatInt(time.Now().Add(ahead).UnixMicro(), 10))}
}

// TestShutdown checks that a running query is finished.
func TestShutdown(t *testing.T) {
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		clock, told := begins()
		h := open(t, Options{Clock: clock}, nil)
		type outcome struct {
			answer
			err error
		}
		done := make(chan outcome, 1)
		go func() {
			a, err := h.try(c, waiting(300*time.Millisecond))
			done <- outcome{a, err}
		}()
		<-told
		if err := h.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-h.served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
		got := <-done
		if got.err != nil {
			t.Fatal(got.err)
		}
		same(t, got.answer, answer{Status: 200, Body: `{"resource":1}`})
		if _, err := h.try(client(t, "HTTP/1.1"), ask{body: "1"}); err == nil {
			t.Error("it still listens")
		}
	})
}

// TestShutdownAtOnce checks that a query does not outlive the patience of
// Shutdown.
func TestShutdownAtOnce(t *testing.T) {
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		clock, told := begins()
		var log bytes.Buffer
		ended := make(chan struct{})
		h := open(t, Options{Clock: clock, Log: slog.New(slog.NewTextHandler(&log, nil))}, func(s *Server) {
			next := s.http.Handler
			s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				next.ServeHTTP(w, r)
			})
		})
		done := make(chan error, 1)
		go func() {
			_, err := h.try(c, waiting(time.Hour))
			done <- err
		}()
		<-told
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err == nil {
			t.Error("the query was answered")
		}
		<-ended
		if err := h.db.Close(); err != nil {
			t.Error(err)
		}
		if log.Len() != 0 {
			t.Errorf("the log says %s", log.String())
		}
	})
}

// TestPanic checks that a handler that fails is answered for, and that the
// log gets no data.
func TestPanic(t *testing.T) {
	const secret = "fnAE-secret-value"
	var log bytes.Buffer
	panics := map[string]func(){
		"a string": func() { panic(secret) },
		"an error": func() { panic(errors.New(secret)) },
		"a value":  func() { panic(struct{ secret string }{secret}) },
		"an index": func() { _ = []string{secret}[len(log.String())+1] },
		"a type":   func() { var v any = secret; _ = v.(int) },
		"nil":      func() { var h *house; _ = h.addr },
	}
	want := map[string]string{
		"a string": "panic=string", "an error": "panic=*errors.errorString", "a value": `panic="struct { secret string }"`,
		"an index": `panic="runtime error: index out of range [1] with length 1"`,
		"a type":   `panic="interface conversion: interface {} is string, not int"`,
		"nil":      `panic="runtime error: invalid memory address or nil pointer dereference"`,
	}
	h := open(t, Options{}, func(s *Server) {
		s.options.Log = slog.New(slog.NewTextHandler(&log, nil))
		s.http.Handler = s.traced(s.guarded(s.crossOrigin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/abort" {
				panic(http.ErrAbortHandler)
			}
			panics[r.Header.Get("X-Panic")]()
		}))))
	})
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for name := range panics {
			t.Run(name, func(t *testing.T) {
				log.Reset()
				got := h.ask(t, c, ask{header: headersOf("X-Panic", name)})
				same(t, got, answer{Status: 500, Body: refusal("internal server error", "Internal server error.")})
				text := log.String()
				if !strings.Contains(text, want[name]+" at=") || !strings.Contains(text, "stop_test.go") && !strings.Contains(text, "server.TestPanic.func") {
					t.Errorf("the log says %s", text)
				}
				if strings.Contains(text, secret) || strings.Contains(text, h.secret) || strings.Count(text, "\n") != 1 {
					t.Errorf("the log says %s", text)
				}
			})
		}
		log.Reset()
		if _, err := h.try(c, ask{path: "/abort"}); err == nil || log.Len() > 0 {
			t.Errorf("aborted: %v, the log says %s", err, log.String())
		}
	})
}

// TestFailure checks what a client and the log learn of a store that fails.
func TestFailure(t *testing.T) {
	var log bytes.Buffer
	h := open(t, Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))}, nil)
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, a := range []ask{{body: `"private"`}, {method: "DELETE"}} {
		log.Reset()
		got := h.ask(t, client(t, "HTTP/1.1"), a)
		same(t, got, answer{Status: 500, Body: `{"errors":[{"code":"internal server error","description":"Internal server error."}]}`})
		if len(numbers(t, got.header)) != 0 {
			t.Errorf("an answer that failed has figures: %v", got.header)
		}
		if want := "level=ERROR msg=\"query failed\" error=\"" + engine.ErrClosed.Error() + "\"\n"; log.String() != want {
			t.Errorf("the log says %s, want %s", log.String(), want)
		}
	}
}
