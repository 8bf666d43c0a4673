package server

import (
	"net/http"

	"github.com/fawndb/fawn/engine/secret"
)

var authorizedMethods = []string{http.MethodGet}

// authorized says which database a secret opens. There is one account.
// Source: chapter on authentication, section 1.8.
func (s *Server) authorized(w http.ResponseWriter, r *http.Request) {
	v, ok := s.verify(w, r, secretOf(r.Header.Get("Authorization")))
	switch {
	case !ok:
	case r.Method != http.MethodGet:
		s.notAllowed(w, r, authorizedMethods)
	default:
		s.write(w, http.StatusOK, laidOut(r, []byte(`{"account":"0","global_id":"`+secret.FormatGlobalID(v.GlobalID)+`"}`)))
	}
}
