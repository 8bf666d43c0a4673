package index

import (
	"container/heap"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// joinNode is the union of the sets that the elements of another one lead to,
// each equal element once.
type joinNode struct {
	o      opener
	set    *value.Set
	source node
	// targets are known once the source was read.
	targets []node
	loaded  bool
	failed  error
}

func (o opener) join(s *value.Set) (node, error) {
	source, err := o.open(s.Sets[0])
	if err != nil {
		return nil, err
	}
	if _, ok := source.(*history); ok {
		return nil, noEvents()
	}
	return &joinNode{o: o, set: s, source: source}, nil
}

func (n *joinNode) filtered() bool { return n.source.filtered() }

func (n *joinNode) guardAll() {
	n.source.guardAll()
	for _, t := range n.targets {
		t.guardAll()
	}
}

// shape of a join over an index is that of the index; with a lambda it depends
// on the elements.
func (n *joinNode) shape() query.Shape {
	if n.set.Lambda != nil {
		return query.Shape{Unknown: true}
	}
	d, _, err := n.o.src.Index(n.set.Ref, nil, n.o.r.At)
	if err != nil {
		return query.Shape{Unknown: true}
	}
	return query.Shape{Reversed: d.reversed}
}

func (n *joinNode) columns() []bool {
	n.load()
	columns, _ := aligned(n.targets)
	return columns
}

// load reads the source and opens the targets.
func (n *joinNode) load() {
	if n.loaded {
		return
	}
	n.loaded = true
	in := n.source.open(false)
	defer in.close()
	for in.next() {
		t, err := n.target(in.at())
		if err != nil {
			n.failed = err
			return
		}
		if t != nil {
			n.targets = append(n.targets, t)
		}
	}
	n.failed = in.err()
}

// target opens the set that an element leads to, nil if the caller may not
// read it.
func (n *joinNode) target(e *element) (node, error) {
	s, err := n.o.joined(n.set, e)
	if err != nil {
		return nil, err
	}
	t, err := n.o.open(s)
	if isDenied(err) {
		return nil, nil
	}
	if err == nil && n.source.filtered() && n.o.filter {
		t.guardAll()
	}
	if _, ok := t.(*history); ok {
		return nil, noEvents()
	}
	return t, err
}

// joined returns the set that an element of the source of a join leads to: the
// lambda's result, or the match of the element's values, or its ref.
func (o opener) joined(s *value.Set, e *element) (value.Value, error) {
	if s.Lambda != nil {
		v, err := e.render()
		if err != nil {
			return nil, err
		}
		return o.r.Apply(s, v)
	}
	terms, err := e.values()
	if err != nil {
		return nil, err
	}
	if len(terms) == 0 {
		terms = []value.Value{e.ref}
	}
	return &value.Set{Op: value.SetMatch, Ref: s.Ref, Terms: terms}, nil
}

func (n *joinNode) open(backward bool) stream {
	n.load()
	if n.failed != nil {
		return none{n.failed}
	}
	_, targets := aligned(n.targets)
	m := &mergeStream{backward: backward}
	for _, t := range targets {
		m.all = append(m.all, &operand{stream: t.open(backward)})
	}
	return &distinctStream{inner: m, backward: backward, same: sameGroup}
}

// mergeStream yields all elements of several streams in their common order.
type mergeStream struct {
	all      []*operand
	heap     []*operand // those with a present element, the nearest first
	backward bool
	started  bool
	failed   error
}

func (s *mergeStream) next() bool {
	switch {
	case !s.started:
		return s.start((*operand).next)
	case len(s.heap) == 0:
		return false
	case s.heap[0].next():
		heap.Fix(s, 0)
	default:
		s.failed = s.heap[0].stream.err()
		heap.Pop(s)
	}
	return len(s.heap) > 0 && s.failed == nil
}

func (s *mergeStream) seek(p position) bool {
	return s.start(func(o *operand) bool { return o.seek(p) })
}

func (s *mergeStream) start(move func(*operand) bool) bool {
	s.started, s.heap = true, s.heap[:0]
	for _, o := range s.all {
		if move(o) {
			s.heap = append(s.heap, o)
		}
	}
	heap.Init(s)
	s.failed = firstError(s.all)
	return len(s.heap) > 0 && s.failed == nil
}

func (s *mergeStream) at() *element { return &s.heap[0].current }
func (s *mergeStream) close()       { closeAll(s.all) }

func (s *mergeStream) err() error { return s.failed }

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (s *mergeStream) Len() int { return len(s.heap) }

// Less implements heap.Interface.
func (s *mergeStream) Less(i, j int) bool {
	c := compareElements(&s.heap[i].current, &s.heap[j].current)
	return c != 0 && (c < 0) != s.backward
}

// Swap implements heap.Interface.
func (s *mergeStream) Swap(i, j int) { s.heap[i], s.heap[j] = s.heap[j], s.heap[i] }

// Push implements heap.Interface; nothing is pushed.
func (s *mergeStream) Push(any) {}

// Pop implements heap.Interface.
func (s *mergeStream) Pop() any {
	last := s.heap[len(s.heap)-1]
	s.heap = s.heap[:len(s.heap)-1]
	return last
}
