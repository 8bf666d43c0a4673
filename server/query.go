package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// buffer is the memory of one request, used again for the next.
type buffer struct{ in, out []byte }

// A buffer that has grown beyond it is not kept.
const keptBuffer = 256 << 10

func (s *Server) release(b *buffer) {
	if cap(b.in) <= keptBuffer && cap(b.out) <= keptBuffer {
		s.buffers.Put(b)
	}
}

// The methods of the two query endpoints.
var (
	queryMethods = []string{http.MethodGet, http.MethodPost}
	postOnly     = []string{http.MethodPost}
)

// query serves POST / and GET /?q=.
func (s *Server) query(w http.ResponseWriter, r *http.Request) { s.serve(w, r, queryMethods) }

// linearized serves POST /linearized, which on one server is POST /.
func (s *Server) linearized(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, postOnly)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, methods []string) {
	h, err := readHeaders(r.Header)
	if err != nil {
		s.problem(w, r, http.StatusBadRequest, "bad request", err.Error())
		return
	}
	authorization, _ := header(r.Header, "Authorization")
	secret := secretOf(authorization)
	if !slices.Contains(methods, r.Method) {
		if s.known(w, r, secret) {
			s.notAllowed(w, r, methods)
		}
		return
	}
	b := s.buffers.Get().(*buffer)
	defer s.release(b)
	if !s.readBody(w, r, secret, b) {
		return
	}
	s.run(r.Context(), w, r, &call{
		headers: h, body: b, began: s.options.Clock(),
		request: engine.Request{
			Secret: secret, LastSeen: h.lastSeen, Timeout: h.timeout, Retries: h.retries,
			ReadOnly: r.Method == http.MethodGet, Where: "get requests",
			Decode: func() (ast.Expr, error) { return engine.DecodeJSON(b.in) },
		},
	})
}

// known reports whether a secret is good. It answers if it is not.
func (s *Server) known(w http.ResponseWriter, r *http.Request, secret string) bool {
	_, ok := s.verify(w, r, secret)
	return ok
}

// verify says whose secret it is. It answers if the secret is not good.
func (s *Server) verify(w http.ResponseWriter, r *http.Request, secret string) (engine.Verified, bool) {
	v, err := s.db.Verify(r.Context(), secret)
	switch {
	case err == nil:
		return v, true
	case errors.Is(err, engine.ErrUnauthorized):
		s.unauthorized(w, r)
	default:
		s.failed(r, err)
		s.problem(w, r, http.StatusInternalServerError, "internal server error", "Internal server error.")
	}
	return engine.Verified{}, false
}

// readBody reads the query: the body, or q of a GET. It answers and is false
// if there is too much of it, or much of it and no good secret.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, secret string, b *buffer) bool {
	if r.Method == http.MethodGet {
		b.in = append(b.in[:0], r.URL.Query().Get("q")...)
		return true
	}
	if r.ContentLength > maxBody {
		s.tooLarge(w, r)
		return false
	}
	const firstRead = 512
	b.in = slices.Grow(b.in[:0], int(min(max(r.ContentLength+1, firstRead), keptBuffer)))
	body := r.Body
	if r.ContentLength < 0 { // else there is no more than that
		body = http.MaxBytesReader(w, body, maxBody)
	}
	strange := true
	for {
		if len(b.in) == cap(b.in) {
			if strange && len(b.in) >= keptBuffer {
				if !s.known(w, r, secret) {
					return false
				}
				strange = false
			}
			b.in = slices.Grow(b.in, 1)
		}
		n, err := body.Read(b.in[len(b.in):cap(b.in)])
		b.in = b.in[:len(b.in)+n]
		var tooLarge *http.MaxBytesError
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			lift(w, r)
			return true
		case errors.As(err, &tooLarge):
			s.tooLarge(w, r)
			return false
		default:
			s.problem(w, r, http.StatusBadRequest, "bad request", "The request body could not be read.")
			return false
		}
	}
}

// lift ends the time limit for reading a request that has been read: on
// HTTP/1.1 it would cancel the query.
func lift(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
}

// call is one query on its way.
type call struct {
	headers headers
	body    *buffer
	began   time.Time
	request engine.Request
}

// run runs a query and answers.
func (s *Server) run(ctx context.Context, w http.ResponseWriter, r *http.Request, c *call) {
	res, err := s.db.Run(ctx, c.request)
	if errors.Is(err, engine.ErrUnauthorized) {
		s.unauthorized(w, r)
		return
	}
	out := c.body.out[:0]
	status := http.StatusOK
	if err == nil {
		if res.Created {
			status = http.StatusCreated
		}
		out = append(out, `{"resource":`...)
		if out, err = res.AppendJSON(out); err == nil {
			out = append(out, '}')
		}
	}
	if err != nil {
		if status = statusOf(err); status == http.StatusInternalServerError {
			s.failed(r, err)
		}
		var names value.Names
		if res != nil {
			names = res.Names()
		}
		out = query.AppendErrors(out[:0], err, names)
	}
	c.body.out = laidOut(r, out)
	s.report(w, r, c, res, status)
	s.write(w, status, c.body.out)
}

// failed tells the log of a failure that is not the client's.
func (s *Server) failed(r *http.Request, err error) {
	if r.Context().Err() == nil { // else the client has gone away
		s.options.Log.Error("query failed", "error", err)
	}
}

// report writes the headers that say what a query did: an answer over a
// connection of ours has the figures from there.
// Source: chapter on the wire, section 1.10.
func (s *Server) report(w http.ResponseWriter, r *http.Request, c *call, res *engine.Result, status int) {
	h := w.Header()
	if c.headers.tags != "" {
		h["X-Fauna-Tags"] = []string{c.headers.tags}
	}
	h["X-Faunadb-Build"] = s.build
	if status == http.StatusInternalServerError {
		return
	}
	f := s.figuresOf(c, res, status)
	own, ok := r.Context().Value(connKey{}).(*conn)
	_, exposed := header(r.Header, "Origin")
	if ok && r.ProtoMajor == 1 && !exposed {
		own.lines = f.appendLines(own.lines[:0])
		return
	}
	f.set(h, r.ProtoMajor == 2)
}
