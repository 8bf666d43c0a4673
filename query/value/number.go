package value

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// AppendDouble appends f as to_string gives it: the shortest digits that
// identify it, at least one on each side of the point; from 10^-3 up to below
// 10^7 plainly, else as 1.0E7 or 9.99E-4; NaN, Infinity, -Infinity.
// Source: chapter on functions, section 19.1.
func AppendDouble(dst []byte, f float64) []byte {
	switch abs := math.Abs(f); {
	case f != f:
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		return appendPlain(dst, f)
	default:
		return appendScientific(dst, f)
	}
}

func appendPlain(dst []byte, f float64) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, '.', '0')
}

// appendScientific turns what package strconv writes, such as 1e+07, into
// 1.0E7.
func appendScientific(dst []byte, f float64) []byte {
	var buf [32]byte
	s := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	e := len(s) - 1
	for s[e] != 'e' {
		e--
	}
	dst = append(dst, s[:e]...)
	if e == 1 || e == 2 && s[0] == '-' { // one digit only
		dst = append(dst, '.', '0')
	}
	dst = append(dst, 'E')
	if s[e+1] == '-' {
		dst = append(dst, '-')
	}
	digits := s[e+2:]
	if digits[0] == '0' {
		digits = digits[1:]
	}
	return append(dst, digits...)
}

// String returns d as to_string gives it.
func (d Double) String() string { return string(AppendDouble(nil, float64(d))) }

// Truncate converts f to an integer: toward zero, to the nearest limit when it
// is too large, 0 for NaN.
func Truncate(f float64) int64 {
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	default:
		return int64(f)
	}
}

// ParseNumber reads the longest number at the start of s, after blanks, and
// returns a Long when it is integral and fits, else a Double. "4,2 m" is 42,
// "1.5E3" 1500, "-0" the Double -0.0. It is false when there is no number.
// Source: chapter on functions, section 19.2.
func ParseNumber(s string) (Value, bool) {
	s = trimBlank(s)
	if strings.HasPrefix(s, "NaN") {
		return Double(math.NaN()), true
	}
	rest, negative := strings.CutPrefix(s, "-")
	if strings.HasPrefix(rest, "∞") {
		if negative {
			return Double(math.Inf(-1)), true
		}
		return Double(math.Inf(1)), true
	}
	d, ok := readDecimal(rest)
	if !ok {
		return nil, false
	}
	d.negative = negative
	return d.value(), true
}

// decimal is the number 0.digits * 10^point. Digits have no leading zeros; no
// digits are 0.
type decimal struct {
	negative bool
	digits   []byte
	point    int
}

// readDecimal reads digits with grouping commas, a fraction and an exponent.
func readDecimal(s string) (d decimal, ok bool) {
	fraction := false
	for s != "" {
		digit, n := decimalDigit(s)
		switch {
		case n > 0:
			ok = true
			d.add(digit, fraction)
			s = s[n:]
		case s[0] == ',' && !fraction:
			s = s[1:]
		case s[0] == '.' && !fraction:
			fraction = true
			s = s[1:]
		case s[0] == 'E' && ok:
			d.point += readExponent(s[1:])
			return d, true
		default:
			return d, ok
		}
	}
	return d, ok
}

func (d *decimal) add(digit byte, fraction bool) {
	switch {
	case len(d.digits) > 0 || digit != '0':
		d.digits = append(d.digits, digit)
		if !fraction {
			d.point++
		}
	case fraction:
		d.point--
	}
}

// maxExponent is beyond every exponent that matters, however long the number.
const maxExponent = 1 << 40

// readExponent reads the exponent after an E; without digits there is none.
func readExponent(s string) int {
	s, negative := strings.CutPrefix(s, "-")
	e := 0
	for s != "" {
		digit, n := decimalDigit(s)
		if n == 0 {
			break
		}
		e = min(10*e+int(digit-'0'), maxExponent)
		s = s[n:]
	}
	if negative {
		return -e
	}
	return e
}

// decimalDigit returns the decimal digit at the start of s as an ASCII digit,
// and its length; 0 when there is none.
func decimalDigit(s string) (digit byte, n int) {
	if c := s[0]; c < utf8.RuneSelf {
		if c < '0' || c > '9' {
			return 0, 0
		}
		return c, 1
	}
	r, n := utf8.DecodeRuneInString(s)
	if !unicode.Is(unicode.Nd, r) {
		return 0, 0
	}
	// Digits come in runs of ten, the first of them divisible by ten steps
	// from the start of its range.
	for _, rg := range unicode.Nd.R16 {
		if r <= rune(rg.Hi) && r >= rune(rg.Lo) {
			return '0' + byte((r-rune(rg.Lo))%10), n
		}
	}
	for _, rg := range unicode.Nd.R32 {
		if r <= rune(rg.Hi) && r >= rune(rg.Lo) {
			return '0' + byte((r-rune(rg.Lo))%10), n
		}
	}
	return 0, 0
}

// value returns the number as a Long when it is integral and fits.
func (d *decimal) value() Value {
	for len(d.digits) > 0 && d.digits[len(d.digits)-1] == '0' {
		d.digits = d.digits[:len(d.digits)-1]
	}
	if n, ok := d.long(); ok {
		return n
	}
	return Double(d.double())
}

// maxLongDigits is the number of digits of the largest integer.
const maxLongDigits = 19

// long returns the number as an integer. Negative zero is none.
func (d *decimal) long() (Long, bool) {
	if len(d.digits) == 0 {
		return 0, !d.negative
	}
	if d.point < len(d.digits) || d.point > maxLongDigits {
		return 0, false
	}
	var buf [maxLongDigits + 1]byte
	text := buf[:0]
	if d.negative {
		text = append(text, '-')
	}
	text = append(text, d.digits...)
	for range d.point - len(d.digits) {
		text = append(text, '0')
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return Long(n), err == nil
}

// double returns the nearest double; an infinite one beyond the largest.
func (d *decimal) double() float64 {
	text := make([]byte, 0, len(d.digits)+24)
	if d.negative {
		text = append(text, '-')
	}
	text = append(text, "0."...)
	text = append(text, d.digits...)
	text = append(text, 'e')
	// The limits keep the exponent within what ParseFloat reads.
	text = strconv.AppendInt(text, int64(max(min(d.point, 1<<20), -1<<20)), 10)
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0
	}
	return f
}

// trimBlank removes blanks and control characters, U+0000 to U+0020, from
// both ends of s.
func trimBlank(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}
