package value

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// ranks gives each kind its place in the order of values: kinds of one rank
// compare by what they hold. Source: chapter on documents, section 4.1.
var ranks = [...]uint8{
	KindNull:       13,
	KindBoolean:    12,
	KindLong:       0,
	KindDouble:     0,
	KindString:     2,
	KindAction:     2,
	KindBytes:      1,
	KindUUID:       11,
	KindTime:       7,
	KindDate:       8,
	KindTxnTime:    10,
	KindArray:      3,
	KindObject:     4,
	KindDocument:   4,
	KindEvent:      4,
	KindSourced:    4,
	KindPage:       4,
	KindRef:        5,
	KindUnresolved: 6,
	KindSet:        4,
	KindLambda:     9,
}

// Compare orders a and b as the language does: numbers < bytes < strings <
// arrays < objects < refs < times < dates < lambdas < pending times < UUIDs <
// booleans < null. It never fails, and is 0 for Long(1) and Double(1).
//
// Numbers compare by value, a Long and a Double as doubles. A Double that
// equals two unequal Longs (beyond 2^53) compares 0 with both; apart from
// that the order is total. Unresolved refs, which callers refuse before, come
// after refs. Source: chapter on documents, section 4.
func Compare(a, b Value) int { //nolint:cyclop // a plain switch over kinds
	if c := cmp.Compare(ranks[a.Kind()], ranks[b.Kind()]); c != 0 {
		return c
	}
	switch a := a.(type) {
	case Null, TxnTime:
		return 0
	case Boolean:
		return compareBool(bool(a), bool(b.(Boolean)))
	case Long, Double:
		return compareNumbers(a, b)
	case String, Action:
		return compareStrings(text(a), text(b))
	case Bytes:
		return bytes.Compare(a, b.(Bytes))
	case UUID:
		b := b.(UUID)
		return bytes.Compare(a[:], b[:])
	case Time:
		return compareTimes(a, b.(Time))
	case Date:
		return cmp.Compare(a, b.(Date))
	case Array:
		return slices.CompareFunc(a, b.(Array), Compare)
	case Object, *Document, *Event, *Sourced, *Page, *Set:
		return compareObjects(asObject(a), asObject(b))
	case Ref:
		return compareRefs(a, b.(Ref))
	case *Unresolved:
		return compareUnresolved(a, b.(*Unresolved))
	case *Lambda:
		return compareLambdas(a, b.(*Lambda))
	default:
		panic("value: unknown kind")
	}
}

// text returns what a String or an Action says.
func text(v Value) string {
	if a, ok := v.(Action); ok {
		return string(a)
	}
	return string(v.(String))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func compareNumbers(a, b Value) int {
	x, ok := a.(Long)
	if y, both := b.(Long); ok && both {
		return cmp.Compare(x, y)
	}
	return compareDoubles(toDouble(a), toDouble(b))
}

// compareDoubles orders as Java does: -0.0 < 0.0, and NaN equals itself above
// everything else.
func compareDoubles(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return compareBool(math.Signbit(b), math.Signbit(a))
	default:
		return compareBool(math.IsNaN(a), math.IsNaN(b))
	}
}

// toDouble returns the number v as a double.
func toDouble(v Value) float64 {
	if l, ok := v.(Long); ok {
		return float64(l)
	}
	return float64(v.(Double))
}

func compareTimes(a, b Time) int {
	return cmp.Or(cmp.Compare(a.Sec, b.Sec), cmp.Compare(a.Nano, b.Nano))
}

// compareRefs orders by id, as an unsigned number, and then by collection.
func compareRefs(a, b Ref) int {
	return cmp.Or(
		cmp.Compare(uint64(a.ID), uint64(b.ID)),
		cmp.Compare(a.Class, b.Class),
		cmp.Compare(a.Scope, b.Scope),
	)
}

func compareUnresolved(a, b *Unresolved) int {
	return cmp.Or(
		cmp.Compare(a.Class, b.Class),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.ID, b.ID),
		slices.Compare(a.Path, b.Path),
	)
}

// asObject returns what v, which ranks as an object, compares as. A document
// has its collection under both names; a damaged one has no fields.
func asObject(v Value) Object {
	switch v := v.(type) { //nolint:gochecksumtype // the kinds of one rank
	case Object:
		return v
	case *Document:
		fields, _ := v.Fields()
		collection := v.Ref.Collection()
		return append(Object{
			{"ref", v.Ref}, {"class", collection}, {"collection", collection}, {"ts", v.Time()},
		}, fields...)
	case *Event:
		return v.Object()
	case *Sourced:
		return v.Object()
	case *Page:
		return v.Object()
	case *Set:
		return v.Object()
	default:
		panic("value: not an object")
	}
}

// compareObjects compares members in order of their names; of two objects
// with the same members up to the end of one, that one comes first.
func compareObjects(a, b Object) int {
	return slices.CompareFunc(ByName(a), ByName(b), func(x, y Field) int {
		if c := compareStrings(x.Name, y.Name); c != 0 {
			return c
		}
		return Compare(x.Value, y.Value)
	})
}

// ByName returns o with its members in the order of the UTF-16 code units of
// their names: the order in which objects are compared, member by member.
func ByName(o Object) Object {
	order := func(x, y Field) int { return compareUTF16(x.Name, y.Name) }
	if slices.IsSortedFunc(o, order) {
		return o
	}
	o = slices.Clone(o)
	slices.SortStableFunc(o, order)
	return o
}

// compareUTF16 orders by UTF-16 code units: that is by bytes, except that
// characters beyond U+FFFF (of four bytes) come before U+E000 to U+FFFF.
func compareUTF16(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := a[i], b[i]; x != y {
			if x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0) {
				return cmp.Compare(y, x)
			}
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// compareLambdas puts those made under version 3 or later below older ones;
// the newer ones are ordered by version first. It compares the wire form of
// the body, then the parameters and what was captured.
func compareLambdas(a, b *Lambda) int {
	x, y := a.generation(), b.generation()
	return cmp.Or(
		cmp.Compare(x.rank, y.rank),
		cmp.Compare(x.version, y.version),
		bytes.Compare(a.Code.AppendBody(nil), b.Code.AppendBody(nil)),
		bytes.Compare(a.Code.AppendParams(nil), b.Code.AppendParams(nil)),
		compareObjects(a.Captured, b.Captured),
	)
}

type generation struct {
	rank    int
	version string
}

// generation returns 0 and the version of a lambda made under version 3 or
// later, 1 and no version for an older one.
func (l *Lambda) generation() generation {
	if l.Version == "3" || l.Version == "4" {
		return generation{0, l.Version}
	}
	return generation{rank: 1}
}
