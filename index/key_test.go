package index

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/value"
)

// TestKeysInOrder pins the order of values: each sorts below the next.
func TestKeysInOrder(t *testing.T) {
	ordered := []value.Value{
		value.Double(math.Inf(-1)), value.Double(-1e300), value.Double(-math.MaxInt64 * 4), value.Long(math.MinInt64),
		value.Long(math.MinInt64 + 1), value.Double(-1.5), value.Long(-1), value.Double(-0.5), value.Double(-1e-300),
		value.Double(math.Copysign(0, -1)), value.Long(0), value.Double(math.SmallestNonzeroFloat64), value.Double(1e-300),
		value.Double(0.5), value.Long(1), value.Double(1.5), value.Long(2), value.Long(255), value.Long(256),
		value.Long(1 << 53), value.Long(1<<53 + 1), value.Long(1<<53 + 2), value.Long(math.MaxInt64 - 1), value.Long(math.MaxInt64),
		value.Double(1e19), value.Double(math.Inf(1)), value.Double(math.NaN()),
		value.Bytes{},
		value.Bytes{0},
		value.Bytes{0, 0},
		value.Bytes{0, 1},
		value.Bytes{1},
		value.Bytes{0xff},
		value.String(""), value.String("\x00"), value.String("a"), value.String("A"), value.String("ab"), value.String("aB"),
		value.String("Ab"), value.String("b"), value.String("co-op"), value.String("coop"), value.String("resume"),
		value.String("Resume"), value.String("résumé"),
		value.Array{},
		value.Array{value.Long(1)},
		value.Array{value.Long(1), value.Long(0)},
		value.Array{value.Long(2)},
		value.Array{value.Array{}},
		value.Array{value.Null{}},
		value.Object{},
		value.Object{{Name: "a", Value: value.Long(1)}},
		value.Object{{Name: "b", Value: value.Long(0)}, {Name: "a", Value: value.Long(1)}},
		value.Object{{Name: "a", Value: value.Long(2)}},
		value.Object{{Name: "b", Value: value.Long(1)}},
		value.Ref{Class: 1024, ID: 1},
		value.Ref{Class: 1025, ID: 1},
		value.Ref{Class: 1024, ID: 2},
		value.Ref{Class: 1024, ID: -1},
		value.Time{Sec: -5},
		value.Time{},
		value.Time{Nano: 1},
		value.Time{Sec: 5},
		value.Date(-1), value.Date(0), value.Date(1),
		&value.Lambda{Version: "4", Code: &value.Source{Params: `"x"`, Body: `1`}},
		&value.Lambda{Version: "2.12", Code: &value.Source{Params: `"x"`, Body: `1`}},
		value.TxnTime{},
		value.UUID{},
		value.UUID{1},
		value.Boolean(false), value.Boolean(true),
		value.Null{},
	}
	for i, a := range ordered {
		for j, b := range ordered {
			checkOrder(t, a, b)
			if (i < j) != (bytes.Compare(AppendKey(nil, a, false), AppendKey(nil, b, false)) < 0) {
				t.Errorf("%#v and %#v are in the wrong order", a, b)
			}
		}
	}
}

type failer interface{ Fatalf(string, ...any) }

// checkOrder checks that keys order a and b as they compare, that neither is
// the beginning of the other, and that reversed it is the other way round.
func checkOrder(t failer, a, b value.Value) {
	c := value.Compare(a, b)
	up := bytes.Compare(AppendKey(nil, a, false), AppendKey(nil, b, false))
	down := bytes.Compare(AppendKey(nil, a, true), AppendKey(nil, b, true))
	if c != 0 && (c < 0) != (up < 0) || up != -down {
		t.Fatalf("%#v and %#v compare %d, their keys %d, reversed %d", a, b, c, up, down)
	}
	if up != 0 && bytes.HasPrefix(AppendKey(nil, a, false), AppendKey(nil, b, false)) {
		t.Fatalf("the key of %#v is the beginning of that of %#v", b, a)
	}
}

// TestEqualNumbersHaveOneKey: as far as a double holds them exactly.
func TestEqualNumbersHaveOneKey(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 1 << 53, -1 << 53, math.MinInt64, 42} {
		if a, b := AppendKey(nil, value.Long(n), false), AppendKey(nil, value.Double(n), false); !bytes.Equal(a, b) {
			t.Errorf("%d: %x as a Long, %x as a Double", n, a, b)
		}
	}
}

func TestTuplesInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reversed := rapid.SliceOfN(rapid.Bool(), 1, 3).Draw(t, "reversed")
		a := rapid.SliceOfN(anyValue(2), len(reversed), len(reversed)).Draw(t, "a")
		b := rapid.SliceOfN(anyValue(2), len(reversed), len(reversed)).Draw(t, "b")
		want := 0
		var x, y []byte
		for i, r := range reversed {
			if want == 0 {
				if want = value.Compare(a[i], b[i]); r {
					want = -want
				}
				// Values of one place may still have different keys.
				if k := bytes.Compare(AppendKey(nil, a[i], r), AppendKey(nil, b[i], r)); want == 0 {
					want = k
				}
			}
			x, y = AppendKey(x, a[i], r), AppendKey(y, b[i], r)
		}
		if got := bytes.Compare(x, y); (got < 0) != (want < 0) || (got > 0) != (want > 0) {
			t.Fatalf("tuples compare %d, their keys %d", want, got)
		}
	})
}

func TestKeysOfValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkOrder(t, anyValue(3).Draw(t, "a"), anyValue(3).Draw(t, "b"))
	})
}

// anyValue draws values of all kinds that are stored, nested to a depth.
func anyValue(depth int) *rapid.Generator[value.Value] {
	near := func(n int64) *rapid.Generator[int64] { return rapid.Int64Range(n-2, n+2) }
	kinds := []*rapid.Generator[value.Value]{
		rapid.Just[value.Value](value.Null{}),
		rapid.Map(rapid.Bool(), func(b bool) value.Value { return value.Boolean(b) }),
		rapid.Map(rapid.Int64(), func(n int64) value.Value { return value.Long(n) }),
		rapid.Map(rapid.OneOf(near(0), near(1<<53), near(-1<<53)), func(n int64) value.Value { return value.Long(n) }),
		rapid.Map(rapid.OneOf(near(0), near(1<<53), near(-1<<53)), func(n int64) value.Value { return value.Double(n) }),
		rapid.Map(rapid.Float64(), func(f float64) value.Value { return value.Double(f) }),
		rapid.Map(rapid.String(), func(s string) value.Value { return value.String(s) }),
		rapid.Map(rapid.StringOfN(rapid.RuneFrom([]rune("aAbé-\x00\u0301ß\U0001F600\uFFFD")), 0, 5, -1),
			func(s string) value.Value { return value.String(s) }),
		rapid.Map(rapid.SliceOfN(rapid.ByteRange(0, 2), 0, 4), func(b []byte) value.Value { return value.Bytes(b) }),
		rapid.Map(rapid.Int64Range(-5, 5), func(n int64) value.Value { return value.Time{Sec: n, Nano: int32(n + 5)} }),
		rapid.Map(rapid.Int64Range(-5, 5), func(n int64) value.Value { return value.Date(n) }),
		rapid.Map(rapid.Int64Range(-3, 3), func(n int64) value.Value { return value.Ref{Class: value.Class(n + 5), ID: n} }),
		rapid.Map(rapid.Byte(), func(b byte) value.Value { return value.UUID{15: b} }),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Map(rapid.SliceOfN(anyValue(depth-1), 0, 3), func(list []value.Value) value.Value { return value.Array(list) }),
			rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"", "a", "b", "B", "\U0001F600", "\uFFFD"}), anyValue(depth-1), 0, 3),
				func(m map[string]value.Value) value.Value {
					var o value.Object
					for name, v := range m {
						o = append(o, value.Field{Name: name, Value: v})
					}
					slices.SortFunc(o, func(a, b value.Field) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
					return o
				}))
	}
	return rapid.OneOf(kinds...)
}

func FuzzStringKeys(f *testing.F) {
	f.Add("a", "A")
	f.Add("co-op", "coop")
	f.Add("\x00", "")
	f.Add("e\u0301", "\u00e9")
	f.Fuzz(func(t *testing.T, a, b string) {
		checkOrder(t, value.String(a), value.String(b))
		checkOrder(t, value.Bytes(a), value.Bytes(b))
	})
}

func FuzzNumberKeys(f *testing.F) {
	f.Add(int64(1<<53+1), 9007199254740993.0)
	f.Add(int64(0), math.Copysign(0, -1))
	f.Add(int64(math.MaxInt64), 9.3e18)
	f.Fuzz(func(t *testing.T, n int64, d float64) {
		checkOrder(t, value.Long(n), value.Double(d))
		checkOrder(t, value.Double(n), value.Double(d))
		checkOrder(t, value.Double(-d), value.Double(d))
	})
}
