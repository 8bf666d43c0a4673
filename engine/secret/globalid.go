package secret

import "strings"

// alphabet is that of z-base-32.
const alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769"

// globalIDText is the length of a global id as text.
const globalIDText = 13

// FormatGlobalID returns a database's global id as text: twelve groups of
// five bits, most significant first, and the last four bits shifted left by
// one. 0 is yyyyyyyyyyyyy.
func FormatGlobalID(id uint64) string {
	var out [globalIDText]byte
	for i := range globalIDText - 1 {
		out[i] = alphabet[id>>(59-5*i)&31]
	}
	out[globalIDText-1] = alphabet[id&15<<1]
	return string(out[:])
}

// ParseGlobalID reads what FormatGlobalID writes.
func ParseGlobalID(s string) (uint64, bool) {
	if len(s) != globalIDText {
		return 0, false
	}
	var id uint64
	for i := range globalIDText {
		bits := strings.IndexByte(alphabet, s[i])
		switch {
		case bits < 0:
			return 0, false
		case i < globalIDText-1:
			id |= uint64(bits) << (59 - 5*i)
		case bits&1 != 0:
			return 0, false
		default:
			id |= uint64(bits) >> 1
		}
	}
	return id, true
}
