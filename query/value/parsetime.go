package value

// ParseTime reads a time as the tag @ts has it:
//
//	YYYY-MM-DD T hh:mm[:ss[.f{0,9}]] offset
//
// without the blanks. The year is as in ParseDate; a day up to 31 that the
// month lacks is its last day; 24:00 is midnight of the next day. The offset
// is Z, ±hh:mm, ±hh:mm:ss or ±hhmm, at most 18 hours. T and Z may be lower
// case. Source: chapter on functions, section 18.1.
func ParseTime(s string) (Time, bool) {
	year, month, day, s, ok := cutDate(s)
	if !ok || month < 1 || month > 12 || day < 1 || day > 31 {
		return Time{}, false
	}
	if s == "" || s[0]|0x20 != 't' {
		return Time{}, false
	}
	sec, nano, s, ok := cutClock(":" + s[1:])
	if !ok {
		return Time{}, false
	}
	offset, ok := parseOffset(s)
	if !ok {
		return Time{}, false
	}
	date := civilDay(year, month, min(day, monthDays(year, month)))
	return TimeOf(int64(date)*daySeconds+int64(sec-offset), int64(nano))
}

// ParseTimeText reads a time as the function time does: ParseTime between
// blanks and control characters.
func ParseTimeText(s string) (Time, bool) { return ParseTime(trimBlank(s)) }

// ParseDateText reads a date as the function date does: ParseDate between
// blanks and control characters.
func ParseDateText(s string) (Date, bool) { return ParseDate(trimBlank(s)) }

// cutClock reads :hh:mm[:ss[.fraction]] and returns the seconds since
// midnight and the nanoseconds.
func cutClock(s string) (sec, nano int, rest string, ok bool) {
	var hour, minute, second int
	if hour, s, ok = cutTwo(s, ':'); !ok {
		return 0, 0, "", false
	}
	if minute, s, ok = cutTwo(s, ':'); !ok {
		return 0, 0, "", false
	}
	if s != "" && s[0] == ':' {
		if second, s, ok = cutTwo(s, ':'); !ok {
			return 0, 0, "", false
		}
		nano, s = cutFraction(s)
	}
	ok = hour < 24 && minute < 60 && second < 60 ||
		hour == 24 && minute == 0 && second == 0 && nano == 0
	return hour*3600 + minute*60 + second, nano, s, ok
}

// cutFraction reads a point and up to nine digits as nanoseconds.
func cutFraction(s string) (nano int, rest string) {
	if s == "" || s[0] != '.' {
		return 0, s
	}
	s = s[1:]
	for unit := int(1e8); unit > 0 && s != "" && s[0] >= '0' && s[0] <= '9'; unit /= 10 {
		nano += unit * int(s[0]-'0')
		s = s[1:]
	}
	return nano, s
}

const maxOffset = 18 * 3600

// parseOffset reads an offset from UTC, in seconds.
func parseOffset(s string) (int, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	if len(s) == len("+hhmm") {
		s = s[:3] + ":" + s[3:]
	}
	hour, s, ok := cutTwo(s, s[0])
	if !ok {
		return 0, false
	}
	minute, s, ok := cutTwo(s, ':')
	if !ok {
		return 0, false
	}
	second := 0
	if s != "" {
		second, s, ok = cutTwo(s, ':')
	}
	offset := hour*3600 + minute*60 + second
	ok = ok && s == "" && minute < 60 && second < 60 && offset <= maxOffset
	return sign * offset, ok
}
