package index

import (
	"errors"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Iterator moves over the entries of a store in one direction, as that of
// package kv does: a reverse one goes from the last key down, and Seek moves to
// the last key strictly before the one given. Keys and values are valid until
// the transaction ends.
type Iterator interface {
	Next() bool
	Seek(key []byte) bool
	// Fill moves on as Next does, over as many entries as there is room for in
	// keys and values, and returns how many it has put there: less only at the
	// end.
	Fill(keys, values [][]byte) int
	Key() []byte
	Value() []byte
	Err() error
	Close()
}

// Scanner is what sets need of a store.
type Scanner interface {
	// Scan returns an iterator over the keys k with lo <= k < hi; nil hi is
	// the end of all keys.
	Scan(lo, hi []byte, reverse bool) Iterator
}

// Source is the transaction as sets see it. Its errors are refusals when the
// query is at fault; at is the valid time of the reading, 0 the present.
type Source interface {
	Scanner
	// Now is the snapshot's time, in microseconds.
	Now() int64
	// Index guards the entries of an index under terms, and returns its
	// definition. Only elements of readable documents are to be shown if
	// filtered is set.
	Index(index value.Ref, terms []value.Value, at int64) (d *Definition, filtered bool, err error)
	// Documents guards the documents of a collection. Native says that a
	// system collection was itself used as the set.
	Documents(collection value.Ref, native bool, at int64) (filtered bool, err error)
	// Document guards the existence and the history of one document.
	Document(r value.Ref, at int64) error
	// Readable reports whether the caller may read a document.
	Readable(r value.Ref, at int64) (bool, error)
	// Reachable reports whether a collection exists: of one that was deleted
	// documents and entries stay in the store for a while.
	Reachable(s value.Scope, c value.Class) bool
	// Retained is the time, in microseconds, from which on history is listed
	// for a collection.
	Retained(s value.Scope, c value.Class) int64
}

// Open opens a set: a *value.Set, or any ref (a system collection stands for
// its documents, any other ref for the set with just it). It reads nothing
// yet. Refusals are those of the source, of histories that there are not, and
// of terms that are too long.
//
// The set, its first match and the first scans take their memory from room,
// which may be nil. It serves one set of one transaction; others that are given
// it make their own.
func Open(set value.Value, src Source, r query.Reading, room *Room) (query.Set, error) {
	if room == nil || room.used {
		room = nil
	} else {
		room.used = true
	}
	n, err := opener{src: src, r: r, filter: !r.Unfiltered, room: room}.open(set)
	if err != nil {
		return nil, err
	}
	if s, ok := n.(query.Set); ok {
		return s, nil
	}
	if room == nil {
		return &opened{node: n}, nil
	}
	room.set.node = n
	return &room.set, nil
}

// Room is memory for a set.
type Room struct {
	used   bool
	set    opened
	match  matchNode
	prefix [prefixRoom]byte
}

// node is an opened set other than a history.
type node interface {
	shape() query.Shape
	// columns are the directions of the values. A join reads its source to
	// know them.
	columns() []bool
	// open returns a stream. Its errors are those of the stream.
	open(backward bool) stream
	// filtered says that the caller may not read all documents of elements;
	// guardAll makes all parts leave those out that may not be read.
	filtered() bool
	guardAll()
}

// opener opens the parts of one set.
type opener struct {
	src Source
	r   query.Reading
	// filter is unset where the elements of documents that the caller may not
	// read are wanted.
	filter bool
	room   *Room // for the first match; may be nil
}

func (o opener) open(v value.Value) (node, error) {
	switch v := v.(type) {
	case value.Ref:
		if v.Native() {
			return o.documents(v, v, true)
		}
		return o.singleton(v, v)
	case *value.Set:
		return o.openSet(v)
	default:
		return nil, errors.New("index: not a set")
	}
}

func (o opener) openSet(s *value.Set) (node, error) {
	switch s.Op {
	case value.SetMatch:
		return o.match(s, s.Ref, s.Terms)
	case value.SetDocuments:
		return o.documents(s, s.Ref, false)
	case value.SetSingleton:
		return o.singleton(s, s.Ref)
	case value.SetEvents:
		return o.events(s)
	case value.SetUnion:
		return o.union(s)
	case value.SetIntersection:
		return o.intersection(s)
	case value.SetDifference:
		return o.difference(s)
	case value.SetDistinct:
		return o.distinct(s)
	case value.SetJoin:
		return o.join(s)
	case value.SetRange:
		return o.limit(s)
	case value.SetReverse:
		return o.reverse(s)
	case value.SetFilter:
		return o.where(s)
	default:
		panic("index: unknown set")
	}
}

// opened is a node as a set of the language.
type opened struct {
	node node
	room elements // for the first scan
}

// Shape implements query.Set.
func (s *opened) Shape() query.Shape { return s.node.shape() }

// Scan implements query.Set.
func (s *opened) Scan(from query.Bound, backward bool) query.Elements {
	el := &s.room
	if el.stream != nil {
		el = new(elements)
	}
	columns, shape := s.node.columns(), s.node.shape()
	el.stream, el.plain = s.node.open(backward), len(columns) == 0 && !shape.Unknown
	// Scanning backward from the zero bound finds nothing; that is what is
	// before the start.
	p := encodePosition(from, columns, shape.Backward)
	if !p.isStart(backward) {
		el.from, el.seek = p, true
	}
	return el
}

// elements is a stream as the language sees it.
type elements struct {
	stream  stream
	from    position
	seek    bool // from was not sought yet
	plain   bool // elements are refs
	element value.Element
	failed  error
}

// move moves to the next element.
func (s *elements) move() bool {
	if s.seek {
		s.seek = false
		return s.stream.seek(s.from)
	}
	return s.stream.next()
}

// Refs implements query.Elements.
func (s *elements) Refs(dst []value.Ref) (n int, ok bool) {
	if !s.plain {
		return 0, false
	}
	many, isMany := s.stream.(refStream)
	for n < len(dst) && s.failed == nil {
		if isMany && !s.seek {
			return n + many.refs(dst[n:]), true
		}
		if !s.move() {
			break
		}
		dst[n] = s.stream.at().ref
		n++
	}
	return n, true
}

// Next implements query.Elements.
func (s *elements) Next() bool {
	if !s.move() || s.failed != nil {
		return false
	}
	e := s.stream.at()
	s.element = value.Element{Ref: e.ref}
	s.element.Values, s.failed = e.values()
	return s.failed == nil
}

// Element implements query.Elements.
func (s *elements) Element() value.Element { return s.element }

// Sources implements query.Elements.
func (s *elements) Sources() []value.Value {
	e := s.stream.at()
	return mergedSources([]value.Value{e.source}, e.sources)
}

// mergedSources adds to list what is not in it.
func mergedSources(list, more []value.Value) []value.Value {
next:
	for _, v := range more {
		for _, known := range list {
			if value.Equal(known, v) {
				continue next
			}
		}
		list = append(list, v)
	}
	return list
}

// Err implements query.Elements.
func (s *elements) Err() error {
	if s.failed != nil {
		return s.failed
	}
	return s.stream.err()
}

// Close implements query.Elements.
func (s *elements) Close() { s.stream.close() }

// none is the stream without elements, ended by an error or not.
type none struct{ failed error }

func (none) next() bool         { return false }
func (none) seek(position) bool { return false }
func (none) at() *element       { return nil }
func (n none) err() error       { return n.failed }
func (none) close()             {}
