package query

import (
	"hash/maphash"

	"github.com/fawndb/fawn/query/value"
)

// bag counts values that are equal by value.Equal.
type bag struct {
	counts map[uint64][]*tally
}

type tally struct {
	value value.Value
	n     int
}

// bagSeed keeps callers from choosing values that collide. Nothing but the
// time it takes depends on it.
var bagSeed = maphash.MakeSeed()

func newBag() *bag { return &bag{counts: map[uint64][]*tally{}} }

// bagOf counts the values of a list.
func bagOf(list value.Array) *bag {
	b := newBag()
	for _, v := range list {
		b.tally(v).n++
	}
	return b
}

// tally returns the count of v, 0 if it was not in the bag.
func (b *bag) tally(v value.Value) *tally {
	h := hash(v)
	for _, t := range b.counts[h] {
		if value.Equal(t.value, v) {
			return t
		}
	}
	t := &tally{value: v}
	b.counts[h] = append(b.counts[h], t)
	return t
}

// hash is the same for values that are equal by value.Equal. It looks into
// arrays and objects; of the kinds that seldom stand in lists it takes little.
func hash(v value.Value) uint64 {
	switch v := v.(type) {
	case value.Null, value.Boolean, value.Long, value.Double, value.UUID, value.Time, value.Date,
		value.TxnTime, value.Ref:
		return maphash.Comparable(bagSeed, v)
	case value.String:
		return maphash.String(bagSeed, string(v))
	case value.Action:
		return maphash.String(bagSeed, string(v))
	case value.Bytes:
		return maphash.Bytes(bagSeed, v)
	case value.Array:
		return hashList(v)
	case value.Object:
		return hashObject(v)
	case *value.Document:
		return maphash.Comparable(bagSeed, v.Ref) + uint64(v.TS)
	case *value.Event:
		return maphash.Comparable(bagSeed, v.Document) + uint64(v.TS)
	case *value.Sourced:
		return hash(v.Value)
	case *value.Page:
		return hashList(v.Data())
	case *value.Unresolved:
		return maphash.String(bagSeed, v.Name+"/"+v.ID)
	case *value.Set:
		return maphash.Comparable(bagSeed, v.Ref) + uint64(v.Op) + hashList(v.Terms) + hashList(v.Sets)
	case *value.Lambda:
		return maphash.Bytes(bagSeed, v.Code.AppendBody(nil)) + hashObject(v.Captured)
	}
	panic("query: unknown kind of value")
}

const hashStep = 0x9e3779b97f4a7c15

func hashList(list []value.Value) uint64 {
	h := uint64(len(list))
	for _, v := range list {
		h = (h ^ hash(v)) * hashStep
	}
	return h
}

// hashObject does not depend on the order of the members.
func hashObject(o value.Object) uint64 {
	h := uint64(len(o))
	for _, f := range o {
		h += (maphash.String(bagSeed, f.Name) ^ hash(f.Value)) * hashStep
	}
	return h
}
