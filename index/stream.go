package index

import (
	"bytes"
	"cmp"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// stream walks the elements of a set in one direction.
type stream interface {
	// next moves to the next element; at first, to the first one.
	next() bool
	// seek moves to the first element at or behind p in the set's order;
	// backward, to the last one before p. It may move either way.
	seek(p position) bool
	// at returns the present element, valid until the next move. Its slices
	// are valid until the transaction ends.
	at() *element
	// err returns the error that ended the stream, if one did.
	err() error
	close()
}

// refStream is a stream that reads several elements at a time.
type refStream interface {
	stream
	// refs moves on as next does, over as many elements as there is room for in
	// dst, and returns how many refs it has put there: less only at the end.
	refs(dst []value.Ref) int
}

// element is one element of a set as streams see it: encoded, so that elements
// of different sets compare as bytes.
type element struct {
	// tuple is the encoded values; empty in a set without values.
	tuple []byte
	// order is the place of ref among equal tuples.
	order owner
	ref   value.Ref
	// covered are the values as they are stored, nil if there are none.
	covered []byte
	// pending says that covered may hold pending times.
	pending bool
	// asValue says that the ref is the element's one value, too: in the
	// reverse of a set without values.
	asValue bool
	// source is the set that the element was read from, sources those beside
	// it that have an equal one.
	source  value.Value
	sources []value.Value
}

// owner orders the documents of elements. Descending, its numbers are
// complemented.
type owner struct {
	id           uint64
	class, scope uint32
}

func ownerOf(r value.Ref) owner { return owner{uint64(r.ID), uint32(r.Class), uint32(r.Scope)} }

func (o owner) compare(p owner) int {
	if c := cmp.Compare(o.id, p.id); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(o.class, p.class), cmp.Compare(o.scope, p.scope))
}

func (o owner) inverted() owner { return owner{^o.id, ^o.class, ^o.scope} }

// compareGroups orders elements by what makes them equal in the combination of
// sets: their values, or their refs in sets without values.
func compareGroups(a, b *element) int {
	if len(a.tuple) == 0 && len(b.tuple) == 0 {
		return a.order.compare(b.order)
	}
	return bytes.Compare(a.tuple, b.tuple)
}

// position is a place between elements: before all those of which the values
// begin with tuple, or, if exact is set, before the one element with these
// values and that owner; or just behind them, if after is set.
type position struct {
	tuple []byte
	order owner
	exact bool
	after bool
}

// compare returns whether e lies before (-1) or behind (1) the position.
func (p *position) compare(e *element) int {
	side := 1
	if p.after {
		side = -1
	}
	if !p.exact && bytes.HasPrefix(e.tuple, p.tuple) {
		return side
	}
	if c := bytes.Compare(e.tuple, p.tuple); c != 0 {
		return c
	}
	if c := e.order.compare(p.order); c != 0 {
		return c
	}
	return side
}

// behind reports whether p lies behind the elements it names, as far as they
// are of a scope.
func (p *position) behind(s value.Scope) bool {
	if p.exact && p.order.scope != uint32(s) {
		return p.order.scope > uint32(s)
	}
	return p.after
}

// passed reports whether e is at or behind p in a direction.
func (p *position) passed(e *element, backward bool) bool { return p.compare(e) > 0 != backward }

// groupOf returns the position where the group of e begins in a direction, or
// where it ends.
func groupOf(e *element, backward, end bool) position {
	p := position{tuple: e.tuple, after: backward != end}
	if len(e.tuple) == 0 {
		p.order, p.exact = e.order, true
	}
	return p
}

// flipped returns the position in the reverse of its set.
func (p position) flipped() position {
	return position{complemented(p.tuple), p.order.inverted(), p.exact, !p.after}
}

func complemented(b []byte) []byte {
	b = bytes.Clone(b)
	complement(b)
	return b
}

// encodePosition encodes a bound in a set with these columns. A ref alone, in a
// set with values, is that of an element whose ref counts as its value.
func encodePosition(b query.Bound, reversed []bool, backward bool) position {
	p := position{after: b.After}
	if b.Ref != nil && len(b.Values) == 0 && len(reversed) > 0 {
		b.Values = []value.Value{*b.Ref}
	}
	for i, v := range b.Values {
		p.tuple = AppendKey(p.tuple, v, i < len(reversed) && reversed[i])
	}
	if b.Ref != nil {
		p.exact, p.order = true, ownerOf(*b.Ref)
		if backward {
			p.order = p.order.inverted()
		}
	}
	return p
}

// isStart reports whether p is the near end of a set in a direction.
func (p *position) isStart(backward bool) bool {
	return len(p.tuple) == 0 && !p.exact && p.after == backward
}

// values decodes the covered values.
func (e *element) values() ([]value.Value, error) {
	if e.asValue {
		return []value.Value{e.ref}, nil
	}
	if e.covered == nil {
		return nil, nil
	}
	v, err := value.DecodeMsgpack(e.covered)
	if err != nil {
		return nil, err
	}
	list, ok := v.(value.Array)
	if !ok {
		return nil, ErrDamaged
	}
	if e.pending {
		restorePending(list, e.covered)
	}
	return list, nil
}

// pendingItem is how a pending time is stored until its commit: an integer
// written longer than any other that is 0.
var pendingItem = []byte{0xd3, 0, 0, 0, 0, 0, 0, 0, 0}

// restorePending puts pending times in the place of the zeros that stand for
// them in covered.
func restorePending(list value.Array, covered []byte) {
	if !bytes.Contains(covered, pendingItem) {
		return
	}
	for i := len(list) - 1; i >= 0; i-- {
		if bytes.HasSuffix(covered, pendingItem) && list[i] == value.Value(value.Long(0)) {
			list[i] = value.TxnTime{}
			covered = covered[:len(covered)-len(pendingItem)]
			continue
		}
		item, err := value.AppendMsgpack(nil, list[i], nil)
		if err != nil || len(item) > len(covered) {
			return
		}
		covered = covered[:len(covered)-len(item)]
	}
}

// render returns the element as a reader sees it.
func (e *element) render() (value.Value, error) {
	values, err := e.values()
	if err != nil {
		return nil, err
	}
	return value.Element{Values: values, Ref: e.ref}.Render(), nil
}
