package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fawndb/fawn/query/value"
)

// timeMismatch is mismatch for the conversions of dates and times.
func (s *specifier) timeMismatch(v value.Value) string {
	if v.Kind() != value.KindTime && v.Kind() != value.KindDate {
		return "Date or Time expected, " + value.TypeName(v) + " provided."
	}
	if _, ok := s.timePart(v); !ok {
		return badSuffix + s.without() + "'."
	}
	return ""
}

// timeText is text for the conversions of dates and times.
func (s *specifier) timeText(v value.Value) string {
	part, _ := s.timePart(v)
	if s.upper() {
		return strings.ToUpper(part)
	}
	return part
}

// timePart returns what the suffix shows of a date or a time; without a
// suffix, all of it. It is false for a part that the value does not have.
func (s *specifier) timePart(v value.Value) (string, bool) {
	if s.conversion == 0 {
		return toText(v)
	}
	t, isTime := v.(value.Time)
	if !isTime {
		t = v.(value.Date).Time()
	}
	part, ok := dayParts[s.conversion]
	if !ok && isTime {
		part, ok = clockParts[s.conversion]
	}
	if !ok {
		return "", false
	}
	return part(t), true
}

// dayParts print the parts of a day, by their suffixes. Years are those of
// their era.
var dayParts = map[byte]func(value.Time) string{
	'Y': func(t value.Time) string { return fmt.Sprintf("%04d", eraYear(t)) },
	'y': func(t value.Time) string { return fmt.Sprintf("%02d", eraYear(t)%100) },
	'C': func(t value.Time) string { return fmt.Sprintf("%02d", eraYear(t)/100) },
	'm': func(t value.Time) string { return fmt.Sprintf("%02d", monthOf(t)) },
	'd': func(t value.Time) string { return fmt.Sprintf("%02d", dayOf(t)) },
	'e': func(t value.Time) string { return strconv.Itoa(dayOf(t)) },
	'j': func(t value.Time) string { return fmt.Sprintf("%03d", t.YearDay()) },
	'B': func(t value.Time) string { return monthOf(t).String() },
	'b': func(t value.Time) string { return monthOf(t).String()[:3] },
	'h': func(t value.Time) string { return monthOf(t).String()[:3] },
	'A': func(t value.Time) string { return weekday(t).String() },
	'a': func(t value.Time) string { return weekday(t).String()[:3] },
	'D': func(t value.Time) string {
		return fmt.Sprintf("%02d/%02d/%02d", monthOf(t), dayOf(t), eraYear(t)%100)
	},
	'F': func(t value.Time) string {
		return fmt.Sprintf("%04d-%02d-%02d", eraYear(t), monthOf(t), dayOf(t))
	},
}

// clockParts print the parts of a time, in UTC, that a day does not have.
var clockParts = map[byte]func(value.Time) string{
	'H': func(t value.Time) string { return fmt.Sprintf("%02d", hour(t)) },
	'k': func(t value.Time) string { return strconv.Itoa(hour(t)) },
	'I': func(t value.Time) string { return fmt.Sprintf("%02d", hour12(t)) },
	'l': func(t value.Time) string { return strconv.Itoa(hour12(t)) },
	'M': func(t value.Time) string { return clock(t)[3:5] },
	'S': func(t value.Time) string { return clock(t)[6:] },
	'L': func(t value.Time) string { return fmt.Sprintf("%03d", t.Nano/1e6) },
	'N': func(t value.Time) string { return fmt.Sprintf("%09d", t.Nano) },
	'p': half,
	'z': func(value.Time) string { return "+0000" },
	'Z': func(value.Time) string { return "Z" },
	's': func(t value.Time) string { return strconv.FormatInt(t.Sec, 10) },
	'Q': func(t value.Time) string {
		millis, _ := t.Millis() // wraps 292 million years from now
		return strconv.FormatInt(millis, 10)
	},
	'R': func(t value.Time) string { return clock(t)[:5] },
	'T': clock,
	'r': func(t value.Time) string {
		return fmt.Sprintf("%02d%s %s", hour12(t), clock(t)[2:], strings.ToUpper(half(t)))
	},
	'c': func(t value.Time) string {
		return fmt.Sprintf("%.3s %.3s %02d %s Z %04d", weekday(t), monthOf(t), dayOf(t), clock(t), eraYear(t))
	},
}

// clock returns the time of day: 15:30:45.
func clock(t value.Time) string {
	hour, minute, second := t.Clock()
	return fmt.Sprintf("%02d:%02d:%02d", hour, minute, second)
}

func hour(t value.Time) int {
	hour, _, _ := t.Clock()
	return hour
}

func hour12(t value.Time) int { return (hour(t)+11)%12 + 1 }

func half(t value.Time) string {
	if hour(t) < 12 {
		return "am"
	}
	return "pm"
}

// eraYear returns the year; 0, -1, ... are the years 1, 2, ... before Christ.
func eraYear(t value.Time) int64 {
	year, _, _ := t.Civil()
	if year <= 0 {
		return 1 - year
	}
	return year
}

func monthOf(t value.Time) time.Month {
	_, month, _ := t.Civil()
	return time.Month(month)
}

func dayOf(t value.Time) int {
	_, _, day := t.Civil()
	return day
}

func weekday(t value.Time) time.Weekday { return time.Weekday(t.Weekday() % 7) }
