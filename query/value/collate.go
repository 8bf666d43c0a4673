package value

import (
	"bytes"
	"cmp"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Strings are ordered by the Unicode collation algorithm in CLDR root order,
// tertiary strength, punctuation not ignored, and then by their bytes.
// Source: chapter on documents, section 4.3.
//
// The collator gives every string a list of weights on three levels: letters
// (primary), accents (secondary) and case (tertiary). Each printable ASCII
// character has exactly one weight on each level, the secondary being the
// common one, so that ASCII strings need the collator only once, for a table.

// Weights that nearly every character has. No weight of the root collation is
// below them, so that at the end of a level they can be left out.
const (
	commonSecondary = 0x20
	commonTertiary  = 0x02
)

// keyFormat is the version of the layout of AppendCollationKey.
const keyFormat = "1"

// CollationVersion names the order of strings, such as
// "CLDR 23, UCA 6.2.0, Unicode 17.0.0, key 1". Keys made by
// AppendCollationKey under another version must be made again.
func CollationVersion() string {
	return "CLDR " + collate.CLDRVersion + ", UCA " + collate.UnicodeVersion +
		", Unicode " + norm.Version + ", key " + keyFormat
}

// asciiWeight is what an ASCII character adds to the levels; the zero value
// adds nothing (control characters are ignored).
type asciiWeight struct {
	primary  uint16
	tertiary uint8
}

// asciiWeights returns the weights of the ASCII characters, as the collator
// gives them.
var asciiWeights = sync.OnceValue(func() *[128]asciiWeight {
	var table [128]asciiWeight
	collator := collators.Get().(*collator)
	for c := range table {
		w := collator.read(string(rune(c)))
		if len(w.primary) == 0 && len(w.secondary) == 0 && len(w.tertiary) == 0 {
			continue
		}
		if len(w.primary) != 1 || w.primary[0] > 0xffff || len(w.tertiary) != 1 ||
			len(w.secondary) != 1 || w.secondary[0] != commonSecondary {
			panic("value: the collation of ASCII is not simple: " + CollationVersion())
		}
		table[c] = asciiWeight{uint16(w.primary[0]), w.tertiary[0]}
	}
	return &table
})

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// compareStrings orders a and b by collation and then by bytes.
func compareStrings(a, b string) int {
	if a == b {
		return 0
	}
	if isASCII(a) && isASCII(b) {
		return compareASCII(a, b)
	}
	ka, kb := keyBuffers.Get().(*[]byte), keyBuffers.Get().(*[]byte)
	*ka, *kb = AppendCollationKey((*ka)[:0], a), AppendCollationKey((*kb)[:0], b)
	c := bytes.Compare(*ka, *kb)
	recycle(ka)
	recycle(kb)
	return c
}

// keyBuffers keeps buffers for keys that are only compared.
var keyBuffers = sync.Pool{New: func() any { return new([]byte) }}

func recycle(b *[]byte) {
	if cap(*b) <= maxPooled {
		keyBuffers.Put(b)
	}
}

// compareASCII is compareStrings for strings of ASCII characters.
func compareASCII(a, b string) int {
	table := asciiWeights()
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	x, y, tertiary := a[i:], b[i:], 0
	for {
		var wx, wy asciiWeight
		wx, x = nextASCII(table, x)
		wy, y = nextASCII(table, y)
		if wx.primary != wy.primary {
			return cmp.Compare(wx.primary, wy.primary)
		}
		if wx.primary == 0 {
			break
		}
		if tertiary == 0 {
			tertiary = cmp.Compare(wx.tertiary, wy.tertiary)
		}
	}
	if tertiary != 0 {
		return tertiary
	}
	return cmp.Compare(a[i:], b[i:])
}

// nextASCII returns the next weight of s and what follows it; the zero weight
// at the end.
func nextASCII(table *[128]asciiWeight, s string) (asciiWeight, string) {
	for i := range len(s) {
		if w := table[s[i]]; w.primary != 0 {
			return w, s[i+1:]
		}
	}
	return asciiWeight{}, ""
}

// weights are the weights of a string, level by level.
type weights struct {
	primary   []uint32
	secondary []uint16
	tertiary  []uint8
}

// collator is a collator with its buffer. It serves one goroutine at a time.
type collator struct {
	*collate.Collator
	buf collate.Buffer
	w   weights
}

var collators = sync.Pool{New: func() any { return &collator{Collator: collate.New(language.Und)} }}

// maxPooled is the length in bytes beyond which buffers are not kept.
const maxPooled = 64 << 10

func (c *collator) release(n int) {
	if n <= maxPooled/4 {
		collators.Put(c)
	}
}

// read returns the weights of s, which are valid until the next read.
func (c *collator) read(s string) *weights {
	c.buf.Reset()
	c.w.parse(c.KeyFromString(&c.buf, s))
	return &c.w
}

// parse reads a key of package collate: primary weights of two bytes, or of
// three when the first bit is set; 0 0; secondary weights of two bytes; 0 0;
// tertiary weights of one byte. No weight is 0.
func (w *weights) parse(key []byte) {
	w.primary, w.secondary, w.tertiary = w.primary[:0], w.secondary[:0], w.tertiary[:0]
	i := 0
	for key[i] != 0 || key[i+1] != 0 {
		if key[i]&0x80 == 0 {
			w.primary = append(w.primary, uint32(key[i])<<8|uint32(key[i+1]))
			i += 2
			continue
		}
		w.primary = append(w.primary, uint32(key[i]&0x7f)<<16|uint32(key[i+1])<<8|uint32(key[i+2]))
		i += 3
	}
	i += 2
	for key[i] != 0 || key[i+1] != 0 {
		w.secondary = append(w.secondary, uint16(key[i])<<8|uint16(key[i+1]))
		i += 2
	}
	w.tertiary = append(w.tertiary, key[i+2:]...)
}
