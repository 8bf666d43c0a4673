package index

import "github.com/fawndb/fawn/query/value"

// unionNode has each element as often as the part that has it most.
type unionNode struct{ combined }

func (o opener) union(s *value.Set) (node, error) {
	if n, err := o.eventsOf(s); n != nil || err != nil {
		return n, err
	}
	c, err := o.parts(s.Sets)
	if err != nil {
		return nil, err
	}
	return &unionNode{c}, nil
}

func (n *unionNode) open(backward bool) stream {
	return &counted{parts: n.streams(backward), backward: backward}
}
