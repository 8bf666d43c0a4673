package index

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// moment is one event of a history, with what it is ordered by.
type moment struct {
	event  *value.Event
	ts     int64 // pendingTime while pending
	tuple  []byte
	values []value.Value
	source value.Value
}

// pendingTime is the time of events that have none yet; only the end of time
// is later.
const pendingTime = math.MaxInt64 - 1

func timeOf(ts int64) int64 {
	if ts == 0 {
		return pendingTime
	}
	return ts
}

// entering reports whether an event makes something live, not the opposite.
func entering(a value.Action) bool { return a != "delete" && a != "remove" }

// side orders what was removed at a time before what was added.
func side(a value.Action) int {
	if entering(a) {
		return 1
	}
	return 0
}

// compareMoments orders events by time; then what was removed before what was
// added; then by document, then by values.
func compareMoments(a, b moment) int {
	return cmp.Or(
		cmp.Compare(a.ts, b.ts),
		cmp.Compare(side(a.event.Action), side(b.event.Action)),
		ownerOf(a.event.Document).compare(ownerOf(b.event.Document)),
		value.Compare(value.Array(a.values), value.Array(b.values)),
	)
}

// history is a set of events. They are gathered when it is first read.
type history struct {
	gather func() ([]moment, error)
	// versions says that the events are those of one document: one at a time.
	versions bool
	backward bool // in the opposite order
	keep     func(value.Value) (bool, error)

	loaded bool
	list   []moment
	failed error
}

// Shape implements query.Set.
func (h *history) Shape() query.Shape { return query.Shape{Events: true} }

func (h *history) load() {
	if h.loaded {
		return
	}
	h.loaded = true
	h.list, h.failed = h.gather()
	slices.SortStableFunc(h.list, compareMoments)
}

// Scan implements query.Set.
func (h *history) Scan(from query.Bound, backward bool) query.Elements {
	h.load()
	if h.backward {
		from.After, backward = !from.After, !backward
	}
	it := &moments{h: h, step: 1, failed: h.failed}
	it.i = sort.Search(len(h.list), func(i int) bool { return h.behind(&h.list[i], from) }) - 1
	if backward {
		it.step = -1
		it.i++
	}
	return it
}

// behind reports whether an event lies at or behind a position.
func (h *history) behind(m *moment, b query.Bound) bool {
	e := b.Event
	if e == nil {
		return !b.After
	}
	ts := e.TS
	if !e.Partial {
		ts = timeOf(ts)
	}
	c := cmp.Compare(m.ts, ts)
	if c == 0 && !h.versions {
		c = cmp.Compare(side(m.event.Action), side(e.Action))
		if c == 0 && !e.Partial {
			c = ownerOf(m.event.Document).compare(ownerOf(e.Document))
			if values, ok := e.Data.(value.Array); ok && c == 0 {
				c = value.Compare(value.Array(m.values), values)
			}
		}
	}
	return c > 0 || c == 0 && !b.After
}

// moments walks a list of events.
type moments struct {
	h      *history
	i      int
	step   int
	failed error
}

// Next implements query.Elements.
func (it *moments) Next() bool {
	for it.failed == nil {
		if it.i += it.step; it.i < 0 || it.i >= len(it.h.list) {
			return false
		}
		if it.h.keep == nil {
			return true
		}
		ok, err := it.h.keep(it.h.list[it.i].event)
		if it.failed = err; ok && err == nil {
			return true
		}
	}
	return false
}

// Element implements query.Elements.
func (it *moments) Element() value.Element {
	return value.Element{Event: it.h.list[it.i].event}
}

// Sources implements query.Elements.
func (it *moments) Sources() []value.Value { return []value.Value{it.h.list[it.i].source} }

// Refs implements query.Elements: elements are events.
func (it *moments) Refs([]value.Ref) (int, bool) { return 0, false }

// Err implements query.Elements.
func (it *moments) Err() error { return it.failed }

// Close implements query.Elements.
func (it *moments) Close() {}

// where returns the history of the events for which a lambda is true.
func (h *history) where(s *value.Set, call func(*value.Set, value.Value) (value.Value, error)) *history {
	out, keep := *h, h.keep
	out.keep = func(v value.Value) (bool, error) {
		if keep != nil {
			if ok, err := keep(v); !ok || err != nil {
				return false, err
			}
		}
		result, err := call(s, v)
		return result == value.Value(value.Boolean(true)), err
	}
	return &out
}

func (h *history) reversed() *history {
	out := *h
	out.backward = !h.backward
	return &out
}

// all returns the events that h yields.
func (h *history) all() ([]moment, error) {
	h.load()
	if h.failed != nil || h.keep == nil {
		return h.list, h.failed
	}
	var out []moment
	for _, m := range h.list {
		ok, err := h.keep(m.event)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, m)
		}
	}
	return out, nil
}

// A history is no node: it is made only where one fits. These methods let it
// pass through the functions that open sets.
func (h *history) shape() query.Shape { return h.Shape() }
func (h *history) columns() []bool    { return nil }
func (h *history) open(bool) stream   { return none{noEvents()} }
func (h *history) filtered() bool     { return false }
func (h *history) guardAll()          {}

// noEvents is the refusal of sets of which no history is kept.
func noEvents() error {
	return &query.Refusal{
		Code: query.InvalidArgument, Description: "Set does not support events history.", Place: query.AtForm,
	}
}

// eventsOf combines histories; it is nil when the parts of s are ordinary
// sets. Sets of both kinds are not combined: the function that made s has
// refused that.
func (o opener) eventsOf(s *value.Set) (node, error) {
	if !isHistory(s.Sets[0]) {
		return nil, nil
	}
	parts := make([]*history, len(s.Sets))
	for i, v := range s.Sets {
		n, err := o.open(v)
		if err != nil {
			return nil, err
		}
		h, ok := n.(*history)
		if !ok {
			return nil, &query.Refusal{
				Code: query.InvalidArgument, Description: "Sets are not compatible.", Place: query.AtVerb,
			}
		}
		parts[i] = h
	}
	return &history{gather: func() ([]moment, error) { return combineHistories(s.Op, parts) }}, nil
}

// isHistory reports whether a set's elements are events.
func isHistory(v value.Value) bool {
	s, ok := v.(*value.Set)
	if !ok {
		return false
	}
	switch s.Op {
	case value.SetEvents:
		return true
	case value.SetUnion, value.SetIntersection, value.SetDifference,
		value.SetDistinct, value.SetReverse, value.SetFilter:
		return isHistory(s.Sets[0])
	default:
		return false
	}
}

// combineHistories merges events; identical ones are one.
func combineHistories(op value.SetKind, parts []*history) ([]moment, error) {
	var list []moment
	in := make([][]moment, len(parts))
	for i, h := range parts {
		events, err := h.all()
		if err != nil {
			return nil, err
		}
		in[i] = events
		if i == 0 || op == value.SetUnion {
			list = append(list, events...)
		}
	}
	list = withoutDuplicates(list)
	if op == value.SetUnion {
		return list, nil
	}
	return slices.DeleteFunc(list, func(m moment) bool {
		for _, other := range in[1:] {
			_, found := slices.BinarySearchFunc(other, m, compareMoments)
			if found == (op == value.SetDifference) {
				return true
			}
		}
		return false
	}), nil
}

// withoutDuplicates sorts events and drops those that are there twice.
func withoutDuplicates(list []moment) []moment {
	list = slices.Clone(list)
	slices.SortStableFunc(list, compareMoments)
	return slices.CompactFunc(list, func(a, b moment) bool { return compareMoments(a, b) == 0 })
}
