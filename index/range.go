package index

import "github.com/fawndb/fawn/query/value"

// rangeNode has the elements of a set between two bounds, both included.
type rangeNode struct {
	node
	set *value.Set
}

func (o opener) limit(s *value.Set) (node, error) {
	n, err := o.open(s.Sets[0])
	if err != nil {
		return nil, err
	}
	if _, ok := n.(*history); ok {
		return nil, noEvents()
	}
	return &rangeNode{n, s}, nil
}

func (n *rangeNode) open(backward bool) stream {
	inner := n.node.open(backward)
	columns, shape := n.node.columns(), n.node.shape()
	if shape.Unknown {
		shape.Reversed = columns
	}
	from, to := shape.Bound(n.set.From), shape.Bound(n.set.To)
	// What does not reach into the ref ends behind all that begin with it.
	to.After = to.After || to.Ref != nil || len(n.set.To) <= len(shape.Reversed)
	return &rangeStream{
		inner: inner, backward: backward,
		from: encodePosition(from, columns, shape.Backward), to: encodePosition(to, columns, shape.Backward),
	}
}

// rangeStream walks the stretch from one position to another.
type rangeStream struct {
	inner    stream
	backward bool
	from, to position
	started  bool
}

func (s *rangeStream) next() bool {
	if !s.started {
		return s.seek(position{after: s.backward})
	}
	return s.check(s.inner.next())
}

// seek goes to p, or to the near bound if that is further on.
func (s *rangeStream) seek(p position) bool {
	s.started = true
	near := s.from
	if s.backward {
		near = s.to
	}
	if p.isStart(s.backward) {
		p = near
	}
	ok := s.inner.seek(p)
	if ok && !near.passed(s.inner.at(), s.backward) {
		ok = s.inner.seek(near)
	}
	return s.check(ok)
}

// check reports whether the present element lies before the far bound.
func (s *rangeStream) check(ok bool) bool {
	far := s.to
	if s.backward {
		far = s.from
	}
	return ok && !far.passed(s.inner.at(), s.backward)
}

func (s *rangeStream) at() *element { return s.inner.at() }
func (s *rangeStream) err() error   { return s.inner.err() }
func (s *rangeStream) close()       { s.inner.close() }
