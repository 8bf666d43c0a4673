package index

import (
	"bytes"
	"encoding/binary"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// documentsNode is the set of the live documents of a collection.
type documentsNode struct {
	reading
	scope value.Scope
	class value.Class
}

func (o opener) documents(set value.Value, collection value.Ref, native bool) (node, error) {
	filtered, err := o.src.Documents(collection, native, o.r.At)
	if err != nil {
		return nil, err
	}
	return &documentsNode{o.reading(set, filtered), collection.Scope, value.Class(collection.ID)}, nil
}

func (n *documentsNode) shape() query.Shape { return query.Shape{} }
func (n *documentsNode) columns() []bool    { return nil }

func (n *documentsNode) open(backward bool) stream {
	if !n.src.Reachable(n.scope, n.class) {
		return none{}
	}
	s := &documentStream{n: n, backward: backward, now: n.src.Now()}
	s.present.source = n.set
	s.live = newIDs(n.src, SpaceLive, n.scope, n.class, backward)
	if n.at != 0 {
		s.past = newIDs(n.src, SpaceHistory, n.scope, n.class, backward)
	}
	return s
}

// documentStream walks the documents that are live at the time of the reading:
// at a past one it looks at the ids of all that ever were.
type documentStream struct {
	n          *documentsNode
	backward   bool
	now        int64
	live, past *ids // past is nil in the present
	present    element
	failed     error
}

func (s *documentStream) next() bool {
	s.live.advance()
	if s.past != nil {
		s.past.advance()
	}
	return s.settle()
}

func (s *documentStream) seek(p position) bool {
	exact, behind := p.exact, p.after
	if len(p.tuple) > 0 { // values are behind no values
		exact, behind = false, true
	}
	if exact {
		// All documents here have one class and scope: those decide when the
		// id is the same.
		own := owner{p.order.id, uint32(s.n.class), uint32(s.n.scope)}
		if c := own.compare(p.order); c != 0 {
			behind = c < 0
		}
	}
	s.live.seek(exact, p.order.id, behind)
	if s.past != nil {
		s.past.seek(exact, p.order.id, behind)
	}
	return s.settle()
}

// settle goes on to the nearest document that is visible.
func (s *documentStream) settle() bool {
	for s.failed == nil {
		id, ok := s.nearest()
		if !ok {
			return false
		}
		if s.read(id) {
			return true
		}
		s.live.advance()
		if s.past != nil {
			s.past.advance()
		}
	}
	return false
}

// nearest returns the id that comes next, and marks the streams that stand on
// it as used.
func (s *documentStream) nearest() (id uint64, ok bool) {
	for _, in := range []*ids{s.live, s.past} {
		if in != nil && in.ok && (!ok || in.id < id != s.backward) {
			id, ok = in.id, true
		}
	}
	for _, in := range []*ids{s.live, s.past} {
		if in != nil {
			in.used = in.ok && in.id == id
			if err := in.entries.it.Err(); err != nil {
				s.failed = err
			}
		}
	}
	return id, ok && s.failed == nil
}

// read takes the document with an id, if it is visible.
func (s *documentStream) read(id uint64) bool {
	ref := value.Ref{Scope: s.n.scope, Class: s.n.class, ID: int64(id)}
	h, ok, err := s.header(ref)
	if err == nil && ok && !h.Expired(s.now) {
		ok, err = s.n.visible(ref)
		if ok && err == nil {
			s.present.ref, s.present.order = ref, ownerOf(ref)
			s.live.entries.passed()
			return true
		}
	}
	if err != nil {
		s.failed = err
	}
	return false
}

// header returns the header of the version that is valid at the time of the
// reading; it is false when there is none.
func (s *documentStream) header(ref value.Ref) (Header, bool, error) {
	if s.live.used {
		h, _, err := ReadHeader(s.live.entries.value)
		if err != nil || s.n.at == 0 || h.validSince(s.n.at) {
			return h, err == nil, err
		}
	}
	if s.past == nil || !s.past.used {
		return Header{}, false, nil
	}
	return pastHeader(s.n.src, ref, s.n.at)
}

// refs implements refStream.
func (s *documentStream) refs(dst []value.Ref) (n int) {
	if s.past == nil {
		s.live.entries.ahead = len(dst)
	}
	for n < len(dst) && s.next() {
		dst[n] = s.present.ref
		n++
	}
	return n
}

func (s *documentStream) at() *element { return &s.present }

func (s *documentStream) err() error { return s.failed }

func (s *documentStream) close() {
	s.live.entries.it.Close()
	if s.past != nil {
		s.past.entries.it.Close()
	}
}

// ids walks the distinct ids under one space.
type ids struct {
	entries  entries
	prefix   []byte
	history  bool
	backward bool
	started  bool
	id       uint64
	ok       bool
	used     bool // the present id was looked at
}

func documentPrefix(space byte, s value.Scope, c value.Class) []byte {
	prefix := binary.BigEndian.AppendUint32(append(make([]byte, 0, 32), space), uint32(s))
	return binary.BigEndian.AppendUint32(prefix, uint32(c))
}

func newIDs(sc Scanner, space byte, s value.Scope, c value.Class, backward bool) *ids {
	prefix := documentPrefix(space, s, c)
	return &ids{
		entries: entries{it: sc.Scan(prefix, after(prefix), backward)}, prefix: prefix,
		history: space == SpaceHistory, backward: backward,
	}
}

// advance moves on to the next id, if the present one is used.
func (s *ids) advance() {
	switch {
	case !s.started:
		s.started = true
		s.read(s.entries.next())
	case !s.ok || !s.used:
	case !s.history:
		s.read(s.entries.next())
	default: // past all versions of the document
		s.seek(true, s.id, !s.backward)
	}
}

// seek moves to the first id at or behind the one given, or, if behind is set,
// behind it; backward, to the last one before that. Without exact it is the
// whole space that stands in the place of the id.
func (s *ids) seek(exact bool, id uint64, behind bool) {
	s.started = true
	key := s.prefix
	if exact {
		key = binary.BigEndian.AppendUint64(key[:len(key):len(key)], id)
	}
	if behind {
		key = after(key)
	}
	s.read(s.entries.seek(key))
}

func (s *ids) read(ok bool) {
	s.used, s.ok = false, ok
	if ok {
		s.id = binary.BigEndian.Uint64(s.entries.key[len(s.prefix):])
	}
}

// historyKey is where the history of a document has the newest version at or
// before a time.
func historyKey(r value.Ref, at int64) []byte {
	key := binary.BigEndian.AppendUint64(documentPrefix(SpaceHistory, r.Scope, r.Class), uint64(r.ID))
	return binary.BigEndian.AppendUint64(key, ^uint64(at))
}

// pastHeader returns the header of the version in a document's history that
// was valid at a time; it is false when there is none.
func pastHeader(sc Scanner, r value.Ref, at int64) (Header, bool, error) {
	lo := historyKey(r, at)
	it := sc.Scan(lo, after(lo[:len(lo)-timeSize]), false)
	defer it.Close()
	if !it.Next() {
		return Header{}, false, it.Err()
	}
	h, _, err := ReadHeader(it.Value())
	return h, err == nil && !h.Tombstone, err
}

// liveAt reports whether a document is live at a time, 0 being the present.
func liveAt(src Source, r value.Ref, at int64) (bool, error) {
	if !src.Reachable(r.Scope, r.Class) {
		return false, nil
	}
	key := binary.BigEndian.AppendUint64(documentPrefix(SpaceLive, r.Scope, r.Class), uint64(r.ID))
	it := src.Scan(key, append(bytes.Clone(key), 0), false)
	defer it.Close()
	if it.Next() {
		h, _, err := ReadHeader(it.Value())
		if err != nil || at == 0 || h.validSince(at) {
			return err == nil && !h.Expired(src.Now()), err
		}
	}
	if err := it.Err(); err != nil || at == 0 {
		return false, err
	}
	h, ok, err := pastHeader(src, r, at)
	return ok && !h.Expired(src.Now()), err
}
