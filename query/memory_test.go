package query_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
)

func ones(n int) value.Array {
	list := make(value.Array, n)
	for i := range list {
		list[i] = value.Long(1)
	}
	return list
}

// evalWith runs a query that may use ones, a list, and returns the description
// of its error.
func evalWith(ctx context.Context, t *testing.T, src string, n int, o query.Options) string {
	t.Helper()
	o.Vars = []value.Field{{Name: "ones", Value: ones(n)}}
	q, err := text.Parse(src, query.Forms(), "ones")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = query.Eval(ctx, &nowhere{now: 1}, q.Expr, o)
	var fault *query.Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &fault):
		t.Fatalf("%s: %v", src, err)
	}
	return fault.Code.String() + ": " + fault.Description
}

func TestWidth(t *testing.T) {
	const tooWide = "bad request: Query exceeds max width. Max: 100000, current: 100001."
	for _, tc := range []struct {
		src  string
		n    int
		want string
	}{
		{`Map(ones, (x) => x)`, 100_000, ""},
		{`Map(ones, (x) => x)`, 100_001, tooWide},
		{`Foreach(ones, (x) => x)`, 100_001, tooWide},
		{`Filter(ones, (x) => true)`, 100_001, tooWide},
		{`Reduce((a, x) => a, 0, ones)`, 100_001, tooWide},
		{`[Count(ones), Sum(ones)]`, 100_001, ""},
	} {
		if got := evalWith(context.Background(), t, tc.src, tc.n, query.Options{}); got != tc.want {
			t.Errorf("%s of %d: got %q, want %q", tc.src, tc.n, got, tc.want)
		}
	}
}

// shared is a query that names a value which holds another twice, and so on,
// so many times over.
func shared(in string) string {
	const levels = 40
	var b strings.Builder
	b.WriteString(`Let({ v0: [1]`)
	for i := range levels {
		fmt.Fprintf(&b, `, v%d: [v%d, v%d]`, i+1, i, i)
	}
	fmt.Fprintf(&b, `, v: v%d }, %s)`, levels, in)
	return b.String()
}

func TestMemory(t *testing.T) {
	const most, over = 1 << 20, "bad request: Query exceeds max memory. Max: 1048576, current: "
	for _, tc := range []struct {
		name, src string
		ok        bool
	}{
		{"strings", `Reduce((s, x) => Concat([s, s]), "aaaaaaaa", ones)`, false},
		{"arrays", `Reduce((l, x) => Append(l, l), [1], ones)`, false},
		{"objects", `Map(ones, (x) => { a: x, b: x, c: x, d: x })`, false},
		{"strings in a list", `Map(ones, (x) => Repeat("aaaaaaaa", 1024))`, false},
		{"replacement", `ReplaceStr(Repeat("a", 1024), "a", Repeat("b", 1024))`, false},
		{"dropped strings", `Foreach(ones, (x) => Repeat("aaaaaaaa", 1024))`, true},
		{"folded", `Reduce((s, x) => Repeat("a", 1024), "", ones)`, true},
		{"a list that grows", `Count(Reduce((l, x) => Append(x, l), [], ones))`, true},
		{"parts of one string", `Let({ s: Repeat("a", 1024) }, Map(ones, (x) => SubString(s, 1)))`, false},
		{"a result", shared("v"), false},
		{"a part of a result", shared("{ a: [v] }"), false},
		{"no result", shared("Count(v)"), true},
		{"equality", shared("Equals(v, v)"), false},
		{"order", shared("LT(v, v)"), false},
		{"the greatest", shared("Max(v)"), false},
		{"distinct", shared("Distinct(v)"), false},
		{"union", shared("Union(v, v)"), false},
		{"contained", shared("ContainsValue(v, v)"), false},
		{"all of a path", shared(`Select("a", [v], { all: true })`), false},
	} {
		got := evalWith(context.Background(), t, tc.src, 5000, query.Options{MaxMemory: most})
		if tc.ok && got != "" || !tc.ok && !strings.HasPrefix(got, over) {
			t.Errorf("%s: got %q", tc.name, got)
		}
	}
}

// impatient is a context that is over after being asked so many times.
type impatient struct {
	context.Context
	left int
}

func (c *impatient) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestTime checks that a query ends soon after its time has, wherever it is.
func TestTime(t *testing.T) {
	for _, src := range []string{
		`Map(ones, (x) => Map(ones, (y) => Add(x, y)))`,
		`Foreach(ones, (x) => Foreach(ones, (y) => [x, y]))`,
		`Reduce((a, x) => Reduce((b, y) => y, 0, ones), 0, ones)`,
	} {
		began := time.Now()
		got := evalWith(&impatient{context.Background(), 3}, t, src, 100_000, query.Options{})
		if got != "time out: Read timed out" || time.Since(began) > 10*time.Second {
			t.Errorf("%s: got %q after %v", src, got, time.Since(began))
		}
	}
}
