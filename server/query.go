package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
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

// query serves POST / and GET /?q=.
func (s *Server) query(w http.ResponseWriter, r *http.Request) { s.serve(w, r, "GET, POST") }

// linearized serves POST /linearized, which on one server is POST /.
func (s *Server) linearized(w http.ResponseWriter, r *http.Request) { s.serve(w, r, "POST") }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, allowed string) {
	h, err := readHeaders(r.Header)
	if err != nil {
		s.problem(w, http.StatusBadRequest, "bad request", err.Error())
		return
	}
	secret := secretOf(r.Header.Get("Authorization"))
	if !strings.Contains(allowed, r.Method) {
		if _, err := s.db.Verify(r.Context(), secret); err != nil {
			s.unauthorized(w)
			return
		}
		w.Header()["Allow"] = []string{allowed}
		s.problem(w, http.StatusMethodNotAllowed, "method not allowed", "Allowed methods are "+allowed+".")
		return
	}
	b := s.buffers.Get().(*buffer)
	defer s.release(b)
	if !s.readBody(w, r, b) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	s.run(ctx, w, r, &call{
		headers: h, body: b, began: s.options.Clock(),
		request: engine.Request{
			Secret: secret, LastSeen: h.lastSeen, Retries: h.retries,
			ReadOnly: r.Method == http.MethodGet, Where: "get requests",
			Decode: func() (ast.Expr, error) { return engine.DecodeJSON(b.in) },
		},
	})
}

// readBody reads the query: the body, or q of a GET. It answers and is false
// if there is too much of it.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, b *buffer) bool {
	b.in = b.in[:0]
	if r.Method == http.MethodGet {
		b.in = append(b.in, r.URL.Query().Get("q")...)
		return true
	}
	if r.ContentLength > maxBody {
		s.problem(w, http.StatusRequestEntityTooLarge, "request too large", "Request entity is too large")
		return false
	}
	body := http.MaxBytesReader(w, r.Body, maxBody)
	for {
		if len(b.in) == cap(b.in) {
			b.in = append(b.in, 0)[:len(b.in)]
		}
		n, err := body.Read(b.in[len(b.in):cap(b.in)])
		b.in = b.in[:len(b.in)+n]
		var tooLarge *http.MaxBytesError
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return true
		case errors.As(err, &tooLarge):
			s.problem(w, http.StatusRequestEntityTooLarge, "request too large", "Request entity is too large")
			return false
		default:
			s.problem(w, http.StatusBadRequest, "bad request", "The request body could not be read.")
			return false
		}
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
		s.unauthorized(w)
		return
	}
	out := c.body.out[:0]
	status := http.StatusOK
	if err == nil {
		out = append(out, `{"resource":`...)
		if out, err = res.AppendJSON(out); err == nil {
			out = append(out, '}')
		}
		if res.Created {
			status = http.StatusCreated
		}
	}
	if err != nil {
		status = statusOf(err)
		if status == http.StatusInternalServerError {
			s.options.Log.Error("query failed", "error", err)
		}
		out = query.AppendErrors(out[:0], err, nil)
	}
	if pretty(r.Header) {
		out = value.Indent(nil, out)
	}
	c.body.out = out
	s.report(w.Header(), c, res, status)
	s.write(w, status, out)
}

// pretty reports whether a human reads the answer.
func pretty(h http.Header) bool {
	if _, ok := h["X-Faunadb-Formatted-Json"]; ok {
		return true
	}
	agent := h.Get("User-Agent")
	return strings.Contains(agent, "curl") || strings.Contains(agent, "HTTPie")
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
	ts := int64(0)
	if res != nil {
		stats, ts = res.Stats, res.Time
	}
	set := func(name string, n int64) { h[name] = []string{strconv.FormatInt(n, 10)} }
	set("X-Txn-Time", ts)
	set("X-Compute-Ops", (stats.Calls+49)/50)
	set("X-Byte-Read-Ops", stats.ReadOps)
	set("X-Read-Ops", stats.ReadOps)
	set("X-Byte-Write-Ops", stats.WriteOps)
	set("X-Write-Ops", stats.WriteOps)
	set("X-Storage-Bytes-Read", stats.BytesRead)
	set("X-Storage-Bytes-Write", stats.BytesWritten)
	set("X-Query-Bytes-In", int64(len(c.body.in)))
	set("X-Query-Bytes-Out", int64(len(c.body.out)))
	set("X-Query-Time", s.options.Clock().Sub(c.began).Milliseconds())
	set("X-Txn-Retries", int64(stats.Retries))
}

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

// problem answers with an error of the protocol, which has no position.
func (s *Server) problem(w http.ResponseWriter, status int, code, description string) {
	body := append([]byte(nil), `{"errors":[{"code":`...)
	body = value.AppendJSON(body, value.String(code), nil)
	body = append(body, `,"description":`...)
	body = value.AppendJSON(body, value.String(description), nil)
	s.write(w, status, append(body, "}]}"...))
}

// unauthorized answers whoever cannot be authenticated, always alike.
func (s *Server) unauthorized(w http.ResponseWriter) {
	w.Header()["Www-Authenticate"] = basicRealm
	s.problem(w, http.StatusUnauthorized, "unauthorized", "Unauthorized")
}
