package query_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/querytest"
	"github.com/fawndb/fawn/query/value"
)

// stored returns a lambda as a store gives it back: its body as text.
func stored(l *value.Lambda) *value.Lambda {
	return &value.Lambda{
		Version: l.Version, Captured: l.Captured,
		Code: &value.Source{Params: string(l.Code.AppendParams(nil)), Body: string(l.Code.AppendBody(nil))},
	}
}

func withFunctions(t testing.TB) *shelf {
	s := newShelf()
	for name, lambda := range map[string]string{
		"inc":       `Query((x) => Add(x, 1))`,
		"two":       `Query((a, b) => [b, a])`,
		"one":       `wire {"query":{"lambda":["a"],"expr":{"var":"a"}}}`,
		"none":      `wire {"query":{"lambda":[],"expr":"nothing"}}`,
		"fails":     `Query((x) => Abort("custom error here"))`,
		"nested":    `Query((x) => [1, Call("fails", x)])`,
		"several":   `Query((x) => [Abs("a"), Abs("b")])`,
		"captured":  `Let({ y: "b" }, Query((x) => Add(x, y)))`,
		"forever":   `Query((x) => Call("forever", x))`,
		"mapped":    `Query((x) => Map([x], (y) => Call("mapped", y)))`,
		"branching": `Query((x) => [Call("branching", x), Call("branching", x)])`,
		"forbidden": `Query((x) => x)`,
		"deleted":   `Query((x) => x)`,
		"old":       `@query({ lambda: "x", expr: { and: [false, { abort: "all operands are evaluated" }] } })`,
		"older":     `@query({ lambda: "x", expr: { or: { var: "x" } } })`,
		"select":    `@query({ lambda: "x", expr: { select: "a", from: { object: { a: 1 } }, default: { abort: "evaluated" } } })`,
		"secret":    `Query((x) => Sum(Documents(Collection("locked"))))`,
	} {
		form := querytest.Text
		if rest, ok := strings.CutPrefix(lambda, "wire "); ok {
			form, lambda = querytest.Wire, rest
		}
		v, err := s.eval(t, form, lambda)
		if err != nil {
			t.Fatal(name, err)
		}
		s.functions[name] = v.(*value.Lambda)
		s.names = append(s.names, name)
	}
	return s
}

const failed = `"code":"call error","description":"Calling the function resulted in an error.","cause":`

var callAnswers = answers{
	{"by name", `Call("inc", 2)`, `3`},
	{"by ref", `wire {"call":{"@ref":{"id":"inc","collection":{"@ref":{"id":"functions"}}}},"arguments":2}`, `3`},
	{"several arguments", `Call("two", 1, 2)`, `[2,1]`},
	{"one name takes a bare value", `[Call("one", 1), Call("one", [2])]`, `[1,2]`},
	{"no arguments", `wire {"call":"none"}`, `"nothing"`},
	{"an empty list", `Call("none", [])`, `"nothing"`},
	{
		"an error inside", `Do(Call("fails", 1))`,
		`{"errors":[{"position":["do",0],` + failed + `[{"position":["expr"],"code":"transaction aborted","description":"custom error here"}]}]}`,
	},
	{
		"calls nest", `Call("nested", 1)`,
		`{"errors":[{"position":[],` + failed + `[{"position":["expr",1],` + failed + `[{"position":["expr"],"code":"transaction aborted","description":"custom error here"}]}]}]}`,
	},
	{
		"several errors inside", `Call("several", 1)`,
		`{"errors":[{"position":[],` + failed + `[{"position":["expr",0,"abs"],` + invalid + `"Number expected, String provided."},` +
			`{"position":["expr",1,"abs"],` + invalid + `"Number expected, String provided."}]}]}`,
	},
	{
		"positions go through what was captured", `Call("captured", 1)`,
		`{"errors":[{"position":[],` + failed + `[{"position":["expr","in","add",1],` + invalid + `"Number expected, String provided."}]}]}`,
	},
	{
		"arity is at the call", `[Call("two", [1])]`,
		`{"errors":[{"position":[0],` + failed + `[{"position":[0,"lambda"],` + invalid + `"Lambda expects an array with 2 elements. Array contains 1."}]}]}`,
	},
	{
		"a refusal inside", `Call("secret", 1)`,
		`{"errors":[{"position":[],` + failed + `[{"position":["expr","sum"],"code":"permission denied","description":"Insufficient privileges to perform the action."}]}]}`,
	},
	{
		"no right to call", `[Call("forbidden", 1)]`,
		`{"errors":[{"position":[0],"code":"permission denied","description":"Insufficient privileges to perform the action."}]}`,
	},
	{
		"deleted in the same query", `[Call("deleted", 1)]`,
		`{"errors":[{"position":[0,"call"],"code":"instance not found","description":"Function not found."}]}`,
	},
	{
		"a call in a call without an end", `Do(Call("forever", 1))`,
		`{"errors":[{"position":["expr"],"code":"stack overflow","description":"Call stack reached the maximum limit of 200."}]}`,
	},
	{
		"a lambda in a call without an end", `Do(Call("mapped", 1))`,
		`{"errors":[{"position":["expr","map","expr"],"code":"stack overflow","description":"Call stack reached the maximum limit of 200."}]}`,
	},
	{
		"an overflow ends the query at once", `Call("branching", 1)`,
		`{"errors":[{"position":["expr",0],"code":"stack overflow","description":"Call stack reached the maximum limit of 200."}]}`,
	},
	{
		"and is strict before version 3", `Call("old", 1)`,
		`{"errors":[{"position":[],` + failed + `[{"position":["expr","and",1],"code":"transaction aborted","description":"all operands are evaluated"}]}]}`,
	},
	{"or takes an array before version 3", `Call("older", [false, true])`, `true`},
	{
		"the default of select is strict before version 3", `Call("select", 1)`,
		`{"errors":[{"position":[],` + failed + `[{"position":["expr","default"],"code":"transaction aborted","description":"evaluated"}]}]}`,
	},
}

func TestCall(t *testing.T) {
	for _, kind := range []string{"compiled", "stored", "compiled again"} {
		for _, tc := range callAnswers {
			t.Run(kind+"/"+tc.name, func(t *testing.T) {
				s := withFunctions(t)
				for name, l := range s.functions {
					if kind != "compiled" {
						s.functions[name] = stored(l)
					}
					if kind == "compiled again" {
						again, err := query.Compile(stored(l))
						if err != nil {
							t.Fatal(err)
						}
						s.functions[name] = again
					}
				}
				if diff := cmp.Diff(tc.want, s.answer(t, tc.src)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.src, diff)
				}
				if s.rights != 0 {
					t.Errorf("%s: the rights of %d functions were kept", tc.src, s.rights)
				}
			})
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, l := range []*value.Lambda{
		{Version: "4", Code: &value.Source{Params: `"x"`, Body: `{"var":"y"}`}},
		{Version: "4", Code: &value.Source{Params: `"x"`, Body: `{"nope":1}`}},
		{Version: "4", Code: &value.Source{Params: `5`, Body: `1`}},
		{Version: "4", Code: &value.Source{Params: `"x"`, Body: `{`}},
	} {
		if got, err := query.Compile(l); err == nil {
			t.Errorf("Compile(%v) = %v", l.Code, got)
		}
	}
}

func TestDepth(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat(`Map([1], (x) => `, n) + "1" + strings.Repeat(")", n)
	}
	s := newShelf()
	if got, want := s.answer(t, nested(200)), strings.Repeat("[", 200)+"1"+strings.Repeat("]", 200); got != want {
		t.Errorf("200 lambdas in each other gave %s", got)
	}
	if got := s.answer(t, nested(201)); !strings.Contains(got, `"stack overflow"`) || !strings.Contains(got, `"map","expr","map"],`) {
		t.Errorf("201 lambdas in each other gave %s", got)
	}
}

func TestAt(t *testing.T) {
	const read = `Count(Documents(Collection("plain")))`
	for _, tc := range []struct {
		src  string
		want []int64
	}{
		{read, []int64{0}},
		{`At(5, ` + read + `)`, []int64{5}},
		{`[At(5, ` + read + `), ` + read + `]`, []int64{5, 0}},
		{`At(5, [` + read + `, At(3, ` + read + `), ` + read + `])`, []int64{5, 3, 5}},
		// The clock stands at 1000 microseconds.
		{`At(1000, ` + read + `)`, []int64{0}},
		{`At(2000, ` + read + `)`, []int64{0}},
		{`At(5, At(1000, ` + read + `))`, []int64{0}},
		{`At(5, At(2000, ` + read + `))`, []int64{5}},
		{`At(0, ` + read + `)`, []int64{-1}},
		{`At(-7, ` + read + `)`, []int64{-7}},
		{`At(Time("1970-01-01T00:00:00.000005999Z"), ` + read + `)`, []int64{5}},
		{`At(Time("+999999999-12-31T23:59:59Z"), ` + read + `)`, []int64{0}},
		{`At(5, Count(Filter(Documents(Collection("plain")), (x) => GT(` + read + `, 0))))`, []int64{5, 5, 5, 5, 5, 5, 5}},
		{`Let({ s: At(5, Filter(Documents(Collection("plain")), (x) => true)) }, Count(s))`, []int64{0, 0}},
	} {
		s := newShelf()
		if got := s.answer(t, tc.src); strings.Contains(got, "errors") {
			t.Errorf("%s: %s", tc.src, got)
		}
		if diff := cmp.Diff(tc.want, s.reads); diff != "" {
			t.Errorf("%s reads at (-want +got):\n%s", tc.src, diff)
		}
	}
}

func TestLimits(t *testing.T) {
	slow := `Map([` + strings.Repeat("1,", 600) + `], (x) => Add(x, 1))`
	e, err := read(querytest.Text, `[`+slow+`,`+slow+`]`)
	if err != nil {
		t.Fatal(err)
	}
	expired, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tc := range []struct {
		name string
		ctx  context.Context
		o    query.Options
		want *query.Error
	}{
		{"steps", context.Background(), query.Options{MaxSteps: 500}, &query.Error{Code: query.BadRequest, Description: "Transaction does too much compute: got 512, limit: 500"}},
		{"time", expired, query.Options{}, &query.Error{Code: query.TimeOut, Description: "Read timed out"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := query.Eval(tc.ctx, newShelf(), e, tc.o)
			if diff := cmp.Diff(error(tc.want), err); diff != "" {
				t.Errorf("the error (-want +got):\n%s", diff)
			}
		})
	}
}

// A fold that wraps its own result again and again is stopped, also when it is
// many short ones, and when each level holds the last one twice.
func TestNesting(t *testing.T) {
	const tooDeep = `{"errors":[{"code":"bad request","description":"Value exceeds the limit of nesting."}]}`
	list := func(n int) string { return "[" + strings.Repeat("1,", n) + "]" }
	for _, src := range []string{
		`Count(Reduce((a, x) => [a], [], ` + list(20_000) + `))`,
		`Count(Reduce((a, x) => Reduce((b, y) => { b: b }, a, ` + list(200) + `), [], ` + list(200) + `))`,
		`Count(Reduce((a, x) => [a, a], [], ` + list(300) + `))`,
		`Merge({ a: 1 }, Map(` + list(20_000) + `, (x) => { a: x }), (k, l, r) => [l])`,
	} {
		if got := newShelf().answer(t, src); got != tooDeep {
			t.Errorf("%.60s... gave %.200s", src, got)
		}
	}
	if got := newShelf().answer(t, `Count(Reduce((a, x) => Append(x, a), [], `+list(3000)+`))`); got != "3000" {
		t.Errorf("a long list gave %.200s", got)
	}
}

func TestEffectLimit(t *testing.T) {
	call := func(o query.Options, src string) string {
		e, err := read(querytest.Text, src)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = query.Eval(context.Background(), withFunctions(t), e, o)
		if err == nil {
			return ""
		}
		return string(query.AppendErrors(nil, err, nil))
	}
	predicate := query.Options{Limited: true, Allow: ast.Read, Where: "auth predicates"}
	for src, want := range map[string]string{
		`Count([1])`: "",
		`[1, Call("inc", Abort("not evaluated"))]`: `{"errors":[{"position":[1],"code":"invalid expression","description":"Call performs a write, which is not allowed in auth predicates."}]}`,
		`Query(() => Call("inc", 1))`:              "",
	} {
		if got := call(predicate, src); got != want {
			t.Errorf("%s in a predicate: %s, want %s", src, got, want)
		}
	}
	pure := query.Options{Limited: true, Allow: ast.Pure, Where: "index bindings"}
	if got := call(pure, `Count([1])`); !strings.Contains(got, "Call performs a read, which is not allowed in index bindings.") {
		t.Errorf("a read where only pure functions are allowed: %s", got)
	}
}
