package index

import (
	"encoding/binary"
	"slices"

	"github.com/fawndb/fawn/query/value"
)

// recorder gathers the events of a set: all that the store has. They are not
// sorted.
type recorder func() ([]moment, error)

// events opens a history, of a document or of a set.
func (o opener) events(s *value.Set) (node, error) {
	if len(s.Sets) == 0 {
		if err := o.src.Document(s.Ref, o.r.At); err != nil {
			return nil, err
		}
		return &history{versions: true, gather: func() ([]moment, error) { return o.documentEvents(s.Ref) }}, nil
	}
	record, err := o.recorder(s.Sets[0])
	if err != nil {
		return nil, err
	}
	return &history{gather: func() ([]moment, error) {
		list, err := record()
		return o.kept(list), err
	}}, nil
}

// kept returns the events that are shown: those after the time from which on
// history is kept, up to the time of the reading.
func (o opener) kept(list []moment) []moment {
	return slices.DeleteFunc(list, func(m moment) bool {
		oldest := o.src.Retained(m.event.Document.Scope, m.event.Document.Class)
		if m.ts < oldest || m.ts == oldest && !entering(m.event.Action) {
			return true
		}
		return o.r.At != 0 && m.ts > o.r.At
	})
}

// recorder opens the history of a set.
func (o opener) recorder(v value.Value) (recorder, error) {
	s, ok := v.(*value.Set)
	if !ok {
		r := v.(value.Ref)
		if r.Native() {
			return o.collectionRecorder(r, r, true)
		}
		return o.singletonRecorder(r, r)
	}
	switch s.Op {
	case value.SetMatch:
		return o.matchRecorder(s)
	case value.SetDocuments:
		return o.collectionRecorder(s, s.Ref, false)
	case value.SetSingleton:
		return o.singletonRecorder(s, s.Ref)
	case value.SetUnion, value.SetIntersection, value.SetDifference:
		return o.combinedRecorder(s)
	case value.SetDistinct:
		return o.recorder(s.Sets[0])
	case value.SetJoin:
		return o.joinRecorder(s)
	case value.SetEvents, value.SetRange, value.SetReverse, value.SetFilter:
		return nil, noEvents()
	default:
		panic("index: unknown set")
	}
}

// matchRecorder gathers when entries were added and removed.
func (o opener) matchRecorder(s *value.Set) (recorder, error) {
	n, err := o.match(s, s.Ref, s.Terms)
	if err != nil {
		return nil, err
	}
	m := n.(*matchNode)
	return func() ([]moment, error) {
		live, err := m.entryEvents(nil, m.prefix, 0)
		if err != nil {
			return nil, err
		}
		return m.entryEvents(live, append([]byte{SpaceRemoved}, m.prefix[1:]...), timeSize)
	}, nil
}

// entryEvents appends the events of all entries under a prefix. Removed is the
// size of the time at the end of a removed entry's key.
func (n *matchNode) entryEvents(list []moment, prefix []byte, removed int) ([]moment, error) {
	it := n.src.Scan(prefix, after(prefix), false)
	defer it.Close()
	// A stream reads the entries, whenever they were valid.
	s := &entryStream{n: n, entries: entries{it: it}, prefix: prefix, removed: removed, ever: true}
	for s.next() {
		e := s.present
		values, err := e.values()
		if err != nil {
			return nil, err
		}
		m := moment{tuple: slices.Clone(e.tuple), values: values, source: n.set}
		list = append(list, m.with(s.since, "add", e.ref))
		if removed > 0 {
			list = append(list, m.with(removedTime(s.entries.key), "remove", e.ref))
		}
	}
	return list, s.err()
}

// with returns the moment with its event.
func (m moment) with(ts int64, action value.Action, r value.Ref) moment {
	m.ts = timeOf(ts)
	m.event = &value.Event{TS: ts, Action: action, Document: r}
	if len(m.values) > 0 {
		m.event.Data = value.Array(m.values)
	}
	return m
}

func (o opener) singletonRecorder(set value.Value, r value.Ref) (recorder, error) {
	if err := o.src.Document(r, o.r.At); err != nil {
		return nil, err
	}
	return func() ([]moment, error) { return o.presence(nil, r, set) }, nil
}

// collectionRecorder gathers when documents of a collection came and went.
func (o opener) collectionRecorder(set value.Value, collection value.Ref, native bool) (recorder, error) {
	n, err := o.documents(set, collection, native)
	if err != nil {
		return nil, err
	}
	d := n.(*documentsNode)
	return func() ([]moment, error) {
		s := &documentStream{n: d}
		s.live = newIDs(o.src, SpaceLive, d.scope, d.class, false)
		s.past = newIDs(o.src, SpaceHistory, d.scope, d.class, false)
		defer s.close()
		var list []moment
		for {
			s.live.advance()
			s.past.advance()
			id, ok := s.nearest()
			if !ok {
				return list, s.failed
			}
			ref := value.Ref{Scope: d.scope, Class: d.class, ID: int64(id)}
			visible, err := d.visible(ref)
			if err != nil {
				return nil, err
			}
			if visible {
				if list, err = o.presence(list, ref, set); err != nil {
					return nil, err
				}
			}
		}
	}, nil
}

// presence appends when a document came and went.
func (o opener) presence(list []moment, r value.Ref, set value.Value) ([]moment, error) {
	versions, err := o.versions(r)
	if err != nil {
		return nil, err
	}
	live := false
	for _, v := range versions {
		if v.live() == live {
			continue
		}
		live = v.live()
		action := value.Action("remove")
		if live {
			action = "add"
		}
		list = append(list, moment{source: set}.with(v.header.TS, action, r))
	}
	return list, nil
}

// version is one stored version of a document.
type version struct {
	header Header
	fields []byte
}

func (v version) live() bool { return !v.header.Tombstone }

// expiredBefore reports whether v was gone by itself when next was written;
// now is the time of what is pending.
func (v version) expiredBefore(next version, now int64) bool {
	if next.header.TS != 0 {
		now = next.header.TS
	}
	return v.header.Expired(now)
}

// versions reads the history of a document, oldest first.
func (o opener) versions(r value.Ref) ([]version, error) {
	var list []version
	if !o.src.Reachable(r.Scope, r.Class) {
		return nil, nil
	}
	for _, space := range []byte{SpaceHistory, SpaceLive} {
		key := binary.BigEndian.AppendUint64(documentPrefix(space, r.Scope, r.Class), uint64(r.ID))
		it := o.src.Scan(key, after(key), true)
		for it.Next() {
			h, fields, err := ReadHeader(it.Value())
			if err != nil {
				it.Close()
				return nil, err
			}
			list = append(list, version{h, fields})
		}
		err := it.Err()
		it.Close()
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// documentEvents returns the versions of a document as events: what is kept of
// them begins with a live one. Source: chapter on documents, section 1.14.
func (o opener) documentEvents(r value.Ref) ([]moment, error) {
	versions, err := o.versions(r)
	if err != nil {
		return nil, err
	}
	oldest := o.src.Retained(r.Scope, r.Class)
	for len(versions) > 1 && timeOf(versions[1].header.TS) <= oldest {
		versions = versions[1:]
	}
	if len(versions) > 0 && !versions[0].live() && timeOf(versions[0].header.TS) <= oldest {
		versions = versions[1:]
	}
	var list []moment
	var before value.Value // data of the version before, nil when it was not live
	for i, v := range versions {
		m := moment{source: r}
		if i > 0 && versions[i-1].expiredBefore(v, o.src.Now()) {
			before = nil // another life of the document
		}
		if m.event, before, err = versionEvent(r, v, before); err != nil {
			return nil, err
		}
		m.ts = timeOf(v.header.TS)
		if o.r.At == 0 || m.ts <= o.r.At {
			list = append(list, m)
		}
	}
	return list, nil
}

// versionEvent returns the event that made a version, and that version's data.
func versionEvent(r value.Ref, v version, before value.Value) (*value.Event, value.Value, error) {
	e := &value.Event{TS: v.header.TS, Action: "delete", Document: r, Data: value.Null{}}
	if !v.live() {
		return e, nil, nil
	}
	data, ok, err := value.StoredDocument(r, v.header.TS, v.fields).Field("data")
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		data = value.Object{}
	}
	change, changed := data, ok
	e.Action = "create"
	if before != nil {
		e.Action = "update"
		change, changed = Delta(before, data)
	}
	if changed {
		e.Data = change
	}
	return e, data, nil
}

// Delta returns what is different in fresh: of objects the members that
// changed, with null for those that are gone; of all else fresh itself. It is
// false when nothing is.
func Delta(old, fresh value.Value) (value.Value, bool) {
	a, isObject := old.(value.Object)
	b, both := fresh.(value.Object)
	if !isObject || !both {
		return fresh, !value.Equal(old, fresh)
	}
	var out value.Object
	for _, f := range b {
		v, changed := f.Value, true
		if was, ok := a.Get(f.Name); ok {
			v, changed = Delta(was, f.Value)
		}
		if changed {
			out = append(out, value.Field{Name: f.Name, Value: v})
		}
	}
	for _, f := range a {
		if _, ok := b.Get(f.Name); !ok {
			out = append(out, value.Field{Name: f.Name, Value: value.Null{}})
		}
	}
	return out, len(out) > 0
}
