package value

import "strconv"

// MinDate and MaxDate are -999999999-01-01 and +999999999-12-31.
const (
	MinDate Date = -365243219162
	MaxDate Date = 365241780471
)

// Days of a Gregorian cycle of 400 years, and from 0000-03-01 to 1970-01-01.
const (
	cycleDays  = 146097
	epochShift = 719468
)

// DateOf returns the given day of the proleptic Gregorian calendar. It is
// false when the month has no such day, or when the date is out of range.
func DateOf(year int64, month, day int) (Date, bool) {
	if month < 1 || month > 12 || day < 1 || day > monthDays(year, month) || year < -1e9 || year > 1e9 {
		return 0, false
	}
	d := civilDay(year, month, day)
	return d, d >= MinDate && d <= MaxDate
}

// civilDay returns the days from 1970-01-01 to a day. Years are counted from
// March, so that the leap day is their last.
func civilDay(year int64, month, day int) Date {
	if month <= 2 {
		year--
		month += 12
	}
	cycle, inCycle := floorDiv(year, 400)
	dayOfYear := int64((153*(month-3)+2)/5 + day - 1)
	return Date(cycle*cycleDays + inCycle*365 + inCycle/4 - inCycle/100 + dayOfYear - epochShift)
}

// Civil returns the year (which may be 0 or negative), month and day of d.
func (d Date) Civil() (year int64, month, day int) {
	cycle, n := floorDiv(int64(d)+epochShift, cycleDays)
	inCycle := (n - n/1460 + n/36524 - n/(cycleDays-1)) / 365
	dayOfYear := int(n - (365*inCycle + inCycle/4 - inCycle/100))
	month = (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*month+2)/5 + 1
	year = cycle*400 + inCycle
	if month += 3; month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func leap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func monthDays(year int64, month int) int {
	switch month {
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// Weekday returns 1 for Monday to 7 for Sunday.
func (d Date) Weekday() int {
	_, day := floorDiv(int64(d)+3, 7) // 1970-01-01 was a Thursday
	return int(day) + 1
}

// YearDay returns the day of the year, 1 to 366.
func (d Date) YearDay() int {
	year, _, _ := d.Civil()
	return int(d-civilDay(year, 1, 1)) + 1
}

// Add returns the date days later. It is false when that is out of range.
func (d Date) Add(days int64) (Date, bool) {
	if days > int64(MaxDate-d) || days < int64(MinDate-d) {
		return 0, false
	}
	return d + Date(days), true
}

// Time returns midnight UTC of d.
func (d Date) Time() Time { return Time{Sec: int64(d) * daySeconds} }

// AppendFormat appends YYYY-MM-DD. Years beyond 9999 carry +, negative ones -;
// they have at least four digits.
func (d Date) AppendFormat(dst []byte) []byte {
	year, month, day := d.Civil()
	switch {
	case year > 9999:
		dst = append(dst, '+')
	case year < 0:
		dst = append(dst, '-')
		year = -year
	}
	for limit := int64(1000); limit > max(year, 1); limit /= 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendInt(dst, year, 10)
	dst = append(dst, '-')
	dst = appendTwo(dst, month)
	dst = append(dst, '-')
	return appendTwo(dst, day)
}

// String returns d as AppendFormat writes it.
func (d Date) String() string { return string(d.AppendFormat(nil)) }

// ParseDate reads exactly YYYY-MM-DD. A year of 5 to 9 digits needs a sign, a
// year of 4 has no plus. Source: chapter on functions, section 18.3.
func ParseDate(s string) (Date, bool) {
	year, month, day, rest, ok := cutDate(s)
	if !ok || rest != "" {
		return 0, false
	}
	return DateOf(year, month, day)
}

// cutDate reads a date at the start of s, without checking the month and day.
func cutDate(s string) (year int64, month, day int, rest string, ok bool) {
	if year, s, ok = cutYear(s); !ok {
		return 0, 0, 0, "", false
	}
	if month, s, ok = cutTwo(s, '-'); !ok {
		return 0, 0, 0, "", false
	}
	if day, s, ok = cutTwo(s, '-'); !ok {
		return 0, 0, 0, "", false
	}
	return year, month, day, s, true
}

// maxYearDigits is how many digits a year may be written with.
const maxYearDigits = 9

func cutYear(s string) (year int64, rest string, ok bool) {
	var sign byte
	if s != "" && (s[0] == '+' || s[0] == '-') {
		sign, s = s[0], s[1:]
	}
	n := 0
	for n < len(s) && n <= maxYearDigits && s[n] >= '0' && s[n] <= '9' {
		year = 10*year + int64(s[n]-'0')
		n++
	}
	switch {
	case n < 4 || n > maxYearDigits:
	case sign == 0:
		ok = n == 4
	case sign == '+':
		ok = n > 4
	default:
		ok = year != 0
		year = -year
	}
	return year, s[n:], ok
}

// cutTwo reads two digits after the character before.
func cutTwo(s string, before byte) (n int, rest string, ok bool) {
	if len(s) < 3 || s[0] != before {
		return 0, s, false
	}
	hi, lo := s[1]-'0', s[2]-'0'
	return 10*int(hi) + int(lo), s[3:], hi <= 9 && lo <= 9
}

func appendTwo(dst []byte, n int) []byte {
	return append(dst, '0'+byte(n/10), '0'+byte(n%10))
}

// floorDiv returns the quotient rounded down, and the remainder from 0 up.
func floorDiv(a, b int64) (quotient, remainder int64) {
	quotient, remainder = a/b, a%b
	if remainder < 0 {
		return quotient - 1, remainder + b
	}
	return quotient, remainder
}
