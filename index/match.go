package index

import (
	"bytes"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// matchNode is the set of an index's entries under terms.
type matchNode struct {
	reading
	d      *Definition
	prefix []byte
	mixed  bool        // entries may outlive the collection of their documents
	room   entryStream // for the first stream
}

// reading is what the leaves of a set have in common.
type reading struct {
	src    Source
	set    value.Value // the leaf, as its elements' source
	at     int64
	guard  bool // elements of unreadable documents are left out
	hidden bool // the caller may not read all documents
}

func (o opener) reading(set value.Value, filtered bool) reading {
	return reading{src: o.src, set: set, at: o.r.At, guard: filtered && o.filter, hidden: filtered}
}

func (r *reading) filtered() bool { return r.hidden }

// guardAll makes a leaf leave out unreadable documents.
func (r *reading) guardAll() { r.guard, r.hidden = true, true }

// visible reports whether an element of a document is shown.
func (r *reading) visible(ref value.Ref) (bool, error) {
	if !r.guard {
		return true, nil
	}
	return r.src.Readable(ref, r.at)
}

func (o opener) match(set value.Value, index value.Ref, terms []value.Value) (node, error) {
	d, filtered, err := o.src.Index(index, terms, o.r.At)
	if err != nil {
		return nil, err
	}
	var n *matchNode
	var prefix []byte
	if o.room != nil && o.room.match.d == nil {
		n, prefix = &o.room.match, o.room.prefix[:0]
	} else {
		n, prefix = new(matchNode), make([]byte, 0, prefixRoom)
	}
	if prefix, err = d.prefixIn(prefix, terms); err != nil {
		return nil, err
	}
	n.reading, n.d, n.prefix, n.mixed = o.reading(set, filtered), d, prefix, d.mixed()
	return n, nil
}

func (n *matchNode) shape() query.Shape { return query.Shape{Reversed: n.d.reversed} }
func (n *matchNode) columns() []bool    { return n.d.reversed }

func (n *matchNode) open(backward bool) stream {
	live := &n.room
	if live.n != nil {
		live = new(entryStream)
	}
	live.n, live.prefix, live.backward, live.now = n, n.prefix, backward, n.src.Now()
	behind := n.prefix[len(n.prefix):] // there is room, unless the terms are long
	live.entries.it = n.src.Scan(n.prefix, afterIn(behind, n.prefix), backward)
	if n.at == 0 {
		return live
	}
	past := &entryStream{n: n, backward: backward, now: live.now, removed: timeSize}
	past.prefix = append([]byte{SpaceRemoved}, n.prefix[1:]...)
	past.entries.it = n.src.Scan(past.prefix, after(past.prefix), backward)
	return &eitherStream{a: live, b: past, backward: backward}
}

// entryStream walks the live entries, or those that were removed, that are
// valid at the time of the reading.
type entryStream struct {
	n        *matchNode
	entries  entries
	prefix   []byte
	backward bool
	now      int64
	removed  int   // size of the time at the end of a removed entry's key
	ever     bool  // entries count whenever they were valid
	since    int64 // since when the present entry has been valid
	present  element
	failed   error
}

func (s *entryStream) next() bool { return s.settle(s.entries.next()) }

func (s *entryStream) seek(p position) bool {
	key := make([]byte, 0, len(s.prefix)+len(p.tuple)+maxOwner+1)
	key = append(append(key, s.prefix...), p.tuple...)
	behind := p.behind(s.n.d.Scope)
	if p.exact {
		key = s.n.d.appendOwner(key, p.order.id, p.order.class)
		if own := uint32(s.n.d.sole); !s.n.mixed && own != p.order.class {
			behind = own < p.order.class // an entry with this id comes before
		}
	}
	if behind {
		key = after(key)
	}
	return s.settle(s.entries.seek(key))
}

// settle reads the present entry, or the next one that is visible. Ok says
// whether there is a present one.
func (s *entryStream) settle(ok bool) bool {
	for ; ok; ok = s.entries.next() {
		if ok = s.read(); ok {
			s.entries.passed()
		}
		if ok || s.failed != nil {
			return ok
		}
	}
	return false
}

// read takes the present entry, if it is visible.
func (s *entryStream) read() bool {
	ref, covered, ok := s.visible()
	if !ok {
		return false
	}
	e, key := &s.present, s.entries.key
	end := len(key) - s.removed - s.n.d.ownerSize()
	e.tuple = key[len(s.prefix):end:end]
	e.order, e.ref = ownerOf(ref), ref
	e.covered, e.pending, e.source = nil, s.since == 0, s.n.set
	if len(s.n.d.Values) > 0 {
		e.covered = covered
	}
	return true
}

// refs implements refStream.
func (s *entryStream) refs(dst []value.Ref) (n int) {
	s.entries.ahead = len(dst)
	for n < len(dst) && s.failed == nil && s.entries.next() {
		if ref, _, ok := s.visible(); ok {
			dst[n] = ref
			n++
			s.entries.passed()
		}
	}
	return n
}

// visible returns the document of the present entry, and the values that it
// covers; it is false if the entry is not shown.
func (s *entryStream) visible() (ref value.Ref, covered []byte, ok bool) {
	key := s.entries.key
	owner := len(key) - s.removed - s.n.d.ownerSize()
	h, covered, err := ReadHeader(s.entries.value)
	if err != nil || owner < len(s.prefix) {
		s.failed = ErrDamaged
		return ref, nil, false
	}
	if !s.ever && (h.Expired(s.now) || s.n.at != 0 && !s.validAt(h, key)) {
		return ref, nil, false
	}
	s.since = h.TS
	ref = s.n.d.ownerAt(key[owner:])
	if s.n.mixed && !s.n.src.Reachable(ref.Scope, ref.Class) {
		return ref, nil, false
	}
	if ok, s.failed = s.n.visible(ref); s.failed != nil {
		ok = false
	}
	return ref, covered, ok
}

// validAt reports whether the entry was valid at the time of the reading, which
// is past.
func (s *entryStream) validAt(h Header, key []byte) bool {
	if s.removed > 0 {
		if removed := removedTime(key); removed != 0 && removed <= s.n.at {
			return false
		}
	}
	return h.validSince(s.n.at)
}

func (s *entryStream) at() *element { return &s.present }

func (s *entryStream) err() error {
	if s.failed != nil {
		return s.failed
	}
	return s.entries.it.Err()
}

func (s *entryStream) close() { s.entries.it.Close() }

// eitherStream merges two streams that have no element in common: the live
// and the removed entries of an index.
type eitherStream struct {
	a, b     stream
	backward bool
	started  bool
	aOK, bOK bool
	onB      bool
}

func (s *eitherStream) next() bool {
	switch {
	case !s.started:
		s.started = true
		s.aOK, s.bOK = s.a.next(), s.b.next()
	case s.onB:
		s.bOK = s.b.next()
	default:
		s.aOK = s.a.next()
	}
	return s.choose()
}

func (s *eitherStream) seek(p position) bool {
	s.started = true
	s.aOK, s.bOK = s.a.seek(p), s.b.seek(p)
	return s.choose()
}

func (s *eitherStream) choose() bool {
	if s.err() != nil {
		return false
	}
	s.onB = !s.aOK || s.bOK && (compareElements(s.b.at(), s.a.at()) < 0 != s.backward)
	return s.aOK || s.bOK
}

// compareElements orders elements of one set.
func compareElements(a, b *element) int {
	if c := bytes.Compare(a.tuple, b.tuple); c != 0 {
		return c
	}
	return a.order.compare(b.order)
}

func (s *eitherStream) at() *element {
	if s.onB {
		return s.b.at()
	}
	return s.a.at()
}

func (s *eitherStream) err() error {
	if err := s.a.err(); err != nil {
		return err
	}
	return s.b.err()
}

func (s *eitherStream) close() {
	s.a.close()
	s.b.close()
}
