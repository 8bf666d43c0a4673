package index

import (
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// differenceNode has the elements of its first part that no other part has an
// equal one of.
type differenceNode struct{ combined }

// difference opens the first set with its documents filtered, and the others
// with all: what is taken away need not be readable.
func (o opener) difference(s *value.Set) (node, error) {
	if n, err := o.eventsOf(s); n != nil || err != nil {
		return n, err
	}
	first, err := o.open(s.Sets[0])
	if err != nil {
		return nil, err
	}
	n := &differenceNode{combined{[]node{first}}}
	rest := o
	rest.filter = false
	hidden := first.filtered()
	for _, v := range s.Sets[1:] {
		part, err := rest.open(v)
		if isDenied(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		hidden = hidden || part.filtered()
		n.nodes = append(n.nodes, part)
	}
	if hidden && o.filter {
		first.guardAll()
	}
	return n, nil
}

func (n *differenceNode) guardAll() { n.nodes[0].guardAll() }

func (n *differenceNode) shape() query.Shape { return n.nodes[0].shape() }

func (n *differenceNode) open(backward bool) stream {
	parts := n.streams(backward)
	return &differenceStream{first: parts[0], others: parts[1:], backward: backward}
}

type differenceStream struct {
	first    *operand
	others   []*operand
	backward bool
	started  bool // the others stand somewhere
	// kept says that no other part has the group of the last element yielded.
	kept bool
	last element
}

func (s *differenceStream) next() bool {
	s.first.next()
	return s.settle()
}

func (s *differenceStream) seek(p position) bool {
	s.first.seek(p)
	s.started = false
	return s.settle()
}

// settle goes on to the next element that no other part has.
func (s *differenceStream) settle() bool {
	for s.first.ok {
		e := &s.first.current
		if s.kept && compareGroups(e, &s.last) == 0 {
			return true
		}
		if !s.elsewhere(e) {
			s.kept, s.last = true, *e
			return s.err() == nil
		}
		group := *e
		s.first.leave(&group, s.backward)
	}
	return false
}

// elsewhere reports whether another part has an element equal to e.
func (s *differenceStream) elsewhere(e *element) bool {
	found := false
	for _, o := range s.others {
		if !s.started {
			o.enter(e, s.backward)
		} else {
			o.reach(e, s.backward)
		}
		found = found || o.in(e)
	}
	s.started = true
	return found
}

func (s *differenceStream) at() *element { return &s.first.current }

func (s *differenceStream) err() error {
	return firstError(append([]*operand{s.first}, s.others...))
}

func (s *differenceStream) close() {
	s.first.stream.close()
	closeAll(s.others)
}
