package index

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// member is an element as the model has it.
type member struct {
	values []value.Value
	ref    value.Ref
}

// tuple is what members of different sets are compared by.
func (m member) tuple() []value.Value {
	if len(m.values) == 0 {
		return []value.Value{m.ref}
	}
	return m.values
}

// model is the present, and every past, as plain maps: documents by id at each
// time.
type model struct {
	store   *store
	history []map[int64]value.Object // by time
	docs    map[int64]value.Object
	now     int64
}

func newModel(t testing.TB) *model {
	m := &model{store: newStore(), docs: map[int64]value.Object{}, history: []map[int64]value.Object{{}}}
	m.store.define(t, 1, "data.t", "")
	m.store.define(t, 2, "data.t", "data.a")
	m.store.define(t, 3, "data.t", "-data.a data.b")
	m.store.define(t, 4, "", "ref")
	m.store.define(t, 5, "data.u", "")
	m.store.define(t, 6, "data.u", "data.a")
	m.store.define(t, 7, "data.u", "-data.a data.b")
	m.store.define(t, 8, "data.t", "data.a data.b")
	m.store.define(t, 9, "data.t", "data.r")
	m.store.define(t, 10, "data.t", "data.r data.a")
	return m
}

// step changes one document at the next time.
func (m *model) step(rt *rapid.T, t testing.TB) {
	m.now++
	id := rapid.Int64Range(1, 12).Draw(rt, "id")
	if rapid.IntRange(0, 3).Draw(rt, "delete") == 0 {
		m.store.write(t, id, m.now, nil)
		delete(m.docs, id)
	} else {
		data := value.Object{}
		for _, name := range []string{"t", "u", "a", "b"} {
			if v := small().Draw(rt, name); v.Kind() != value.KindNull {
				data = append(data, value.Field{Name: name, Value: v})
			}
		}
		if n := rapid.Int64Range(0, 4).Draw(rt, "r"); n > 0 {
			data = append(data, value.Field{Name: "r", Value: thing(n)})
		}
		m.store.write(t, id, m.now, document(id, m.now, data, nil))
		m.docs[id] = data
	}
	snapshot := map[int64]value.Object{}
	for id, data := range m.docs {
		snapshot[id] = data
	}
	m.history = append(m.history, snapshot)
}

// small draws values of which many are equal.
func small() *rapid.Generator[value.Value] {
	return rapid.Map(rapid.IntRange(-2, 4), func(n int) value.Value {
		switch n {
		case 3:
			return value.Null{}
		case 4:
			return value.Array{value.Long(0), value.String("x"), value.Long(0)}
		default:
			return value.Long(n)
		}
	})
}

// set is a set with what the model thinks of it.
type modelSet struct {
	set      value.Value
	members  []member
	columns  []bool
	backward bool
}

// draw makes a set of sets, nested to a depth.
func (m *model) draw(rt *rapid.T, docs map[int64]value.Object, depth int) modelSet {
	if depth == 0 {
		return m.leaf(rt, docs)
	}
	switch rapid.IntRange(0, 6).Draw(rt, "op") {
	case 0, 1, 2:
		return m.combine(rt, docs, depth)
	case 3:
		s := m.draw(rt, docs, depth-1)
		s.set = &value.Set{Op: value.SetDistinct, Sets: []value.Value{s.set}}
		s.members = slices.CompactFunc(s.members, func(a, b member) bool { return s.compareTuples(a, b) == 0 })
		return s
	case 4:
		return m.limit(rt, docs, depth)
	case 5:
		return m.reverse(rt, docs, depth)
	default:
		return m.leaf(rt, docs)
	}
}

// leaf draws a match, the documents, or one document.
func (m *model) leaf(rt *rapid.T, docs map[int64]value.Object) modelSet {
	switch rapid.IntRange(0, 8).Draw(rt, "leaf") {
	case 0:
		s := modelSet{set: &value.Set{Op: value.SetDocuments, Ref: value.CollectionRef(0, things)}}
		for id := range docs {
			s.members = append(s.members, member{ref: thing(id)})
		}
		return s.sorted()
	case 1:
		r := thing(rapid.Int64Range(1, 12).Draw(rt, "one"))
		s := modelSet{set: &value.Set{Op: value.SetSingleton, Ref: r}}
		if _, ok := docs[r.ID]; ok {
			s.members = []member{{ref: r}}
		}
		return s
	}
	number := rapid.Int64Range(1, 7).Draw(rt, "index")
	term := value.Value(value.Long(rapid.Int64Range(-2, 2).Draw(rt, "term")))
	return m.match(docs, number, term)
}

// match is what an index has, derived anew.
func (m *model) match(docs map[int64]value.Object, number int64, term value.Value) modelSet {
	r := value.Ref{Class: value.Indexes, ID: number}
	d := m.store.indexes[r]
	set := &value.Set{Op: value.SetMatch, Ref: r}
	s := modelSet{set: set, columns: d.reversed}
	if number != 4 {
		set.Terms = []value.Value{term}
	}
	for id, data := range docs {
		if number != 4 && !slices.ContainsFunc(expand(data, d.Terms[0]), func(v value.Value) bool { return value.Equal(v, term) }) {
			continue
		}
		tuples := [][]value.Value{nil}
		for _, c := range d.Values {
			var longer [][]value.Value
			for _, t := range tuples {
				for _, v := range expand(data, c) {
					if c.Path[0].Name == "ref" {
						v = thing(id)
					}
					longer = append(longer, append(slices.Clone(t), v))
				}
			}
			tuples = longer
		}
		for _, t := range tuples {
			if len(t) == 0 || slices.ContainsFunc(t, func(v value.Value) bool { return v.Kind() != value.KindNull }) {
				s.members = append(s.members, member{t, thing(id)})
			}
		}
	}
	return s.sorted()
}

// expand returns the distinct values of a field, null if there are none.
func expand(data value.Object, c Column) []value.Value {
	v, ok := data.Get(c.Path[len(c.Path)-1].Name)
	if !ok {
		return []value.Value{value.Null{}}
	}
	list, ok := v.(value.Array)
	if !ok {
		return []value.Value{v}
	}
	var out []value.Value
	for _, v := range list {
		if !slices.ContainsFunc(out, func(o value.Value) bool { return value.Equal(o, v) }) {
			out = append(out, v)
		}
	}
	return out
}

// compareTuples orders members of sets with the columns of s.
func (s *modelSet) compareTuples(a, b member) int {
	x, y := a.tuple(), b.tuple()
	for i := range min(len(x), len(y)) {
		if c := value.Compare(x[i], y[i]); c != 0 {
			if i < len(s.columns) && s.columns[i] {
				return -c
			}
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}

func (s *modelSet) compare(a, b member) int {
	c := cmp.Compare(a.ref.ID, b.ref.ID)
	if s.backward {
		c = -c
	}
	return cmp.Or(s.compareTuples(a, b), c)
}

func (s modelSet) sorted() modelSet {
	slices.SortFunc(s.members, s.compare)
	return s
}

// combine draws a union, an intersection or a difference of sets that are
// compatible.
func (m *model) combine(rt *rapid.T, docs map[int64]value.Object, depth int) modelSet {
	parts := []modelSet{m.draw(rt, docs, depth-1)}
	for range rapid.IntRange(0, 2).Draw(rt, "others") {
		if p := m.draw(rt, docs, depth-1); fits(parts[0], p) {
			parts = append(parts, p)
		}
	}
	ops := []value.SetKind{value.SetUnion, value.SetIntersection, value.SetDifference}
	set := &value.Set{Op: rapid.SampledFrom(ops).Draw(rt, "combination")}
	return combineParts(set, parts)
}

// combineParts is what the combination has.
func combineParts(set *value.Set, parts []modelSet) modelSet {
	out := modelSet{set: set, columns: parts[0].columns, backward: parts[0].backward}
	groups := map[string][][]member{}
	for i, p := range parts {
		set.Sets = append(set.Sets, p.set)
		for _, e := range p.members {
			key := fmt.Sprint(e.tuple())
			if groups[key] == nil {
				groups[key] = make([][]member, len(parts))
			}
			groups[key][i] = append(groups[key][i], e)
		}
	}
	for _, in := range groups {
		out.members = append(out.members, chosen(set.Op, in)...)
	}
	return out.sorted()
}

// fits reports whether sets are compatible and have as many columns.
func fits(a, b modelSet) bool {
	return a.backward == b.backward && slices.Equal(a.columns, b.columns)
}

// chosen returns what a combination has of equal members.
func chosen(op value.SetKind, in [][]member) []member {
	best := in[0]
	for _, list := range in[1:] {
		switch op {
		case value.SetUnion:
			if len(list) > len(best) {
				best = list
			}
		case value.SetIntersection:
			if len(list) < len(best) {
				best = list
			}
		default:
			if len(list) > 0 {
				return nil
			}
		}
	}
	return best
}

// limit draws a range.
func (m *model) limit(rt *rapid.T, docs map[int64]value.Object, depth int) modelSet {
	s := m.draw(rt, docs, depth-1)
	bound := func(name string) []value.Value {
		if len(s.columns) == 0 {
			return []value.Value{thing(rapid.Int64Range(0, 13).Draw(rt, name))}
		}
		var out []value.Value
		for range rapid.IntRange(0, len(s.columns)).Draw(rt, name) {
			out = append(out, value.Long(rapid.Int64Range(-3, 3).Draw(rt, name)))
		}
		return out
	}
	from, to := bound("from"), bound("to")
	s.set = &value.Set{Op: value.SetRange, Sets: []value.Value{s.set}, From: from, To: to}
	s.members = slices.DeleteFunc(slices.Clone(s.members), func(e member) bool {
		cut := func(n int) member { return member{values: e.tuple()[:min(n, len(e.tuple()))]} }
		return len(from) > 0 && s.compareTuples(cut(len(from)), member{values: from}) < 0 ||
			len(to) > 0 && s.compareTuples(cut(len(to)), member{values: to}) > 0
	})
	return s
}

// reverse draws the reverse of a set.
func (m *model) reverse(rt *rapid.T, docs map[int64]value.Object, depth int) modelSet {
	s := m.draw(rt, docs, depth-1)
	if inner, ok := s.set.(*value.Set); ok && inner.Op == value.SetReverse {
		return s
	}
	out := modelSet{set: &value.Set{Op: value.SetReverse, Sets: []value.Value{s.set}}, backward: !s.backward}
	out.columns = inverted(s.columns)
	for _, e := range s.members {
		out.members = append(out.members, member{e.tuple(), e.ref})
	}
	return out.sorted()
}

func (s *modelSet) elements() []value.Element {
	var out []value.Element
	for _, e := range s.members {
		out = append(out, value.Element{Values: e.values, Ref: e.ref})
	}
	return out
}

func (s *modelSet) render() string { return renderAll(s.elements()) }

// renderRefs shows elements with the documents that they come from.
func renderRefs(list []value.Element) string {
	var lines []string
	for _, e := range list {
		lines = append(lines, show(e.Cursor()))
	}
	return strings.Join(lines, "\n")
}

// TestSetsLikeModel compares sets with plain maps, in the present and at every
// past time, forward, backward and page by page.
func TestSetsLikeModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(t)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			m.step(rt, t)
		}
		at := int64(0)
		docs := m.docs
		if rapid.Bool().Draw(rt, "past") {
			at = rapid.Int64Range(1, m.now).Draw(rt, "at")
			docs = m.history[at]
		}
		s := m.draw(rt, docs, rapid.IntRange(0, 3).Draw(rt, "depth"))
		got := m.store.all(t, s.set, m.store.reading(at))
		if got, want := renderAll(got), s.render(); got != want {
			rt.Fatalf("%s at %d:\n%s\nwant:\n%s", show(s.set), at, got, want)
		}
		if got, want := renderRefs(got), renderRefs(s.elements()); got != want && !distinctIn(s.set) {
			rt.Fatalf("%s at %d:\n%s\nwant:\n%s", show(s.set), at, got, want)
		}
	})
}

// TestDifferentColumnsLikeModel combines sets with different numbers of
// columns: those without values count as sets of their refs.
func TestDifferentColumnsLikeModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(t)
		for range 15 {
			m.step(rt, t)
		}
		ops := []value.SetKind{value.SetUnion, value.SetIntersection, value.SetDifference}
		parts := func() (out []modelSet) {
			for range rapid.IntRange(2, 3).Draw(rt, "parts") {
				number := rapid.SampledFrom([]int64{1, 2, 4, 8, 9, 10}).Draw(rt, "index")
				out = append(out, m.match(m.docs, number, value.Long(rapid.Int64Range(-1, 1).Draw(rt, "term"))))
			}
			return out
		}
		outer := parts()
		if rapid.Bool().Draw(rt, "nested") {
			outer = append(outer, combineParts(&value.Set{Op: value.SetUnion}, parts()))
		}
		set := &value.Set{Op: rapid.SampledFrom(ops).Draw(rt, "combination")}
		want := combineParts(set, outer)
		if got := renderAll(m.store.all(t, set, query.Reading{})); got != want.render() {
			rt.Fatalf("%s:\n%s\nwant:\n%s", show(set), got, want.render())
		}
	})
}

// TestBoundsLikeModel begins at every kind of position.
func TestBoundsLikeModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(t)
		for range 20 {
			m.step(rt, t)
		}
		s := m.draw(rt, m.docs, 2)
		var b query.Bound
		for range rapid.IntRange(0, len(s.columns)).Draw(rt, "columns") {
			b.Values = append(b.Values, small().Draw(rt, "value"))
		}
		if len(b.Values) == len(s.columns) && rapid.Bool().Draw(rt, "exact") {
			r := thing(rapid.Int64Range(0, 13).Draw(rt, "ref"))
			b.Ref = &r
		}
		b.After = rapid.Bool().Draw(rt, "after")
		split := slices.IndexFunc(s.members, func(e member) bool { return s.behind(e, b) })
		if split < 0 {
			split = len(s.members)
		}
		front, back := s, s
		front.members, back.members = s.members[:split], s.members[split:]
		got := m.store.scan(t, s.set, query.Reading{}, b, false, -1)
		if got, want := renderAll(got), back.render(); got != want && !distinctIn(s.set) {
			rt.Fatalf("%s from %v %v:\n%s\nwant:\n%s", show(s.set), b.Values, b.Ref, got, want)
		}
		got = m.store.scan(t, s.set, query.Reading{}, b, true, -1)
		slices.Reverse(got)
		if got, want := renderAll(got), front.render(); got != want && !distinctIn(s.set) {
			rt.Fatalf("%s before %v %v:\n%s\nwant:\n%s", show(s.set), b.Values, b.Ref, got, want)
		}
	})
}

// behind reports whether a member is at or behind a position.
func (s *modelSet) behind(e member, b query.Bound) bool {
	c := 0
	if len(b.Values) > 0 {
		t := e.tuple()
		c = s.compareTuples(member{values: t[:min(len(b.Values), len(t))]}, member{values: b.Values})
	}
	if c == 0 && b.Ref != nil {
		c = cmp.Compare(e.ref.ID, b.Ref.ID)
		if s.backward {
			c = -c
		}
	}
	return c > 0 || c == 0 && !b.After
}

// distinctIn reports whether a set drops equal elements somewhere: then it
// depends on where a scan begins which of them it keeps.
func distinctIn(v value.Value) bool {
	s, ok := v.(*value.Set)
	return ok && (s.Op == value.SetDistinct || slices.ContainsFunc(s.Sets, distinctIn))
}
