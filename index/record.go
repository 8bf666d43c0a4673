package index

import (
	"slices"

	"github.com/fawndb/fawn/query/value"
)

// combinedRecorder gathers when elements came into a union, an intersection or
// a difference, and when they left it.
func (o opener) combinedRecorder(s *value.Set) (recorder, error) {
	var parts []recorder
	var denied error
	for i, v := range s.Sets {
		record, err := o.recorder(v)
		if isDenied(err) && (i > 0 || s.Op != value.SetDifference) {
			denied = err
			continue
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, record)
	}
	if len(parts) == 0 {
		return nil, denied
	}
	return func() ([]moment, error) {
		lists := make([][]moment, len(parts))
		for i, record := range parts {
			var err error
			if lists[i], err = record(); err != nil {
				return nil, err
			}
		}
		if s.Op == value.SetUnion {
			return withoutDuplicates(slices.Concat(lists...)), nil
		}
		return conditions(s.Op, lists), nil
	}, nil
}

// membership is what is known of one tuple on the way through its events.
type membership struct {
	counts  []int // elements with this tuple in each part
	present bool
	sample  moment // an element of the first part
}

// holds reports whether the tuple is in the combination.
func (m *membership) holds(op value.SetKind) bool {
	for _, n := range m.counts[1:] {
		if (n > 0) == (op == value.SetDifference) {
			return false
		}
	}
	return m.counts[0] > 0
}

// conditions returns an event whenever a tuple begins or ceases to be in all
// parts, or, in a difference, in the first alone.
func conditions(op value.SetKind, lists [][]moment) []moment {
	type change struct {
		moment
		part int
	}
	var changes []change
	for i, list := range lists {
		for _, m := range list {
			changes = append(changes, change{m, i})
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return compareMoments(a.moment, b.moment) })
	members := map[string]*membership{}
	var out []moment
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].ts == changes[0].ts {
			n++
		}
		var touched []*membership
		for _, c := range changes[:n] {
			key := string(c.group())
			m := members[key]
			if m == nil {
				m = &membership{counts: make([]int, len(lists))}
				members[key] = m
			}
			m.take(c.moment, c.part)
			touched = append(touched, m)
		}
		for _, m := range touched {
			if holds := m.holds(op); holds != m.present {
				m.present = holds
				out = append(out, m.sample.turned(changes[0].moment, holds))
			}
		}
		changes = changes[n:]
	}
	return out
}

// take counts an event of one part.
func (m *membership) take(e moment, part int) {
	if entering(e.event.Action) {
		m.counts[part]++
	} else {
		m.counts[part]--
	}
	if part == 0 && (entering(e.event.Action) || m.sample.event == nil) {
		m.sample = e
	}
}

// turned returns an event of the same element as m at the time of another.
func (m moment) turned(at moment, enters bool) moment {
	action := value.Action("remove")
	if enters {
		action = "add"
	}
	return m.with(at.event.TS, action, m.event.Document)
}

// group returns what makes elements equal in combinations: the values, or the
// ref as the only one.
func (m moment) group() []byte {
	if len(m.tuple) > 0 {
		return m.tuple
	}
	return appendRef(nil, m.event.Document)
}

// joinRecorder gathers the events of the sets that elements of the source lead
// to, as far as they happened while the element was there.
func (o opener) joinRecorder(s *value.Set) (recorder, error) {
	source, err := o.recorder(s.Sets[0])
	if err != nil {
		return nil, err
	}
	return func() ([]moment, error) {
		list, err := source()
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(list, compareMoments)
		var out []moment
		for _, p := range presences(list) {
			events, err := o.targetEvents(s, p.of)
			if err != nil {
				return nil, err
			}
			for _, m := range events {
				if p.covers(m.ts) {
					out = append(out, m)
				}
			}
		}
		return withoutDuplicates(out), nil
	}, nil
}

// presenceOf is when one element of a set was there.
type presenceOf struct {
	of    moment
	turns []int64 // times at which it came and went, in turn
}

// presences gathers events by element.
func presences(list []moment) []*presenceOf {
	var out []*presenceOf
	known := map[string]*presenceOf{}
	for _, m := range list {
		key := string(appendRef(slices.Clone(m.tuple), m.event.Document))
		p := known[key]
		if p == nil {
			p = &presenceOf{of: m}
			known[key] = p
			out = append(out, p)
		}
		if entering(m.event.Action) == (len(p.turns)%2 == 0) {
			p.turns = append(p.turns, m.ts)
		}
	}
	return out
}

func (p *presenceOf) covers(ts int64) bool {
	n := 0
	for n < len(p.turns) && p.turns[n] <= ts {
		n++
	}
	return n%2 == 1
}

// targetEvents returns the events of the set that an element of a join's
// source leads to; one that the caller may not read has none.
func (o opener) targetEvents(s *value.Set, m moment) ([]moment, error) {
	e := &element{ref: m.event.Document}
	if len(m.values) > 0 {
		var err error
		if e.covered, err = value.AppendMsgpack(nil, value.Array(m.values), nil); err != nil {
			return nil, err
		}
	}
	target, err := o.joined(s, e)
	if err != nil {
		return nil, err
	}
	record, err := o.recorder(target)
	if isDenied(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return record()
}
