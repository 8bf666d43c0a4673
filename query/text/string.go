package text

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string, which is also how the text form
// prints it: control characters are escaped, also those that only a terminal
// obeys.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c, size := s[i], 1
		switch {
		case c == 0xc2 && i+1 < len(s) && s[i+1] < 0xa0: // U+0080 to U+009F
			c, size = s[i+1], 2
		case c >= ' ' && c != '"' && c != '\\' && c != 0x7f:
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i += size - 1
		start = i + 1
	}
	return append(append(dst, s[start:]...), '"')
}

// quote returns s as the text form prints it.
func quote(s string) string { return string(appendQuoted(nil, s)) }

// unquote returns what a string token stands for. The offset is that of an
// escape that stands for nothing, -1 if there is none.
func unquote(token string) (s string, offset int) {
	body := token[1 : len(token)-1]
	if strings.IndexByte(body, '\\') < 0 && strings.IndexByte(body, '\r') < 0 {
		return body, -1
	}
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		switch c := body[i]; {
		case c == '\r': // only between back quotes, where an end of line is \n
			out = append(out, '\n')
			i++
			if strings.HasPrefix(body[i:], "\n") {
				i++
			}
		case c != '\\':
			out = append(out, c)
			i++
		default:
			var n int
			if out, n = unescape(out, body[i+1:]); n == 0 {
				return "", i + 1
			}
			i += 1 + n
		}
	}
	return string(out), -1
}

// unescape appends what an escape stands for. s begins behind the backslash
// and is not empty; n is how much of it the escape takes, 0 if it is none.
func unescape(dst []byte, s string) (out []byte, n int) {
	const simple, stands = "bfnrtv", "\b\f\n\r\t\v"
	c := s[0]
	if i := strings.IndexByte(simple, c); i >= 0 {
		return append(dst, stands[i]), 1
	}
	switch {
	case c == '\n':
		return dst, 1
	case c == '\r':
		return dst, 1 + len(s[1:]) - len(strings.TrimPrefix(s[1:], "\n"))
	case c == '0' && (len(s) == 1 || s[1] < '0' || s[1] > '9'):
		return append(dst, 0), 1
	case c >= '0' && c <= '9':
		return dst, 0
	case c == 'x':
		r, ok := hexRune(s[1:min(3, len(s))], 2)
		if !ok {
			return dst, 0
		}
		return utf8.AppendRune(dst, r), 3
	case c == 'u':
		return unescapeRune(dst, s)
	}
	_, n = utf8.DecodeRuneInString(s)
	return append(dst, s[:n]...), n
}

// unescapeRune reads uXXXX, two of them that make a pair, and u{X...}. Half a
// pair becomes a question mark, as it does in JSON.
func unescapeRune(dst []byte, s string) (out []byte, n int) {
	if strings.HasPrefix(s, "u{") {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return dst, 0
		}
		r, ok := hexRune(s[2:end], 1)
		if !ok {
			return dst, 0
		}
		return appendRune(dst, r), end + 1
	}
	r, ok := hexRune(s[1:min(5, len(s))], 4)
	if !ok {
		return dst, 0
	}
	if rest := s[5:]; utf16.IsSurrogate(r) && strings.HasPrefix(rest, `\u`) {
		if low, ok := hexRune(rest[2:min(6, len(rest))], 4); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return utf8.AppendRune(dst, pair), 11
			}
		}
	}
	return appendRune(dst, r), 5
}

func appendRune(dst []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(dst, '?')
	}
	return utf8.AppendRune(dst, r)
}

// hexRune reads a code point of at least width hexadecimal digits.
func hexRune(digits string, width int) (rune, bool) {
	if len(digits) < width || strings.ContainsAny(digits, "_+-") {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}
