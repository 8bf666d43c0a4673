package query

import (
	"math"
	"strconv"
	"strings"
)

// integer prints n in decimal, or, as 64 bits, in octal or hexadecimal.
func (s *specifier) integer(n int64) string {
	if s.conversion == 'd' {
		magnitude := uint64(n)
		if n < 0 {
			magnitude = -magnitude
		}
		return s.signed(strconv.FormatUint(magnitude, 10), n < 0)
	}
	prefix, base := "0x", 16
	if s.conversion == 'o' {
		prefix, base = "0", 8
	}
	if !s.has('#') {
		prefix = ""
	}
	digits := strconv.FormatUint(uint64(n), base)
	if s.has('0') {
		digits = zeros(s.width-len(prefix)-len(digits)) + digits
	}
	if s.upper() {
		return strings.ToUpper(prefix + digits)
	}
	return prefix + digits
}

// signed puts a sign, grouping commas and leading zeros to a number without
// exponent.
func (s *specifier) signed(number string, negative bool) string {
	return s.signedTo(number, negative, s.width)
}

// signedTo is signed with another width than the specifier's.
func (s *specifier) signedTo(number string, negative bool, width int) string {
	if s.has(',') {
		number = grouped(number)
	}
	head, tail := s.sign(negative)
	if s.has('0') {
		number = zeros(width-len(head)-len(tail)-len(number)) + number
	}
	return head + number + tail
}

// sign returns what stands before and after a number.
func (s *specifier) sign(negative bool) (head, tail string) {
	switch {
	case negative && s.has('('):
		return "(", ")"
	case negative:
		return "-", ""
	case s.has('+'):
		return "+", ""
	case s.has(' '):
		return " ", ""
	default:
		return "", ""
	}
}

func zeros(n int) string { return strings.Repeat("0", max(n, 0)) }

// grouped puts a comma between every three digits before the point.
func grouped(number string) string {
	whole, fraction, point := strings.Cut(number, ".")
	var b strings.Builder
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if point {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// double prints d in one of the three notations.
func (s *specifier) double(d float64) string {
	if d != d || math.IsInf(d, 0) {
		return s.notFinite(d)
	}
	n, negative := shortest(d), math.Signbit(d)
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	switch s.conversion {
	case 'f':
		n = n.round(n.point + precision)
		return s.signed(n.fixed(precision, s.has('#')), negative)
	case 'e', 'E':
		return s.scientific(n.round(precision+1), precision, negative)
	}
	precision = max(precision, 1)
	n = n.round(precision)
	if len(n.digits) > 0 && (n.point < -3 || n.point > precision) {
		return s.scientific(n, precision-1, negative)
	}
	if len(n.digits) == 0 {
		n.point = 1
	}
	return s.signed(n.fixed(precision-n.point, false), negative)
}

// notFinite prints NaN and the infinities, which are never padded with zeros.
func (s *specifier) notFinite(d float64) string {
	text := "NaN"
	if d == d {
		head, tail := s.sign(d < 0)
		text = head + "Infinity" + tail
	}
	if s.upper() {
		return strings.ToUpper(text)
	}
	return text
}

func (s *specifier) scientific(n shortDecimal, precision int, negative bool) string {
	exponent := n.point - 1
	if len(n.digits) == 0 {
		exponent = 0
	}
	n.point = 1
	sign := "+"
	if exponent < 0 {
		sign, exponent = "-", -exponent
	}
	power := strconv.Itoa(exponent)
	power = "e" + sign + zeros(2-len(power)) + power
	if s.upper() {
		power = strings.ToUpper(power)
	}
	number := s.signedTo(n.fixed(precision, s.has('#')), negative, s.width-len(power))
	if number, ok := strings.CutSuffix(number, ")"); ok {
		return number + power + ")"
	}
	return number + power
}

// shortDecimal is the number 0.digits * 10^point. No digits are 0.
type shortDecimal struct {
	digits string
	point  int
}

// shortest returns the shortest decimal that identifies d, without its sign.
func shortest(d float64) shortDecimal {
	if d == 0 {
		return shortDecimal{}
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(math.Abs(d), 'e', -1, 64), "e")
	e, _ := strconv.Atoi(exponent) // what FormatFloat writes is a number
	return shortDecimal{strings.Replace(mantissa, ".", "", 1), e + 1}
}

// round keeps the first n digits; a half is rounded up.
func (d shortDecimal) round(n int) shortDecimal {
	if n >= len(d.digits) {
		return d
	}
	if n < 0 {
		return shortDecimal{}
	}
	up := d.digits[n] >= '5'
	kept := []byte(d.digits[:n])
	for i := n - 1; up && i >= 0; i-- {
		if kept[i] == '9' {
			kept[i] = '0'
			continue
		}
		kept[i]++
		up = false
	}
	if up {
		return shortDecimal{"1" + string(kept), d.point + 1}
	}
	if n == 0 {
		return shortDecimal{}
	}
	return shortDecimal{string(kept), d.point}
}

// fixed prints d with so many digits after the point; with none, the point
// stands only if it is asked for.
func (d shortDecimal) fixed(precision int, point bool) string {
	whole, fraction := "0", zeros(-d.point)+d.digits
	switch {
	case len(d.digits) == 0:
		fraction = ""
	case d.point > 0:
		all := d.digits + zeros(d.point-len(d.digits))
		whole, fraction = all[:d.point], all[d.point:]
	}
	if precision == 0 && !point {
		return whole
	}
	return whole + "." + fraction[:min(len(fraction), precision)] + zeros(precision-len(fraction))
}
