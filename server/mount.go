package server

import (
	"net/http"
	"strings"
)

// Mount is a door beside that of the query language. It answers the paths of
// its prefixes, with headers, errors and origins of its own.
type Mount struct {
	// Prefixes are paths: "/oauth" is that path and all below it.
	Prefixes []string
	Handler  http.Handler
}

// mounted hands the paths of the other doors on.
func (s *Server) mounted(next http.Handler) http.Handler {
	if len(s.options.Mounts) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, m := range s.options.Mounts {
			for _, prefix := range m.Prefixes {
				if rest, ok := strings.CutPrefix(r.URL.Path, prefix); ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(prefix, "/")) {
					m.Handler.ServeHTTP(w, r)
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}
