package resp

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/server/conns"
	"github.com/fawndb/fawn/server/tokens"
)

// ErrServerClosed is what Serve returns after Shutdown.
var ErrServerClosed = errors.New("resp: server closed")

// Options of a server.
type Options struct {
	// Tokens answers VERIFY.
	Tokens *tokens.Service
	// Log is told of failures that are not a client's. It never gets a
	// secret, a query or a value.
	Log *slog.Logger
	// Clock gives the present time; the default is the system's.
	Clock func() time.Time
	// Version is what HELLO says of the server.
	Version string
}

// limits are how long one connection may keep the server waiting.
type limits struct{ reading, idle, answering time.Duration }

// Server serves a database to Redis clients.
type Server struct {
	db       *engine.DB
	options  Options
	limits   limits
	table    []*command
	commands map[string]*command
	ids      atomic.Int64 // of the connection opened last

	running  context.Context //nolint:containedctx // of all commands: ends when Shutdown has lost its patience
	cancel   context.CancelFunc
	stopping atomic.Bool
	serving  sync.WaitGroup // connections

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	open      map[*conn]struct{}
}

// New returns a server of db, which it does not close.
func New(db *engine.DB, o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default clock
	}
	s := &Server{
		db: db, options: o, limits: limits{conns.ReadingTime, conns.IdleTime, conns.AnsweringTime},
		table: commands, commands: make(map[string]*command, len(commands)),
		listeners: map[net.Listener]struct{}{}, open: map[*conn]struct{}{},
	}
	for _, cmd := range s.table {
		s.commands[cmd.name] = cmd
	}
	s.running, s.cancel = context.WithCancel(context.Background())
	return s
}

// Serve serves connections until Shutdown, and then returns ErrServerClosed.
// With certificate files connections are encrypted.
func (s *Server) Serve(l net.Listener, certFile, keyFile string) error {
	if certFile != "" {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return err
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	}
	if !s.enter(l) {
		return ErrServerClosed
	}
	for wait := time.Duration(0); ; {
		nc, err := l.Accept()
		switch {
		case s.stopping.Load():
			if err == nil {
				_ = nc.Close()
			}
			return ErrServerClosed
		case err == nil:
			wait = 0
			s.take(nc)
		case !passing(err):
			return err
		default: // there are no more file descriptors: some may be given back
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			s.options.Log.Error("connections cannot be accepted", "error", err)
			time.Sleep(wait)
		}
	}
}

// passing reports whether accepting may succeed later.
func passing(err error) bool {
	var failed net.Error
	return errors.As(err, &failed) && failed.Temporary() //nolint:staticcheck // nothing else tells a full table of files
}

// enter notes a listener, which Shutdown closes. It is false after Shutdown.
func (s *Server) enter(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping.Load() {
		_ = l.Close()
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

// take serves a connection.
func (s *Server) take(nc net.Conn) {
	c := newConn(s, nc)
	s.mu.Lock()
	if s.stopping.Load() {
		s.mu.Unlock()
		_ = nc.Close()
		return
	}
	s.open[c] = struct{}{}
	s.mu.Unlock()
	s.serving.Go(func() {
		defer func() {
			s.mu.Lock()
			delete(s.open, c)
			s.mu.Unlock()
		}()
		c.serve()
	})
}

// Shutdown stops listening, lets running commands finish as long as ctx lasts,
// and closes all connections.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping.Store(true)
	for l := range s.listeners {
		_ = l.Close()
	}
	for c := range s.open { // those that wait for a command wait no longer
		_ = c.net.SetReadDeadline(time.Unix(1, 0))
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.serving.Wait()
		close(done)
	}()
	defer s.cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	s.mu.Lock()
	for c := range s.open {
		_ = c.net.Close()
	}
	s.mu.Unlock()
	<-done
	return nil
}

// failed tells the log of a failure that is not the client's.
func (s *Server) failed(err error) {
	if s.running.Err() == nil { // else it is the server's end
		s.options.Log.Error("command failed", "error", err)
	}
}
