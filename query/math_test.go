package query

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

type (
	i64 = value.Long
	f64 = value.Double
)

func TestFolds(t *testing.T) {
	const byZero = "Illegal division by zero."
	checkPure(t, []pureCase{
		{name: "Add", args: list(i64(1), i64(2), i64(3)), want: i64(6)},
		{name: "Add", args: list(maxLong, i64(1)), want: minLong},
		{name: "Add", args: list(i64(1), f64(0.5), i64(1)), want: f64(2.5)},
		{name: "Add", args: args(i64(7)), want: i64(7)},
		{name: "Add", args: list(minusZero()), want: minusZero()},
		{name: "Add", args: list(inf, -inf), want: nan},
		{name: "Add", args: list(), err: "Non-empty array expected.", pos: at(ast.Key("add"))},
		{
			name: "Add", args: list(i64(1), value.TxnTime{}), err: "Number expected, Unresolved Transaction Time provided.",
			pos: at(ast.Key("add"), ast.Index(1)),
		},
		{name: "Subtract", args: list(minLong, i64(1)), want: maxLong},
		{name: "Subtract", args: list(i64(10), i64(1), i64(2)), want: i64(7)},
		{name: "Multiply", args: list(maxLong, i64(2)), want: i64(-2)},
		{name: "Multiply", args: list(maxLong, f64(2)), want: f64(math.MaxInt64) * 2},
		{name: "Divide", args: list(i64(-7), i64(2)), want: i64(-3)},
		{name: "Divide", args: list(minLong, i64(-1)), want: minLong},
		{name: "Divide", args: list(i64(0), i64(5)), want: i64(0)},
		{name: "Divide", args: list(i64(100), i64(3), f64(2)), want: f64(16.5)},
		{name: "Divide", args: list(i64(0)), want: i64(0)},
		{name: "Divide", args: list(i64(1), f64(0)), err: byZero},
		{name: "Divide", args: list(f64(1), minusZero()), err: byZero},
		{name: "Divide", args: list(i64(1), i64(2), i64(0)), err: byZero},
		{name: "Modulo", args: list(i64(-7), i64(3)), want: i64(-1)},
		{name: "Modulo", args: list(i64(7), i64(-3)), want: i64(1)},
		{name: "Modulo", args: list(minLong, i64(-1)), want: i64(0)},
		{name: "Modulo", args: list(f64(-7.5), i64(2)), want: f64(-1.5)},
		{name: "Modulo", args: list(i64(7), f64(0)), err: byZero},
		{name: "BitAnd", args: list(i64(7), i64(3)), want: i64(3)},
		{name: "BitOr", args: list(i64(1), f64(2.9)), want: f64(3)},
		{name: "BitOr", args: list(f64(2.9)), want: f64(2.9)},
		{name: "BitOr", args: list(i64(0), nan), want: f64(0)},
		{name: "BitXor", args: list(i64(7), i64(2), i64(1)), want: i64(4)},
		{name: "BitXor", args: list(), err: "Non-empty array expected.", pos: at(ast.Key("bitxor"))},
		{name: "BitNot", args: args(i64(0)), want: i64(-1)},
		{name: "BitNot", args: args(f64(7.9)), want: i64(-8)},
		{name: "BitNot", args: args(inf), want: minLong},
		{name: "BitNot", args: list(i64(1)), err: "Number expected, Array provided.", pos: at(ast.Key("bitnot"))},
	})
}

func TestSingleNumbers(t *testing.T) {
	checkPure(t, []pureCase{
		{name: "Abs", args: args(i64(-5)), want: i64(5)},
		{name: "Abs", args: args(minLong), want: minLong},
		{name: "Abs", args: args(minusZero()), want: f64(0)},
		{name: "Abs", args: list(i64(1)), err: "Number expected, Array provided.", pos: at(ast.Key("abs"))},
		{name: "Ceil", args: args(f64(1.1)), want: f64(2)},
		{name: "Ceil", args: args(f64(-0.1)), want: minusZero()},
		{name: "Ceil", args: args(maxLong), want: maxLong},
		{name: "Floor", args: args(f64(-1.1)), want: f64(-2)},
		{name: "Floor", args: args(i64(3)), want: i64(3)},
		{name: "Sign", args: args(i64(-9)), want: i64(-1)},
		{name: "Sign", args: args(i64(0)), want: i64(0)},
		{name: "Sign", args: args(f64(0)), want: i64(1)},
		{name: "Sign", args: args(minusZero()), want: i64(1)},
		{name: "Sign", args: args(nan), want: i64(1)},
		{name: "Sign", args: args(-inf), want: i64(-1)},
		{name: "Sqrt", args: args(i64(0)), want: f64(0)},
		{name: "Sqrt", args: args(nan), err: "NaN must be positive"},
		{name: "Sqrt", args: args(f64(-1)), err: "-1.0 must be positive"},
	})
}

func TestRoundAndTrunc(t *testing.T) {
	checkPure(t, []pureCase{
		{name: "Round", args: args(f64(5.666)), want: f64(5.67)},
		{name: "Round", args: args(f64(-5.678)), want: f64(-5.67)},
		{name: "Round", args: args(f64(2.5), i64(0)), want: f64(3)},
		{name: "Round", args: args(f64(-5.678), i64(0)), want: f64(-5)},
		{name: "Round", args: args(f64(555.666), i64(-1)), want: f64(560)},
		{name: "Round", args: args(f64(1), i64(-400)), want: f64(0)},
		{name: "Round", args: args(nan), want: f64(0)},
		{name: "Round", args: args(i64(555)), want: i64(555)},
		{name: "Round", args: args(i64(555), i64(3)), want: i64(555)},
		{name: "Round", args: args(i64(-5), i64(0)), want: i64(-4)},
		{name: "Round", args: args(i64(-555), i64(-1)), want: i64(-550)},
		{name: "Round", args: args(i64(555), i64(-2)), want: i64(600)},
		{name: "Round", args: args(i64(555), minLong), want: i64(0)},
		{name: "Round", args: args(f64(0.5), maxLong), want: f64(1073741824. / math.MaxInt32)},
		{name: "Round", args: args(i64(1), value.Null{}), err: "Integer expected, Null provided.", pos: at(ast.Key("precision"))},
		{name: "Trunc", args: args(f64(5.678)), want: f64(5.67)},
		{name: "Trunc", args: args(f64(-5.678), i64(1)), want: f64(-5.6)},
		{name: "Trunc", args: args(f64(1234.5678), i64(-2)), want: f64(1200)},
		{name: "Trunc", args: args(i64(-555), i64(-1)), want: i64(-550)},
		{name: "Trunc", args: args(i64(-5), i64(0)), want: i64(-5)},
	})
}

func TestTrigonometry(t *testing.T) {
	checkPure(t, []pureCase{
		{name: "Acos", args: args(nan), err: "NaN must be between -1 and 1 inclusive"},
		{name: "Asin", args: args(f64(1.5)), err: "1.5 must be between -1 and 1 inclusive"},
		{name: "Asin", args: args(i64(1)), want: f64(math.Pi / 2)},
		{name: "Ln", args: args(f64(-1)), err: "-1.0 must be greater than 0"},
		{name: "Ln", args: args(nan), err: "NaN must be greater than 0"},
		{name: "Log", args: args(inf), want: inf},
		{name: "Exp", args: args(i64(1000)), want: inf},
		{name: "Pow", args: args(i64(2)), want: f64(4)},
		{name: "Pow", args: args(i64(0), i64(-1)), want: inf},
		{name: "Hypot", args: args(i64(1)), want: f64(math.Sqrt2)},
		{name: "Hypot", args: args(f64(math.Ldexp(3, 900)), f64(math.Ldexp(4, 900))), want: f64(math.Ldexp(5, 900))},
		{name: "Degrees", args: args(f64(math.Pi)), want: f64(180)},
		{name: "Radians", args: args(i64(180)), want: f64(math.Pi)},
	})
}

func TestLogOfPowersOfTenIsWhole(t *testing.T) {
	for n := -307; n <= 308; n++ {
		x := f64(math.Pow10(n))
		if got := mustPure(t, "Log", x); got != f64(n) {
			t.Errorf("Log(%v) = %v, want %d", x, got, n)
		}
	}
}

func TestIntegerArithmeticIsARing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Map(rapid.Int64(), func(n int64) value.Value { return i64(n) })
		a, b, c := n.Draw(t, "a"), n.Draw(t, "b"), n.Draw(t, "c")
		of := func(f fold, v ...value.Value) value.Value { return f.of(value.Array(v)) }
		laws := []struct {
			name      string
			got, want value.Value
		}{
			{"add commutes", of(addition, a, b), of(addition, b, a)},
			{"subtract undoes add", of(subtraction, of(addition, a, b), b), a},
			{"fold is from the left", of(subtraction, a, b, c), of(subtraction, a, of(addition, b, c))},
			{
				"multiply distributes", of(multiplication, a, of(addition, b, c)),
				of(addition, of(multiplication, a, b), of(multiplication, a, c)),
			},
			{"xor is its inverse", of(bitwise(func(a, b int64) int64 { return a ^ b }), a, b, b), a},
		}
		if b != i64(0) {
			quotient, rest := of(division, a, b), of(remainder, a, b)
			laws = append(laws, struct {
				name      string
				got, want value.Value
			}{"quotient and rest make the dividend", of(addition, of(multiplication, quotient, b), rest), a})
		}
		for _, law := range laws {
			if law.got != law.want {
				t.Errorf("%s: %v, %v", law.name, law.got, law.want)
			}
		}
	})
}

func TestFoldIsADoubleOnceADoubleTookPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.OneOf(
			rapid.Map(rapid.Int64(), func(n int64) value.Value { return i64(n) }),
			rapid.Map(rapid.Float64(), func(x float64) value.Value { return f64(x) }),
		), 1, 6).Draw(t, "numbers")
		want := value.KindLong
		for _, v := range numbers {
			if v.Kind() == value.KindDouble {
				want = value.KindDouble
			}
		}
		if got := multiplication.of(numbers); got.Kind() != want {
			t.Errorf("multiply %v = %v", numbers, got)
		}
	})
}

func TestRoundKeepsWholeDoubles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := f64(rapid.Int32Range(0, math.MaxInt32).Draw(t, "x"))
		places := i64(rapid.IntRange(0, 9).Draw(t, "places"))
		for _, r := range []rounding{round, trunc} {
			if got := rounded([]value.Value{x, places}, r); got != x {
				t.Errorf("%v to %v places = %v", x, places, got)
			}
		}
	})
}
