package index

import "github.com/fawndb/fawn/query/value"

// filterNode has the elements of a set for which a lambda is true.
type filterNode struct {
	node
	set  *value.Set
	call func(s *value.Set, arg value.Value) (value.Value, error)
}

func (o opener) where(s *value.Set) (node, error) {
	n, err := o.open(s.Sets[0])
	if err != nil {
		return nil, err
	}
	if h, ok := n.(*history); ok {
		return h.where(s, o.r.Apply), nil
	}
	return &filterNode{n, s, o.r.Apply}, nil
}

func (n *filterNode) open(backward bool) stream {
	return &filterStream{stream: n.node.open(backward), n: n}
}

type filterStream struct {
	stream
	n      *filterNode
	failed error
}

func (s *filterStream) next() bool { return s.settle(s.stream.next()) }

func (s *filterStream) seek(p position) bool { return s.settle(s.stream.seek(p)) }

// settle goes on to the next element for which the lambda is true.
func (s *filterStream) settle(ok bool) bool {
	for ; ok && s.failed == nil; ok = s.stream.next() {
		v, err := s.stream.at().render()
		if err == nil {
			v, err = s.n.call(s.n.set, v)
		}
		if err != nil {
			s.failed = err
			return false
		}
		if v == value.Value(value.Boolean(true)) {
			return true
		}
	}
	return false
}

func (s *filterStream) err() error {
	if s.failed != nil {
		return s.failed
	}
	return s.stream.err()
}
