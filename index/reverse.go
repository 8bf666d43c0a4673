package index

import (
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// reverseNode is a set in the opposite order. A set without values becomes one
// with the ref as its one value.
type reverseNode struct {
	node
	set *value.Set
}

func (o opener) reverse(s *value.Set) (node, error) {
	if inner, ok := s.Sets[0].(*value.Set); ok && inner.Op == value.SetReverse {
		return o.open(inner.Sets[0])
	}
	n, err := o.open(s.Sets[0])
	if err != nil {
		return nil, err
	}
	if h, ok := n.(*history); ok {
		return h.reversed(), nil
	}
	return &reverseNode{n, s}, nil
}

func (n *reverseNode) shape() query.Shape {
	s := n.node.shape()
	if !s.Unknown || len(s.Reversed) > 0 {
		s.Reversed = inverted(s.Reversed)
	}
	s.Backward = !s.Backward
	return s
}

func (n *reverseNode) columns() []bool { return inverted(n.node.columns()) }

// inverted returns the opposite directions.
func inverted(columns []bool) []bool {
	if len(columns) == 0 {
		return []bool{true}
	}
	out := make([]bool, len(columns))
	for i, c := range columns {
		out[i] = !c
	}
	return out
}

func (n *reverseNode) open(backward bool) stream {
	inner := n.node.open(!backward)
	s := &reverseStream{set: n.set, inner: inner}
	if len(n.node.columns()) == 0 {
		s.inner, s.asValue = &expanded{inner: inner, backward: !backward}, true
	}
	return s
}

type reverseStream struct {
	inner   stream
	set     *value.Set
	asValue bool
	present element
}

func (s *reverseStream) next() bool { return s.take(s.inner.next()) }

func (s *reverseStream) seek(p position) bool { return s.take(s.inner.seek(p.flipped())) }

func (s *reverseStream) take(ok bool) bool {
	if ok {
		s.present = *s.inner.at()
		s.present.tuple = complemented(s.present.tuple)
		s.present.order = s.present.order.inverted()
		s.present.asValue = s.present.asValue || s.asValue
		s.present.source, s.present.sources = s.set, nil
	}
	return ok
}

func (s *reverseStream) at() *element { return &s.present }
func (s *reverseStream) err() error   { return s.inner.err() }
func (s *reverseStream) close()       { s.inner.close() }
