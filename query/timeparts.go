package query

import "github.com/fawndb/fawn/query/value"

// timeParts are the functions that take a time apart and count time since
// 1970.
// Source: chapter on functions, section 18.7.
var timeParts = []*Function{
	part("Year", "year", "returns the year of a time", `Year(2147483648000000) // 2038`,
		func(t value.Time) int64 { year, _, _ := t.Civil(); return year }),
	part("Month", "month", "returns the month of a time, 1 to 12", `Month(0) // 1`,
		func(t value.Time) int64 { _, month, _ := t.Civil(); return int64(month) }),
	part("DayOfMonth", "day_of_month", "returns the day of a time in its month, 1 to 31", `DayOfMonth(0) // 1`,
		func(t value.Time) int64 { _, _, day := t.Civil(); return int64(day) }),
	part("DayOfWeek", "day_of_week", "returns the day of a time in its week, from 1 for Monday to 7", `DayOfWeek(0) // 4`,
		func(t value.Time) int64 { return int64(t.Weekday()) }),
	part("DayOfYear", "day_of_year", "returns the day of a time in its year, 1 to 366", `DayOfYear(0) // 1`,
		func(t value.Time) int64 { return int64(t.YearDay()) }),
	part("Hour", "hour", "returns the hour of a time, 0 to 23", `Hour(Date("1970-01-01")) // invalid argument ["hour"]`,
		func(t value.Time) int64 { hour, _, _ := t.Clock(); return int64(hour) }),
	part("Minute", "minute", "returns the minute of a time, 0 to 59", `Minute(60000000) // 1`,
		func(t value.Time) int64 { _, minute, _ := t.Clock(); return int64(minute) }),
	part("Second", "second", "returns the second of a time, 0 to 59", `Second(61000000) // 1`,
		func(t value.Time) int64 { _, _, second := t.Clock(); return int64(second) }),
	part("ToSeconds", "to_seconds", "returns the seconds from the start of 1970 to a time, rounded down",
		`ToSeconds(Time("1969-12-31T23:59:59.999Z")) // -1`, func(t value.Time) int64 { return t.Sec }),
	{
		Name:     "ToMillis",
		Params:   []Param{arg("to_millis", timestamp)},
		Doc:      "returns the milliseconds from the start of 1970 to a time, rounded down",
		Examples: []string{`ToMillis(2147483648000000) // 2147483648000`},
		Errors:   []string{timeRange},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			n, ok := args[0].(value.Time).Millis()
			if !ok {
				return nil, c.fail(InvalidArgument, timeBounds)
			}
			return value.Long(n), nil
		},
	},
	part("ToMicros", "to_micros", "returns the microseconds from the start of 1970 to a time, rounded down; they wrap at 64 bits",
		`ToMicros(Time("1970-01-01T00:00:01.0000019Z")) // 1000001`,
		func(t value.Time) int64 { n, _ := t.Micros(); return n }),
}

// part is the row of a function from a time to one number of it.
func part(name, key, doc, example string, of func(value.Time) int64) *Function {
	return &Function{
		Name:     name,
		Params:   []Param{arg(key, timestamp)},
		Doc:      doc,
		Examples: []string{example},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return value.Long(of(args[0].(value.Time))), nil
		},
	}
}
