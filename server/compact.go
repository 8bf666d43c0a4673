package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

// compact serves POST /compact, for operators: it shrinks the file while
// queries run. It answers with a line for every step, and one for the end:
//
//	{"copied":16777216}
//	{"before":71303168,"after":41943040}
//
// or, if it fails under way, {"error":"..."}. It wants the root secret, or an
// admin key of the root database.
func (s *Server) compact(w http.ResponseWriter, r *http.Request) {
	v, ok := s.verify(w, r, secretOf(r.Header.Get("Authorization")))
	if !ok {
		return
	}
	switch {
	case r.Method != http.MethodPost:
		s.notAllowed(w, r, postOnly)
		return
	case v.Role != "admin" || v.Database != 0:
		s.problem(w, r, http.StatusForbidden, "permission denied", "Insufficient privileges to perform the action.")
		return
	}
	lines := &lines{w: w, control: http.NewResponseController(w)}
	lines.begin()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ending, cancel)()
	before, after, err := s.db.Compact(ctx, func(copied int64) {
		lines.write(append(strconv.AppendInt([]byte(`{"copied":`), copied, 10), '}'))
	})
	if err != nil {
		text := "The file could not be compacted."
		if errors.Is(err, engine.ErrCompacting) {
			text = "The file is being compacted already."
		} else {
			s.failed(r, err)
		}
		lines.write(append(value.AppendJSON([]byte(`{"error":`), value.String(text), nil), '}'))
		return
	}
	end := strconv.AppendInt([]byte(`{"before":`), before, 10)
	end = strconv.AppendInt(append(end, `,"after":`...), after, 10)
	lines.write(append(end, '}'))
}

// lines is an answer that takes its time: each line is sent at once.
type lines struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (l *lines) begin() {
	_ = l.control.SetReadDeadline(time.Time{})
	_ = l.control.SetWriteDeadline(time.Time{})
	l.w.Header()["Content-Type"] = jsonType
	l.w.WriteHeader(http.StatusOK)
	_ = l.control.Flush()
}

// write sends a line. That the client has gone is known from its context.
func (l *lines) write(b []byte) {
	_, _ = l.w.Write(append(b, "\r\n"...))
	_ = l.control.Flush()
}
