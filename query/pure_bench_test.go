package query

import (
	"context"
	"testing"

	"github.com/fawndb/fawn/query/value"
)

// BenchmarkPure measures one call of a function with constant arguments
// inside a running query.
func BenchmarkPure(b *testing.B) {
	for _, call := range []struct {
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
	} {
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
