package server

import (
	"net/http"
)

// ping says that the server is up. It reads and drops a body and does not
// look at secrets.
// Source: chapter on the wire, section 1.5.
func (s *Server) ping(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header()["Allow"] = []string{"GET, HEAD"}
		s.problem(w, http.StatusMethodNotAllowed, "method not allowed", "Allowed methods are GET, HEAD.")
		return
	}
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
		s.problem(w, http.StatusServiceUnavailable, "time out", "Scope "+scope+" is unavailable")
		return
	}
	s.write(w, http.StatusOK, []byte(`{"resource":"Scope `+scope+` is OK"}`))
}
