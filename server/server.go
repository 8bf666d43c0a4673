package server

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/server/conns"
)

// Limits of a request. Source: chapter on the wire, section 1.7.
const (
	maxBody        = conns.MaxRequest
	maxRequestLine = 16 << 10
	maxHeaders     = 8 << 10
	// maxTransport is what is read of a request line and headers at all. What
	// is longer is refused by the transport, without an answer of ours.
	maxTransport = 64 << 10
	// maxStreams is how many requests one HTTP/2 connection may have open.
	maxStreams = 10000
)

// How long one connection may keep us waiting.
const (
	readingTime = conns.ReadingTime
	idleTimeout = conns.IdleTime
	// answeringTime is for the query, however long it may run, and the
	// reading of its answer. An answer without an end lifts it by
	// http.ResponseController.
	answeringTime = maxTimeout*time.Millisecond + conns.AnsweringTime
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
	// Mounts are the other doors.
	Mounts []Mount
}

// Server serves a database over HTTP.
type Server struct {
	db      *engine.DB
	options Options
	http    *http.Server
	buffers sync.Pool
	build   []string        // the header of every answer to a query
	streams atomic.Int64    // number of the stream opened last
	drains  atomic.Bool     // since Drain
	unready atomic.Value    // string: why, as readyz said last
	ending  context.Context //nolint:containedctx // ends with the server, and all streams with it
	end     context.CancelFunc
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
	s := &Server{db: db, options: o, build: []string{o.Build}}
	s.ending, s.end = context.WithCancel(context.Background())
	s.buffers.New = func() any { return new(buffer) }
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.http = &http.Server{
		Handler:                      s.Handler(),
		DisableGeneralOptionsHandler: true,
		Protocols:                    protocols,
		HTTP2:                        &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadTimeout:                  readingTime,
		WriteTimeout:                 answeringTime,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxTransport,
		ConnContext:                  withConn,
		ErrorLog:                     slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s
}

// Handler returns all routes, with what every request goes through first.
func (s *Server) Handler() http.Handler {
	return roomy(s.traced(s.guarded(s.mounted(s.crossOrigin(s.limited(http.HandlerFunc(s.route)))))))
}

// route is the whole server on one screen.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/", "":
		s.query(w, r)
	case "/linearized":
		s.linearized(w, r)
	case "/stream":
		s.stream(w, r)
	case "/authorized":
		s.authorized(w, r)
	case "/compact":
		s.compact(w, r)
	case "/ping":
		s.ping(w, r)
	case "/healthz":
		s.healthz(w, r)
	case "/readyz":
		s.readyz(w, r)
	default:
		s.problem(w, r, http.StatusNotFound, "not found", "Not Found")
	}
}

// Serve serves connections until Shutdown, and then returns
// http.ErrServerClosed. With certificate files connections are encrypted.
func (s *Server) Serve(l net.Listener, certFile, keyFile string) error {
	if certFile != "" {
		return s.http.ServeTLS(l, certFile, keyFile)
	}
	return s.http.Serve(listener{l})
}

// Drain says from now on that the server is not ready, so that no more requests
// are sent to it; those that come are served as before, until Shutdown.
func (s *Server) Drain() { s.drains.Store(true) }

// Shutdown stops listening, ends streams, lets running queries finish as long as ctx lasts,
// and closes all connections.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	s.end()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}
