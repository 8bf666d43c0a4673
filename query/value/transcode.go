package value

import (
	"math"
	"strconv"
)

// Stored bytes are written as JSON straight from msgpack: no value is made
// but for lambdas and sets, which are rare.

// storedFields writes the members of a stored object, each after a comma.
func (p *printer) storedFields(raw []byte) {
	it, i := readItem(raw, 0)
	if it.kind != itemMap {
		p.err = ErrDamaged
		return
	}
	if i, _ = p.storedMembers(raw, i, it.n, false, 1); i != len(raw) {
		p.err = ErrDamaged
	}
}

// damaged notes the error and ends the reading of b.
func (p *printer) damaged(b []byte) (next int, shown bool) {
	p.err = ErrDamaged
	return len(b), false
}

// stored writes the item at b[i]. It returns the offset after it and whether
// it is shown.
func (p *printer) stored(b []byte, i, depth int) (next int, shown bool) {
	it, i := readItem(b, i)
	if depth > MaxDepth {
		return p.damaged(b)
	}
	switch it.kind {
	case itemNil:
		p.raw("null")
	case itemBool:
		p.dst = strconv.AppendBool(p.dst, it.bits != 0)
	case itemInt:
		p.dst = strconv.AppendInt(p.dst, int64(it.bits), 10)
	case itemFloat:
		p.double(math.Float64frombits(it.bits))
	case itemString:
		p.dst = appendString(p.dst, b[i:i+it.n])
		i += it.n
	case itemBytes:
		p.bytes(b[i : i+it.n])
		i += it.n
	case itemArray:
		i = p.storedArray(b, i, it.n, depth+1)
	case itemMap:
		i = p.storedMap(b, i, it.n, depth+1)
	case itemExt:
		return p.storedExt(b, i, it)
	default:
		return p.damaged(b)
	}
	return i, true
}

func (p *printer) storedArray(b []byte, i, n, depth int) (next int) {
	p.raw(`[`)
	first := true
	for range n {
		mark := p.comma(&first)
		var shown bool
		i, shown = p.stored(b, i, depth)
		p.keep(shown, mark, &first)
	}
	p.raw(`]`)
	return i
}

func (p *printer) storedMap(b []byte, i, n, depth int) (next int) {
	start := len(p.dst)
	p.raw(`{`)
	next, tagged := p.storedMembers(b, i, n, true, depth)
	p.raw(`}`)
	if tagged {
		p.wrap(start)
	}
	return next
}

// storedMembers is members for the n members stored at b[i].
func (p *printer) storedMembers(b []byte, i, n int, first bool, depth int) (next int, tagged bool) {
	for range n {
		key, at := readItem(b, i)
		if key.kind != itemString {
			return p.damaged(b)
		}
		mark := p.comma(&first)
		i = at + key.n
		p.dst = appendString(p.dst, b[at:i])
		p.raw(`:`)
		var shown bool
		i, shown = p.stored(b, i, depth)
		p.keep(shown, mark, &first)
		tagged = tagged || shown && key.n > 0 && b[at] == '@'
	}
	return i, tagged
}

// storedExt writes the extension it, whose payload is at b[i].
func (p *printer) storedExt(b []byte, i int, it item) (next int, shown bool) {
	payload, next := b[i:i+it.n], i+it.n
	switch it.ext {
	case extTime:
		if t, ok := readStoredTime(payload); ok {
			p.time(t)
			return next, true
		}
	case extRef:
		if r, ok := readRef(payload); ok {
			return next, p.ref(r)
		}
	case extDate:
		if d, ok := readDate(payload); ok {
			p.date(d)
			return next, true
		}
	case extUUID:
		if u, ok := readUUID(payload); ok {
			p.uuid(u)
			return next, true
		}
	case extLambda, extUnresolved, extSet:
		u := unpacker{b: payload, i: len(payload)}
		if v := u.ext(it.ext, 0, 0); !u.damaged {
			return next, p.value(v)
		}
	}
	return p.damaged(b)
}
