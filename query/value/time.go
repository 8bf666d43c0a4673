package value

import (
	"math"
	"strings"
	"time"
)

const daySeconds = 24 * 60 * 60

// The seconds of -1000000000-01-01T00:00:00Z and +1000000000-12-31T23:59:59Z,
// between which times are.
const (
	minSecond = -31557014167219200
	maxSecond = 31556889864403199
)

// TimeOf returns the time sec seconds and nano nanoseconds after 1970; nano
// may be any number. It is false when that is out of range.
func TimeOf(sec, nano int64) (Time, bool) {
	carry, nano := floorDiv(nano, 1e9)
	if sec < minSecond-carry || sec > maxSecond-carry {
		return Time{}, false
	}
	return Time{Sec: sec + carry, Nano: int32(nano)}, true
}

// TimeFromMicros returns the time n microseconds after 1970.
func TimeFromMicros(n int64) Time { return epoch(n, Microsecond) }

// TimeFromMillis returns the time n milliseconds after 1970.
func TimeFromMillis(n int64) Time { return epoch(n, Millisecond) }

// epoch returns the time n units after 1970; every number of milliseconds or
// less is in range.
func epoch(n int64, u Unit) Time {
	t, _ := Time{}.Add(n, u)
	return t
}

// TimeFromGo returns t without its location. It is false when t is out of
// range.
func TimeFromGo(t time.Time) (Time, bool) {
	return TimeOf(t.Unix(), int64(t.Nanosecond()))
}

// Go returns t as a time of Go, in UTC.
func (t Time) Go() time.Time { return time.Unix(t.Sec, int64(t.Nano)).UTC() }

// Date returns the day of t in UTC. It is false for times of the years
// -1000000000 and +1000000000, which dates do not reach.
func (t Time) Date() (Date, bool) {
	d := t.day()
	return d, d >= MinDate && d <= MaxDate
}

func (t Time) day() Date {
	day, _ := floorDiv(t.Sec, daySeconds)
	return Date(day)
}

// Civil returns the year (which may be 0 or negative), month and day of t.
func (t Time) Civil() (year int64, month, day int) { return t.day().Civil() }

// Weekday returns 1 for Monday to 7 for Sunday.
func (t Time) Weekday() int { return t.day().Weekday() }

// YearDay returns the day of the year, 1 to 366.
func (t Time) YearDay() int { return t.day().YearDay() }

// Clock returns the hour, minute and second of t.
func (t Time) Clock() (hour, minute, second int) {
	_, s := floorDiv(t.Sec, daySeconds)
	return int(s / 3600), int(s / 60 % 60), int(s % 60)
}

// Millis returns the milliseconds from 1970 to t, rounded down. It is false
// when they do not fit; the number has wrapped then.
func (t Time) Millis() (int64, bool) { return t.since1970(1e3) }

// Micros returns the microseconds from 1970 to t, rounded down. It is false
// when they do not fit; the number has wrapped then.
func (t Time) Micros() (int64, bool) { return t.since1970(1e6) }

// since1970 returns t in units of which there are perSecond in a second.
func (t Time) since1970(perSecond int64) (int64, bool) {
	fraction := int64(t.Nano) / (1e9 / perSecond)
	n := t.Sec*perSecond + fraction
	sec, rest := floorDiv(n, perSecond)
	return n, sec == t.Sec && rest == fraction
}

// AppendFormat appends YYYY-MM-DDThh:mm:ss[.fraction]Z: a fraction of 0, 3, 6
// or 9 digits, the fewest that suffice, and the year as in Date.AppendFormat.
func (t Time) AppendFormat(dst []byte) []byte {
	dst = t.day().AppendFormat(dst)
	hour, minute, second := t.Clock()
	dst = appendTwo(append(dst, 'T'), hour)
	dst = appendTwo(append(dst, ':'), minute)
	dst = appendTwo(append(dst, ':'), second)
	if nano := int(t.Nano); nano != 0 {
		dst = append(dst, '.')
		dst = appendThree(dst, nano/1e6)
		if nano%1e6 != 0 {
			dst = appendThree(dst, nano/1e3%1e3)
		}
		if nano%1e3 != 0 {
			dst = appendThree(dst, nano%1e3)
		}
	}
	return append(dst, 'Z')
}

func appendThree(dst []byte, n int) []byte {
	return appendTwo(append(dst, '0'+byte(n/100)), n%100)
}

// String returns t as AppendFormat writes it.
func (t Time) String() string { return string(t.AppendFormat(nil)) }

// Unit is a unit of time, in nanoseconds.
type Unit int64

// The units of the language. Longer ones are whole multiples of a second,
// shorter ones divide it.
const (
	Nanosecond  Unit = 1
	Microsecond Unit = 1e3
	Millisecond Unit = 1e6
	Second      Unit = 1e9
	Minute           = 60 * Second
	Hour             = 60 * Minute
	HalfDay          = 12 * Hour
	Day              = 24 * Hour
)

// ParseUnit reads a unit's name, singular or plural, between blanks: "day",
// " half days ". Source: chapter on functions, section 18.4.
func ParseUnit(s string) (Unit, bool) {
	switch strings.TrimSuffix(trimBlank(s), "s") {
	case "nanosecond":
		return Nanosecond, true
	case "microsecond":
		return Microsecond, true
	case "millisecond":
		return Millisecond, true
	case "second":
		return Second, true
	case "minute":
		return Minute, true
	case "hour":
		return Hour, true
	case "half day":
		return HalfDay, true
	case "day":
		return Day, true
	}
	return 0, false
}

// Add returns the time n units after t. It is false when that is out of range.
func (t Time) Add(n int64, u Unit) (Time, bool) {
	if u < Second {
		sec, rest := floorDiv(n, int64(Second/u))
		sum, ok := addInt(t.Sec, sec)
		if !ok {
			return Time{}, false
		}
		return TimeOf(sum, int64(t.Nano)+rest*int64(u))
	}
	sec, ok := multiplyInt(n, int64(u/Second))
	if !ok {
		return Time{}, false
	}
	if sec, ok = addInt(t.Sec, sec); !ok {
		return Time{}, false
	}
	return TimeOf(sec, int64(t.Nano))
}

// Until returns the whole units from t to end, truncated toward zero. It is
// false when they do not fit.
func (t Time) Until(end Time, u Unit) (int64, bool) {
	sec, nano := end.Sec-t.Sec, int64(end.Nano-t.Nano)
	switch {
	case sec > 0 && nano < 0:
		sec, nano = sec-1, nano+1e9
	case sec < 0 && nano > 0:
		sec, nano = sec+1, nano-1e9
	}
	if u >= Second {
		return sec / int64(u/Second), true
	}
	n, ok := multiplyInt(sec, int64(Second/u))
	if !ok {
		return 0, false
	}
	return addInt(n, nano/int64(u))
}

// addInt returns a + b, false when it overflows.
func addInt(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// multiplyInt returns a * b for b > 0, false when it overflows.
func multiplyInt(a, b int64) (int64, bool) {
	return a * b, a <= math.MaxInt64/b && a >= math.MinInt64/b
}
