package query

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// clockHost is a host for functions that need only the time and ids.
type clockHost struct {
	Host
	now, id int64
}

func (h *clockHost) Now() int64 { return h.now }

func (h *clockHost) NewID() (int64, error) {
	h.id++
	return h.id, nil
}

// pureCall is the call of a function with values in the order of its keys.
// A nil value leaves the operand out; an Array becomes an array expression.
func pureCall(tb testing.TB, name string, args ...value.Value) *ast.Call {
	tb.Helper()
	form := Forms().ByName(name)
	if form == nil {
		tb.Fatalf("no function is called %s", name)
	}
	call := &ast.Call{Form: form, Args: make([]ast.Expr, len(form.Operands))}
	for i, v := range args {
		switch v := v.(type) {
		case nil:
		case value.Array:
			list := &ast.Array{Constant: v}
			for _, item := range v {
				list.Items = append(list.Items, &ast.Literal{Value: item})
			}
			call.Args[i] = list
		default:
			call.Args[i] = &ast.Literal{Value: v}
		}
	}
	return call
}

// evalPure evaluates such a call on the 1st of January 1970, one second
// after midnight.
func evalPure(tb testing.TB, name string, args ...value.Value) (value.Value, error) {
	tb.Helper()
	v, _, err := Eval(context.Background(), &clockHost{now: 1_000_000}, pureCall(tb, name, args...), Options{})
	return v, err
}

// mustPure is evalPure where no error is expected.
func mustPure(tb testing.TB, name string, args ...value.Value) value.Value {
	tb.Helper()
	v, err := evalPure(tb, name, args...)
	if err != nil {
		tb.Fatalf("%s%v: %v", name, args, err)
	}
	return v
}

// pureCase is one row of a table: the value a call returns, or its error.
type pureCase struct {
	name string
	args []value.Value
	want value.Value
	err  string // description
	pos  ast.Position
}

func (tc pureCase) check(t *testing.T) {
	got, err := evalPure(t, tc.name, tc.args...)
	var e *Error
	switch errors.As(err, &e); {
	case tc.err == "" && err != nil:
		t.Errorf("%s%v: %v", tc.name, tc.args, err)
	case tc.err == "" && !identical(got, tc.want):
		t.Errorf("%s%v = %#v, want %#v", tc.name, tc.args, got, tc.want)
	case tc.err != "" && e == nil:
		t.Errorf("%s%v = %#v, want the error %q", tc.name, tc.args, got, tc.err)
	case tc.err != "" && (e.Code != InvalidArgument || e.Description != tc.err || !samePosition(e.Position, tc.pos)):
		t.Errorf("%s%v: %v at %v, want %q at %v", tc.name, tc.args, e, e.Position, tc.err, tc.pos)
	}
}

func samePosition(a, b ast.Position) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// identical is equality of scalars in which NaN equals NaN and 0.0 is not
// -0.0.
func identical(a, b value.Value) bool {
	x, ok := a.(value.Double)
	y, both := b.(value.Double)
	if ok && both {
		return math.Float64bits(float64(x)) == math.Float64bits(float64(y)) || x != x && y != y
	}
	return a == b
}

func checkPure(t *testing.T, cases []pureCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, tc.check)
	}
}

func args(v ...value.Value) []value.Value { return v }

// list is the one argument of a function over a list.
func list(v ...value.Value) []value.Value { return []value.Value{value.Array(v)} }

func at(steps ...ast.Step) ast.Position { return steps }

const (
	maxLong = value.Long(math.MaxInt64)
	minLong = value.Long(math.MinInt64)
)

var (
	inf = value.Double(math.Inf(1))
	nan = value.Double(math.NaN())
)

func minusZero() value.Double { return value.Double(math.Copysign(0, -1)) }
