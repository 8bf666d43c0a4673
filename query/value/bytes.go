package value

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// ParseBytes reads base64 in the standard or the URL alphabet, with or without
// padding, as in {"@bytes":"-_8"}.
func ParseBytes(s string) (Bytes, bool) {
	s = strings.TrimRight(s, "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	b, err := base64.RawStdEncoding.DecodeString(s)
	return b, err == nil
}

// uuidGroups are the lengths in bytes of the groups of a UUID's text.
var uuidGroups = [...]int{4, 2, 2, 2, 6}

// ParseUUID reads the form 8-4-4-4-12 of hexadecimal digits in either case.
func ParseUUID(s string) (UUID, bool) {
	var u UUID
	if len(s) != 36 {
		return u, false
	}
	at := 0
	for i, n := range uuidGroups {
		if i > 0 {
			if s[0] != '-' {
				return u, false
			}
			s = s[1:]
		}
		if _, err := hex.Decode(u[at:at+n], []byte(s[:2*n])); err != nil {
			return u, false
		}
		at, s = at+n, s[2*n:]
	}
	return u, true
}

// AppendFormat appends the canonical form of u, in lower case.
func (u UUID) AppendFormat(dst []byte) []byte {
	at := 0
	for i, n := range uuidGroups {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, u[at:at+n])
		at += n
	}
	return dst
}

// String returns the canonical form of u.
func (u UUID) String() string { return string(u.AppendFormat(nil)) }
