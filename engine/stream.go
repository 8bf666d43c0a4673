package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Stream is an open stream of events on a document or a set. It is read by
// one goroutine.
// Source: chapter on the wire, section 6.
type Stream struct {
	// Start is the stream's time, in microseconds: everything committed later
	// is delivered.
	Start int64

	db      *DB
	secret  string
	fields  StreamFields
	target  streamTarget
	sub     *subscription
	pending []StreamEvent
}

// StreamFields say what an event shows.
type StreamFields struct{ Action, Document, Diff, Prev, Index bool }

// StreamEvent is one event.
type StreamEvent struct {
	Type string // "start", "version", "set", "history_rewrite" or "error"
	Txn  int64  // time of the commit, microseconds
	// Event is the event's contents; of a start, its time. Names are those of
	// the moment.
	Event value.Value
	Names value.Names
}

// streamTarget is what a stream is about.
type streamTarget struct {
	ref   value.Ref         // the document, or the collection of a documents set
	set   *value.Set        // a match or documents; nil is a document
	index *index.Definition // of a match
}

// Subscribe evaluates a query that only reads, and opens the stream of what it
// yields: a document, or a match or documents set. The errors are those of
// Run.
func (db *DB) Subscribe(ctx context.Context, r Request, fields StreamFields) (*Stream, error) {
	req := new(request)
	s, err := db.subscribe(ctx, &r, req, fields)
	if answer := db.answered(ctx, req, err); answer != nil {
		if s != nil {
			s.Close()
		}
		return nil, public(answer)
	}
	return s, nil
}

func (db *DB) subscribe(ctx context.Context, r *Request, req *request, fields StreamFields) (*Stream, error) {
	tx, err := db.admit(ctx, req, r.Secret, false)
	if err != nil {
		return nil, err
	}
	defer tx.close()
	if r.Expr == nil {
		if r.Expr, err = r.Decode(); err != nil {
			return nil, err
		}
	}
	if ast.EffectOf(r.Expr) == ast.Write {
		return nil, &query.Error{
			Code: query.InvalidExpression, Position: ast.Position{},
			Description: "Write effect in read-only query expression.",
		}
	}
	options := db.limits()
	options.Vars, options.Limited, options.Allow = r.Args, true, ast.Read
	v, _, err := query.Eval(ctx, tx, r.Expr, options)
	if err != nil {
		return nil, public(err)
	}
	target, topic, err := tx.streamTarget(v)
	if err != nil {
		return nil, err
	}
	s := &Stream{db: db, secret: r.Secret, fields: fields, target: target}
	s.sub = db.feed.subscribe(db.store, topic)
	// The start lies after the subscription, so that nothing is missed
	// between them; what is delivered twice is left out.
	snap, err := db.store.Snapshot()
	if err != nil {
		s.Close()
		return nil, err
	}
	s.Start = snap.Time()
	snap.Close()
	return s, nil
}

// streamTarget says what can be streamed of a value.
func (tx *tx) streamTarget(v value.Value) (streamTarget, string, error) {
	switch v := v.(type) {
	case *value.Document:
		return tx.streamTarget(v.Ref)
	case value.Ref:
		if v.Class >= value.FirstUserClass {
			return streamTarget{ref: v}, documentTopic(v), nil
		}
	case *value.Set:
		switch v.Op { //nolint:exhaustive // no other set can be streamed
		case value.SetMatch:
			return tx.matchTarget(v)
		case value.SetDocuments:
			return streamTarget{set: v, ref: v.Ref}, collectionTopic(v.Ref.Scope, value.Class(v.Ref.ID)), nil
		}
	case *value.Unresolved:
		r := query.Undefined(v, query.AtForm)
		return streamTarget{}, "", &query.Error{Code: r.Code, Description: r.Description, Position: ast.Position{}}
	default: // cannot be streamed
	}
	return streamTarget{}, "", &query.Error{
		Code: query.InvalidArgument, Position: ast.Position{},
		Description: "Expected a Document Ref or Version, or a Set Ref, got " + value.TypeName(v) + ".",
	}
}

func (tx *tx) matchTarget(s *value.Set) (streamTarget, string, error) {
	i, err := tx.indexOf(s.Ref)
	if err != nil {
		return streamTarget{}, "", public(err)
	}
	prefix, err := i.Definition.Prefix(s.Terms)
	return streamTarget{set: s, index: i.Definition}, string(prefix), public(err)
}

// Close ends the stream.
func (s *Stream) Close() { s.db.feed.unsubscribe(s.sub) }

// AfterCongestion has f run, in a goroutine of its own, when more has come than
// may wait for a reader as slow as this one: Next then returns an error event,
// the last. The caller calls stop when it is done with the stream.
func (s *Stream) AfterCongestion(f func()) (stop func() bool) {
	return context.AfterFunc(s.sub.lost, f)
}

// Next returns the next event; after an event of type error, and when ctx
// ends, there is none.
func (s *Stream) Next(ctx context.Context) (StreamEvent, error) {
	for len(s.pending) == 0 {
		c, accumulated, ok := s.sub.take()
		switch {
		case accumulated > 0:
			return streamError(0, query.TimeOut.String(),
				fmt.Sprintf("Stream closed due to congestion after accumulating %d items.", accumulated)), nil
		case !ok:
			select {
			case <-s.sub.arrived:
			case <-ctx.Done():
				return StreamEvent{}, ctx.Err()
			}
			continue
		case c.ts <= s.Start:
			continue
		}
		events, err := s.events(ctx, c)
		if err != nil {
			return StreamEvent{}, err
		}
		s.pending = events
	}
	e := s.pending[0]
	s.pending = s.pending[1:]
	return e, nil
}

func streamError(txn int64, code, description string) StreamEvent {
	return StreamEvent{Type: "error", Txn: txn, Event: value.Object{
		{Name: "code", Value: value.String(code)}, {Name: "description", Value: value.String(description)},
	}}
}

// First returns the event that begins every stream: its start, or, if the
// secret has died meanwhile, an error.
func (s *Stream) First(ctx context.Context) (StreamEvent, error) {
	tx, err := s.db.admit(ctx, &request{}, s.secret, false)
	switch {
	case errors.Is(err, ErrUnauthorized):
		return authorizationLost(s.Start), nil
	case err != nil:
		return StreamEvent{}, err
	}
	tx.close()
	return StreamEvent{Type: "start", Txn: s.Start, Event: value.Long(s.Start)}, nil
}

func authorizationLost(ts int64) StreamEvent {
	return streamError(ts, query.PermissionDenied.String(), "Authorization lost during stream evaluation.")
}

// Watch returns the events on what a query yields, from its start on, until
// ctx ends, the loop does, or the secret dies: the last event is an error
// then.
func (db *DB) Watch(ctx context.Context, secret string, e ast.Expr) iter.Seq2[StreamEvent, error] {
	return func(yield func(StreamEvent, error) bool) {
		s, err := db.Subscribe(ctx, Request{Secret: secret, Expr: e}, StreamFields{Action: true, Document: true})
		if err != nil {
			yield(StreamEvent{}, err)
			return
		}
		defer s.Close()
		for event, err := s.First(ctx); yield(event, err) && err == nil && event.Type != "error"; {
			event, err = s.Next(ctx)
		}
	}
}
