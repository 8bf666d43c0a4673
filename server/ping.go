package server

import (
	"io"
	"net/http"
	"slices"
)

var pingMethods = []string{http.MethodGet, http.MethodHead}

// ping says that the server is up. It reads and drops a body and does not
// look at secrets.
// Source: chapter on the wire, section 1.5.
func (s *Server) ping(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(pingMethods, r.Method) {
		s.notAllowed(w, r, pingMethods)
		return
	}
	// A driver sends the four bytes null; what does not end soon is not
	// waited for.
	_, _ = io.CopyN(io.Discard, r.Body, 64)
	scope := "node"
	switch given := r.URL.Query(); given.Get("scope") {
	case "all":
		scope = "all"
	case "write", "global":
		scope = "write"
	case "read", "local":
		scope = "read"
	case "":
		if !given.Has("scope") {
			scope = "write"
		}
	}
	if err := s.db.Ready(); err != nil {
		s.problem(w, r, http.StatusServiceUnavailable, "time out", "Scope "+scope+" is unavailable")
		return
	}
	s.write(w, http.StatusOK, laidOut(r, []byte(`{"resource":"Scope `+scope+` is OK"}`)))
}
