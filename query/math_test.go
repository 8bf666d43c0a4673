package query

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

type (
	long   = value.Long
	double = value.Double
)

func TestFolds(t *testing.T) {
	const byZero = "Illegal division by zero."
	checkPure(t, []pureCase{
		{name: "Add", args: list(long(1), long(2), long(3)), want: long(6)},
		{name: "Add", args: list(maxLong, long(1)), want: minLong},
		{name: "Add", args: list(long(1), double(0.5), long(1)), want: double(2.5)},
		{name: "Add", args: args(long(7)), want: long(7)},
		{name: "Add", args: list(minusZero()), want: minusZero()},
		{name: "Add", args: list(inf, -inf), want: nan},
		{name: "Add", args: list(), err: "Non-empty array expected.", pos: at(ast.Key("add"))},
		{name: "Add", args: list(long(1), value.TxnTime{}), err: "Number expected, Unresolved Transaction Time provided.",
			pos: at(ast.Key("add"), ast.Index(1))},
		{name: "Subtract", args: list(minLong, long(1)), want: maxLong},
		{name: "Subtract", args: list(long(10), long(1), long(2)), want: long(7)},
		{name: "Multiply", args: list(maxLong, long(2)), want: long(-2)},
		{name: "Multiply", args: list(maxLong, double(2)), want: double(math.MaxInt64) * 2},
		{name: "Divide", args: list(long(-7), long(2)), want: long(-3)},
		{name: "Divide", args: list(minLong, long(-1)), want: minLong},
		{name: "Divide", args: list(long(0), long(5)), want: long(0)},
		{name: "Divide", args: list(long(100), long(3), double(2)), want: double(16.5)},
		{name: "Divide", args: list(long(0)), want: long(0)},
		{name: "Divide", args: list(long(1), double(0)), err: byZero},
		{name: "Divide", args: list(double(1), minusZero()), err: byZero},
		{name: "Divide", args: list(long(1), long(2), long(0)), err: byZero},
		{name: "Modulo", args: list(long(-7), long(3)), want: long(-1)},
		{name: "Modulo", args: list(long(7), long(-3)), want: long(1)},
		{name: "Modulo", args: list(minLong, long(-1)), want: long(0)},
		{name: "Modulo", args: list(double(-7.5), long(2)), want: double(-1.5)},
		{name: "Modulo", args: list(long(7), double(0)), err: byZero},
		{name: "BitAnd", args: list(long(7), long(3)), want: long(3)},
		{name: "BitOr", args: list(long(1), double(2.9)), want: double(3)},
		{name: "BitOr", args: list(double(2.9)), want: double(2.9)},
		{name: "BitOr", args: list(long(0), nan), want: double(0)},
		{name: "BitXor", args: list(long(7), long(2), long(1)), want: long(4)},
		{name: "BitXor", args: list(), err: "Non-empty array expected.", pos: at(ast.Key("bitxor"))},
		{name: "BitNot", args: args(long(0)), want: long(-1)},
		{name: "BitNot", args: args(double(7.9)), want: long(-8)},
		{name: "BitNot", args: args(inf), want: minLong},
		{name: "BitNot", args: list(long(1)), err: "Number expected, Array provided.", pos: at(ast.Key("bitnot"))},
	})
}

func TestSingleNumbers(t *testing.T) {
	checkPure(t, []pureCase{
		{name: "Abs", args: args(long(-5)), want: long(5)},
		{name: "Abs", args: args(minLong), want: minLong},
		{name: "Abs", args: args(minusZero()), want: double(0)},
		{name: "Abs", args: list(long(1)), err: "Number expected, Array provided.", pos: at(ast.Key("abs"))},
		{name: "Ceil", args: args(double(1.1)), want: double(2)},
		{name: "Ceil", args: args(double(-0.1)), want: minusZero()},
		{name: "Ceil", args: args(maxLong), want: maxLong},
		{name: "Floor", args: args(double(-1.1)), want: double(-2)},
		{name: "Floor", args: args(long(3)), want: long(3)},
		{name: "Sign", args: args(long(-9)), want: long(-1)},
		{name: "Sign", args: args(long(0)), want: long(0)},
		{name: "Sign", args: args(double(0)), want: long(1)},
		{name: "Sign", args: args(minusZero()), want: long(1)},
		{name: "Sign", args: args(nan), want: long(1)},
		{name: "Sign", args: args(-inf), want: long(-1)},
		{name: "Sqrt", args: args(long(0)), want: double(0)},
		{name: "Sqrt", args: args(nan), err: "NaN must be positive"},
		{name: "Sqrt", args: args(double(-1)), err: "-1.0 must be positive"},
	})
}

func TestRoundAndTrunc(t *testing.T) {
	checkPure(t, []pureCase{
		{name: "Round", args: args(double(5.666)), want: double(5.67)},
		{name: "Round", args: args(double(-5.678)), want: double(-5.67)},
		{name: "Round", args: args(double(2.5), long(0)), want: double(3)},
		{name: "Round", args: args(double(-5.678), long(0)), want: double(-5)},
		{name: "Round", args: args(double(555.666), long(-1)), want: double(560)},
		{name: "Round", args: args(double(1), long(-400)), want: double(0)},
		{name: "Round", args: args(nan), want: double(0)},
		{name: "Round", args: args(long(555)), want: long(555)},
		{name: "Round", args: args(long(555), long(3)), want: long(555)},
		{name: "Round", args: args(long(-5), long(0)), want: long(-4)},
		{name: "Round", args: args(long(-555), long(-1)), want: long(-550)},
		{name: "Round", args: args(long(555), long(-2)), want: long(600)},
		{name: "Round", args: args(long(555), minLong), want: long(0)},
		{name: "Round", args: args(double(0.5), maxLong), want: double(1073741824. / math.MaxInt32)},
		{name: "Round", args: args(long(1), value.Null{}), err: "Integer expected, Null provided.", pos: at(ast.Key("precision"))},
		{name: "Trunc", args: args(double(5.678)), want: double(5.67)},
		{name: "Trunc", args: args(double(-5.678), long(1)), want: double(-5.6)},
		{name: "Trunc", args: args(double(1234.5678), long(-2)), want: double(1200)},
		{name: "Trunc", args: args(long(-555), long(-1)), want: long(-550)},
		{name: "Trunc", args: args(long(-5), long(0)), want: long(-5)},
	})
}

func TestTrigonometry(t *testing.T) {
	checkPure(t, []pureCase{
		{name: "Acos", args: args(nan), err: "NaN must be between -1 and 1 inclusive"},
		{name: "Asin", args: args(double(1.5)), err: "1.5 must be between -1 and 1 inclusive"},
		{name: "Asin", args: args(long(1)), want: double(math.Pi / 2)},
		{name: "Ln", args: args(double(-1)), err: "-1.0 must be greater than 0"},
		{name: "Ln", args: args(nan), err: "NaN must be greater than 0"},
		{name: "Log", args: args(inf), want: inf},
		{name: "Exp", args: args(long(1000)), want: inf},
		{name: "Pow", args: args(long(2)), want: double(4)},
		{name: "Pow", args: args(long(0), long(-1)), want: inf},
		{name: "Hypot", args: args(long(1)), want: double(math.Sqrt2)},
		{name: "Hypot", args: args(double(math.Ldexp(3, 900)), double(math.Ldexp(4, 900))), want: double(math.Ldexp(5, 900))},
		{name: "Degrees", args: args(double(math.Pi)), want: double(180)},
		{name: "Radians", args: args(long(180)), want: double(math.Pi)},
	})
}

func TestLogOfPowersOfTenIsWhole(t *testing.T) {
	for n := -307; n <= 308; n++ {
		x := double(math.Pow10(n))
		if got := mustPure(t, "Log", x); got != double(n) {
			t.Errorf("Log(%v) = %v, want %d", x, got, n)
		}
	}
}

func TestIntegerArithmeticIsARing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Map(rapid.Int64(), func(n int64) value.Value { return long(n) })
		a, b, c := n.Draw(t, "a"), n.Draw(t, "b"), n.Draw(t, "c")
		of := func(f fold, v ...value.Value) value.Value { return f.of(value.Array(v)) }
		laws := []struct {
			name      string
			got, want value.Value
		}{
			{"add commutes", of(addition, a, b), of(addition, b, a)},
			{"subtract undoes add", of(subtraction, of(addition, a, b), b), a},
			{"fold is from the left", of(subtraction, a, b, c), of(subtraction, a, of(addition, b, c))},
			{"multiply distributes", of(multiplication, a, of(addition, b, c)),
				of(addition, of(multiplication, a, b), of(multiplication, a, c))},
			{"xor is its inverse", of(bitwise(func(a, b int64) int64 { return a ^ b }), a, b, b), a},
		}
		if b != long(0) {
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
			rapid.Map(rapid.Int64(), func(n int64) value.Value { return long(n) }),
			rapid.Map(rapid.Float64(), func(x float64) value.Value { return double(x) }),
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
		x := double(rapid.Int32Range(0, math.MaxInt32).Draw(t, "x"))
		places := long(rapid.IntRange(0, 9).Draw(t, "places"))
		for _, r := range []rounding{round, trunc} {
			if got := rounded([]value.Value{x, places}, r); got != x {
				t.Errorf("%v to %v places = %v", x, places, got)
			}
		}
	})
}
