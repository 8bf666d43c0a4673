package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// readyPatience is how long readyz waits for a commit.
const readyPatience = 5 * time.Second

// healthz tells an operator's machinery that the process is alive, and no more:
// who restarts it because a disk is full has won nothing.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) { s.plain(w, r, http.StatusOK, "ok") }

// readyz tells a load balancer whether to send requests here, and if not, why.
// The log is told the error behind it, once.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), readyPatience)
	defer cancel()
	reason, err := s.notReady(ctx)
	if before := s.unready.Swap(reason); before != reason && err != nil {
		s.options.Log.Error("not ready: "+reason, "error", err)
	}
	if reason != "" {
		s.plain(w, r, http.StatusServiceUnavailable, "not ready: "+reason)
		return
	}
	s.plain(w, r, http.StatusOK, "ready")
}

// notReady returns why no requests should be sent here, "" if they should.
func (s *Server) notReady(ctx context.Context) (reason string, err error) {
	if s.drains.Load() {
		return "it is shutting down", nil
	}
	if err := s.db.Ready(); err != nil {
		return "the database cannot be read", err
	}
	switch err := s.db.Writable(ctx); {
	case err == nil:
		return "", nil
	case errors.Is(err, context.DeadlineExceeded):
		return "the database has written nothing for " + readyPatience.String(), err
	default:
		return "the database cannot be written", err
	}
}

// plain answers with a line of text.
func (s *Server) plain(w http.ResponseWriter, r *http.Request, status int, line string) {
	if !slices.Contains(pingMethods, r.Method) {
		s.notAllowed(w, r, pingMethods)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(line)+1))
	w.WriteHeader(status)
	// A client that is gone needs no answer.
	_, _ = w.Write([]byte(line + "\n"))
}
