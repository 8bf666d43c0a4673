package value

import (
	"encoding/binary"
	"errors"
)

// ErrDamaged is returned for stored bytes that no value was stored as.
var ErrDamaged = errors.New("value: damaged bytes")

// The first bytes of msgpack items. They are the constants of msgpcode, which
// that package keeps in variables, so that a switch over them is slow.
const (
	codePosFixIntMax = 0x7f
	codeFixMap       = 0x80
	codeFixMapMax    = 0x8f
	codeFixArray     = 0x90
	codeFixArrayMax  = 0x9f
	codeFixStr       = 0xa0
	codeFixStrMax    = 0xbf
	codeNil          = 0xc0
	codeFalse        = 0xc2
	codeTrue         = 0xc3
	codeBin8         = 0xc4
	codeBin16        = 0xc5
	codeBin32        = 0xc6
	codeExt8         = 0xc7
	codeExt16        = 0xc8
	codeExt32        = 0xc9
	codeFloat64      = 0xcb
	codeUint8        = 0xcc
	codeUint16       = 0xcd
	codeUint32       = 0xce
	codeUint64       = 0xcf
	codeInt8         = 0xd0
	codeInt16        = 0xd1
	codeInt32        = 0xd2
	codeInt64        = 0xd3
	codeFixExt1      = 0xd4
	codeFixExt2      = 0xd5
	codeFixExt4      = 0xd6
	codeFixExt8      = 0xd7
	codeFixExt16     = 0xd8
	codeStr8         = 0xd9
	codeStr16        = 0xda
	codeStr32        = 0xdb
	codeArray16      = 0xdc
	codeArray32      = 0xdd
	codeMap16        = 0xde
	codeMap32        = 0xdf
	codeNegFixIntMin = 0xe0
)

// Extension types of the file format. Their payloads:
//
//	extTime       a msgpack timestamp of 4, 8 or 12 bytes
//	extRef        scope (4), class (4), id (8)
//	extDate       days since 1970-01-01 (8)
//	extUUID       the 16 bytes
//	extLambda     items: version, parameters, body, captured (a map)
//	extUnresolved items: class, name, id, path (an array)
//	extSet        items: op, ref, terms, sets, lambda or nil, from, to,
//	              from bare, to bare
//
// Numbers are big-endian. Sets have the last form only among the captured
// values of a lambda; in a document a set is stored as Set.Object.
const (
	extTime       = -1
	extRef        = 1
	extDate       = 2
	extUUID       = 3
	extLambda     = 4
	extUnresolved = 5
	extSet        = 6
)

// itemKind says what a msgpack item is.
type itemKind uint8

const (
	itemDamaged itemKind = iota
	itemNil
	itemBool
	itemInt
	itemFloat
	itemString
	itemBytes
	itemArray
	itemMap
	itemExt
)

// item is the head of a msgpack item.
type item struct {
	kind itemKind
	ext  int8   // type of an extension
	n    int    // bytes of a string, binary or extension; items of an array; members of a map
	bits uint64 // a boolean, integer (two's complement) or float
}

// layouts says, for the codes from 0xc0 to 0xdf, what the item is and how wide
// the number after the code is; fixed is the size of extensions that have none.
var layouts = [32]struct {
	kind  itemKind
	width uint8
	fixed uint8
}{
	codeNil - 0xc0:      {kind: itemNil},
	codeFalse - 0xc0:    {kind: itemBool},
	codeTrue - 0xc0:     {kind: itemBool, fixed: 1},
	codeBin8 - 0xc0:     {kind: itemBytes, width: 1},
	codeBin16 - 0xc0:    {kind: itemBytes, width: 2},
	codeBin32 - 0xc0:    {kind: itemBytes, width: 4},
	codeExt8 - 0xc0:     {kind: itemExt, width: 1},
	codeExt16 - 0xc0:    {kind: itemExt, width: 2},
	codeExt32 - 0xc0:    {kind: itemExt, width: 4},
	codeFloat64 - 0xc0:  {kind: itemFloat, width: 8},
	codeUint8 - 0xc0:    {kind: itemInt, width: 1},
	codeUint16 - 0xc0:   {kind: itemInt, width: 2},
	codeUint32 - 0xc0:   {kind: itemInt, width: 4},
	codeUint64 - 0xc0:   {kind: itemInt, width: 8},
	codeInt8 - 0xc0:     {kind: itemInt, width: 1},
	codeInt16 - 0xc0:    {kind: itemInt, width: 2},
	codeInt32 - 0xc0:    {kind: itemInt, width: 4},
	codeInt64 - 0xc0:    {kind: itemInt, width: 8},
	codeFixExt1 - 0xc0:  {kind: itemExt, fixed: 1},
	codeFixExt2 - 0xc0:  {kind: itemExt, fixed: 2},
	codeFixExt4 - 0xc0:  {kind: itemExt, fixed: 4},
	codeFixExt8 - 0xc0:  {kind: itemExt, fixed: 8},
	codeFixExt16 - 0xc0: {kind: itemExt, fixed: 16},
	codeStr8 - 0xc0:     {kind: itemString, width: 1},
	codeStr16 - 0xc0:    {kind: itemString, width: 2},
	codeStr32 - 0xc0:    {kind: itemString, width: 4},
	codeArray16 - 0xc0:  {kind: itemArray, width: 2},
	codeArray32 - 0xc0:  {kind: itemArray, width: 4},
	codeMap16 - 0xc0:    {kind: itemMap, width: 2},
	codeMap32 - 0xc0:    {kind: itemMap, width: 4},
}

// readItem reads the head of the item at b[i] and returns the offset of what
// follows it: the n bytes, items or members. It vouches that b is long enough
// for n bytes, and for n items of one byte. The item is itemDamaged when b is
// not.
func readItem(b []byte, i int) (item, int) {
	if uint(i) >= uint(len(b)) {
		return item{}, i
	}
	c := b[i]
	i++
	var it item
	switch {
	case c <= codePosFixIntMax:
		return item{kind: itemInt, bits: uint64(c)}, i
	case c <= codeFixMapMax:
		it = item{kind: itemMap, n: int(c - codeFixMap)}
	case c <= codeFixArrayMax:
		it = item{kind: itemArray, n: int(c - codeFixArray)}
	case c <= codeFixStrMax:
		it = item{kind: itemString, n: int(c - codeFixStr)}
	case c >= codeNegFixIntMin:
		return item{kind: itemInt, bits: uint64(int64(int8(c)))}, i
	default:
		it, i = readLongItem(b, c, i)
	}
	if room := len(b) - i; uint(it.n) > uint(room) || it.kind == itemMap && it.n > room/2 {
		return item{}, i
	}
	return it, i
}

// readLongItem reads the rest of an item's head after the code c, which is
// 0xc0 to 0xdf.
func readLongItem(b []byte, c byte, i int) (item, int) {
	layout := layouts[c-0xc0]
	width := int(layout.width)
	if len(b)-i < width {
		return item{}, i
	}
	num, next := readNumber(b[i:i+width]), i+width
	it := item{kind: layout.kind, n: int(num)}
	switch layout.kind {
	case itemBool:
		it.n, it.bits = 0, uint64(layout.fixed)
	case itemFloat:
		it.n, it.bits = 0, num
	case itemInt:
		it.n, it.bits = 0, num
		if c >= codeInt8 {
			shift := 64 - 8*width
			it.bits = uint64(int64(num<<shift) >> shift)
		} else if num > 1<<63-1 {
			return item{}, next
		}
	case itemExt:
		if next >= len(b) {
			return item{}, next
		}
		it.n, it.ext = it.n+int(layout.fixed), int8(b[next])
		next++
	case itemDamaged, itemNil, itemString, itemBytes, itemArray, itemMap: // the number is its length
	}
	return it, next
}

// readNumber reads a big-endian number of 0, 1, 2, 4 or 8 bytes.
func readNumber(b []byte) uint64 {
	switch len(b) {
	case 0:
		return 0
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	default:
		return binary.BigEndian.Uint64(b)
	}
}

// skip returns the offset after the item at b[i], -1 when it is damaged.
// Whatever is inside an extension is not looked at.
func skip(b []byte, i int) int {
	for left := 1; left > 0; left-- {
		var it item
		switch it, i = readItem(b, i); it.kind {
		case itemDamaged:
			return -1
		case itemString, itemBytes, itemExt:
			i += it.n
		case itemArray:
			left += it.n
		case itemMap:
			left += 2 * it.n
		case itemNil, itemBool, itemInt, itemFloat: // all in the head
		}
		if left > len(b) {
			return -1
		}
	}
	return i
}

// Locate returns the bytes of one field of a stored object, a piece of raw:
// Locate(raw, "data", "name"). It reads no other field and allocates nothing.
// It is false when there is no such field; the error is ErrDamaged.
func Locate(raw []byte, path ...string) ([]byte, bool, error) {
	i := 0
	for _, name := range path {
		it, next := readItem(raw, i)
		switch it.kind {
		case itemDamaged:
			return nil, false, ErrDamaged
		case itemMap:
			i = findMember(raw, next, it.n, name)
		default:
			return nil, false, nil
		}
		if i == memberAbsent {
			return nil, false, nil
		}
		if i == memberDamaged {
			return nil, false, ErrDamaged
		}
	}
	end := skip(raw, i)
	if end < 0 {
		return nil, false, ErrDamaged
	}
	return raw[i:end], true, nil
}

// What findMember returns instead of an offset.
const (
	memberAbsent  = -1
	memberDamaged = -2
)

// findMember returns the offset of the value called name in the map of n
// members that begin at b[i].
func findMember(b []byte, i, n int, name string) int {
	for range n {
		key, at := readItem(b, i)
		if key.kind != itemString {
			return memberDamaged
		}
		i = at + key.n
		if string(b[at:i]) == name {
			return i
		}
		if i = skip(b, i); i < 0 {
			return memberDamaged
		}
	}
	return memberAbsent
}

// LocateRef returns one top-level field of a stored object that is a ref. It
// is false when there is none, or it is something else. It allocates nothing.
// The error is ErrDamaged.
func LocateRef(raw []byte, name string) (Ref, bool, error) {
	located, ok, err := Locate(raw, name)
	if err != nil || !ok {
		return Ref{}, false, err
	}
	it, at := readItem(located, 0)
	if it.kind != itemExt || it.ext != extRef {
		return Ref{}, false, nil
	}
	r, ok := readRef(located[at:])
	if !ok {
		return Ref{}, false, ErrDamaged
	}
	return r, true, nil
}

// LocateString returns the text of one top-level field of a stored object that
// is a string, a piece of raw; nil when there is none, or it is something
// else. It allocates nothing. The error is ErrDamaged.
func LocateString(raw []byte, name string) ([]byte, error) {
	located, ok, err := Locate(raw, name)
	if err != nil || !ok {
		return nil, err
	}
	it, at := readItem(located, 0)
	if it.kind != itemString {
		return nil, nil
	}
	return located[at:], nil
}
