package query

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

func TestToString(t *testing.T) {
	str := func(s string) value.Value { return value.String(s) }
	checkPure(t, []pureCase{
		{name: "ToString", args: args(value.Null{}), want: str("null")},
		{name: "ToString", args: args(value.Boolean(true)), want: str("true")},
		{name: "ToString", args: args(minLong), want: str("-9223372036854775808")},
		{name: "ToString", args: args(f64(1.21e7)), want: str("1.21E7")},
		{name: "ToString", args: args(f64(-1e-7)), want: str("-1.0E-7")},
		{name: "ToString", args: args(minusZero()), want: str("-0.0")},
		{name: "ToString", args: args(-inf), want: str("-Infinity")},
		{name: "ToString", args: args(str("a")), want: str("a")},
		{name: "ToString", args: args(value.Action("update")), want: str("update")},
		{name: "ToString", args: args(value.UUID{0x7c, 0xa9, 15: 1}), want: str("7ca90000-0000-0000-0000-000000000001")},
		{name: "ToString", args: args(value.Time{Nano: 100_000_000}), want: str("1970-01-01T00:00:00.100Z")},
		{name: "ToString", args: args(value.Date(-1)), want: str("1969-12-31")},
		{name: "ToString", args: args(value.Bytes("a")), err: "Cannot cast Bytes to String."},
		{name: "ToString", args: args(value.TxnTime{}), err: "Cannot cast Unresolved Transaction Time to String."},
		{name: "ToString", args: list(), err: "Cannot cast Array to String."},
		{name: "ToString", args: args(&value.Page{}), err: "Cannot cast Page to String."},
		{name: "ToString", args: args(value.CollectionRef(0, value.Tokens)), err: "Cannot cast Collection Ref to String."},
		{name: "ToString", args: args(&value.Set{}), err: "Cannot cast Set to String."},
	})
}

func TestToNumbers(t *testing.T) {
	for _, tc := range []struct {
		in                      string
		number, integer, double value.Value
	}{
		{" 42 ", i64(42), i64(42), f64(42)},
		{"42abc", i64(42), i64(42), f64(42)},
		{"4,2", i64(42), i64(42), f64(42)},
		{"1.0", i64(1), i64(1), f64(1)},
		{"1e5", i64(1), i64(1), f64(1)},
		{"1.5E3", i64(1500), i64(1500), f64(1500)},
		{"-3.7", f64(-3.7), i64(-3), f64(-3.7)},
		{".5", f64(.5), i64(0), f64(.5)},
		{"9223372036854775808", f64(9.223372036854776e18), maxLong, f64(9.223372036854776e18)},
		{"-9223372036854775808", minLong, minLong, f64(-9.223372036854776e18)},
		{"0x10", i64(0), i64(0), f64(0)},
		{"-0", minusZero(), i64(0), minusZero()},
		{"∞", inf, maxLong, inf},
		{"-∞", -inf, minLong, -inf},
		{"NaN", nan, i64(0), nan},
		{"1E999", inf, maxLong, inf},
		{"٤٢", i64(42), i64(42), f64(42)},
	} {
		checkPure(t, []pureCase{
			{name: "ToNumber", args: args(value.String(tc.in)), want: tc.number},
			{name: "ToInteger", args: args(value.String(tc.in)), want: tc.integer},
			{name: "ToDouble", args: args(value.String(tc.in)), want: tc.double},
		})
	}
	for _, in := range []value.Value{
		value.String("+5"), value.String(""), value.String("abc"), value.String("$5"), value.String("(5)"),
		value.String("Infinity"),
		value.Null{},
		value.Boolean(true),
		value.Time{},
		value.Date(0),
		value.Object{},
		value.Action("add"),
		value.TxnTime{},
	} {
		is := "Cannot cast " + value.TypeName(in) + " to "
		checkPure(t, []pureCase{
			{name: "ToNumber", args: args(in), err: is + "Number."},
			{name: "ToInteger", args: args(in), err: is + "Integer.", pos: at(ast.Key("to_integer"))},
			{name: "ToDouble", args: args(in), err: is + "Double.", pos: at(ast.Key("to_double"))},
		})
	}
	checkPure(t, []pureCase{
		{name: "ToNumber", args: args(f64(1)), want: f64(1)},
		{name: "ToInteger", args: args(f64(3.9)), want: i64(3)},
		{name: "ToInteger", args: args(nan), want: i64(0)},
		{name: "ToInteger", args: args(f64(1e30)), want: maxLong},
		{name: "ToDouble", args: args(maxLong), want: f64(math.MaxInt64)},
	})
}

func TestToTimeAndDate(t *testing.T) {
	checkPure(t, []pureCase{
		{name: "ToTime", args: args(value.String("now")), want: value.Time{Sec: 1}},
		{name: "ToTime", args: args(value.Time{Sec: 7}), want: value.Time{Sec: 7}},
		{name: "ToTime", args: args(value.Date(-1)), want: value.Time{Sec: -86400}},
		{name: "ToTime", args: args(i64(-1)), want: value.Time{Sec: -1, Nano: 999_000_000}},
		{name: "ToTime", args: args(maxLong), want: value.Time{Sec: 9223372036854775, Nano: 807_000_000}},
		{name: "ToTime", args: args(value.String("1970-01-01")), err: "Cannot cast '1970-01-01' to a time."},
		{name: "ToTime", args: args(value.Null{}), err: "Cannot cast Null to Time."},
		{name: "ToTime", args: args(value.TxnTime{}), err: "Cannot cast Unresolved Transaction Time to Time."},
		{name: "ToDate", args: args(value.Date(5)), want: value.Date(5)},
		{name: "ToDate", args: args(value.Time{Sec: -1}), want: value.Date(-1)},
		{name: "ToDate", args: args(value.String("1970-01-03")), want: value.Date(2)},
		{name: "ToDate", args: args(value.Time{Sec: 31556889864403199}), err: timeBounds},
		{name: "ToDate", args: args(value.String("now")), err: "Cannot cast 'now' to a date."},
		{name: "ToDate", args: args(i64(1)), err: "Cannot cast Integer to Date."},
	})
}

func TestNumberThroughStringAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(
			rapid.Map(rapid.Int64(), func(n int64) value.Value { return i64(n) }),
			rapid.Map(rapid.Float64(), func(x float64) value.Value { return f64(x) }),
		).Draw(t, "number")
		s, ok := toText(n)
		if !ok {
			t.Fatalf("%v has no text", n)
		}
		back, ok := toNumber(value.String(s))
		// A whole double comes back as the integer.
		if ok && n.Kind() == value.KindDouble {
			back = f64(float(back))
		}
		if infinite := math.IsInf(float(n), 0); ok == infinite || ok && !identical(back, n) {
			t.Errorf("%v is %q is %v, %v", n, s, back, ok)
		}
	})
}

func TestTimeThroughStringAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := someTime(t, "time")
		s, _ := toText(moment)
		c := &Context{Host: &clockHost{}}
		if back, err := c.parseTime(s); err != nil || back != moment {
			t.Errorf("%v is %q is %v, %v", moment, s, back, err)
		}
		date, err := evalToDate(c, []value.Value{moment})
		if err != nil {
			return
		}
		s, _ = toText(date)
		if back, err := c.parseDate(s); err != nil || back != date {
			t.Errorf("%v is %q is %v, %v", date, s, back, err)
		}
	})
}

// FuzzToNumber checks that whatever is read as a number is written as one
// that reads the same.
func FuzzToNumber(f *testing.F) {
	for _, s := range []string{"42", " 4,2abc", "-0", ".5", "-.5E-3", "1.5E3", "9223372036854775808", "∞", "NaN", "٤", "1E-999", "-", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := toNumber(value.String(s))
		if !ok || math.IsInf(float(n), 0) {
			return
		}
		text, _ := toText(n)
		back, ok := toNumber(value.String(text))
		if !ok || !identical(value.Double(float(back)), value.Double(float(n))) {
			t.Errorf("%q is %v is %q is %v", s, n, text, back)
		}
	})
}
