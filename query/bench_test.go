package query

import (
	"context"
	"testing"

	"github.com/fawndb/fawn/query/ast"
	fql "github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

const mapSize = 100_000

func someLongs() value.Array {
	list := make(value.Array, mapSize)
	for i := range list {
		list[i] = value.Long(1000 + i)
	}
	return list
}

// addOne maps a variable with a lambda that adds one.
func addOne(tb testing.TB) ast.Expr {
	e, err := wire.Decode([]byte(
		`{"let":{"list":0},"in":{"map":{"lambda":"x","expr":{"add":[{"var":"x"},1]}},"collection":{"var":"list"}}}`), Forms())
	if err != nil {
		tb.Fatal(err)
	}
	return e.(*ast.Let).In
}

func BenchmarkMap(b *testing.B) {
	list, e := someLongs(), addOne(b)
	o := Options{Vars: []value.Field{{Name: "list", Value: list}}}
	b.Run("evaluator/n=100k", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v, _, err := Eval(context.Background(), &clockHost{}, e, o)
			if err != nil || v.(value.Array)[mapSize-1] != value.Long(1000+mapSize) {
				b.Fatal(v, err)
			}
		}
	})
	b.Run("loop/n=100k", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out := make(value.Array, len(list))
			for i, v := range list {
				out[i] = v.(value.Long) + 1
			}
			if out[mapSize-1] != value.Long(1000+mapSize) {
				b.Fatal(out)
			}
		}
	})
}

func BenchmarkDistinct(b *testing.B) {
	list := someLongs()
	b.ReportAllocs()
	for b.Loop() {
		if len(distinct(list)) != mapSize {
			b.Fatal("some are gone")
		}
	}
}

// pureCalls are calls of pure functions, one or two of each family, with
// constant arguments.
var pureCalls = []struct {
	name string
	args []value.Value
}{
	{"Add", list(value.Long(1000), value.Long(2000))},
	{"Divide", list(value.Double(7), value.Long(2))},
	{"BitAnd", list(value.Long(7000), value.Long(3000))},
	{"Round", args(value.Double(5.666), value.Long(1))},
	{"Sin", args(value.Double(0.5))},
	{"TimeAdd", args(value.Time{Sec: 1e9}, value.Long(1000), value.String("hours"))},
	{"TimeDiff", args(value.Time{Sec: 1e9}, value.Time{Sec: 2e9}, value.String("half days"))},
	{"Year", args(value.Long(1_600_000_000_000_000))},
	{"Time", args(value.String("2019-05-27T05:15:48+01:00"))},
	{"ToString", args(value.Double(1234.5))},
	{"ToNumber", args(value.String("1234.5"))},
	{"IsString", args(value.String("a"))},
	{"Equals", list(value.Long(1), value.Double(1))},
	{"LT", list(value.String("a"), value.String("b"))},
	{"Length", args(value.String("two words"))},
	{"UpperCase", args(value.String("two words"))},
	{"StartsWith", args(value.String("two words"), value.String("two"))},
	{"SubString", args(value.String("two words"), value.Long(4), value.Long(3))},
	{"Concat", args(value.Array{value.String("two"), value.String("words")}, value.String(" "))},
	{"Take", args(value.Long(2), value.Array{value.Long(1), value.Long(2), value.Long(3)})},
	{"ContainsField", args(value.String("a"), value.Object{{Name: "a", Value: value.Long(1)}})},
}

// BenchmarkPure measures one call of a function with constant arguments
// inside a running query.
func BenchmarkPure(b *testing.B) {
	for _, call := range pureCalls {
		b.Run(call.name, func(b *testing.B) {
			e := pureCall(b, call.name, call.args...)
			c := &Context{Host: &clockHost{}, rows: theTable().rows, ctx: context.Background()}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Eval(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPureQuery measures a whole query that is one such call.
func BenchmarkPureQuery(b *testing.B) {
	e, ctx, host := pureCall(b, "Add", list(value.Long(1000), value.Long(2000))...), context.Background(), &clockHost{}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Eval(ctx, host, e, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestPureAllocs holds such calls to 3 allocations.
func TestPureAllocs(t *testing.T) {
	for _, call := range pureCalls {
		e := pureCall(t, call.name, call.args...)
		c := &Context{Host: &clockHost{}, rows: theTable().rows, ctx: context.Background()}
		n := testing.AllocsPerRun(100, func() {
			if _, err := c.Eval(e); err != nil {
				t.Fatal(err)
			}
		})
		if n > 3 {
			t.Errorf("%s: %v allocations", call.name, n)
		}
	}
}

// BenchmarkParse reads the same query as text, as JSON, and out of a cache.
func BenchmarkParse(b *testing.B) {
	const src = `Map(Paginate(Match(Index("tokens_by_instance"), Ref(Collection("users"), "1")), { size: 10 }), (t) => Get(t))`
	q, err := fql.Parse(src, Forms())
	if err != nil {
		b.Fatal(err)
	}
	cache := fql.NewCache(Forms(), 1<<20)
	for _, form := range []struct {
		name string
		read func() error
	}{
		{"text", func() error { _, err := fql.Parse(src, Forms()); return err }},
		{"json", func() error { _, err := wire.Decode(q.Wire, Forms()); return err }},
		{"cached", func() error { _, err := cache.Parse(src); return err }},
	} {
		b.Run(form.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := form.read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
