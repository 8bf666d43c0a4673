package query

import (
	"math"

	"github.com/fawndb/fawn/query/value"
)

// mathFunctions compute with numbers. An Integer has 64 bits and wraps; a
// Double is IEEE 754, infinities and NaN included.
// Source: chapter on functions, section 12.
var mathFunctions = []*Function{
	{
		Name:     "Add",
		Params:   []Param{some("add", number)},
		Doc:      "returns the sum of numbers; integers wrap at 64 bits",
		Examples: []string{`Add(1, 2, 3) // 6`, `Add(1, 0.5) // 1.5`, `Add(1, "2") // invalid argument ["add",1]`},
		Eval:     addition.eval,
	},
	{
		Name:     "Subtract",
		Params:   []Param{some("subtract", number)},
		Doc:      "returns the first number less all the others",
		Examples: []string{`Subtract(5, 2, 1) // 2`, `Subtract(5, "3") // invalid argument ["subtract",1]`},
		Eval:     subtraction.eval,
	},
	{
		Name:     "Multiply",
		Params:   []Param{some("multiply", number)},
		Doc:      "returns the product of numbers; integers wrap at 64 bits",
		Examples: []string{`Multiply(2, 3, 4) // 24`, `Multiply([]) // invalid argument ["multiply"]`},
		Eval:     multiplication.eval,
	},
	{
		Name:     "Divide",
		Params:   []Param{some("divide", number)},
		Doc:      "returns the first number divided by all the others in turn; of integers the part before the point",
		Examples: []string{`Divide(7, 2) // 3`, `Divide(7, 2.0) // 3.5`, `Divide(1, 0) // invalid argument []`},
		Errors:   []string{zeroDivision},
		Eval:     division.evalNonZero,
	},
	{
		Name:     "Modulo",
		Params:   []Param{some("modulo", number)},
		Doc:      "returns the remainder of a division, with the sign of the dividend",
		Examples: []string{`Modulo(7, 3) // 1`, `Modulo(-7, 3) // -1`, `Modulo(1, 0) // invalid argument []`},
		Errors:   []string{zeroDivision},
		Eval:     remainder.evalNonZero,
	},
	{
		Name:     "Abs",
		Params:   []Param{arg("abs", number)},
		Doc:      "returns a number without its sign; the least integer has none and stays",
		Examples: []string{`Abs(-5) // 5`, `Abs(-1.5) // 1.5`, `Abs("5") // invalid argument ["abs"]`},
		Eval:     evalAbs,
	},
	{
		Name:     "Ceil",
		Params:   []Param{arg("ceil", number)},
		Doc:      "returns the least whole number that is not below a number, of the same kind",
		Examples: []string{`Ceil(1.1) // 2.0`, `Ceil(3) // 3`},
		Eval:     wholeEval(math.Ceil),
	},
	{
		Name:     "Floor",
		Params:   []Param{arg("floor", number)},
		Doc:      "returns the greatest whole number that is not above a number, of the same kind",
		Examples: []string{`Floor(1.9) // 1.0`, `Floor(3) // 3`},
		Eval:     wholeEval(math.Floor),
	},
	{
		Name:     "Sign",
		Params:   []Param{arg("sign", number)},
		Doc:      "returns -1, 0 or 1 for an integer, and -1 or 1 for a double: 1 for 0.0, too",
		Examples: []string{`Sign(-3) // -1`, `Sign(0) // 0`, `Sign(0.0) // 1`},
		Eval:     evalSign,
	},
	{
		Name:     "Sqrt",
		Params:   []Param{arg("sqrt", number)},
		Doc:      "returns the square root as a double",
		Examples: []string{`Sqrt(16) // 4.0`, `Sqrt(-4) // invalid argument []`},
		Errors:   []string{"invalid argument: <number> must be positive"},
		Eval:     realEval(math.Sqrt, notNegative),
	},
	{
		Name:     "Round",
		Params:   []Param{arg("round", number), opt("precision", integer)},
		Doc:      "rounds to decimal places, 2 for a double when none are given; negative ones round to tens, hundreds and so on",
		Examples: []string{`Round(5.666) // 5.67`, `Round(555.666, -1) // 560.0`, `Round(1.5, 1.0) // invalid argument ["precision"]`},
		Eval:     func(_ *Context, args []value.Value) (value.Value, error) { return rounded(args, round), nil },
	},
	{
		Name:     "Trunc",
		Params:   []Param{arg("trunc", number), opt("precision", integer)},
		Doc:      "cuts off after decimal places, 2 for a double when none are given; negative ones cut tens, hundreds and so on",
		Examples: []string{`Trunc(5.678) // 5.67`, `Trunc(1234.5678, -2) // 1200.0`},
		Eval:     func(_ *Context, args []value.Value) (value.Value, error) { return rounded(args, trunc), nil },
	},
}

const zeroDivision = "invalid argument: Illegal division by zero."

// fold is an operation on two numbers, applied to a list from the left:
// f(f(a, b), c). It stays with integers until the first double.
type fold struct {
	longs   func(a, b int64) int64
	doubles func(a, b float64) float64
}

var (
	addition = fold{
		func(a, b int64) int64 { return a + b },
		func(a, b float64) float64 { return a + b },
	}
	subtraction = fold{
		func(a, b int64) int64 { return a - b },
		func(a, b float64) float64 { return a - b },
	}
	multiplication = fold{
		func(a, b int64) int64 { return a * b },
		func(a, b float64) float64 { return a * b },
	}
	division = fold{
		func(a, b int64) int64 { return a / b },
		func(a, b float64) float64 { return a / b },
	}
	remainder = fold{
		func(a, b int64) int64 { return a % b },
		math.Mod,
	}
)

// of folds a list of at least one number; a single one stays as it is.
func (f fold) of(list value.Array) value.Value {
	if len(list) == 1 {
		return list[0]
	}
	long, ok := list[0].(value.Long)
	if !ok {
		return f.ofDoubles(float64(list[0].(value.Double)), list[1:])
	}
	for i, v := range list[1:] {
		b, ok := v.(value.Long)
		if !ok {
			return f.ofDoubles(float64(long), list[1+i:])
		}
		long = value.Long(f.longs(int64(long), int64(b)))
	}
	return long
}

func (f fold) ofDoubles(a float64, list value.Array) value.Value {
	for _, v := range list {
		a = f.doubles(a, float(v))
	}
	return value.Double(a)
}

func (f fold) eval(_ *Context, args []value.Value) (value.Value, error) {
	return f.of(args[0].(value.Array)), nil
}

// evalNonZero is eval for operations whose second operand may not be zero.
func (f fold) evalNonZero(c *Context, args []value.Value) (value.Value, error) {
	list := args[0].(value.Array)
	for _, v := range list[1:] {
		if float(v) == 0 {
			return nil, c.fail(InvalidArgument, "Illegal division by zero.")
		}
	}
	return f.of(list), nil
}

// float returns a number as a double.
func float(v value.Value) float64 {
	if n, ok := v.(value.Long); ok {
		return float64(n)
	}
	return float64(v.(value.Double))
}

func evalAbs(_ *Context, args []value.Value) (value.Value, error) {
	n, ok := args[0].(value.Long)
	if !ok {
		return value.Double(math.Abs(float(args[0]))), nil
	}
	return max(n, -n), nil
}

// wholeEval is the code of a function that leaves integers as they are.
func wholeEval(f func(float64) float64) func(*Context, []value.Value) (value.Value, error) {
	return func(_ *Context, args []value.Value) (value.Value, error) {
		x, ok := args[0].(value.Double)
		if !ok {
			return args[0], nil
		}
		return value.Double(f(float64(x))), nil
	}
}

func evalSign(_ *Context, args []value.Value) (value.Value, error) {
	x := float(args[0])
	switch {
	case x < 0:
		return value.Long(-1), nil
	case args[0] == value.Long(0):
		return value.Long(0), nil
	}
	return value.Long(1), nil
}
