package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/fawndb/fawn/engine"
)

// Limits of a request. Source: chapter on the wire, section 1.7.
const (
	maxBody    = 8 << 20
	maxHeaders = 24 << 10 // request line and headers
	// maxStreams is how many requests one HTTP/2 connection may have open.
	maxStreams = 10000

	readingTime = 60 * time.Second
	idleTimeout = 5 * time.Minute
)

// Options of a server.
type Options struct {
	// Log is told of failures that are not a client's. It never gets a
	// secret, a query or a value.
	Log *slog.Logger
	// Random is the source of trace ids; the default is the system's.
	Random io.Reader
	// Clock measures how long queries take; the default is the system's.
	Clock func() time.Time
	// Build is what x-faunadb-build says.
	Build string
}

// Server serves a database over HTTP.
type Server struct {
	db      *engine.DB
	options Options
	http    *http.Server
	buffers sync.Pool
}

// New returns a server of db, which it does not close.
func New(db *engine.DB, o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default clock
	}
	if o.Build == "" {
		o.Build = "fawn"
	}
	s := &Server{db: db, options: o}
	s.buffers.New = func() any { return new(buffer) }
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.http = &http.Server{
		Handler:        s.Handler(),
		Protocols:      protocols,
		HTTP2:          &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadTimeout:    readingTime,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaders,
		ErrorLog:       slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s
}

// Handler returns all routes: the whole server on one screen.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", s.query)
	mux.HandleFunc("/linearized", s.linearized)
	mux.HandleFunc("/ping", s.ping)
	mux.HandleFunc("/", s.unknown)
	return s.crossOrigin(s.traced(mux))
}

// Serve serves connections until Shutdown, and then returns
// http.ErrServerClosed. With certificate files connections are encrypted.
func (s *Server) Serve(l net.Listener, certFile, keyFile string) error {
	if certFile != "" {
		return s.http.ServeTLS(l, certFile, keyFile)
	}
	return s.http.Serve(l)
}

// Shutdown stops listening, lets running queries finish as long as ctx lasts,
// and closes all connections.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

// unknown answers paths that are not served, whoever asks.
func (s *Server) unknown(w http.ResponseWriter, _ *http.Request) {
	s.problem(w, http.StatusNotFound, "not found", "Not Found")
}

// traced gives every answer its traceparent: the request's trace, or a new
// one.
func (s *Server) traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id [16 + 8]byte
		if _, err := io.ReadFull(s.options.Random, id[:]); err == nil {
			trace := readTrace(r.Header.Get("Traceparent"))
			if trace == "" {
				trace = hex.EncodeToString(id[:16])
			}
			w.Header()["Traceparent"] = []string{"00-" + trace + "-" + hex.EncodeToString(id[16:]) + "-00"}
		}
		next.ServeHTTP(w, r)
	})
}
