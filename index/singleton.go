package index

import (
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// singletonNode is the set with one document, as long as it is live.
type singletonNode struct {
	reading
	ref value.Ref
}

func (o opener) singleton(set value.Value, r value.Ref) (node, error) {
	if err := o.src.Document(r, o.r.At); err != nil {
		return nil, err
	}
	return &singletonNode{o.reading(set, false), r}, nil
}

func (n *singletonNode) shape() query.Shape { return query.Shape{} }
func (n *singletonNode) columns() []bool    { return nil }

func (n *singletonNode) open(backward bool) stream {
	live, err := liveAt(n.src, n.ref, n.at)
	if err == nil && live {
		if live, err = n.visible(n.ref); live {
			return &one{element: element{ref: n.ref, order: ownerOf(n.ref), source: n.set}, backward: backward}
		}
	}
	return none{err}
}

// one is the stream of one element.
type one struct {
	element  element
	backward bool
	done     bool
}

func (s *one) next() bool {
	was := s.done
	s.done = true
	return !was
}

func (s *one) seek(p position) bool {
	s.done = true
	return p.passed(&s.element, s.backward)
}

func (s *one) at() *element { return &s.element }
func (s *one) err() error   { return nil }
func (s *one) close()       {}
