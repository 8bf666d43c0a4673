package value

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// plain marks the ASCII characters that stand for themselves in a string.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// AppendJSONString appends s to dst as a JSON string. Signs such as < stay as
// they are; bytes that are no UTF-8 become question marks.
func AppendJSONString(dst []byte, s string) []byte { return appendString(dst, s) }

// appendString appends s as a JSON string. Control characters are escaped, the
// rest stays as it is; what is not UTF-8 becomes a question mark.
func appendString[S string | []byte](dst []byte, s S) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = appendEscape(append(dst, s[start:i]...), c)
			i++
			start = i
			continue
		}
		if n := runeLen(s[i:]); n > 0 {
			i += n
			continue
		}
		dst = append(append(dst, s[start:i]...), '?')
		i += brokenLen(s[i:])
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// runeLen returns the length of the character at the start of s, 0 when it is
// not UTF-8.
func runeLen[S string | []byte](s S) int {
	var buf [utf8.UTFMax]byte
	n := copy(buf[:], s)
	if r, size := utf8.DecodeRune(buf[:n]); r != utf8.RuneError || size > 1 {
		return size
	}
	return 0
}

// brokenLen returns how many bytes at the start of s become one question
// mark: three for a surrogate, which is a character on its own, else one.
func brokenLen[S string | []byte](s S) int {
	if len(s) >= 3 && s[0] == 0xed && s[1]&0xe0 == 0xa0 && s[2]&0xc0 == 0x80 {
		return 3
	}
	return 1
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\t':
		return append(dst, '\\', 't')
	case '\n':
		return append(dst, '\\', 'n')
	case '\f':
		return append(dst, '\\', 'f')
	case '\r':
		return append(dst, '\\', 'r')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}
