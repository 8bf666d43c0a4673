package index

import (
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

func eventsOf(v value.Value) *value.Set {
	if r, ok := v.(value.Ref); ok && !r.Native() {
		return &value.Set{Op: value.SetEvents, Ref: r}
	}
	return of(value.SetEvents, v)
}

// past is a store with some history: thing 1 has n 0, then 1, is deleted and
// comes back; thing 2 has n 1 all along.
func past(t testing.TB) (s *store, byN, byTerm value.Ref) {
	t.Helper()
	s = newStore()
	byN = s.define(t, 1, "data.t", "data.n")
	byTerm = s.define(t, 2, "data.t", "")
	s.write(t, 1, 1, document(1, 1, obj("t", 1, "n", 0, "o", obj("a", 1, "b", 2)), nil))
	s.write(t, 2, 2, document(2, 2, obj("t", 1, "n", 1), nil))
	s.write(t, 1, 3, document(1, 3, obj("t", 1, "n", 1, "o", obj("a", 1, "c", list(value.Long(1)))), nil))
	s.write(t, 1, 4, document(1, 4, obj("t", 1, "n", 1, "o", obj("a", 1, "c", list(value.Long(1)))), nil))
	s.write(t, 1, 5, nil)
	s.write(t, 1, 6, document(1, 6, obj("t", 2), nil))
	return s, byN, byTerm
}

func TestEvents(t *testing.T) {
	s, byN, byTerm := past(t)
	one, n := value.Long(1), matchOf(byN, value.Long(1))
	for _, c := range []struct {
		set  value.Value
		want string
	}{
		{thing(1), `create@1<1>{"t":1,"n":0,"o":{"a":1,"b":2}} update@3<1>{"n":1,"o":{"c":[1],"b":null}} ` +
			`update@4<1>null delete@5<1>null create@6<1>{"t":2}`},
		{thing(99), ""},
		{&value.Set{Op: value.SetSingleton, Ref: thing(1)}, "add@1<1> remove@5<1> add@6<1>"},
		{docs(), "add@1<1> add@2<2> remove@5<1> add@6<1>"},
		{matchOf(byTerm, one), "add@1<1> add@2<2> remove@5<1>"},
		{n, "add@1<1>[0] add@2<2>[1] remove@3<1>[0] add@3<1>[1] remove@5<1>[1]"},
		{of(value.SetDistinct, n), "add@1<1>[0] add@2<2>[1] remove@3<1>[0] add@3<1>[1] remove@5<1>[1]"},
		{of(value.SetUnion, matchOf(byTerm, one), docs()), "add@1<1> add@2<2> remove@5<1> add@6<1>"},
		{of(value.SetIntersection, matchOf(byTerm, one), docs()), "add@1<1> add@2<2> remove@5<1>"},
		{of(value.SetIntersection, matchOf(byTerm, one), matchOf(byTerm, value.Long(2))), ""},
		{of(value.SetDifference, docs(), matchOf(byTerm, one)), "add@6<1>"},
		{of(value.SetDifference, docs(), matchOf(byTerm, value.Long(2))), "add@1<1> add@2<2> remove@5<1>"},
	} {
		if got := s.eval(call("Paginate", "paginate", eventsOf(c.set))); got != "- | - | ["+c.want+"]" {
			t.Errorf("%s:\n%s\nwant:\n%s", show(c.set), got, c.want)
		}
		if got := s.eval(call("Paginate", "paginate", c.set, "events", true)); got != "- | - | ["+c.want+"]" {
			t.Errorf("%s with events:\n%s\nwant:\n%s", show(c.set), got, c.want)
		}
	}
}

func TestJoinEvents(t *testing.T) {
	s := newStore()
	s.define(t, 1, "data.t", "data.n")
	byN := s.define(t, 2, "data.m", "")
	s.write(t, 1, 1, document(1, 1, obj("m", 7), nil))
	s.write(t, 2, 2, document(2, 2, obj("t", 1, "n", 7), nil))
	s.write(t, 3, 3, document(3, 3, obj("m", 7), nil))
	s.write(t, 2, 4, nil)
	s.write(t, 3, 5, nil)
	join := &value.Set{Op: value.SetJoin, Sets: []value.Value{matchOf(value.Ref{Class: value.Indexes, ID: 1}, value.Long(1))}, Ref: byN}
	if got := s.eval(call("Paginate", "paginate", eventsOf(join))); got != "- | - | [add@3<3>]" {
		t.Errorf("the events of the join: %s", got)
	}
}

func TestNoEvents(t *testing.T) {
	s, _, _ := past(t)
	const text = "invalid argument: Set does not support events history."
	for _, set := range []value.Value{
		&value.Set{Op: value.SetRange, Sets: []value.Value{docs()}},
		of(value.SetReverse, docs()),
		&value.Set{Op: value.SetFilter, Sets: []value.Value{docs()}, Lambda: &value.Lambda{}},
		of(value.SetUnion, docs(), of(value.SetReverse, docs())),
	} {
		if got := s.eval(call("Paginate", "paginate", eventsOf(set))); got != "[] "+text {
			t.Errorf("%s: %s", show(set), got)
		}
	}
	nested := call("Paginate", "paginate", call("Events", "events", eventsOf(docs())))
	if got := s.eval(nested); got != "[paginate] "+text {
		t.Errorf("events of events: %s", got)
	}
}

// TestEventCursors has what section 5.5 of the chapter on documents says.
func TestEventCursors(t *testing.T) {
	s, byN, _ := past(t)
	doc, n := eventsOf(thing(1)), eventsOf(matchOf(byN, value.Long(1)))
	for _, c := range []struct {
		set  *value.Set
		args []any
		want string
	}{
		{n, []any{"size", 1}, "- | add@2<2>[1] | [add@1<1>[0]]"},
		{
			n,
			[]any{"size", 2, "after", obj("ts", 2, "action", "add", "document", thing(2), "data", list(value.Long(1)))},
			"add@2<2>[1] | add@3<1>[1] | [add@2<2>[1] remove@3<1>[0]]",
		},
		{n, []any{"size", 1, "after", 3}, "add@3 | remove@5<1>[1] | [add@3<1>[1]]"},
		{n, []any{"size", 2, "before", 3}, "add@2<2>[1] | add@3 | [add@2<2>[1] remove@3<1>[0]]"},
		{n, []any{"size", 2, "before", value.Null{}}, "add@3<1>[1] | add@9223372036854775807 | [add@3<1>[1] remove@5<1>[1]]"},
		{n, []any{"after", value.Null{}}, "add@9223372036854775807 | - | []"},
		{n, []any{"after", value.Time{Nano: 5000}}, "add@5 | - | []"},
		{n, []any{"after", obj("ts", 3, "action", "remove", "instance", thing(1)), "size", 1}, "remove@3<1> | add@3<1>[1] | [remove@3<1>[0]]"},
		{n, []any{"after", obj("ts", 3)}, "add@3 | - | [remove@5<1>[1]]"},
		{n, []any{"ts", 2}, "- | - | [add@1<1>[0] add@2<2>[1]]"},
		{n, []any{"sources", true, "ts", 1}, "- | - | [add@1<1>[0] of [set0<1>]]"},
		{doc, []any{"size", 1}, `- | update@3<1> | [create@1<1>{"t":1,"n":0,"o":{"a":1,"b":2}}]`},
		{doc, []any{"after", 4}, `add@4 | - | [update@4<1>null delete@5<1>null create@6<1>{"t":2}]`},
		{doc, []any{"size", 1, "before", 5}, "update@4<1> | add@5 | [update@4<1>null]"},
		{doc, []any{"size", 1, "after", 5}, `add@5 | create@6<1> | [delete@5<1>null]`},
		{doc, []any{"after", value.Date(1)}, "add@86400000000 | - | []"},
		{doc, []any{"after", obj("ts", 1, "foo", 2)}, "[after] invalid argument: Cannot create event cursor with keys ts, foo"},
		{doc, []any{"after", list()}, "[after] invalid argument: Object, Integer, Time, or Date expected, Array provided."},
		{doc, []any{"before", obj("ts", "x")}, "[before ts] invalid argument: Integer expected, String provided."},
		{
			doc,
			[]any{"cursor", obj("after", obj("ts", 1, "action", 5))},
			"[cursor after action] invalid argument: String 'create', 'update', or 'delete' expected, Integer provided.",
		},
	} {
		args := append([]any{"paginate", value.Value(c.set)}, c.args...)
		if got := s.eval(call("Paginate", args...)); got != c.want {
			t.Errorf("%v:\n%s\nwant:\n%s", c.args, got, c.want)
		}
	}
}

func TestCombinedHistories(t *testing.T) {
	s, _, byTerm := past(t)
	a, b := eventsOf(matchOf(byTerm, value.Long(1))), eventsOf(docs())
	for _, c := range []struct {
		set  *value.Set
		want string
	}{
		{of(value.SetUnion, a, b), "add@1<1> add@2<2> remove@5<1> add@6<1>"},
		{of(value.SetIntersection, b, a), "add@1<1> add@2<2> remove@5<1>"},
		{of(value.SetDifference, b, a), "add@6<1>"},
		{of(value.SetDistinct, b), "add@1<1> add@2<2> remove@5<1> add@6<1>"},
		{of(value.SetReverse, b), "add@6<1> remove@5<1> add@2<2> add@1<1>"},
	} {
		if got := s.eval(call("Paginate", "paginate", c.set)); got != "- | - | ["+c.want+"]" {
			t.Errorf("%s: %s", show(c.set), got)
		}
	}
	if got := s.eval(call("Paginate", "paginate", of(value.SetReverse, b), "size", 1, "after", obj("ts", 5, "action", "remove", "document", thing(1)))); got != "remove@5<1> | add@2<2> | [remove@5<1>]" {
		t.Errorf("a page of the reverse: %s", got)
	}
}

// TestRetention: what is older is not listed, but the version that was valid
// then.
func TestRetention(t *testing.T) {
	s, byN, _ := past(t)
	for _, c := range []struct {
		retained   int64
		doc, match string
	}{
		{1, `create@1<1> update@3<1> update@4<1> delete@5<1> create@6<1>`, "add@1<1>[0] add@2<2>[1] remove@3<1>[0] add@3<1>[1] remove@5<1>[1]"},
		{3, `create@3<1> update@4<1> delete@5<1> create@6<1>`, "add@3<1>[1] remove@5<1>[1]"},
		{4, `create@4<1> delete@5<1> create@6<1>`, "remove@5<1>[1]"},
		{5, `create@6<1>`, ""},
	} {
		s.retained = c.retained
		var doc []string
		for _, e := range s.scan(t, eventsOf(thing(1)), s.reading(0), query.Bound{}, false, -1) {
			e.Event.Data = nil
			doc = append(doc, short(e.Event))
		}
		if got := strings.Join(doc, " "); got != c.doc {
			t.Errorf("from %d: %s, want %s", c.retained, got, c.doc)
		}
		if got := s.eval(call("Paginate", "paginate", eventsOf(matchOf(byN, value.Long(1))))); got != "- | - | ["+c.match+"]" {
			t.Errorf("from %d: %s, want %s", c.retained, got, c.match)
		}
	}
}

// TestPendingEvents: what the running transaction writes comes last, without a
// time.
func TestPendingEvents(t *testing.T) {
	s, byN, _ := past(t)
	s.write(t, 3, 0, document(3, 0, obj("t", 1, "n", 5), nil))
	n := eventsOf(matchOf(byN, value.Long(1)))
	if got := s.eval(call("Paginate", "paginate", n, "before", value.Null{}, "size", 1)); got != "add@pending<3>[5] | add@9223372036854775807 | [add@pending<3>[5]]" {
		t.Errorf("the last event: %s", got)
	}
	if got := s.eval(call("Paginate", "paginate", n, "after", obj("ts", value.TxnTime{}, "action", "add", "document", thing(3)))); got != "add@pending<3> | - | [add@pending<3>[5]]" {
		t.Errorf("from the pending event on: %s", got)
	}
	if got := s.eval(call("Paginate", "paginate", matchOf(byN, value.Long(1)), "ts", 4)); got != "- | - | [1 1]" {
		t.Errorf("the past without what is pending: %s", got)
	}
}
