package index

import (
	"bytes"

	"github.com/fawndb/fawn/query/value"
)

// distinctNode drops elements with the same values as the one before: forward
// the first of a run stays, backward the last.
type distinctNode struct{ node }

func (o opener) distinct(s *value.Set) (node, error) {
	n, err := o.open(s.Sets[0])
	if err != nil {
		return nil, err
	}
	if h, ok := n.(*history); ok {
		return h, nil
	}
	return &distinctNode{n}, nil
}

func (n *distinctNode) open(backward bool) stream {
	return &distinctStream{inner: n.node.open(backward), backward: backward, same: sameValues}
}

// distinctStream yields one element of each run of the same.
type distinctStream struct {
	inner    stream
	backward bool
	same     func(a, b *element) bool
	present  element
	some     bool
}

func (s *distinctStream) next() bool {
	for s.inner.next() {
		e := s.inner.at()
		if !s.some || !s.same(&s.present, e) {
			return s.take(e)
		}
	}
	return false
}

func (s *distinctStream) take(e *element) bool {
	s.present, s.some = *e, true
	return true
}

// seek goes to p. Backward, the run in which p lies is left out when it goes on
// at p: its last element is then behind p.
func (s *distinctStream) seek(p position) bool {
	s.some = false
	if s.backward && p.exact && len(p.tuple) > 0 {
		end := position{tuple: p.tuple, after: true}
		if s.inner.seek(end) && p.compare(s.inner.at()) > 0 {
			p = groupOf(s.inner.at(), false, false)
		}
	}
	return s.inner.seek(p) && s.take(s.inner.at())
}

func (s *distinctStream) at() *element { return &s.present }
func (s *distinctStream) err() error   { return s.inner.err() }
func (s *distinctStream) close()       { s.inner.close() }

// sameGroup reports whether elements are equal in the combination of sets.
func sameGroup(a, b *element) bool { return compareGroups(a, b) == 0 }

// sameValues reports whether elements look the same to a reader: 1 and 1.0
// have one place in the order, but are not the same.
func sameValues(a, b *element) bool {
	if !sameGroup(a, b) {
		return false
	}
	if bytes.Equal(a.covered, b.covered) || a.covered == nil || b.covered == nil {
		return true
	}
	x, errX := a.values()
	y, errY := b.values()
	return errX == nil && errY == nil && value.Equal(value.Array(x), value.Array(y))
}
