package server

import (
	"net/http"
	"slices"
	"strings"
)

// allowedHeaders are the request headers that pages of other origins may
// send.
const allowedHeaders = "accept-encoding, authorization, content-type, x-driver-env, x-faunadb-api-version, " +
	"x-fauna-driver, x-fauna-source, x-fauna-tags, x-format, x-last-seen-txn, x-last-txn-ts, x-linearized, " +
	"x-max-contention-retries, x-max-retries-on-contention, x-query-tags, x-query-timeout, x-query-timeout-ms, " +
	"x-runtime-environment, x-runtime-environment-os, x-nodejs-version, traceparent, x-typecheck, x-performance-hints"

// crossOrigin lets pages of any origin use the server: a secret, not a
// cookie, is what authenticates.
// Source: chapter on the wire, section 1.6.
func (s *Server) crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, _ := header(r.Header, "Origin")
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		if r.Method != http.MethodOptions {
			next.ServeHTTP(&exposing{ResponseWriter: w}, r)
			return
		}
		h.Set("Access-Control-Max-Age", "86400")
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", allowedHeaders)
		h.Set("Access-Control-Expose-Headers", "")
		w.WriteHeader(http.StatusOK)
	})
}

// exposing tells the browser, once the headers are known, which of them the
// page may read.
type exposing struct {
	http.ResponseWriter
	done bool
}

// WriteHeader implements http.ResponseWriter.
func (e *exposing) WriteHeader(status int) {
	if !e.done {
		e.done = true
		var names []string
		for name := range e.Header() {
			if name = strings.ToLower(name); strings.HasPrefix(name, "x-") {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		e.Header().Set("Access-Control-Expose-Headers", strings.Join(names, ", "))
	}
	e.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer below.
func (e *exposing) Unwrap() http.ResponseWriter { return e.ResponseWriter }
