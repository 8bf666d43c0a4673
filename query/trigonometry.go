package query

import (
	"math"

	"github.com/fawndb/fawn/query/value"
)

// trigonometryFunctions take a number and return a double. Angles are in
// radians.
// Source: chapter on functions, section 13.
var trigonometryFunctions = []*Function{
	realFunction("Acos", "acos", "returns the angle that has a cosine", math.Acos, unitInterval,
		`Acos(1) // 0.0`, `Acos(2) // invalid argument []`),
	realFunction("Asin", "asin", "returns the angle that has a sine", math.Asin, unitInterval,
		`Asin(0) // 0.0`, `Asin(1.5) // invalid argument []`),
	realFunction("Atan", "atan", "returns the angle that has a tangent", math.Atan, everywhere, `Atan(0) // 0.0`),
	realFunction("Cos", "cos", "returns the cosine of an angle", math.Cos, everywhere, `Cos(0) // 1.0`),
	realFunction("Cosh", "cosh", "returns the hyperbolic cosine of a number", math.Cosh, everywhere, `Cosh(0) // 1.0`),
	realFunction("Degrees", "degrees", "turns radians into degrees", degrees, everywhere,
		`Degrees(2) // 114.59155902616465`),
	realFunction("Exp", "exp", "returns e to the power of a number", math.Exp, everywhere, `Exp(0) // 1.0`),
	{
		Name:     "Hypot",
		Params:   []Param{arg("hypot", number), opt("b", number)},
		Doc:      "returns the hypotenuse over two legs; without the second they are equal",
		Examples: []string{`Hypot(3, 4) // 5.0`, `Hypot(3, "4") // invalid argument ["b"]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			a := float(args[0])
			b := a
			if args[1] != nil {
				b = float(args[1])
			}
			return value.Double(math.Hypot(a, b)), nil
		},
	},
	realFunction("Ln", "ln", "returns the natural logarithm of a number", math.Log, aboveZero,
		`Ln(1) // 0.0`, `Ln(0) // invalid argument []`),
	realFunction("Log", "log", "returns the logarithm to base 10 of a number", log10, aboveZero,
		`Log(1000) // 3.0`, `Log(0) // invalid argument []`),
	{
		Name:     "Pow",
		Params:   []Param{arg("pow", number), opt("exp", number)},
		Doc:      "raises a number to a power, 2 when none is given",
		Examples: []string{`Pow(2) // 4.0`, `Pow(10, -3) // 0.001`, `Pow(1, "n") // invalid argument ["exp"]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			exp := 2.0
			if args[1] != nil {
				exp = float(args[1])
			}
			return value.Double(math.Pow(float(args[0]), exp)), nil
		},
	},
	realFunction("Radians", "radians", "turns degrees into radians", radians, everywhere,
		`Radians(180) // 3.141592653589793`),
	realFunction("Sin", "sin", "returns the sine of an angle", math.Sin, everywhere, `Sin(0) // 0.0`),
	realFunction("Sinh", "sinh", "returns the hyperbolic sine of a number", math.Sinh, everywhere, `Sinh(0) // 0.0`),
	realFunction("Tan", "tan", "returns the tangent of an angle", math.Tan, everywhere, `Tan(0) // 0.0`),
	realFunction("Tanh", "tanh", "returns the hyperbolic tangent of a number", math.Tanh, everywhere, `Tanh(0) // 0.0`),
}

// domain is where a function of one number is defined. No domain but
// everywhere has NaN in it.
type domain struct {
	has  func(x float64) bool
	text string // "must be positive", after the number that is outside
}

var (
	everywhere   = domain{has: func(float64) bool { return true }}
	notNegative  = domain{func(x float64) bool { return x >= 0 }, "must be positive"}
	aboveZero    = domain{func(x float64) bool { return x > 0 }, "must be greater than 0"}
	unitInterval = domain{func(x float64) bool { return x >= -1 && x <= 1 }, "must be between -1 and 1 inclusive"}
)

// realFunction is the row of a function from a number to a double.
func realFunction(name, key, doc string, f func(float64) float64, d domain, examples ...string) *Function {
	row := &Function{Name: name, Params: []Param{arg(key, number)}, Doc: doc, Examples: examples, Eval: realEval(f, d)}
	if d.text != "" {
		row.Errors = []string{"invalid argument: <number> " + d.text}
	}
	return row
}

func realEval(f func(float64) float64, d domain) func(*Context, []value.Value) (value.Value, error) {
	return func(c *Context, args []value.Value) (value.Value, error) {
		x := float(args[0])
		if !d.has(x) {
			n, _ := toText(args[0])
			return nil, c.fail(InvalidArgument, n+" "+d.text)
		}
		return value.Double(f(x)), nil
	}
}

func degrees(x float64) float64 { return x * (180 / math.Pi) }
func radians(x float64) float64 { return x * (math.Pi / 180) }

// log10 is exact for the powers of ten, which math.Log10 is not.
func log10(x float64) float64 {
	y := math.Log10(x)
	if n := math.Round(y); math.Pow10(int(n)) == x {
		return n
	}
	return y
}
