package query

import (
	"errors"
	"math"
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// timeFunctions make times and dates, compute with them and take them apart.
// All times are UTC; a day has 24 hours.
// Source: chapter on functions, section 18.
var timeFunctions = slices.Concat([]*Function{
	{
		Name:   "Time",
		Params: []Param{arg("time", text)},
		Doc:    `reads a time in ISO 8601 with an offset; "now" is the time of the query`,
		Examples: []string{
			`Time("1970-01-01T00:00:00+01:00") // {"@ts":"1969-12-31T23:00:00Z"}`,
			`Time("1970-01-01T00:00:00") // invalid argument []`,
		},
		Errors: []string{"invalid argument: Cannot cast '<text>' to a time."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.parseTime(string(args[0].(value.String)))
		},
	},
	{
		Name:     "Now",
		Params:   []Param{nothing("now")},
		Doc:      "returns the time of the query, the same everywhere in it",
		Examples: []string{`Equals(Now(), Time("now")) // true`, `Now(1) // invalid argument ["now"]`},
		Eval: func(c *Context, _ []value.Value) (value.Value, error) {
			return c.now()
		},
	},
	{
		Name:   "Date",
		Params: []Param{arg("date", text)},
		Doc:    "reads a date, YYYY-MM-DD",
		Examples: []string{
			`Date("1970-01-01") // {"@date":"1970-01-01"}`,
			`Date("2019-02-29") // invalid argument []`,
		},
		Errors: []string{"invalid argument: Cannot cast '<text>' to a date."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.parseDate(string(args[0].(value.String)))
		},
	},
	{
		Name:   "Epoch",
		Params: []Param{arg("epoch", integer), arg("unit", timeUnit)},
		Doc:    "returns the time a number of units after the start of 1970",
		Examples: []string{
			`Epoch(12, "seconds") // {"@ts":"1970-01-01T00:00:12Z"}`,
			`Epoch(0, "picosecond") // invalid argument ["unit"]`,
		},
		Errors: []string{timeRange},
		Eval:   evalEpoch,
	},
	{
		Name:   "TimeAdd",
		Params: []Param{arg("time_add", temporal), arg("offset", integer), arg("unit", timeUnit)},
		Doc:    "returns the time or date a number of units later; a date takes only days",
		Examples: []string{
			`TimeAdd(Epoch(0, "second"), 1, "hour") // {"@ts":"1970-01-01T01:00:00Z"}`,
			`TimeAdd(Date("1970-01-01"), 1, "hours") // invalid argument ["unit"]`,
		},
		Errors: []string{timeRange, dateUnit},
		Eval:   evalTimeAdd,
	},
	{
		Name:   "TimeSubtract",
		Params: []Param{arg("time_subtract", temporal), arg("offset", integer), arg("unit", timeUnit)},
		Doc:    "returns the time or date a number of units earlier; a date takes only days",
		Examples: []string{
			`TimeSubtract(Date("1970-01-01"), 1, "day") // {"@date":"1969-12-31"}`,
			`TimeSubtract(0, 1, "day") // invalid argument ["time_subtract"]`,
		},
		Errors: []string{timeRange, dateUnit},
		Eval:   evalTimeSubtract,
	},
	{
		Name:   "TimeDiff",
		Params: []Param{arg("time_diff", temporal), arg("other", temporal), arg("unit", timeUnit)},
		Doc:    "returns how many whole units lie between two times or two dates, negative when the second is earlier",
		Examples: []string{
			`TimeDiff(Date("1970-01-01"), Date("1970-01-02"), "day") // 1`,
			`TimeDiff(Date("1970-01-01"), Time("1970-01-01T00:00:00Z"), "day") // invalid argument ["time_diff"]`,
		},
		Errors: []string{"invalid argument: Incompatible time arguments.", timeRange, dateUnit},
		Eval:   evalTimeDiff,
	},
}, timeParts)

const (
	timeBounds = "dates and times must be between -1000000000-01-01T00:00:00Z and +1000000000-12-31T23:59:59.999999999Z"
	timeRange  = "invalid argument: " + timeBounds
	dateUnit   = "invalid argument: Invalid time unit '<unit>'."
)

var (
	// timestamp accepts a time, and an integer as microseconds since 1970,
	// which it turns into a time.
	timestamp = Cast{Name: "Time", check: func(c *Context, v value.Value) (value.Value, error) {
		switch v := v.(type) {
		case value.Long:
			return value.TimeFromMicros(int64(v)), nil
		case value.Time:
			return v, nil
		default:
			return nil, c.typeError("Time", v)
		}
	}}
	temporal = kinds("Temporal", value.KindTime, value.KindDate)
	// timeUnit accepts the name of a unit of time and passes it on as written.
	timeUnit = Cast{Name: "Time Unit", check: func(c *Context, v value.Value) (value.Value, error) {
		if s, ok := v.(value.String); ok {
			if _, ok := value.ParseUnit(string(s)); ok {
				return v, nil
			}
		}
		return nil, c.typeError("Time Unit", v)
	}}
)

// errTimeless is the failure of whatever asks for the time where there is none.
var errTimeless = errors.New("query: there is no present time here")

// now is the time of the query.
func (c *Context) now() (value.Value, error) {
	if c.options.Timeless {
		return nil, errTimeless
	}
	return value.TimeFromMicros(c.Host.Now()), nil
}

// parseTime reads the argument of Time.
func (c *Context) parseTime(s string) (value.Value, error) {
	if s == "now" {
		return c.now()
	}
	t, ok := value.ParseTimeText(s)
	if !ok {
		return nil, c.fail(InvalidArgument, "Cannot cast '"+s+"' to a time.")
	}
	return t, nil
}

// parseDate reads the argument of Date.
func (c *Context) parseDate(s string) (value.Value, error) {
	d, ok := value.ParseDateText(s)
	if !ok {
		return nil, c.fail(InvalidArgument, "Cannot cast '"+s+"' to a date.")
	}
	return d, nil
}

func evalEpoch(c *Context, args []value.Value) (value.Value, error) {
	unit, _ := value.ParseUnit(string(args[1].(value.String)))
	t, ok := value.Time{}.Add(int64(args[0].(value.Long)), unit)
	if !ok {
		return nil, c.fail(InvalidArgument, timeBounds)
	}
	return t, nil
}

func evalTimeAdd(c *Context, args []value.Value) (value.Value, error) {
	return c.moved(args, int64(args[1].(value.Long)))
}

func evalTimeSubtract(c *Context, args []value.Value) (value.Value, error) {
	n := int64(args[1].(value.Long))
	if n != math.MinInt64 {
		return c.moved(args, -n)
	}
	// Its negative does not fit: two steps make it.
	almost, err := c.moved(args, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	return c.moved([]value.Value{almost, args[1], args[2]}, 1)
}

// moved returns the time or date args[0] moved by n units args[2].
func (c *Context) moved(args []value.Value, n int64) (moved value.Value, err error) {
	name := string(args[2].(value.String))
	unit, _ := value.ParseUnit(name)
	var ok bool
	switch base := args[0].(type) {
	case value.Time:
		moved, ok = base.Add(n, unit)
	case value.Date:
		if unit != value.Day {
			return nil, c.dateUnit(name)
		}
		moved, ok = base.Add(n)
	default: // the cast lets nothing else pass
	}
	if !ok {
		return nil, c.failAt(InvalidArgument, timeBounds, ast.Key("offset"))
	}
	return moved, nil
}

func evalTimeDiff(c *Context, args []value.Value) (value.Value, error) {
	if args[0].Kind() != args[1].Kind() {
		return nil, c.failAt(InvalidArgument, "Incompatible time arguments.", ast.Key("time_diff"))
	}
	name := string(args[2].(value.String))
	unit, _ := value.ParseUnit(name)
	if from, ok := args[0].(value.Date); ok {
		if unit != value.Day {
			return nil, c.dateUnit(name)
		}
		return value.Long(args[1].(value.Date) - from), nil
	}
	n, ok := args[0].(value.Time).Until(args[1].(value.Time), unit)
	if !ok {
		return nil, c.fail(InvalidArgument, timeBounds)
	}
	return value.Long(n), nil
}

// dateUnit is the error of a unit that is no day where dates are moved.
func (c *Context) dateUnit(name string) error {
	return c.failAt(InvalidArgument, "Invalid time unit '"+name+"'.", ast.Key("unit"))
}
