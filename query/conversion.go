package query

import (
	"strconv"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// conversionFunctions turn a scalar into another kind. Some report what they
// cannot convert at the form, some at their key.
// Source: chapter on functions, section 19.
var conversionFunctions = []*Function{
	{
		Name:     "ToString",
		Params:   []Param{arg("to_string", anything)},
		Doc:      "returns a scalar that is no ref and no bytes as text",
		Examples: []string{`ToString(1.0) // "1.0"`, `ToString(null) // "null"`, `ToString([1, 2]) // invalid argument []`},
		Errors:   []string{"invalid argument: Cannot cast <type> to String."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			if s, ok := toText(args[0]); ok {
				return value.String(s), nil
			}
			return nil, c.castError(args[0], "String")
		},
	},
	{
		Name:     "ToNumber",
		Params:   []Param{arg("to_number", anything)},
		Doc:      "returns the number that a string begins with; a number stays as it is",
		Examples: []string{`ToNumber("3.14159") // 3.14159`, `ToNumber(" 42 km") // 42`, `ToNumber("abc") // invalid argument []`},
		Errors:   []string{"invalid argument: Cannot cast <type> to Number."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			if n, ok := toNumber(args[0]); ok {
				return n, nil
			}
			return nil, c.castError(args[0], "Number")
		},
	},
	{
		Name:     "ToDouble",
		Params:   []Param{arg("to_double", anything)},
		Doc:      "returns a number, or the number that a string begins with, as a double",
		Examples: []string{`ToDouble(42) // 42.0`, `ToDouble(true) // invalid argument ["to_double"]`},
		Errors:   []string{"invalid argument: Cannot cast <type> to Double."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			if n, ok := toNumber(args[0]); ok {
				return value.Double(float(n)), nil
			}
			return nil, c.castError(args[0], "Double", ast.Key("to_double"))
		},
	},
	{
		Name:     "ToInteger",
		Params:   []Param{arg("to_integer", anything)},
		Doc:      "returns a number, or the number that a string begins with, without what is after the point",
		Examples: []string{`ToInteger(3.9) // 3`, `ToInteger("-3.7") // -3`, `ToInteger([3]) // invalid argument ["to_integer"]`},
		Errors:   []string{"invalid argument: Cannot cast <type> to Integer."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			if n, ok := toNumber(args[0]); ok {
				return value.Long(integral(n)), nil
			}
			return nil, c.castError(args[0], "Integer", ast.Key("to_integer"))
		},
	},
	{
		Name:   "ToTime",
		Params: []Param{arg("to_time", anything)},
		Doc:    "reads a time as Time does, takes an integer as milliseconds since 1970 and a date as its midnight",
		Examples: []string{
			`ToTime(1) // {"@ts":"1970-01-01T00:00:00.001Z"}`,
			`ToTime(Date("1970-01-02")) // {"@ts":"1970-01-02T00:00:00Z"}`,
			`ToTime(1.5) // invalid argument []`,
		},
		Errors: []string{"invalid argument: Cannot cast <type> to Time.", "invalid argument: Cannot cast '<text>' to a time."},
		Eval:   evalToTime,
	},
	{
		Name:   "ToDate",
		Params: []Param{arg("to_date", anything)},
		Doc:    "reads a date as Date does, and takes a time's day",
		Examples: []string{
			`ToDate(Time("2020-01-02T23:00:00-02:00")) // {"@date":"2020-01-03"}`,
			`ToDate("nope") // invalid argument []`,
		},
		Errors: []string{"invalid argument: Cannot cast <type> to Date.", "invalid argument: Cannot cast '<text>' to a date.", timeRange},
		Eval:   evalToDate,
	},
}

// castError is the error of a value that cannot be converted, below the
// present position.
func (c *Context) castError(v value.Value, to string, steps ...ast.Step) error {
	return c.failAt(InvalidArgument, "Cannot cast "+value.TypeName(v)+" to "+to+".", steps...)
}

// toText returns a value as ToString does. It is false for what has no text.
func toText(v value.Value) (string, bool) {
	switch v := v.(type) {
	case value.Null:
		return "null", true
	case value.Boolean:
		return strconv.FormatBool(bool(v)), true
	case value.Long:
		return strconv.FormatInt(int64(v), 10), true
	case value.Double:
		return v.String(), true
	case value.String:
		return string(v), true
	case value.Action:
		return string(v), true
	case value.UUID:
		return v.String(), true
	case value.Time:
		return v.String(), true
	case value.Date:
		return v.String(), true
	default:
		return "", false
	}
}

// toNumber returns a number as it is and reads one from the start of a
// string. It is false for all else.
func toNumber(v value.Value) (value.Value, bool) {
	switch v := v.(type) {
	case value.Long, value.Double:
		return v, true
	case value.String:
		return value.ParseNumber(string(v))
	default:
		return nil, false
	}
}

func evalToTime(c *Context, args []value.Value) (value.Value, error) {
	switch v := args[0].(type) {
	case value.Long:
		return value.TimeFromMillis(int64(v)), nil
	case value.String:
		return c.parseTime(string(v))
	case value.Time:
		return v, nil
	case value.Date:
		return v.Time(), nil
	default:
		return nil, c.castError(v, "Time")
	}
}

func evalToDate(c *Context, args []value.Value) (value.Value, error) {
	switch v := args[0].(type) {
	case value.String:
		return c.parseDate(string(v))
	case value.Time:
		date, ok := v.Date()
		if !ok {
			return nil, c.fail(InvalidArgument, timeBounds)
		}
		return date, nil
	case value.Date:
		return v, nil
	default:
		return nil, c.castError(v, "Date")
	}
}
