package query

import "github.com/fawndb/fawn/query/value"

// bitFunctions combine numbers bit by bit. A double is cut to an integer
// first, and makes the result a double.
// Source: chapter on functions, section 14.
var bitFunctions = []*Function{
	{
		Name:     "BitAnd",
		Alias:    "Bitand",
		Params:   []Param{some("bitand", number)},
		Doc:      "returns the bits that are set in all the numbers",
		Examples: []string{`BitAnd(7, 3) // 3`, `BitAnd("n") // invalid argument ["bitand"]`},
		Eval:     bitwise(func(a, b int64) int64 { return a & b }).eval,
	},
	{
		Name:     "BitOr",
		Alias:    "Bitor",
		Params:   []Param{some("bitor", number)},
		Doc:      "returns the bits that are set in any of the numbers",
		Examples: []string{`BitOr(1, 2) // 3`, `BitOr(1, 2.9) // 3.0`},
		Eval:     bitwise(func(a, b int64) int64 { return a | b }).eval,
	},
	{
		Name:     "BitXor",
		Alias:    "Bitxor",
		Params:   []Param{some("bitxor", number)},
		Doc:      "returns the bits that are set in an odd number of the numbers",
		Examples: []string{`BitXor(7, 2) // 5`},
		Eval:     bitwise(func(a, b int64) int64 { return a ^ b }).eval,
	},
	{
		Name:     "BitNot",
		Alias:    "Bitnot",
		Params:   []Param{arg("bitnot", number)},
		Doc:      "returns the bits that are not set in a number, always as an integer",
		Examples: []string{`BitNot(0) // -1`, `BitNot(7.9) // -8`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return value.Long(^integral(args[0])), nil
		},
	},
}

// bitwise is the fold of an operation that knows integers only.
func bitwise(op func(a, b int64) int64) fold {
	return fold{op, func(a, b float64) float64 { return float64(op(value.Truncate(a), value.Truncate(b))) }}
}

// integral returns a number as an integer.
func integral(v value.Value) int64 {
	if n, ok := v.(value.Long); ok {
		return int64(n)
	}
	return value.Truncate(float(v))
}
