package index

import (
	"encoding/binary"
	"math"

	"github.com/fawndb/fawn/query/value"
)

// Tags are the first bytes of encoded values, in the order of values. The gaps
// leave room for kinds to come; 0x00 and 0x01 end and begin members of arrays
// and objects. The complement of a tag begins a value in a descending column.
const (
	tagEnd        = 0x00
	tagMember     = 0x01
	tagBelow      = 0x10 // numbers below -2^63, as doubles
	tagNegative   = 0x11 // numbers from -2^63 up to -0.0
	tagPositive   = 0x12 // numbers from 0 up to 2^63
	tagAbove      = 0x13 // numbers from 2^63, infinity, NaN
	tagBytes      = 0x20
	tagString     = 0x28
	tagArray      = 0x30
	tagObject     = 0x38
	tagRef        = 0x40
	tagUnresolved = 0x48
	tagTime       = 0x50
	tagDate       = 0x58
	tagLambda     = 0x60
	tagPending    = 0x68
	tagUUID       = 0x70
	tagFalse      = 0x78
	tagTrue       = 0x79
	tagNull       = 0x7f
)

// refSize is the size of a ref in a key: its tag, id, class and scope.
const refSize = 1 + 8 + 4 + 4

// AppendKey appends v to dst so that keys sort as value.Compare orders values,
// or, with reversed, the other way round. No key is the beginning of another,
// so that keys of several columns may follow each other, and the keys of a
// prefix of the columns are a prefix of the bytes.
//
// Shape: a tag, then for a number the whole part (8 bytes) and, if there is
// one, the fraction (a mark and 8 bytes); for a string its collation key; for
// bytes, and all that is made of bytes, each 0x00 written 0x00 0xff and the
// end 0x00 0x01; for a ref its id, class and scope. Reversed, all bytes are
// complemented. Long(1) and Double(1) have the same key.
func AppendKey(dst []byte, v value.Value, reversed bool) []byte {
	return appendColumn(dst, v, reversed, nil)
}

// appendColumn is AppendKey for a value that is about to be stored: with
// stamps, a pending time is encoded as the number it becomes. The offsets of
// its 8 bytes are appended to stamps; until the commit they are those of the
// greatest time.
func appendColumn(dst []byte, v value.Value, reversed bool, stamps *[]int) []byte {
	start := len(dst)
	dst = appendKey(dst, v, stamps)
	if reversed {
		complement(dst[start:])
	}
	return dst
}

// complement inverts every bit of b, which inverts the order of keys.
func complement(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

func appendKey(dst []byte, v value.Value, stamps *[]int) []byte { //nolint:cyclop // a plain switch over kinds
	switch v := v.(type) {
	case value.Null:
		return append(dst, tagNull)
	case value.Boolean:
		if v {
			return append(dst, tagTrue)
		}
		return append(dst, tagFalse)
	case value.Long:
		return appendLong(dst, int64(v))
	case value.Double:
		return appendDouble(dst, float64(v))
	case value.String:
		return value.AppendCollationKey(append(dst, tagString), string(v))
	case value.Action:
		return value.AppendCollationKey(append(dst, tagString), string(v))
	case value.Bytes:
		return appendEscaped(append(dst, tagBytes), v)
	case value.UUID:
		return append(append(dst, tagUUID), v[:]...)
	case value.Time:
		dst = appendSigned(append(dst, tagTime), v.Sec)
		return binary.BigEndian.AppendUint32(dst, uint32(v.Nano))
	case value.Date:
		return appendSigned(append(dst, tagDate), int64(v))
	case value.TxnTime:
		return appendPending(dst, stamps)
	case value.Array:
		dst = append(dst, tagArray)
		for _, item := range v {
			dst = appendKey(dst, item, stamps)
		}
		return append(dst, tagEnd)
	case value.Object, *value.Document, *value.Event, *value.Sourced, *value.Page, *value.Set:
		return appendObject(append(dst, tagObject), asObject(v), stamps)
	case value.Ref:
		return appendRef(dst, v)
	case *value.Unresolved:
		return appendUnresolved(append(dst, tagUnresolved), v)
	case *value.Lambda:
		return appendLambda(append(dst, tagLambda), v, stamps)
	default:
		panic("index: unknown kind of value")
	}
}

// The fraction of a number: none, or 8 bytes of it as a double.
const (
	fractionNone = 0x00
	fractionSome = 0x01
)

func appendPending(dst []byte, stamps *[]int) []byte {
	if stamps == nil {
		return append(dst, tagPending)
	}
	*stamps = append(*stamps, len(dst)+1)
	return appendLong(dst, math.MaxInt64)
}

func appendLong(dst []byte, n int64) []byte {
	if n >= 0 {
		return append(binary.BigEndian.AppendUint64(append(dst, tagPositive), uint64(n)), fractionNone)
	}
	dst = append(dst, tagNegative)
	start := len(dst)
	dst = append(binary.BigEndian.AppendUint64(dst, -uint64(n)), fractionNone)
	complement(dst[start:])
	return dst
}

// appendDouble encodes the absolute value of a negative number and complements
// it. A fraction is exact, and a double from 0 up sorts as its bits do.
func appendDouble(dst []byte, f float64) []byte {
	const limit = 1 << 63
	switch {
	case math.IsNaN(f):
		return binary.BigEndian.AppendUint64(append(dst, tagAbove), math.Float64bits(math.NaN()))
	case f >= limit:
		return binary.BigEndian.AppendUint64(append(dst, tagAbove), math.Float64bits(f))
	case f < -limit:
		return binary.BigEndian.AppendUint64(append(dst, tagBelow), ^math.Float64bits(-f))
	case math.Signbit(f):
		dst = append(dst, tagNegative)
		start := len(dst)
		dst = appendParts(dst, -f)
		complement(dst[start:])
		return dst
	default:
		return appendParts(append(dst, tagPositive), f)
	}
}

// appendParts appends the whole part and the fraction of a number from 0 up to
// 2^63, both included.
func appendParts(dst []byte, f float64) []byte {
	whole, fraction := math.Modf(f)
	dst = binary.BigEndian.AppendUint64(dst, uint64(whole))
	if fraction == 0 {
		return append(dst, fractionNone)
	}
	return binary.BigEndian.AppendUint64(append(dst, fractionSome), math.Float64bits(fraction))
}

func appendSigned(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(n)^1<<63)
}

// appendEscaped appends bytes so that others may follow.
func appendEscaped[S ~string | ~[]byte](dst []byte, s S) []byte {
	for i := range len(s) {
		dst = append(dst, s[i])
		if s[i] == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0x00, 0x01)
}

func appendRef(dst []byte, r value.Ref) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, tagRef), uint64(r.ID))
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.Class))
	return binary.BigEndian.AppendUint32(dst, uint32(r.Scope))
}

func appendObject(dst []byte, o value.Object, stamps *[]int) []byte {
	for _, f := range value.ByName(o) {
		dst = value.AppendCollationKey(append(dst, tagMember), f.Name)
		dst = appendKey(dst, f.Value, stamps)
	}
	return append(dst, tagEnd)
}

// asObject returns what a value that ranks as an object sorts as. A document
// has its collection under both names; a damaged one has no fields.
func asObject(v value.Value) value.Object {
	switch v := v.(type) { //nolint:gochecksumtype // the kinds of one rank
	case value.Object:
		return v
	case *value.Document:
		o, err := v.Object()
		if err != nil {
			o = value.Object{{Name: "ref", Value: v.Ref}, {Name: "ts", Value: v.Time()}}
		}
		collection := v.Ref.Collection()
		return append(value.Object{
			{Name: "class", Value: collection}, {Name: "collection", Value: collection},
		}, o...)
	case *value.Event:
		return v.Object()
	case *value.Sourced:
		return v.Object()
	case *value.Page:
		return v.Object()
	case *value.Set:
		return v.Object()
	default:
		panic("index: not an object")
	}
}

func appendUnresolved(dst []byte, u *value.Unresolved) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(u.Class))
	dst = appendEscaped(appendEscaped(dst, u.Name), u.ID)
	for _, name := range u.Path {
		dst = appendEscaped(append(dst, tagMember), name)
	}
	return append(dst, tagEnd)
}

// appendLambda puts lambdas made under version 3 or later below older ones.
func appendLambda(dst []byte, l *value.Lambda, stamps *[]int) []byte {
	if l.Version == "3" || l.Version == "4" {
		dst = appendEscaped(append(dst, 0), l.Version)
	} else {
		dst = append(dst, 1)
	}
	dst = appendEscaped(dst, l.Code.AppendBody(nil))
	dst = appendEscaped(dst, l.Code.AppendParams(nil))
	return appendObject(dst, l.Captured, stamps)
}
