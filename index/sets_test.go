package index

import (
	"errors"
	"slices"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// people is a store in which 1 to 6 have a team (two of them 1, 2, 3 each) and
// teams have members.
func people(t testing.TB) (s *store, byTeam, teams value.Ref) {
	t.Helper()
	s = newStore()
	byTeam = s.define(t, 1, "data.team", "")
	teams = s.define(t, 2, "data.kind", "data.team")
	for id := range int64(6) {
		s.write(t, id+1, id+1, document(id+1, id+1, obj("team", id/2+1, "kind", "person"), nil))
	}
	return s, byTeam, teams
}

// lambdas stands for the running query.
type lambdas func(set *value.Set, arg value.Value) (value.Value, error)

func (l lambdas) ApplyIn(set *value.Set, arg value.Value, _ int64) (value.Value, error) {
	return l(set, arg)
}

func TestJoin(t *testing.T) {
	s, byTeam, teams := people(t)
	byIndex := &value.Set{Op: value.SetJoin, Sets: []value.Value{matchOf(teams, str("person"))}, Ref: byTeam}
	byLambda := &value.Set{Op: value.SetJoin, Sets: byIndex.Sets, Lambda: &value.Lambda{}}
	calls := 0
	r := query.Reading{Lambdas: lambdas(func(set *value.Set, arg value.Value) (value.Value, error) {
		calls++
		if set != byLambda {
			t.Errorf("called for %v", set)
		}
		if n := arg.(value.Long); n == 2 {
			return of(value.SetUnion, matchOf(byTeam, arg), matchOf(byTeam, value.Long(3))), nil
		}
		return matchOf(byTeam, arg), nil
	})}
	for _, set := range []*value.Set{byIndex, byLambda} {
		var ids []int64
		for _, e := range s.all(t, set, r) {
			ids = append(ids, e.Ref.ID)
		}
		if want := []int64{1, 2, 3, 4, 5, 6}; !slices.Equal(ids, want) {
			t.Errorf("the join has %v, want %v", ids, want)
		}
	}
	if calls == 0 {
		t.Error("the lambda was not called")
	}
	// Equal values of different targets are one element.
	values := &value.Set{Op: value.SetJoin, Sets: []value.Value{docs()}, Lambda: &value.Lambda{}}
	r.Lambdas = lambdas(func(_ *value.Set, arg value.Value) (value.Value, error) {
		return matchOf(teams, str("person")), nil
	})
	if got := renderAll(s.all(t, values, r)); got != "1\n2\n3" {
		t.Errorf("the join of values has %q", got)
	}
	opened, err := Open(values, s, r, nil)
	if err != nil || !opened.Shape().Unknown {
		t.Errorf("the shape of a join by lambda is known: %v", err)
	}
	r.Lambdas = lambdas(func(*value.Set, value.Value) (value.Value, error) { return nil, errors.New("broken") })
	if opened, err = Open(values, s, r, nil); err != nil {
		t.Fatal(err)
	}
	if it := opened.Scan(query.Bound{}, false); it.Next() || it.Err() == nil || it.Err().Error() != "broken" {
		t.Errorf("the error of the lambda: %v", it.Err())
	}
}

func TestFilter(t *testing.T) {
	s, _, _ := people(t)
	set := &value.Set{Op: value.SetFilter, Sets: []value.Value{docs()}, Lambda: &value.Lambda{}}
	r := query.Reading{Lambdas: lambdas(func(_ *value.Set, arg value.Value) (value.Value, error) {
		return value.Boolean(arg.(value.Ref).ID%2 == 0), nil
	})}
	got := s.all(t, set, r)
	if len(got) != 3 || got[0].Ref.ID != 2 || got[2].Ref.ID != 6 {
		t.Errorf("filtered: %v", renderAll(got))
	}
	r.Lambdas = lambdas(func(*value.Set, value.Value) (value.Value, error) { return nil, errors.New("broken") })
	opened, err := Open(set, s, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if it := opened.Scan(query.Bound{}, false); it.Next() || it.Err() == nil {
		t.Error("the error of the lambda is lost")
	}
}

func TestExpiredAreInvisible(t *testing.T) {
	s := newStore()
	byTerm := s.define(t, 1, "data.t", "")
	s.now = 1000
	for id, ttl := range []value.Value{nil, value.Time{Nano: 1000_000}, value.Time{Nano: 1000_001}, value.Time{Sec: 1}} {
		s.write(t, int64(id), 5, document(int64(id), 5, obj("t", 1), ttl))
	}
	for _, at := range []int64{0, 7} {
		for _, set := range []value.Value{docs(), matchOf(byTerm, value.Long(1)), value.CollectionRef(0, things)} {
			if r, ok := set.(value.Ref); ok {
				set = &value.Set{Op: value.SetDocuments, Ref: r}
			}
			got := s.all(t, set, query.Reading{At: at})
			if len(got) != 3 || got[0].Ref.ID != 0 || got[1].Ref.ID != 2 {
				t.Errorf("%s at %d: %s", show(set), at, renderAll(got))
			}
		}
	}
	if got := s.all(t, thing(1), query.Reading{}); len(got) != 0 {
		t.Errorf("an expired document has %d elements", len(got))
	}
}

// TestRights has the table of the chapter on authentication, section 5.6.
func TestRights(t *testing.T) {
	s, byTeam, _ := people(t)
	native := value.CollectionRef(0, value.Tokens)
	one, two := matchOf(byTeam, value.Long(1)), matchOf(byTeam, value.Long(2))
	s.denied[byTeam], s.denied[native], s.denied[thing(1)] = true, true, true
	for _, c := range []struct {
		name   string
		set    value.Value
		want   int
		denied bool
	}{
		{"match", one, 0, true},
		{"system set", native, 0, true},
		{"documents of a system collection", &value.Set{Op: value.SetDocuments, Ref: native}, 0, false},
		{"singleton", &value.Set{Op: value.SetSingleton, Ref: thing(1)}, 0, true},
		{"document", thing(1), 0, true},
		{"events of a document", &value.Set{Op: value.SetEvents, Ref: thing(1)}, 0, true},
		{"events of a match", of(value.SetEvents, one), 0, true},
		{"union", of(value.SetUnion, one, docs()), 6, false},
		{"union of nothing readable", of(value.SetUnion, one, two), 0, true},
		{"intersection", of(value.SetIntersection, one, docs()), 6, false},
		{"difference", of(value.SetDifference, one, docs()), 0, true},
		{"difference of others", of(value.SetDifference, docs(), one), 6, false},
		{"join of the source", &value.Set{Op: value.SetJoin, Sets: []value.Value{one}, Ref: byTeam}, 0, true},
		{"join to targets", &value.Set{Op: value.SetJoin, Sets: []value.Value{docs()}, Ref: byTeam}, 0, false},
		{"reverse", of(value.SetReverse, one), 0, true},
		{"events of a union", of(value.SetEvents, of(value.SetUnion, one, docs())), 6, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			opened, err := Open(c.set, s, query.Reading{}, nil)
			if isDenied(err) != c.denied {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			n := 0
			it := opened.Scan(query.Bound{}, false)
			for it.Next() {
				n++
			}
			if it.Err() != nil || n != c.want {
				t.Errorf("%d elements, want %d; error %v", n, c.want, it.Err())
			}
		})
	}
}

func TestUnreadableDocuments(t *testing.T) {
	s, byTeam, teams := people(t)
	s.filtered = true
	s.unreadable[thing(1)], s.unreadable[thing(4)] = true, true
	for _, c := range []struct {
		name string
		set  value.Value
		want string
	}{
		{"documents", docs(), "2 3 5 6"},
		{"match", matchOf(byTeam, value.Long(2)), "3"},
		{"union", of(value.SetUnion, matchOf(byTeam, value.Long(1)), matchOf(byTeam, value.Long(2))), "2 3"},
		{"difference", of(value.SetDifference, docs(), matchOf(byTeam, value.Long(2))), "2 5 6"},
		{"distinct", of(value.SetDistinct, matchOf(teams, str("person"))), "2 3 5"},
		{"reverse", of(value.SetReverse, docs()), "6 5 3 2"},
		{"events", of(value.SetEvents, docs()), "2 3 5 6"},
	} {
		ids := func(r query.Reading) string {
			opened, err := Open(c.set, s, r, nil)
			if err != nil {
				t.Fatal(err)
			}
			out := ""
			for it := opened.Scan(query.Bound{}, false); it.Next(); {
				e := it.Element()
				if e.Event != nil {
					e.Ref = e.Event.Document
				}
				out += " " + show(value.Long(e.Ref.ID))
			}
			return out
		}
		if got := ids(query.Reading{}); got != " "+c.want {
			t.Errorf("%s:%s, want %s", c.name, got, c.want)
		}
		if got := ids(query.Reading{Unfiltered: true}); got == " "+c.want {
			t.Errorf("%s unfiltered:%s", c.name, got)
		}
	}
}

// TestFewReads counts the entries that are looked at: a page must not cost more
// than its own size.
func TestFewReads(t *testing.T) {
	s := newStore()
	byTerm := s.define(t, 1, "data.t", "")
	byN := s.define(t, 2, "data.t", "data.n")
	for id := range int64(20_000) {
		terms := list(str("all"))
		if id%5000 == 7 {
			terms = append(terms, str("few"))
		}
		s.write(t, id, 1, document(id, 1, obj("t", terms, "n", id/100), nil))
	}
	all, few := matchOf(byTerm, str("all")), matchOf(byTerm, str("few"))
	for _, c := range []struct {
		name     string
		set      value.Value
		from     query.Bound
		backward bool
		limit    int
		most     int
	}{
		{"first of all", all, query.Bound{}, false, 4, 4},
		{"last of all", all, query.Bound{After: true}, true, 4, 4},
		{"from a cursor", all, query.Bound{Ref: &value.Ref{Class: things, ID: 15_000}}, false, 4, 4},
		{"small and large", of(value.SetIntersection, few, all), query.Bound{}, false, -1, 30},
		{"large and small", of(value.SetIntersection, all, few), query.Bound{}, false, -1, 30},
		{"large and small backward", of(value.SetIntersection, all, few), query.Bound{After: true}, true, -1, 30},
		{"large, documents and small", of(value.SetIntersection, all, docs(), few), query.Bound{}, false, -1, 50},
		{"small but not large", of(value.SetDifference, few, all), query.Bound{}, false, -1, 30},
		{"page of a union", of(value.SetUnion, few, all), query.Bound{}, false, 10, 40},
		{
			"stretch", &value.Set{Op: value.SetRange, Sets: []value.Value{matchOf(byN, str("all"))}, From: list(value.Long(150)), To: list(value.Long(150))},
			query.Bound{},
			false, -1, 102,
		},
		{"page of a reverse", of(value.SetReverse, all), query.Bound{}, false, 10, 12},
		{
			"large stretch and small", of(value.SetIntersection,
				&value.Set{Op: value.SetRange, Sets: []value.Value{all}, From: list(thing(100)), To: list(thing(19_000))}, few),
			query.Bound{},
			false, -1, 40,
		},
	} {
		s.reads = 0
		got := s.scan(t, c.set, query.Reading{}, c.from, c.backward, c.limit)
		if s.reads > c.most {
			t.Errorf("%s: %d entries were read for %d elements", c.name, s.reads, len(got))
		}
	}
}

func TestSources(t *testing.T) {
	s, byTeam, _ := people(t)
	one, two := matchOf(byTeam, value.Long(1)), matchOf(byTeam, value.Long(2))
	for _, c := range []struct {
		set  value.Value
		want []value.Value
	}{
		{one, []value.Value{one}},
		{of(value.SetUnion, two, one), []value.Value{one}},
		{of(value.SetUnion, one, of(value.SetUnion, one, docs())), []value.Value{one, docs()}},
		{of(value.SetReverse, of(value.SetReverse, one)), []value.Value{one}},
	} {
		opened, err := Open(c.set, s, query.Reading{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		it := opened.Scan(query.Bound{}, false)
		if !it.Next() || !value.Equal(value.Array(it.Sources()), value.Array(c.want)) {
			t.Errorf("the sources are %s, want %s", show(value.Array(it.Sources())), show(value.Array(c.want)))
		}
	}
}
