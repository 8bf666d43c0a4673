package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

var pingMethods = []string{http.MethodGet, http.MethodHead}

// scope is how much a ping asks about.
type scope struct {
	name    string
	patient time.Duration // how long it waits, unless it is told
	check   func(s *Server, ctx context.Context) error
}

// Source: chapter on the wire, section 1.5.
var (
	nodeScope  = scope{"node", 0, func(*Server, context.Context) error { return nil }}
	readScope  = scope{"read", 500 * time.Millisecond, (*Server).readable}
	writeScope = scope{"write", time.Second, (*Server).writable}
	allScope   = scope{"all", 5 * time.Second, (*Server).writable}
)

func scopeOf(given url.Values) scope {
	switch given.Get("scope") {
	case "all":
		return allScope
	case "write", "global":
		return writeScope
	case "read", "local":
		return readScope
	case "":
		if !given.Has("scope") {
			return writeScope
		}
	}
	return nodeScope
}

// ping says that the server is up, that the database can be read, or that it
// can be written too. It reads and drops a body and does not look at secrets.
// Source: chapter on the wire, section 1.5.
func (s *Server) ping(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(pingMethods, r.Method) {
		s.notAllowed(w, r, pingMethods)
		return
	}
	// A driver sends the four bytes null; what does not end soon is not
	// waited for.
	_, _ = io.CopyN(io.Discard, r.Body, 64)
	given := r.URL.Query()
	scope := scopeOf(given)
	if n, err := strconv.Atoi(given.Get("timeout")); err == nil && n > 0 && n <= maxTimeout {
		scope.patient = time.Duration(n) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(r.Context(), scope.patient)
	defer cancel()
	switch err := scope.check(s, ctx); {
	case err == nil:
		s.write(w, http.StatusOK, laidOut(r, []byte(`{"resource":"Scope `+scope.name+` is OK"}`)))
	case errors.Is(err, context.DeadlineExceeded):
		s.problem(w, r, http.StatusServiceUnavailable, "time out",
			"Scope "+scope.name+" timed out after "+strconv.FormatInt(scope.patient.Milliseconds(), 10)+" milliseconds")
	default:
		s.problem(w, r, http.StatusServiceUnavailable, "time out", "Scope "+scope.name+" is unavailable")
	}
}

// readable reports whether queries can be answered.
func (s *Server) readable(context.Context) error { return s.db.Ready() }

// writable reports whether queries can be answered, those that write too.
func (s *Server) writable(ctx context.Context) error {
	if err := s.db.Ready(); err != nil {
		return err
	}
	return s.db.Writable(ctx)
}
