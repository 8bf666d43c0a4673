package query

import (
	"context"
	"testing"

	"github.com/fawndb/fawn/query/ast"
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
