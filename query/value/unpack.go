package value

import (
	"bytes"
	"math"
)

// DecodeMsgpack returns the value that AppendMsgpack stored as raw, all of
// it. It keeps nothing of raw. The error is ErrDamaged; damaged bytes never
// make it allocate more than a small multiple of their length.
func DecodeMsgpack(raw []byte) (Value, error) {
	u := unpacker{b: raw}
	v := u.value(0)
	if u.damaged || u.i != len(raw) {
		return nil, ErrDamaged
	}
	return v, nil
}

// unpacker reads stored bytes. After damage its position stays at the end and
// its results are not to be used.
type unpacker struct {
	b       []byte
	i       int
	text    string // a copy of b that strings are cut from, made when there is one
	damaged bool
}

func (u *unpacker) damage() {
	u.damaged, u.i = true, len(u.b)
}

// next reads an item's head. For strings, bytes and extensions it returns the
// payload as the stretch b[start:u.i].
func (u *unpacker) next() (it item, start int) {
	it, u.i = readItem(u.b, u.i)
	start = u.i
	switch it.kind {
	case itemDamaged:
		u.damage()
	case itemString, itemBytes, itemExt:
		u.i += it.n
	case itemNil, itemBool, itemInt, itemFloat, itemArray, itemMap: // no more bytes of their own
	}
	return it, start
}

func (u *unpacker) cut(start, end int) string {
	if u.text == "" {
		u.text = string(u.b)
	}
	return u.text[start:end]
}

func (u *unpacker) value(depth int) Value {
	if depth > MaxDepth {
		u.damage()
		return Null{}
	}
	it, start := u.next()
	switch it.kind {
	case itemBool:
		return Boolean(it.bits != 0)
	case itemInt:
		return Long(it.bits)
	case itemFloat:
		return Double(math.Float64frombits(it.bits))
	case itemString:
		return String(u.cut(start, u.i))
	case itemBytes:
		return Bytes(bytes.Clone(u.b[start:u.i]))
	case itemArray:
		return Array(u.items(it.n, depth+1))
	case itemMap:
		return u.members(it.n, depth+1)
	case itemExt:
		return u.ext(it.ext, start, depth+1)
	default:
		return Null{}
	}
}

// reserved is how many elements are made room for before they are seen.
const reserved = 64

func (u *unpacker) items(n, depth int) []Value {
	if n == 0 {
		return nil
	}
	list := make([]Value, 0, min(n, reserved))
	for i := 0; i < n && !u.damaged; i++ {
		list = append(list, u.value(depth))
	}
	return list
}

func (u *unpacker) members(n, depth int) Object {
	o := make(Object, 0, min(n, reserved))
	for i := 0; i < n && !u.damaged; i++ {
		name := u.string()
		o = append(o, Field{name, u.value(depth)})
	}
	return o
}

// ext reads the payload of an extension, which ends at u.i.
func (u *unpacker) ext(kind int8, start, depth int) Value {
	payload, end := u.b[start:u.i], u.i
	var v Value
	ok := true
	switch kind {
	case extTime:
		v, ok = boxed(readStoredTime(payload))
	case extRef:
		v, ok = boxed(readRef(payload))
	case extDate:
		v, ok = boxed(readDate(payload))
	case extUUID:
		v, ok = boxed(readUUID(payload))
	case extLambda:
		u.i = start
		v = u.lambda(depth)
	case extUnresolved:
		u.i = start
		v = u.unresolved()
	case extSet:
		u.i = start
		v = u.set(depth)
	default:
		ok = false
	}
	if !ok || u.i != end {
		u.damage()
	}
	return v
}

func boxed[V Value](v V, ok bool) (Value, bool) { return v, ok }

func (u *unpacker) string() string {
	it, start := u.next()
	if it.kind != itemString {
		u.damage()
		return ""
	}
	return u.cut(start, u.i)
}

func (u *unpacker) bool() bool {
	it, _ := u.next()
	if it.kind != itemBool {
		u.damage()
	}
	return it.bits != 0
}

// int reads an integer from 0 to limit.
func (u *unpacker) int(limit uint64) uint64 {
	it, _ := u.next()
	if it.kind != itemInt || it.bits > limit {
		u.damage()
		return 0
	}
	return it.bits
}

// count reads the head of an array.
func (u *unpacker) count() int {
	it, _ := u.next()
	if it.kind != itemArray {
		u.damage()
		return 0
	}
	return it.n
}

func (u *unpacker) lambda(depth int) *Lambda {
	l := &Lambda{Version: u.string()}
	l.Code = &Source{Params: u.string(), Body: u.string()}
	it, _ := u.next()
	if it.kind != itemMap {
		u.damage()
		return l
	}
	if it.n > 0 {
		l.Captured = u.members(it.n, depth+1)
	}
	return l
}

func (u *unpacker) unresolved() *Unresolved {
	r := &Unresolved{Class: Class(u.int(math.MaxUint32)), Name: u.string(), ID: u.string()}
	for n := u.count(); n > 0 && !u.damaged; n-- {
		r.Path = append(r.Path, u.string())
	}
	return r
}

func (u *unpacker) set(depth int) *Set {
	s := &Set{Op: SetKind(u.int(uint64(SetFilter)))}
	ref, ok := u.value(depth).(Ref)
	s.Ref = ref
	s.Terms = u.items(u.count(), depth+1)
	s.Sets = u.items(u.count(), depth+1)
	switch l := u.value(depth).(type) {
	case Null:
	case *Lambda:
		s.Lambda = l
	default:
		ok = false
	}
	s.From = u.items(u.count(), depth+1)
	s.To = u.items(u.count(), depth+1)
	s.FromBare, s.ToBare = u.bool(), u.bool()
	if !ok || !s.sound() {
		u.damage()
	}
	return s
}

// sound reports whether s has the parts that its kind needs.
func (s *Set) sound() bool {
	for _, v := range s.Sets {
		if v.Kind() != KindSet && v.Kind() != KindRef {
			return false
		}
	}
	return s.Op != SetFilter || s.Lambda != nil
}
