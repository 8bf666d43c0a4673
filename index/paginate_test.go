package index

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// host is the store of these tests as the language sees it.
type host struct {
	query.Host
	s *store
}

func (h *host) Scope() value.Scope                          { return 0 }
func (h *host) Name(r value.Ref) (string, bool)             { return h.s.Name(r) }
func (h *host) Parent(s value.Scope) (value.Ref, bool)      { return h.s.Parent(s) }
func (h *host) Now() int64                                  { return h.s.now }
func (h *host) Matchable(value.Ref) error                   { return nil }
func (h *host) Resolve(*ast.Ref, bool) (value.Value, error) { return nil, errors.New("no names") }
func (h *host) Open(v value.Value, r query.Reading) (query.Set, error) {
	return Open(v, h.s, r, nil)
}

// call is a form with literal arguments by key.
func call(name string, args ...any) *ast.Call {
	form := query.Forms().ByName(name)
	out := &ast.Call{Form: form, Args: make([]ast.Expr, len(form.Operands))}
	for i := 0; i < len(args); i += 2 {
		for j, o := range form.Operands {
			if o.Key == args[i] {
				out.Args[j] = expr(args[i+1])
			}
		}
	}
	return out
}

func expr(v any) ast.Expr {
	switch v := v.(type) {
	case ast.Expr:
		return v
	case value.Value:
		return &ast.Literal{Value: v}
	default:
		from, err := value.From(v)
		if err != nil {
			panic(err)
		}
		return &ast.Literal{Value: from}
	}
}

// eval evaluates an expression and shows the result, or its errors.
func (s *store) eval(e ast.Expr) string {
	v, _, err := query.Eval(context.Background(), &host{s: s}, e, query.Options{})
	if err == nil {
		return short(v)
	}
	var one *query.Error
	if errors.As(err, &one) {
		return fmt.Sprintf("%v %s: %s", one.Position.Strings(), one.Code, one.Description)
	}
	return err.Error()
}

// short shows a page as before | after | data, refs to things as ids in <>.
func short(v value.Value) string {
	switch v := v.(type) {
	case *value.Page:
		return shortOr(v.Before) + " | " + shortOr(v.After) + " | " + short(v.Data())
	case value.Array:
		var items []string
		for _, item := range v {
			items = append(items, short(item))
		}
		return "[" + strings.Join(items, " ") + "]"
	case value.Ref:
		return "<" + strconv.FormatInt(v.ID, 10) + ">"
	case *value.Event:
		out := string(v.Action) + "@" + strconv.FormatInt(v.TS, 10)
		if v.TS == 0 {
			out = string(v.Action) + "@pending"
		}
		if !v.Partial {
			out += short(v.Document)
		}
		if v.Data != nil {
			out += short(v.Data)
		}
		return out
	case *value.Sourced:
		return short(v.Value) + " of " + short(value.Array(v.Sources))
	case *value.Set:
		return fmt.Sprintf("set%d%s", v.Op, short(v.Ref))
	default:
		return show(v)
	}
}

func shortOr(v value.Value) string {
	if v == nil {
		return "-"
	}
	return short(v)
}

func docs() *value.Set {
	return &value.Set{Op: value.SetDocuments, Ref: value.CollectionRef(0, things)}
}

func matchOf(r value.Ref, terms ...value.Value) *value.Set {
	return &value.Set{Op: value.SetMatch, Ref: r, Terms: terms}
}

func of(op value.SetKind, sets ...value.Value) *value.Set { return &value.Set{Op: op, Sets: sets} }

// TestPagesOfDocuments has the first table of the chapter on documents,
// section 5.4.
func TestPagesOfDocuments(t *testing.T) {
	s := newStore()
	for id := range int64(5) {
		s.write(t, id+1, id+1, document(id+1, id+1, obj(), nil))
	}
	for _, c := range []struct {
		set  *value.Set
		args []any
		want string
	}{
		{docs(), []any{"size", 2}, "- | [<3>] | [<1> <2>]"},
		{docs(), []any{"size", 2, "after", list(thing(3))}, "[<3>] | [<5>] | [<3> <4>]"},
		{docs(), []any{"size", 2, "after", list(thing(5))}, "[<5>] | - | [<5>]"},
		{docs(), []any{"size", 2, "before", value.Null{}}, "[<4>] | [null] | [<4> <5>]"},
		{docs(), []any{"size", 2, "before", list(thing(4))}, "[<2>] | [<4>] | [<2> <3>]"},
		{docs(), []any{"size", 2, "before", list(thing(2))}, "- | [<2>] | [<1>]"},
		{docs(), []any{"after", thing(4)}, "[<4>] | - | [<4> <5>]"},
		{docs(), []any{"after", 0}, "[0] | - | [<1> <2> <3> <4> <5>]"},
		{docs(), []any{"before", 0}, "- | [0] | []"},
		{docs(), []any{"after", value.Null{}}, "[null] | - | []"},
		{docs(), []any{"size", 0}, "- | - | []"},
		{docs(), []any{"size", 0, "after", thing(2)}, "[<2>] | [<2>] | []"},
		{docs(), []any{"size", -1, "after", thing(2)}, "[<2>] | - | []"},
		{docs(), []any{"size", -1, "before", thing(2)}, "- | [<2>] | []"},
		{docs(), []any{"after", list()}, "[] | - | [<1> <2> <3> <4> <5>]"},
		{docs(), []any{"before", list()}, "- | [] | []"},
		{docs(), []any{"cursor", value.Null{}, "size", 1}, "- | [<2>] | [<1>]"},
		{docs(), []any{"cursor", obj("after", thing(5))}, "[<5>] | - | [<5>]"},
		{docs(), []any{"cursor", obj("before", thing(2))}, "- | [<2>] | [<1>]"},
		{
			docs(),
			[]any{"cursor", obj("to", 1)},
			"[cursor] invalid argument: Invalid cursor object. Expected an object with either 'before' or 'after' key in it.",
		},
		{
			docs(),
			[]any{"cursor", obj("after", 1, "before", 2)},
			"[cursor] invalid argument: Invalid cursor object. Expected an object with either 'before' or 'after' key in it.",
		},
		{
			docs(),
			[]any{"after", 1, "before", 2},
			"[] invalid expression: No form/function found, or invalid argument keys: { paginate, after, before }.",
		},
		{
			docs(),
			[]any{"after", &value.Unresolved{Class: value.Collections, Name: "x"}},
			"[after] invalid ref: Ref refers to undefined collection 'x'",
		},
		{
			docs(),
			[]any{"cursor", obj("after", list(&value.Unresolved{Class: value.Collections, Name: "x"}))},
			"[cursor after] invalid ref: Ref refers to undefined collection 'x'",
		},
		{docs(), []any{"size", 2.5}, "[size] invalid argument: Integer expected, Double provided."},
		{docs(), []any{"ts", list()}, "[ts] invalid argument: Time expected, Array provided."},
		{docs(), []any{"ts", 3}, "- | - | [<1> <2> <3>]"},
		{docs(), []any{"ts", value.Time{Nano: 3999}}, "- | - | [<1> <2> <3>]"},
		{docs(), []any{"sources", true, "size", 1}, "- | [<2>] | [<1> of [set1<1024>]]"},
		{of(value.SetReverse, docs()), []any{"size", 2}, "- | [<3> <3>] | [<5> <4>]"},
		{of(value.SetReverse, docs()), []any{"size", 2, "after", list(thing(3), thing(3))}, "[<3> <3>] | [<1> <1>] | [<3> <2>]"},
		{of(value.SetReverse, docs()), []any{"size", 2, "before", list(thing(3), thing(3))}, "- | [<3> <3>] | [<5> <4>]"},
		{of(value.SetReverse, docs()), []any{"before", value.Null{}}, "- | [null] | []"},
		{of(value.SetReverse, docs()), []any{"before", 0, "size", 1}, "[<1> <1>] | [0] | [<1>]"},
		{of(value.SetReverse, of(value.SetReverse, docs())), []any{"size", 2}, "- | [<3>] | [<1> <2>]"},
		{
			&value.Set{Op: value.SetRange, Sets: []value.Value{docs()}, From: list(thing(2)), To: list(thing(4))},
			[]any{"size", 2, "after", list(thing(1))},
			"[<1>] | [<4>] | [<2> <3>]",
		},
	} {
		args := append([]any{"paginate", value.Value(c.set)}, c.args...)
		if got := s.eval(call("Paginate", args...)); got != c.want {
			t.Errorf("%v:\n%s\nwant:\n%s", c.args, got, c.want)
		}
	}
	s.write(t, 3, 9, nil)
	if got := s.eval(call("Paginate", "paginate", docs(), "size", 2, "after", list(thing(3)))); got != "[<3>] | - | [<4> <5>]" {
		t.Errorf("after a deleted element: %s", got)
	}
}

// TestPagesOfValues has the other examples of section 5.4.
func TestPagesOfValues(t *testing.T) {
	s := newStore()
	byI := s.define(t, 1, "data.k", "data.i ref")
	byN := s.define(t, 2, "", "data.n")
	rev := s.define(t, 3, "", "-data.share data.p")
	for i, data := range []value.Object{
		obj("k", 1, "i", 0), obj("k", 1, "i", 1), obj("k", 1, "i", 1), obj("n", 5), obj("n", 5), obj("n", 7),
		obj("share", true, "p", 2), obj("share", true, "p", 4), obj("share", true, "p", 6), obj("share", false, "p", 1), obj("share", false, "p", 5),
	} {
		id := int64(10 + i)
		s.write(t, id, id, document(id, id, data, nil))
	}
	for _, c := range []struct {
		index value.Ref
		args  []any
		want  string
	}{
		{byI, []any{"size", 1}, "- | [1 <11> <11>] | [[0 <10>]]"},
		{byI, []any{"after", 1}, "[1] | - | [[1 <11>] [1 <12>]]"},
		{byI, []any{"before", 1}, "- | [1] | [[0 <10>]]"},
		{byI, []any{"after", list(value.Long(1), thing(12))}, "[1 <12>] | - | [[1 <12>]]"},
		{byI, []any{"cursor", obj("before", 2), "size", 1}, "[1 <12> <12>] | [2] | [[1 <12>]]"},
		{byI, []any{"after", list(value.Long(1), thing(11), str("below refs"))}, `[1 <11> "below refs"] | - | [[1 <11>] [1 <12>]]`},
		{byI, []any{"after", list(value.Long(1), thing(11), value.Null{})}, `[1 <11> null] | - | [[1 <12>]]`},
		{byI, []any{"after", list(value.Long(1), thing(11), thing(11), str("ignored"))}, `[1 <11> <11> "ignored"] | - | [[1 <11>] [1 <12>]]`},
		{byN, []any{"size", 1}, "- | [5 <14>] | [5]"},
		{byN, []any{"size", 1, "after", list(value.Long(5), thing(14))}, "[5 <14>] | [7 <15>] | [5]"},
		{byN, []any{"size", 1, "before", value.Null{}}, "[7 <15>] | [null] | [7]"},
		{rev, []any{"size", 2}, "- | [true 6 <18>] | [[true 2] [true 4]]"},
		{rev, []any{"after", list(value.Boolean(false))}, "[false] | - | [[false 1] [false 5]]"},
		{rev, []any{"before", value.Null{}}, "- | [null] | []"},
	} {
		set := matchOf(c.index)
		if c.index == byI {
			set.Terms = list(value.Long(1))
		}
		args := append([]any{"paginate", value.Value(set)}, c.args...)
		if got := s.eval(call("Paginate", args...)); got != c.want {
			t.Errorf("%v:\n%s\nwant:\n%s", c.args, got, c.want)
		}
	}
}

// TestCursorsOfOthers gives cursors of documents of other collections and
// databases: in an index over one collection, whose entries do not name it, they
// lead to the same place as among its documents.
func TestCursorsOfOthers(t *testing.T) {
	s := newStore()
	all := s.define(t, 1, "", "")
	for id := range int64(5) {
		s.write(t, id+1, id+1, document(id+1, id+1, obj(), nil))
	}
	if d := s.indexes[all]; d.mixed() {
		t.Fatal("the entries name their collection")
	}
	for _, r := range []value.Ref{
		thing(3),
		{Class: things - 1, ID: 3},
		{Class: things + 1, ID: 3},
		{Class: things, ID: 3, Scope: 1},
		{Class: things - 1, ID: 3, Scope: 1},
		{Class: things + 1, ID: 6},
		{Class: things - 1, ID: 1},
	} {
		for _, side := range []string{"after", "before"} {
			want := s.eval(call("Paginate", "paginate", value.Value(docs()), side, r))
			if got := s.eval(call("Paginate", "paginate", value.Value(matchOf(all)), side, r)); got != want {
				t.Errorf("%s %v: got %s, want %s", side, r, got, want)
			}
		}
	}
}

// TestPageReads counts what pages read: an entry for each element, and one for that
// behind the page, however many are read at a time.
func TestPageReads(t *testing.T) {
	s := newStore()
	all := s.define(t, 1, "", "")
	const n = 60
	for id := range int64(n) {
		s.write(t, id+1, id+1, document(id+1, id+1, obj(), nil))
	}
	for size := range n + 5 {
		for _, set := range []*value.Set{docs(), matchOf(all)} {
			for _, side := range []string{"after", "before"} {
				s.reads = 0
				page := s.eval(call("Paginate", "paginate", value.Value(set), "size", size, side, value.Value(list(thing(n/2)))))
				within := n/2 + 1 // elements at and behind the cursor
				if side == "before" {
					within = n/2 - 1
				}
				want := min(size+1, within)
				if size == 0 {
					want = 0
				}
				if s.reads != want {
					t.Fatalf("set %d, %d %s: %d reads, want %d: %s", set.Op, size, side, s.reads, want, page)
				}
			}
		}
	}
}
