package index

import (
	"bytes"
	"encoding/binary"
)

// expanded is a stream over a set without values in which each element has its
// ref as its value, so that it can be combined with sets of values.
type expanded struct {
	inner    stream
	backward bool
	present  element
}

func (s *expanded) next() bool { return s.take(s.inner.next()) }

// seek goes to the place among refs that p has among tuples of one ref.
func (s *expanded) seek(p position) bool { return s.take(s.inner.seek(collapsed(p))) }

func (s *expanded) take(ok bool) bool {
	if ok {
		s.present = *s.inner.at()
		s.present.tuple = appendRef(make([]byte, 0, refSize), s.present.ref)
	}
	return ok
}

func (s *expanded) at() *element { return &s.present }
func (s *expanded) err() error   { return s.inner.err() }
func (s *expanded) close()       { s.inner.close() }

// collapsed returns the position among refs that p has among tuples that are
// one ref each.
func collapsed(p position) position {
	end := position{after: true}
	if len(p.tuple) < refSize || p.tuple[0] != tagRef {
		if bytes.Compare(p.tuple, []byte{tagRef}) < 0 {
			end.after = len(p.tuple) == 0 && !p.exact && p.after
		}
		return end
	}
	ref := owner{
		id:    binary.BigEndian.Uint64(p.tuple[1:]),
		class: binary.BigEndian.Uint32(p.tuple[1+idSize:]),
		scope: binary.BigEndian.Uint32(p.tuple[1+idSize+classSize:]),
	}
	out := position{order: ref, exact: true, after: p.after}
	switch {
	case len(p.tuple) > refSize: // the one ref comes before longer tuples
		out.after = true
	case p.exact:
		// The element with this one value has that value's ref, too.
		if c := ref.compare(p.order); c != 0 {
			out.after = c < 0
		}
	}
	return out
}

// expandedNode is a node of which the streams are expanded.
type expandedNode struct{ node }

func (n expandedNode) columns() []bool { return []bool{false} }

func (n expandedNode) open(backward bool) stream {
	return &expanded{inner: n.node.open(backward), backward: backward}
}

// aligned prepares sets for being combined: when some have values, the others
// get their ref as a value. Columns are the longest list of directions.
func aligned(nodes []node) (columns []bool, out []node) {
	for _, n := range nodes {
		if c := n.columns(); len(c) > len(columns) {
			columns = c
		}
	}
	out = make([]node, len(nodes))
	for i, n := range nodes {
		out[i] = n
		if len(columns) > 0 && len(n.columns()) == 0 {
			out[i] = expandedNode{n}
		}
	}
	return columns, out
}
