package wire

import (
	"unicode/utf16"
	"unicode/utf8"
)

// quoted reads a string; the present byte is its opening quote.
func (a *arena) quoted() (span, error) {
	start, src := a.pos+1, a.src
	for i := start; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			a.pos = i + 1
			return span{int32(start), int32(i - start)}, nil
		case c == '\\':
			return a.escaped(start, i)
		case c < ' ':
			return span{}, notJSON
		}
	}
	return span{}, notJSON
}

// escaped reads the rest of a string that begins at start and has its first
// escape at i.
func (a *arena) escaped(start, i int) (span, error) {
	buf := append(make([]byte, 0, 2*(i-start)+16), a.src[start:i]...)
	for i < len(a.src) {
		switch c := a.src[i]; {
		case c == '"':
			a.pos = i + 1
			a.unescaped = append(a.unescaped, string(buf))
			return span{int32(len(a.unescaped) - 1), -1}, nil
		case c < ' ':
			return span{}, notJSON
		case c != '\\':
			buf = append(buf, c)
			i++
		default:
			var n int
			if buf, n = unescape(buf, a.src[i+1:]); n == 0 {
				return span{}, notJSON
			}
			i += 1 + n
		}
	}
	return span{}, notJSON
}

// unescape appends what an escape stands for. s begins behind the backslash;
// n is how much of it the escape takes, 0 if it is none.
func unescape(dst []byte, s string) (out []byte, n int) {
	if s == "" {
		return dst, 0
	}
	switch c := s[0]; c {
	case '"', '\\', '/':
		return append(dst, c), 1
	case 'b':
		return append(dst, '\b'), 1
	case 'f':
		return append(dst, '\f'), 1
	case 'n':
		return append(dst, '\n'), 1
	case 'r':
		return append(dst, '\r'), 1
	case 't':
		return append(dst, '\t'), 1
	case 'u':
		return unescapeRune(dst, s)
	}
	return dst, 0
}

// unescapeRune reads uXXXX, or the two escapes of a surrogate pair. Half a
// pair becomes a question mark.
func unescapeRune(dst []byte, s string) (out []byte, n int) {
	r, ok := hex4(s)
	if !ok {
		return dst, 0
	}
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(dst, r), 5
	}
	if len(s) > 6 && s[5] == '\\' {
		if low, ok := hex4(s[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return utf8.AppendRune(dst, pair), 11
			}
		}
	}
	return append(dst, '?'), 5
}

// hex4 reads uXXXX.
func hex4(s string) (r rune, ok bool) {
	if len(s) < 5 || s[0] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s[1:5]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string: control characters escaped,
// everything else as it is.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
