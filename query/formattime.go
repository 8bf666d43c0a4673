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
	if d, ok := v.(value.Date); ok {
		return dayPart(d.Time(), s.conversion)
	}
	t := v.(value.Time)
	if part, ok := dayPart(t, s.conversion); ok {
		return part, true
	}
	return clockPart(t, s.conversion)
}

// dayPart returns the part of a date that a suffix stands for. Years are
// those of their era.
func dayPart(t value.Time, suffix byte) (string, bool) {
	year, month, day := t.Civil()
	year = eraYear(year)
	monthName, dayName := time.Month(month).String(), time.Weekday(t.Weekday()%7).String()
	switch suffix {
	case 'Y':
		return fmt.Sprintf("%04d", year), true
	case 'y':
		return fmt.Sprintf("%02d", year%100), true
	case 'C':
		return fmt.Sprintf("%02d", year/100), true
	case 'm':
		return fmt.Sprintf("%02d", month), true
	case 'd':
		return fmt.Sprintf("%02d", day), true
	case 'e':
		return strconv.Itoa(day), true
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case 'B':
		return monthName, true
	case 'b', 'h':
		return monthName[:3], true
	case 'A':
		return dayName, true
	case 'a':
		return dayName[:3], true
	case 'D':
		return fmt.Sprintf("%02d/%02d/%02d", month, day, year%100), true
	case 'F':
		return fmt.Sprintf("%04d-%02d-%02d", year, month, day), true
	}
	return "", false
}

// clockPart returns the part of a time, but for its date, that a suffix stands
// for.
func clockPart(t value.Time, suffix byte) (string, bool) {
	hour, minute, second := t.Clock()
	hour12 := (hour+11)%12 + 1
	half := "am"
	if hour >= 12 {
		half = "pm"
	}
	switch suffix {
	case 'H':
		return fmt.Sprintf("%02d", hour), true
	case 'k':
		return strconv.Itoa(hour), true
	case 'I':
		return fmt.Sprintf("%02d", hour12), true
	case 'l':
		return strconv.Itoa(hour12), true
	case 'M':
		return fmt.Sprintf("%02d", minute), true
	case 'S':
		return fmt.Sprintf("%02d", second), true
	case 'L':
		return fmt.Sprintf("%03d", t.Nano/1e6), true
	case 'N':
		return fmt.Sprintf("%09d", t.Nano), true
	case 'p':
		return half, true
	case 'z':
		return "+0000", true
	case 'Z':
		return "Z", true
	case 's':
		return strconv.FormatInt(t.Sec, 10), true
	case 'Q':
		millis, _ := t.Millis() // wraps 292 million years from now
		return strconv.FormatInt(millis, 10), true
	case 'R':
		return fmt.Sprintf("%02d:%02d", hour, minute), true
	case 'T':
		return fmt.Sprintf("%02d:%02d:%02d", hour, minute, second), true
	case 'r':
		return fmt.Sprintf("%02d:%02d:%02d %s", hour12, minute, second, strings.ToUpper(half)), true
	case 'c':
		day := time.Weekday(t.Weekday() % 7).String()[:3]
		year, month, date := t.Civil()
		return fmt.Sprintf("%s %s %02d %02d:%02d:%02d Z %04d",
			day, time.Month(month).String()[:3], date, hour, minute, second, eraYear(year)), true
	}
	return "", false
}

// eraYear turns the years 0, -1, ... into the years 1, 2, ... before Christ.
func eraYear(year int64) int64 {
	if year <= 0 {
		return 1 - year
	}
	return year
}
