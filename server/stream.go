package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/conns"
)

// stream serves POST /stream: an unbounded answer, one event a line.
// Source: chapter on the wire, section 6.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	h, err := readHeaders(r.Header)
	if err != nil {
		s.problem(w, r, http.StatusBadRequest, "bad request", err.Error())
		return
	}
	secret := secretOf(r.Header.Get("Authorization"))
	if !s.known(w, r, secret) {
		return
	}
	if r.Method != http.MethodPost {
		s.notAllowed(w, r, []string{http.MethodPost})
		return
	}
	b := s.buffers.Get().(*buffer)
	defer s.release(b)
	if !s.readBody(w, r, secret, b) {
		return
	}
	c := &call{headers: h, body: b, began: s.options.Clock(), request: engine.Request{
		Secret: secret, LastSeen: h.lastSeen,
		Decode: func() (ast.Expr, error) { return engine.DecodeJSON(b.in) },
	}}
	opened, err := s.subscribe(r, c)
	switch {
	case errors.Is(err, engine.ErrUnauthorized):
		s.unauthorized(w, r)
	case err != nil:
		status := statusOf(err)
		if status == http.StatusInternalServerError {
			s.failed(r, err)
		}
		b.out = query.AppendErrors(b.out[:0], err, nil)
		s.report(w, r, c, nil, status)
		s.write(w, status, laidOut(r, b.out))
	default:
		defer opened.Close()
		s.pump(w, r, opened)
	}
}

func (s *Server) subscribe(r *http.Request, c *call) (*engine.Stream, error) {
	fields, err := streamFields(r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.headers.timeout)
	defer cancel()
	return s.db.Subscribe(ctx, c.request, fields)
}

// streamFields reads which fields events show: fields=diff,prev, where a comma
// at the end is allowed. Without the parameter it is action and document.
func streamFields(r *http.Request) (engine.StreamFields, error) {
	var f engine.StreamFields
	given, ok := r.URL.Query()["fields"]
	if !ok {
		return engine.StreamFields{Action: true, Document: true}, nil
	}
	names := strings.Split(given[0], ",")
	if n := len(names) - 1; n > 0 && strings.TrimSpace(names[n]) == "" {
		names = names[:n]
	}
	for _, name := range names {
		switch name = strings.TrimSpace(name); name {
		case "action":
			f.Action = true
		case "document":
			f.Document = true
		case "diff":
			f.Diff = true
		case "prev":
			f.Prev = true
		case "index":
			f.Index = true
		default:
			return f, &query.Error{
				Code: query.InvalidURLParameter, Position: ast.Position{},
				Description: "Invalid url parameter fields. Invalid field name '" + name + "'.",
			}
		}
	}
	return f, nil
}

// pump writes events until the stream or the connection ends. Each is written
// whole and flushed before the next: drivers take a chunk for an event.
func (s *Server) pump(w http.ResponseWriter, r *http.Request, opened *engine.Stream) {
	// A stream has no end, and so no time limit.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	h := w.Header()
	h["Content-Type"] = jsonType
	h["X-Txn-Time"] = []string{strconv.FormatInt(opened.Start, 10)}
	h["X-Fauna-Stream-Id"] = []string{strconv.FormatInt(s.streams.Add(1), 10)}
	w.WriteHeader(http.StatusOK)
	if control.Flush() != nil {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ending, cancel)()
	// Who reads too slowly has as long for what is on its way, and for the
	// error behind it, as for any answer; then the connection is cut.
	cut := make(chan struct{})
	spare := opened.AfterCongestion(func() {
		defer close(cut)
		_ = control.SetWriteDeadline(s.options.Clock().Add(conns.AnsweringTime))
	})
	defer func() {
		if !spare() {
			<-cut // it must not touch what is the handler's no more
		}
	}()
	line := make([]byte, 0, 512)
	for event, err := opened.First(ctx); err == nil; event, err = opened.Next(ctx) {
		if line, err = appendEvent(line[:0], event); err != nil {
			s.failed(r, err)
			return
		}
		if _, err := w.Write(line); err != nil || control.Flush() != nil || event.Type == "error" {
			return
		}
	}
}

// appendEvent appends an event as it goes over the wire.
func appendEvent(dst []byte, e engine.StreamEvent) ([]byte, error) {
	dst = append(append(append(dst, `{"type":"`...), e.Type...), `","txn":`...)
	dst = append(strconv.AppendInt(dst, e.Txn, 10), `,"event":`...)
	dst, err := value.Renderer{Names: e.Names, TxnTime: e.Txn}.Append(dst, e.Event)
	return append(dst, "}\r\n"...), err
}
