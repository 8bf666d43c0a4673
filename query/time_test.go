package query

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

func TestTimes(t *testing.T) {
	first, last := value.Time{Sec: -31557014167219200}, value.Time{Sec: 31556889864403199, Nano: 999_999_999}
	offset := at(ast.Key("offset"))
	checkPure(t, []pureCase{
		{name: "Now", args: args(value.Null{}), want: value.Time{Sec: 1}},
		{name: "Time", args: args(value.String("now")), want: value.Time{Sec: 1}},
		{name: "Time", args: args(value.String(" now")), err: "Cannot cast ' now' to a time."},
		{name: "Time", args: args(value.String("\t1970-01-01T00:00:05Z\n")), want: value.Time{Sec: 5}},
		{name: "Time", args: args(value.Action("add")), err: "String expected, Action provided.", pos: at(ast.Key("time"))},
		{name: "Date", args: args(value.String(" 1970-01-02 ")), want: value.Date(1)},
		{name: "Epoch", args: args(i64(-1), value.String("nanosecond")), want: value.Time{Sec: -1, Nano: 999999999}},
		{name: "Epoch", args: args(minLong, value.String("nanoseconds")), want: value.Time{Sec: -9223372037, Nano: 145224192}},
		{name: "Epoch", args: args(i64(1), value.String(" half days ")), want: value.Time{Sec: 43200}},
		{name: "Epoch", args: args(i64(last.Sec), value.String("second")), want: value.Time{Sec: last.Sec}},
		{name: "Epoch", args: args(i64(last.Sec+1), value.String("second")), err: timeBounds},
		{name: "Epoch", args: args(i64(first.Sec-1), value.String("second")), err: timeBounds},
		{name: "Epoch", args: args(minLong, value.String("minute")), err: timeBounds},
		{name: "Epoch", args: args(f64(1), value.String("day")), err: "Integer expected, Double provided.", pos: at(ast.Key("epoch"))},
		{name: "Epoch", args: args(i64(1), value.String("Day")), err: "Time Unit expected, String provided.", pos: at(ast.Key("unit"))},
		{name: "Epoch", args: args(i64(1), i64(1)), err: "Time Unit expected, Integer provided.", pos: at(ast.Key("unit"))},
		{name: "TimeAdd", args: args(last, i64(1), value.String("nanosecond")), err: timeBounds, pos: offset},
		{name: "TimeAdd", args: args(last, i64(-1), value.String("nanosecond")), want: value.Time{Sec: last.Sec, Nano: 999999998}},
		{name: "TimeAdd", args: args(value.Time{}, maxLong, value.String("day")), err: timeBounds, pos: offset},
		{name: "TimeAdd", args: args(value.MaxDate, i64(1), value.String("day")), err: timeBounds, pos: offset},
		{name: "TimeAdd", args: args(value.Date(1), maxLong, value.String("day")), err: timeBounds, pos: offset},
		{name: "TimeAdd", args: args(value.Date(1), i64(1), value.String(" hour")), err: "Invalid time unit ' hour'.", pos: at(ast.Key("unit"))},
		{name: "TimeSubtract", args: args(value.Time{}, i64(1), value.String("millisecond")), want: value.Time{Sec: -1, Nano: 999000000}},
		{name: "TimeSubtract", args: args(value.Time{}, minLong, value.String("nanosecond")), want: value.Time{Sec: 9223372036, Nano: 854775808}},
		{name: "TimeSubtract", args: args(value.Time{}, minLong, value.String("second")), err: timeBounds, pos: offset},
		{name: "TimeSubtract", args: args(value.MinDate, i64(1), value.String("days")), err: timeBounds, pos: offset},
		{name: "TimeSubtract", args: args(value.MinDate, minLong, value.String("days")), err: timeBounds, pos: offset},
		{name: "TimeDiff", args: args(value.Time{Sec: 1}, value.Time{Sec: 2, Nano: 5}, value.String("second")), want: i64(1)},
		{name: "TimeDiff", args: args(value.Time{Sec: 2, Nano: 5}, value.Time{Sec: 1, Nano: 6}, value.String("second")), want: i64(0)},
		{name: "TimeDiff", args: args(value.Time{Sec: 2, Nano: 5}, value.Time{Sec: 1, Nano: 6}, value.String("nanosecond")), want: i64(-999999999)},
		{name: "TimeDiff", args: args(first, last, value.String("day")), want: i64(730485000365)},
		{name: "TimeDiff", args: args(first, last, value.String("nanosecond")), err: timeBounds},
		{name: "TimeDiff", args: args(value.Date(0), value.Date(7), value.String("week")), err: "Time Unit expected, String provided.", pos: at(ast.Key("unit"))},
		{name: "TimeDiff", args: args(value.Date(0), value.Date(7), value.String("hour")), err: "Invalid time unit 'hour'.", pos: at(ast.Key("unit"))},
		{name: "TimeDiff", args: args(value.Time{}, value.Date(7), value.String("day")), err: "Incompatible time arguments.", pos: at(ast.Key("time_diff"))},
	})
}

func TestTimeParts(t *testing.T) {
	first, last := value.Time{Sec: -31557014167219200}, value.Time{Sec: 31556889864403199, Nano: 999_999_999}
	leapDay := value.Time{Sec: 951868799, Nano: 999999999} // 2000-02-29T23:59:59.999999999Z
	checkPure(t, []pureCase{
		{name: "Year", args: args(leapDay), want: i64(2000)},
		{name: "Month", args: args(leapDay), want: i64(2)},
		{name: "DayOfMonth", args: args(leapDay), want: i64(29)},
		{name: "DayOfWeek", args: args(leapDay), want: i64(2)},
		{name: "DayOfYear", args: args(leapDay), want: i64(60)},
		{name: "Hour", args: args(leapDay), want: i64(23)},
		{name: "Minute", args: args(leapDay), want: i64(59)},
		{name: "Second", args: args(leapDay), want: i64(59)},
		{name: "Year", args: args(first), want: i64(-1_000_000_000)},
		{name: "DayOfYear", args: args(first), want: i64(1)},
		{name: "Year", args: args(last), want: i64(1_000_000_000)},
		{name: "DayOfYear", args: args(last), want: i64(366)},
		{name: "Hour", args: args(i64(-1)), want: i64(23)},
		{name: "DayOfWeek", args: args(i64(-1)), want: i64(3)},
		{name: "ToSeconds", args: args(i64(-1)), want: i64(-1)},
		{name: "ToMillis", args: args(i64(-1)), want: i64(-1)},
		{name: "ToMicros", args: args(i64(-1)), want: i64(-1)},
		{name: "ToMicros", args: args(minLong), want: minLong},
		{name: "ToMillis", args: args(last), err: timeBounds},
		{name: "ToMicros", args: args(last), want: i64(-5489245713842814977)},
		{name: "Year", args: args(value.TxnTime{}), err: "Time expected, Unresolved Transaction Time provided.", pos: at(ast.Key("year"))},
		{name: "Year", args: args(value.String("2000")), err: "Time expected, String provided.", pos: at(ast.Key("year"))},
	})
}

// someTime draws any time.
func someTime(t *rapid.T, label string) value.Time {
	first, _ := value.ParseTime("-999999999-01-01T00:00:00Z")
	last, _ := value.ParseTime("+999999999-12-31T23:59:59Z")
	return value.Time{
		Sec:  rapid.Int64Range(first.Sec, last.Sec).Draw(t, label),
		Nano: rapid.Int32Range(0, 999_999_999).Draw(t, label+"'s nanoseconds"),
	}
}

// someUnit draws the name of a unit.
func someUnit(t *rapid.T) value.String {
	name := rapid.SampledFrom([]string{
		"day", "half day", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond",
	}).Draw(t, "unit")
	return value.String(name + rapid.SampledFrom([]string{"", "s"}).Draw(t, "plural"))
}

// timeCalls are the functions over times without their errors: nil is an
// error of range.
type timeCalls struct{ t *rapid.T }

func (c timeCalls) call(f func(*Context, []value.Value) (value.Value, error), args ...value.Value) value.Value {
	v, err := f(&Context{Host: &clockHost{}}, args)
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.Description != timeBounds) {
		c.t.Fatalf("%v: %v", args, err)
	}
	return v
}

func (c timeCalls) add(v value.Value, n int64, unit value.String) value.Value {
	return c.call(evalTimeAdd, v, value.Long(n), unit)
}

func (c timeCalls) subtract(v value.Value, n int64, unit value.String) value.Value {
	return c.call(evalTimeSubtract, v, value.Long(n), unit)
}

func (c timeCalls) diff(from, to value.Value, unit value.String) value.Value {
	return c.call(evalTimeDiff, from, to, unit)
}

func TestTimeMovesThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls := timeCalls{t}
		from, unit := someTime(t, "time"), someUnit(t)
		u, _ := value.ParseUnit(string(unit))
		limit := int64(math.MaxInt64)
		if u >= value.Second {
			limit = value.MaxDate.Time().Sec / int64(u/value.Second)
		}
		n := rapid.Int64Range(-limit, limit).Draw(t, "n")
		to := calls.add(from, n, unit)
		if to == nil {
			to = calls.add(from, -n, unit)
			n = -n
		}
		if back := calls.subtract(to, n, unit); back != from {
			t.Errorf("%v and %d %s later and earlier is %v", from, n, unit, back)
		}
		if got := calls.diff(from, to, unit); got != value.Long(n) {
			t.Errorf("from %v to %v: %v %s, want %d", from, to, got, unit, n)
		}
		if got := calls.diff(to, from, unit); got != value.Long(-n) {
			t.Errorf("from %v to %v: %v %s, want %d", to, from, got, unit, -n)
		}
	})
}

func TestUnitsOfADayAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls := timeCalls{t}
		from, days := someTime(t, "time"), rapid.Int64Range(-100_000, 100_000).Draw(t, "days")
		want := calls.add(from, days, "day")
		for _, unit := range []value.String{"half day", "second", "millisecond", "microsecond", "nanosecond"} {
			u, _ := value.ParseUnit(string(unit))
			if got := calls.add(from, days*int64(value.Day/u), unit); got != want {
				t.Errorf("%d days in %ss: %v, want %v", days, unit, got, want)
			}
		}
	})
}

func TestTimeDiffIsTruncated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls, unit := timeCalls{t}, someUnit(t)
		u, _ := value.ParseUnit(string(unit))
		a := someTime(t, "a")
		// Near enough for nanoseconds, and no further beyond the range of
		// dates than times go.
		b := calls.add(a, rapid.Int64Range(-1e16, 1e16).Draw(t, "nanoseconds to b"), "nanosecond")
		n, back := calls.diff(a, b, unit).(value.Long), calls.diff(b, a, unit)
		if back != -n {
			t.Errorf("from a to b %d, from b to a %v", n, back)
		}
		rest := calls.diff(calls.add(a, int64(n), unit), b, "nanosecond").(value.Long)
		if max(rest, -rest) >= value.Long(u) || n != 0 && rest != 0 && (rest > 0) != (n > 0) {
			t.Errorf("%d %s after a is %d ns from b", n, unit, rest)
		}
	})
}

func TestDateMovesThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls := timeCalls{t}
		from := value.Date(rapid.Int64Range(int64(value.MinDate), int64(value.MaxDate)).Draw(t, "date"))
		n := rapid.Int64Range(-1_000_000_000_000, 1_000_000_000_000).Draw(t, "days")
		to, sum := calls.add(from, n, "days"), from+value.Date(n)
		if sum < value.MinDate || sum > value.MaxDate {
			if to != nil {
				t.Errorf("%v and %d days is %v", from, n, to)
			}
			return
		}
		if to != sum || calls.subtract(to, n, "days") != from || calls.diff(from, to, "day") != value.Long(n) {
			t.Errorf("%v and %d days is %v", from, n, to)
		}
	})
}

func TestDayAfterATimeIsTheNextDate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls, moment := timeCalls{t}, someTime(t, "time")
		today := calls.call(evalToDate, moment)
		tomorrow := calls.call(evalToDate, calls.add(moment, 1, "day"))
		if today == value.MaxDate && tomorrow == nil {
			return
		}
		if tomorrow != today.(value.Date)+1 {
			t.Errorf("the day after %v is %v", today, tomorrow)
		}
		if midnight := calls.call(evalToTime, today); calls.diff(midnight, moment, "day") != value.Long(0) {
			t.Errorf("%v is not in the day from %v", moment, midnight)
		}
	})
}

// FuzzTime checks that whatever is read as a time is written as one that
// reads the same.
func FuzzTime(f *testing.F) {
	for _, s := range []string{
		"1970-01-01T00:00:00Z", " 2019-02-30t24:00+0100\n", "-1000000000-01-01T00:00:00Z",
		"+999999999-12-31T23:59:59.999999999-18:00", "0000-01-01T00:00z", "2019-05-27", "T", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := &Context{Host: &clockHost{}}
		moment, err := c.parseTime(s)
		if err != nil {
			return
		}
		text, _ := toText(moment)
		// Years of ten digits are written, but not read.
		if date, err := evalToDate(c, []value.Value{moment}); err != nil || date == nil {
			return
		}
		if back, err := c.parseTime(text); err != nil || back != moment {
			t.Errorf("%q is %v is %v, %v", s, moment, back, err)
		}
	})
}
