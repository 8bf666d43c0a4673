package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/query/value"
)

var (
	jsonType   = []string{"application/json;charset=utf-8"}
	basicRealm = []string{`Basic realm="Unauthorized"`}
)

// write sends a whole answer.
func (s *Server) write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	// A client that is gone needs no answer.
	_, _ = w.Write(body)
}

// laidOut returns an answer's body as its reader wants it: compact for
// programs, with white space for humans.
func laidOut(r *http.Request, body []byte) []byte {
	_, asked := r.Header["X-Faunadb-Formatted-Json"]
	agent, _ := header(r.Header, "User-Agent")
	if asked || strings.Contains(agent, "curl") || strings.Contains(agent, "HTTPie") {
		return value.Indent(nil, body)
	}
	return body
}

// problem answers with an error of the protocol, which has no position.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, status int, code, description string) {
	body := append([]byte(nil), `{"errors":[{"code":`...)
	body = value.AppendJSON(body, value.String(code), nil)
	body = append(body, `,"description":`...)
	body = value.AppendJSON(body, value.String(description), nil)
	s.write(w, status, laidOut(r, append(body, "}]}"...)))
}

// notAllowed answers a method that a path does not serve.
func (s *Server) notAllowed(w http.ResponseWriter, r *http.Request, methods []string) {
	allowed := strings.Join(methods, ", ")
	w.Header()["Allow"] = []string{allowed}
	s.problem(w, r, http.StatusMethodNotAllowed, "method not allowed", "Allowed methods are "+allowed+".")
}

// unauthorized answers whoever cannot be authenticated, always alike.
func (s *Server) unauthorized(w http.ResponseWriter, r *http.Request) {
	w.Header()["Www-Authenticate"] = basicRealm
	s.problem(w, r, http.StatusUnauthorized, "unauthorized", "Unauthorized")
}

// tooLarge answers a body beyond maxBody.
func (s *Server) tooLarge(w http.ResponseWriter, r *http.Request) {
	s.problem(w, r, http.StatusRequestEntityTooLarge, "request too large", "Request entity is too large")
}
