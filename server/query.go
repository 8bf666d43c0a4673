package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
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
	queryMethods      = []string{http.MethodGet, http.MethodPost}
	linearizedMethods = []string{http.MethodPost}
)

// query serves POST / and GET /?q=.
func (s *Server) query(w http.ResponseWriter, r *http.Request) { s.serve(w, r, queryMethods) }

// linearized serves POST /linearized, which on one server is POST /.
func (s *Server) linearized(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, linearizedMethods)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, methods []string) {
	h, err := readHeaders(r.Header)
	if err != nil {
		s.problem(w, r, http.StatusBadRequest, "bad request", err.Error())
		return
	}
	secret := secretOf(r.Header.Get("Authorization"))
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
	_, ok := s.verified(w, r, secret)
	return ok
}

// verified returns whose secret it is. It answers if it is nobody's.
func (s *Server) verified(w http.ResponseWriter, r *http.Request, secret string) (v engine.Verified, ok bool) {
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
	return v, false
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
	body := http.MaxBytesReader(w, r.Body, maxBody)
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
		out = query.AppendErrors(out[:0], err, nil)
	}
	c.body.out = laidOut(r, out)
	s.report(w.Header(), c, res, status)
	s.write(w, status, c.body.out)
}

// failed tells the log of a failure that is not the client's.
func (s *Server) failed(r *http.Request, err error) {
	if r.Context().Err() == nil { // else the client has gone away
		s.options.Log.Error("query failed", "error", err)
	}
}

// report writes the headers that say what a query did. An answer with errors
// did nothing; only an abort keeps what it read.
// Source: chapter on the wire, section 1.10.
func (s *Server) report(h http.Header, c *call, res *engine.Result, status int) {
	if c.headers.tags != "" {
		h["X-Fauna-Tags"] = []string{c.headers.tags}
	}
	h["X-Faunadb-Build"] = []string{s.options.Build}
	if status == http.StatusInternalServerError {
		return
	}
	var stats engine.Stats
	if res != nil { // else the query has not begun
		stats = res.Stats
		h["X-Txn-Time"] = []string{strconv.FormatInt(res.Time, 10)}
	}
	calls := stats.Calls
	if status < http.StatusBadRequest {
		calls = max(calls, 1)
	}
	numbers := [...]struct {
		name string
		n    int64
	}{
		{"X-Compute-Ops", (calls + callsPerOp - 1) / callsPerOp},
		{"X-Byte-Read-Ops", stats.ReadOps},
		{"X-Read-Ops", stats.ReadOps},
		{"X-Byte-Write-Ops", stats.WriteOps},
		{"X-Write-Ops", stats.WriteOps},
		{"X-Storage-Bytes-Read", stats.BytesRead},
		{"X-Storage-Bytes-Write", stats.BytesWritten},
		{"X-Query-Bytes-In", int64(len(c.body.in))},
		{"X-Query-Bytes-Out", int64(len(c.body.out))},
		{"X-Query-Time", s.options.Clock().Sub(c.began).Milliseconds()},
		{"X-Txn-Retries", int64(stats.Retries)},
	}
	texts := make([]string, len(numbers)) // the values of all headers, one allocation
	for i, header := range numbers {
		texts[i] = strconv.FormatInt(header.n, 10)
		h[header.name] = texts[i : i+1 : i+1]
	}
}

// callsPerOp is how many calls count as one compute operation.
const callsPerOp = 50
