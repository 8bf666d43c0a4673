package server

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"

	"github.com/fawndb/fawn/server/caught"
)

// traced gives every answer its traceparent: the request's trace, or a new
// one.
// Source: chapter on the wire, section 1.9.
func (s *Server) traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := header(r.Header, "Traceparent")
		var id [16 + 8]byte
		if _, err := io.ReadFull(s.options.Random, id[:]); err == nil {
			w.Header()["Traceparent"] = []string{traceparent(readTrace(given), id)}
		}
		next.ServeHTTP(w, r)
	})
}

// traceparent returns the header of an answer: the trace of the request, or, if
// that is "", one of the random id, and a new span.
func traceparent(trace string, id [16 + 8]byte) string {
	out := append(make([]byte, 0, traceparentSize), "00-"...)
	if trace == "" {
		out = hex.AppendEncode(out, id[:16])
	} else {
		out = append(out, trace...)
	}
	out = hex.AppendEncode(append(out, '-'), id[16:])
	return string(append(out, "-00"...))
}

// queryStack is how much stack a query takes, in bytes, unless it is deeply nested.
const queryStack = 12 << 10

// roomy lets a request over HTTP/2, which begins on a stack of a few KiB, grow
// it once while little is on it to be moved, and not step by step on the way
// down.
func roomy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 {
			reserve(-1)
		}
		next.ServeHTTP(w, r)
	})
}

// reserve has a large frame, and with a negative number does nothing with it.
//
//go:noinline
func reserve(i int) byte {
	if i < 0 {
		return 0
	}
	var room [queryStack]byte
	return room[i]
}

// guarded answers a request whose handler panics, and keeps the others going.
// The log is told where it was, not with which values.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.options.Log.Error("a request failed", "panic", caught.Kind(p), "at", caught.Frames())
			s.problem(w, r, http.StatusInternalServerError, "internal server error", "Internal server error.")
		}()
		next.ServeHTTP(w, r)
	})
}

// limited refuses request lines and headers that are too long.
// Source: chapter on the wire, section 1.7.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case len(r.Method)+len(r.RequestURI)+len(r.Proto) > maxRequestLine:
			s.problem(w, r, http.StatusBadRequest, "bad request", "The request line is too long.")
		case headerSize(r.Header) > maxHeaders:
			s.problem(w, r, http.StatusBadRequest, "bad request", "The request headers are too long.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// headerSize is the size of headers as HTTP/1.1 sends them.
func headerSize(h http.Header) int {
	n := 0
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(": \r\n") + len(v)
		}
	}
	return n
}
