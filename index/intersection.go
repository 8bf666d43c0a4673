package index

import "github.com/fawndb/fawn/query/value"

// intersectionNode has the elements that all parts have, as often as the part
// that has them least.
type intersectionNode struct{ combined }

func (o opener) intersection(s *value.Set) (node, error) {
	if n, err := o.eventsOf(s); n != nil || err != nil {
		return n, err
	}
	c, err := o.parts(s.Sets)
	if err != nil {
		return nil, err
	}
	return &intersectionNode{c}, nil
}

func (n *intersectionNode) open(backward bool) stream {
	return &counted{parts: n.streams(backward), backward: backward, least: true}
}
