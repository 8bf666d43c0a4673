package value

import "bytes"

// AppendCollationKey appends a key of s to dst, such that the byte order of
// keys is the order of strings. No key is a prefix of another, so that other
// bytes may follow.
//
// Shape: the primary weights, 0; the secondary weights, 0; the tertiary
// weights, 0; s itself, each 0x00 in it written 0x00 0xff; 0x00 0x01.
// A weight never begins with 0. Common weights at the end of the second and
// third level are left out. "Fire" takes 18 bytes; ASCII text takes 3 to 4
// bytes a character.
func AppendCollationKey(dst []byte, s string) []byte {
	if isASCII(s) {
		dst = appendASCIIWeights(dst, s)
	} else {
		c := collators.Get().(*collator)
		dst = c.read(s).append(dst)
		c.release(len(s))
	}
	return appendTerminated(dst, s)
}

func appendASCIIWeights(dst []byte, s string) []byte {
	table := asciiWeights()
	for i := range len(s) {
		if p := table[s[i]].primary; p != 0 {
			dst = appendPrimary(dst, uint32(p))
		}
	}
	dst = append(dst, 0, 0)
	end := len(dst)
	for i := range len(s) {
		if t := table[s[i]].tertiary; t != 0 {
			dst = append(dst, t)
			if t != commonTertiary {
				end = len(dst)
			}
		}
	}
	return append(dst[:end], 0)
}

func (w *weights) append(dst []byte) []byte {
	for _, p := range w.primary {
		dst = appendPrimary(dst, p)
	}
	dst = append(dst, 0)
	end := len(dst)
	for _, s := range w.secondary {
		dst = appendSecondary(dst, s)
		if s != commonSecondary {
			end = len(dst)
		}
	}
	dst = append(dst[:end], 0)
	end = len(dst)
	for _, t := range w.tertiary {
		dst = append(dst, t)
		if t != commonTertiary {
			end = len(dst)
		}
	}
	return append(dst[:end], 0)
}

// Primary weights below twoBytePrimary take two bytes, others three. The
// first byte is 0x01 to 0x80, or above.
const (
	twoBytePrimary = 0x8000
	threeByteLead  = 0x81
)

func appendPrimary(dst []byte, p uint32) []byte {
	if p < twoBytePrimary {
		return append(dst, byte(p>>8)+1, byte(p))
	}
	return append(dst, byte(p>>16)+threeByteLead, byte(p>>8), byte(p))
}

// twoByteSecondary is the first byte of secondary weights that take two bytes.
const twoByteSecondary = 0xf0

func appendSecondary(dst []byte, s uint16) []byte {
	if s < twoByteSecondary {
		return append(dst, byte(s))
	}
	return append(dst, byte(s>>8)+twoByteSecondary, byte(s))
}

// appendTerminated appends s so that other bytes may follow: 0x00 is written
// 0x00 0xff, the end 0x00 0x01.
func appendTerminated(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = append(dst, s[i])
		if s[i] == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0x00, 0x01)
}

// CollationKeyString returns the string whose key is at the start of key, and
// the bytes that follow that key. It is false when key begins with no key.
func CollationKeyString(key []byte) (s string, rest []byte, ok bool) {
	for len(key) > 0 && key[0] != 0 {
		n := 2
		if key[0] >= threeByteLead {
			n = 3
		}
		if len(key) < n {
			return "", nil, false
		}
		key = key[n:]
	}
	if len(key) == 0 {
		return "", nil, false
	}
	key = key[1:]
	for len(key) > 1 && key[0] != 0 {
		n := 1
		if key[0] >= twoByteSecondary {
			n = 2
		}
		key = key[n:]
	}
	if len(key) == 0 {
		return "", nil, false
	}
	end := bytes.IndexByte(key[1:], 0)
	if end < 0 {
		return "", nil, false
	}
	return cutTerminated(key[end+2:])
}

// cutTerminated undoes appendTerminated.
func cutTerminated(b []byte) (s string, rest []byte, ok bool) {
	var zeros []byte // what was read up to the last escaped zero
	start := 0
	for i := 0; i+1 < len(b); i++ {
		if b[i] != 0 {
			continue
		}
		switch b[i+1] {
		case 0x01:
			if zeros == nil {
				return string(b[:i]), b[i+2:], true
			}
			return string(append(zeros, b[start:i]...)), b[i+2:], true
		case 0xff:
			zeros = append(zeros, b[start:i+1]...)
			i++
			start = i + 1
		default:
			return "", nil, false
		}
	}
	return "", nil, false
}
