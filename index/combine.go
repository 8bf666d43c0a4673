package index

import (
	"errors"
	"slices"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// combined are the sets that a union, an intersection or a difference is made
// of.
type combined struct {
	nodes []node
}

// parts opens the operands of a combination. Those that the caller may not
// read are left out; it is the error of the first that counts when that leaves
// none. When the documents of one part have to be filtered, all parts are.
// Source: chapter on authentication, section 5.6.
func (o opener) parts(sets []value.Value) (combined, error) {
	var c combined
	var denied error
	hidden := false
	for _, v := range sets {
		n, err := o.open(v)
		if isDenied(err) {
			if denied == nil {
				denied = err
			}
			continue
		}
		if err != nil {
			return combined{}, err
		}
		hidden = hidden || n.filtered()
		c.nodes = append(c.nodes, n)
	}
	if len(c.nodes) == 0 {
		return combined{}, denied
	}
	if hidden && o.filter {
		c.guardAll()
	}
	return c, nil
}

func isDenied(err error) bool {
	var r *query.Refusal
	return errors.As(err, &r) && r.Code == query.PermissionDenied
}

func (c *combined) filtered() bool {
	return slices.ContainsFunc(c.nodes, func(n node) bool { return n.filtered() })
}

func (c *combined) guardAll() {
	for _, n := range c.nodes {
		n.guardAll()
	}
}

// shape is that of the first part; sets with different numbers of values have
// no common one.
func (c *combined) shape() query.Shape {
	s := c.nodes[0].shape()
	for _, n := range c.nodes[1:] {
		o := n.shape()
		s.Unknown = s.Unknown || o.Unknown || len(o.Reversed) != len(s.Reversed)
	}
	return s
}

func (c *combined) columns() []bool {
	columns, _ := aligned(c.nodes)
	return columns
}

// streams opens all parts, so that their elements compare.
func (c *combined) streams(backward bool) []*operand {
	_, nodes := aligned(c.nodes)
	out := make([]*operand, len(nodes))
	for i, n := range nodes {
		out[i] = &operand{stream: n.open(backward), mixed: n.shape().Unknown}
	}
	return out
}

// operand is one of the streams that are combined, with its present element.
type operand struct {
	stream  stream
	ok      bool
	current element
	// first is the first element of the present group, and run whether the
	// group has more.
	first element
	run   bool
	// mixed says that the stream may have tuples that begin with shorter ones:
	// the end of a group can then not be sought.
	mixed bool
}

func (o *operand) take(ok bool) bool {
	if o.ok = ok; ok {
		o.current = *o.stream.at()
	}
	return ok
}

func (o *operand) next() bool { return o.take(o.stream.next()) }

func (o *operand) seek(p position) bool { return o.take(o.stream.seek(p)) }

// reach moves to the group of e, or to the nearest one behind it: by a step,
// or, if that is not enough, by a seek.
func (o *operand) reach(e *element, backward bool) bool {
	if !o.before(e, backward) || o.next() && !o.before(e, backward) {
		return o.ok
	}
	return o.ok && o.enter(e, backward)
}

// enter goes to the first element of the group of e, or behind it. Backward,
// longer tuples that begin with that of e come before it.
func (o *operand) enter(e *element, backward bool) bool {
	o.seek(groupOf(e, backward, false))
	for o.before(e, backward) {
		o.next()
	}
	return o.ok
}

// leave goes behind the group of e, if o stands in it.
func (o *operand) leave(e *element, backward bool) {
	if !o.in(e) {
		return
	}
	if o.next(); !o.mixed && o.in(e) {
		o.seek(groupOf(e, backward, true))
	}
	for o.in(e) {
		o.next()
	}
}

// before reports whether the present group comes before that of e.
func (o *operand) before(e *element, backward bool) bool {
	if !o.ok {
		return false
	}
	c := compareGroups(&o.current, e)
	return c != 0 && (c < 0) != backward
}

func (o *operand) in(e *element) bool { return o.ok && compareGroups(&o.current, e) == 0 }

func firstError(list []*operand) error {
	for _, o := range list {
		if err := o.stream.err(); err != nil {
			return err
		}
	}
	return nil
}

func closeAll(list []*operand) {
	for _, o := range list {
		o.stream.close()
	}
}

// counted is the stream of a union or an intersection. Of each group of equal
// elements it yields all those of one part: of a union the part that has most
// of them, of an intersection the one that has least; the first of several.
// So the elements are the same from wherever the stream begins, and in both
// directions.
type counted struct {
	parts    []*operand
	least    bool // an intersection
	backward bool
	started  bool
	// winner is the part that the present group is taken from, nil between
	// groups. single says that the group has one element only, which is first.
	winner  *operand
	single  bool
	group   element
	sources []value.Value // of the group, when several parts have it
	present element
	// from is where the elements begin; those of its group before it are
	// passed over.
	from *position
}

func (s *counted) next() bool {
	if !s.started {
		s.started = true
		for _, o := range s.parts {
			o.next()
		}
	}
	return s.advance()
}

func (s *counted) seek(p position) bool {
	s.started, s.winner, s.from = true, nil, nil
	begin := p
	if p.exact && len(p.tuple) > 0 {
		begin = position{tuple: p.tuple, after: s.backward}
		s.from = &p
	}
	for _, o := range s.parts {
		o.seek(begin)
	}
	return s.advance()
}

func (s *counted) advance() bool {
	for s.step() {
		if s.from == nil || s.from.passed(&s.present, s.backward) {
			s.from = nil
			return true
		}
	}
	return false
}

// step goes to the next element of the group, or to the next group.
func (s *counted) step() bool {
	if s.winner != nil && !s.single && s.winner.next() && s.winner.in(&s.group) {
		s.emit(&s.winner.current)
		return true
	}
	if s.winner != nil {
		for _, o := range s.parts {
			o.leave(&s.group, s.backward)
		}
	}
	s.winner = nil
	e := s.find()
	if e == nil || firstError(s.parts) != nil {
		return false
	}
	s.choose(e)
	return true
}

// find returns an element of the next group of the result, nil at the end.
func (s *counted) find() *element {
	if s.least {
		return s.common()
	}
	var nearest *element
	for _, o := range s.parts {
		if o.ok && (nearest == nil || o.before(nearest, s.backward)) {
			nearest = &o.current
		}
	}
	return nearest
}

// common moves the parts on to the next group that all of them have.
func (s *counted) common() *element {
	target := s.parts[0]
	for i, agreed := 0, 0; agreed < len(s.parts); i = (i + 1) % len(s.parts) {
		o := s.parts[i]
		e := target.current
		if !target.ok || !o.reach(&e, s.backward) {
			return nil
		}
		if o.in(&e) {
			agreed++
		} else {
			target, agreed = o, 1
		}
	}
	return &target.current
}

// choose finds out which part has most, or least, elements of the group of e:
// all parts that have some step through the group together, until one remains,
// or, in an intersection, until the first one is through.
func (s *counted) choose(e *element) {
	s.group = *e
	in := s.begin()
	s.winner, s.single = in[0], false
	for counting := len(in) > 1; counting; counting = len(in) > 1 {
		left := s.stepped(in)
		if s.least && len(left) < len(in) || len(left) == 0 {
			s.winner = in[slices.IndexFunc(in, func(o *operand) bool { return !o.in(&s.group) })]
			break
		}
		in, s.winner = left, left[0]
	}
	s.emit(&s.winner.first)
	if len(s.sources) == 0 {
		return // one part has it, and was not moved
	}
	if s.single = !s.winner.run; !s.single {
		s.winner.enter(&s.group, s.backward)
	}
}

// begin returns the parts that have elements of the group. If there are
// several, their sources are those of the group's elements.
func (s *counted) begin() []*operand {
	var in []*operand
	s.sources = nil
	for _, o := range s.parts {
		if o.in(&s.group) {
			o.first, o.run = o.current, false
			in = append(in, o)
		}
	}
	if len(in) > 1 {
		for _, o := range in {
			s.sources = append(append(s.sources, o.first.source), o.first.sources...)
		}
	}
	return in
}

// stepped moves parts by one and returns those that are still in the group.
func (s *counted) stepped(in []*operand) []*operand {
	var left []*operand
	for _, o := range in {
		if o.next(); o.in(&s.group) {
			o.run = true
			left = append(left, o)
		}
	}
	return left
}

// emit makes e, of the present group, the present element.
func (s *counted) emit(e *element) {
	s.present = *e
	if s.sources != nil {
		s.present.sources = s.sources
	}
}

func (s *counted) at() *element { return &s.present }
func (s *counted) err() error   { return firstError(s.parts) }
func (s *counted) close()       { closeAll(s.parts) }
