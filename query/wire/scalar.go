package wire

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fawndb/fawn/query/value"
)

var standardAlphabet = strings.NewReplacer("-", "+", "_", "/")

// parseBytes reads base64 in the standard or the URL-safe alphabet, with or
// without padding.
func parseBytes(s string) (value.Bytes, bool) {
	bare := strings.TrimRight(s, "=")
	if pad := len(s) - len(bare); pad > 2 || pad > 0 && len(s)%4 != 0 || strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.RawStdEncoding.DecodeString(standardAlphabet.Replace(bare))
	return b, err == nil
}

// parseUUID reads the form 8-4-4-4-12.
func parseUUID(s string) (u value.UUID, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, false
	}
	digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	_, err := hex.Decode(u[:], []byte(digits))
	return u, err == nil
}

// Limits of times, in seconds: years -1000000000 to +1000000000.
var (
	minTime = time.Date(-1000000000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	maxTime = time.Date(1000000000, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)

const maxOffset = 18 * 3600

// parseTime reads YYYY-MM-DDThh:mm[:ss[.f]] and an offset. A day that the
// month lacks is its last; 24:00 is midnight of the next day.
// Source: chapter on functions, section 18.1.
func parseTime(s string) (value.Time, bool) {
	year, month, day, s, ok := cutDate(s)
	if !ok || month < 1 || month > 12 || day < 1 || day > 31 || s == "" || s[0]|0x20 != 't' {
		return value.Time{}, false
	}
	hour, s, ok1 := cutTwo(s[1:])
	minute, s, ok2 := cutTwo(strings.TrimPrefix(s, ":"))
	second, nano, ok3 := 0, 0, true
	if strings.HasPrefix(s, ":") {
		second, s, ok3 = cutTwo(s[1:])
		if strings.HasPrefix(s, ".") {
			nano, s = cutFraction(s[1:])
		}
	}
	inDay := hour < 24 && minute < 60 && second < 60 || hour == 24 && minute+second+nano == 0
	offset, ok4 := parseOffset(s)
	if !ok1 || !ok2 || !ok3 || !ok4 || !inDay {
		return value.Time{}, false
	}
	day = min(day, time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day())
	sec := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix() - int64(offset)
	return value.Time{Sec: sec, Nano: int32(nano)}, sec >= minTime && sec <= maxTime
}

// parseDate reads YYYY-MM-DD.
func parseDate(s string) (value.Date, bool) {
	year, month, day, rest, ok := cutDate(s)
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if !ok || rest != "" || int(t.Month()) != month || t.Day() != day {
		return 0, false
	}
	return value.Date(t.Unix() / 86400), true
}

// cutDate reads a date of which only the syntax is sure. A year of more than
// four digits, and only such a one, may have a plus sign and must have a sign.
func cutDate(s string) (year, month, day int, rest string, ok bool) {
	unsigned := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	digits := 0
	for digits < len(unsigned) && '0' <= unsigned[digits] && unsigned[digits] <= '9' {
		digits++
	}
	sign := s[:len(s)-len(unsigned)]
	year, _ = strconv.Atoi(unsigned[:digits])
	switch {
	case digits < 4 || digits > 9 || len(sign) > 1,
		(digits > 4) != (sign != "") && sign != "-",
		sign == "-" && year == 0:
		return 0, 0, 0, "", false
	case sign == "-":
		year = -year
	}
	s = unsigned[digits:]
	if len(s) < 6 || s[0] != '-' || s[3] != '-' {
		return 0, 0, 0, "", false
	}
	month, _, ok1 := cutTwo(s[1:])
	day, rest, ok2 := cutTwo(s[4:])
	return year, month, day, rest, ok1 && ok2
}

func cutTwo(s string) (n int, rest string, ok bool) {
	if len(s) < 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return 0, s, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), s[2:], true
}

func cutFraction(s string) (nano int, rest string) {
	for unit := 100_000_000; unit > 0 && s != "" && '0' <= s[0] && s[0] <= '9'; unit /= 10 {
		nano += int(s[0]-'0') * unit
		s = s[1:]
	}
	return nano, s
}

// parseOffset reads Z, ±hh:mm, ±hh:mm:ss or ±hhmm as seconds.
func parseOffset(s string) (seconds int, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if s == "" || s[0] != '+' && s[0] != '-' || strings.Count(s, ":") != max(0, len(s)-4)/2 {
		return 0, false
	}
	negative := s[0] == '-'
	hour, s, ok1 := cutTwo(s[1:])
	minute, s, ok2 := cutTwo(strings.TrimPrefix(s, ":"))
	second, ok3 := 0, true
	if strings.HasPrefix(s, ":") {
		second, s, ok3 = cutTwo(s[1:])
	}
	seconds = hour*3600 + minute*60 + second
	if negative {
		seconds = -seconds
	}
	return seconds, ok1 && ok2 && ok3 && s == "" && minute < 60 && second < 60 && max(seconds, -seconds) <= maxOffset
}

// appendScalar appends a scalar literal.
func appendScalar(dst []byte, v value.Value) []byte {
	switch v := v.(type) {
	case value.Null:
		return append(dst, "null"...)
	case value.Boolean:
		return strconv.AppendBool(dst, bool(v))
	case value.Long:
		return strconv.AppendInt(dst, int64(v), 10)
	case value.Double:
		return appendDouble(dst, float64(v))
	case value.String:
		return appendString(dst, string(v))
	case value.Bytes:
		dst = append(dst, `{"@bytes":"`...)
		return append(base64.StdEncoding.AppendEncode(dst, v), `"}`...)
	case value.UUID:
		s := hex.EncodeToString(v[:])
		return append(dst, `{"@uuid":"`+s[:8]+"-"+s[8:12]+"-"+s[12:16]+"-"+s[16:20]+"-"+s[20:]+`"}`...)
	case value.Time:
		t := time.Unix(v.Sec, int64(v.Nano)).UTC()
		dst = appendDay(append(dst, `{"@ts":"`...), t)
		dst = t.AppendFormat(dst, "T15:04:05")
		switch {
		case v.Nano == 0:
		case v.Nano%1e6 == 0:
			dst = t.AppendFormat(dst, ".000")
		case v.Nano%1e3 == 0:
			dst = t.AppendFormat(dst, ".000000")
		default:
			dst = t.AppendFormat(dst, ".000000000")
		}
		return append(dst, `Z"}`...)
	case value.Date:
		dst = append(dst, `{"@date":"`...)
		return append(appendDay(dst, time.Unix(int64(v)*86400, 0).UTC()), `"}`...)
	default:
		panic("wire: no literal can be made of this kind of value")
	}
}

// tagged reports whether a literal is written as an object with a tag.
func tagged(v value.Value) bool {
	switch v.Kind() {
	case value.KindBytes, value.KindUUID, value.KindTime, value.KindDate:
		return true
	default:
		return false
	}
}

func appendDay(dst []byte, t time.Time) []byte {
	year := t.Year()
	switch {
	case year > 9999:
		dst = append(dst, '+')
	case year < 0:
		dst = append(dst, '-')
		year = -year
	}
	for limit := 1000; limit > max(year, 1); limit /= 10 {
		dst = append(dst, '0')
	}
	return t.AppendFormat(strconv.AppendInt(dst, int64(year), 10), "-01-02")
}

// appendDouble appends shortest digits, plain between 10^-3 and 10^7. What
// is too large for a double is written so that it is read as infinite.
func appendDouble(dst []byte, f float64) []byte {
	format := byte('f')
	switch size := math.Abs(f); {
	case size > math.MaxFloat64:
		dst = strconv.AppendFloat(dst, math.Copysign(1, f), 'f', 1, 64)
		return append(dst, "E999"...)
	case size != 0 && (size < 1e-3 || size >= 1e7):
		format = 'E'
	}
	s := strconv.FormatFloat(f, format, -1, 64)
	mantissa, exponent, scientific := strings.Cut(s, "E")
	dst = append(dst, mantissa...)
	if !strings.Contains(mantissa, ".") {
		dst = append(dst, ".0"...)
	}
	if scientific {
		n, _ := strconv.Atoi(exponent)
		dst = strconv.AppendInt(append(dst, 'E'), int64(n), 10)
	}
	return dst
}
