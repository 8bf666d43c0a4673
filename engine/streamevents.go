package engine

import (
	"bytes"
	"context"
	"errors"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// events makes the events of one commit, less those that the caller may not
// see. If the secret has died there is one: an error.
func (s *Stream) events(ctx context.Context, c streamChange) ([]StreamEvent, error) {
	tx, err := s.db.admit(ctx, &request{}, s.secret, false)
	switch {
	case errors.Is(err, ErrUnauthorized):
		return []StreamEvent{authorizationLost(c.ts)}, nil
	case err != nil:
		return nil, err
	}
	defer tx.close()
	var out []StreamEvent
	if s.target.set == nil {
		out, err = s.documentEvents(tx, c)
	} else {
		out, err = s.setEvents(tx, c)
	}
	names := tx.lasting(tx.now)
	for i := range out {
		out[i].Names = &names
	}
	return out, err
}

// documentEvents makes the events of a document: what took the place of the
// live version, or, if history was written, the versions in question.
func (s *Stream) documentEvents(tx *tx, c streamChange) ([]StreamEvent, error) {
	var live *kv.Write
	past := map[int64]record{}
	removed := map[int64]bool{}
	for _, w := range c.writes {
		if w.Key[0] == spaceLive {
			live = w
			continue
		}
		ts := historyTime(w.Key)
		if w.Delete {
			removed[ts] = true
			continue
		}
		rec, err := decodeRecord(w.Value)
		if err != nil {
			return nil, err
		}
		past[ts] = rec
	}
	if live != nil && (live.Delete || liveTime(live) == c.ts) {
		return s.versionEvent(tx, c.ts, live, past)
	}
	return s.rewriteEvents(tx, c.ts, past, removed)
}

func liveTime(w *kv.Write) int64 {
	rec, err := decodeRecord(w.Value)
	if err != nil {
		return 0
	}
	return rec.TS
}

// versionEvent makes the event of an ordinary create, update or delete.
func (s *Stream) versionEvent(tx *tx, ts int64, live *kv.Write, past map[int64]record) ([]StreamEvent, error) {
	ok, err := tx.mayRead(s.target.ref)
	if err != nil || !ok {
		return nil, err
	}
	var prev *value.Document
	for _, rec := range past {
		if !rec.Tombstone && !rec.Expired(ts) && (prev == nil || rec.TS > prev.TS) {
			prev = rec.document(s.target.ref)
		}
	}
	empty := value.NewDocument(s.target.ref, ts, nil)
	e := shown{action: "update", document: prev, diff: empty, prev: prev}
	if live.Delete {
		e.action = "delete"
		return s.event("version", ts, e)
	}
	rec, err := decodeRecord(live.Value)
	if err != nil {
		return nil, err
	}
	e.document = rec.document(s.target.ref)
	fields, err := e.document.Fields()
	if err != nil {
		return nil, err
	}
	if prev == nil {
		e.action, e.diff, e.prev = "create", e.document, empty
		return s.event("version", ts, e)
	}
	before, err := prev.Fields()
	if err != nil {
		return nil, err
	}
	change, _ := index.Delta(before, fields)
	members, _ := change.(value.Object)
	e.diff = value.NewDocument(s.target.ref, ts, members)
	return s.event("version", ts, e)
}

// rewriteEvents makes the events of a history that was written: first of the
// version that is current, then of the version in question; of a removal the
// other way round.
func (s *Stream) rewriteEvents(tx *tx, ts int64, past map[int64]record, removed map[int64]bool) ([]StreamEvent, error) {
	ok, err := tx.may(schema.ActionHistoryRead, s.target.ref.Scope, s.target.ref.Class,
		func(*value.Lambda) value.Value { return s.target.ref })
	if err != nil || !ok {
		return nil, err
	}
	var out []StreamEvent
	add := func(e shown) error {
		list, err := s.event("history_rewrite", ts, e)
		out = append(out, list...)
		return err
	}
	for at := range removed {
		gone := value.NewDocument(s.target.ref, at, nil)
		if err := add(shown{action: "create", document: gone, diff: gone, prev: gone}); err != nil {
			return nil, err
		}
	}
	current, err := tx.version(s.target.ref, 0)
	if err != nil {
		return nil, err
	}
	if current != nil {
		action := value.String("update")
		if len(removed) > 0 {
			action = "create"
		}
		if err := add(shown{action: action, document: current, diff: current, prev: current}); err != nil {
			return nil, err
		}
	}
	for _, rec := range past {
		doc, action := rec.document(s.target.ref), value.String("create")
		if rec.Tombstone {
			action = "delete"
			doc = value.NewDocument(s.target.ref, rec.TS, nil)
		}
		if err := add(shown{action: action, document: doc, diff: doc, prev: value.NewDocument(s.target.ref, rec.TS, nil)}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// shown is what an event about a document may show.
type shown struct {
	action               value.String
	document, diff, prev *value.Document
}

// event makes an event of the fields that were asked for.
func (s *Stream) event(kind string, ts int64, e shown) ([]StreamEvent, error) {
	var members value.Object
	add := func(wanted bool, name string, v value.Value) {
		if wanted {
			members = append(members, value.Field{Name: name, Value: v})
		}
	}
	add(s.fields.Action, "action", e.action)
	if e.document != nil {
		add(s.fields.Document, "document", e.document)
	}
	add(s.fields.Diff, "diff", e.diff)
	if e.prev != nil {
		add(s.fields.Prev, "prev", e.prev)
	}
	return []StreamEvent{{Type: kind, Txn: ts, Event: members}}, nil
}

// setEvents makes the events of a set: what left it, then what entered.
func (s *Stream) setEvents(tx *tx, c streamChange) ([]StreamEvent, error) {
	var removes, adds []StreamEvent
	for _, w := range c.writes {
		action, ref, values, at, err := s.setChange(c, w)
		if err != nil {
			return nil, err
		}
		if action == "" {
			continue
		}
		ok, err := s.visible(tx, ref)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		e := StreamEvent{Type: "set", Txn: c.ts, Event: s.setEvent(action, ref, at, values)}
		if action == "add" {
			adds = append(adds, e)
		} else {
			removes = append(removes, e)
		}
	}
	return append(removes, adds...), nil
}

// setChange says what a write does to the stream's set: "" is nothing.
func (s *Stream) setChange(c streamChange, w *kv.Write) (action value.String, ref value.Ref, values []value.Value, at int64, err error) {
	switch w.Key[0] {
	case spaceLive:
		ref = decodeRef(w.Key[1:])
		if w.Delete {
			return "remove", ref, nil, c.ts, nil
		}
		rec, err := decodeRecord(w.Value)
		if err != nil || !entered(rec, w, c) {
			return "", ref, nil, 0, err
		}
		return "add", ref, nil, rec.TS, nil
	case index.SpaceEntry:
		if w.Delete {
			return "", ref, nil, 0, nil
		}
		h, _, err := index.ReadHeader(w.Value)
		if err != nil || h.TS != c.ts {
			return "", ref, nil, 0, err
		}
		values, err = index.Covered(w.Value)
		return "add", s.target.index.OwnerOf(w.Key), values, c.ts, err
	case index.SpaceRemoved:
		if w.Delete {
			return "", ref, nil, 0, nil
		}
		values, err = index.Covered(w.Value)
		return "remove", s.target.index.OwnerOf(w.Key[:len(w.Key)-8]), values, c.ts, err
	}
	return "", ref, nil, 0, nil
}

// entered reports whether a live version is that of a document that was not
// there before: an update changes nothing in the set of documents, and puts
// the version before it into history.
func entered(rec record, w *kv.Write, c streamChange) bool {
	for _, past := range c.writes {
		if past.Key[0] != spaceHistory || !bytes.Equal(past.Key[1:historyStamp], w.Key[1:]) {
			continue
		}
		if old, err := decodeRecord(past.Value); err == nil && !past.Delete && !old.Tombstone {
			return false
		}
	}
	return rec.TS == c.ts
}

// visible reports whether the caller may see a document enter or leave.
func (s *Stream) visible(tx *tx, ref value.Ref) (bool, error) {
	if s.target.set.Op == value.SetDocuments {
		filtered, err := source{tx}.Documents(s.target.ref, false, 0)
		if err != nil || !filtered {
			return err == nil, nil
		}
		return tx.mayRead(ref)
	}
	_, filtered, err := source{tx}.Index(s.target.set.Ref, s.target.set.Terms, 0)
	if err != nil || !filtered {
		return err == nil, nil
	}
	return tx.mayRead(ref)
}

func (s *Stream) setEvent(action value.String, ref value.Ref, at int64, values []value.Value) value.Value {
	var out value.Object
	if s.fields.Action {
		out = append(out, value.Field{Name: "action", Value: action})
	}
	if s.fields.Document {
		out = append(out, value.Field{Name: "document", Value: value.Object{
			{Name: "ref", Value: ref}, {Name: "ts", Value: value.Long(at)},
		}})
	}
	if s.fields.Index {
		of := s.target.set.Ref
		if s.target.set.Op == value.SetDocuments {
			of = s.target.ref
		}
		out = append(out, value.Field{Name: "index", Value: value.Object{
			{Name: "ref", Value: of},
			{Name: "terms", Value: value.Array(append([]value.Value{}, s.target.set.Terms...))},
			{Name: "values", Value: value.Array(append([]value.Value{}, values...))},
		}})
	}
	return out
}
