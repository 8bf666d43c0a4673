package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// What functions over collections do when they are given a set.

// filterSet makes the set of those elements of v for which l is true. The
// lambda runs when that set is read; it may read, and nothing more.
func (c *Context) filterSet(l *ast.Lambda, v value.Value) (value.Value, error) {
	if ast.EffectOf(l) > ast.Read {
		return nil, c.failAt(InvalidArgument,
			"Invalid lambda. Lambda in this context may not write or call a user function.", ast.Key("filter"))
	}
	return c.define(&value.Set{Op: value.SetFilter, Lambda: c.closure(l), Sets: []value.Value{v}}), nil
}

// endOfSet returns the first or the last element of a set.
func (c *Context) endOfSet(v value.Value, key string, last bool) (value.Value, error) {
	opened, err := c.open(v, key)
	if err != nil {
		return nil, err
	}
	it := opened.Scan(Bound{After: last}, last)
	defer it.Close()
	if it.Next() {
		return it.Element().Render(), nil
	}
	if err := it.Err(); err != nil {
		return nil, c.place(err, key)
	}
	return nil, c.failAt(InvalidArgument, "Non-empty set expected.", ast.Key(key))
}

// setContains reports whether v is an element of a set. Elements that rank as
// v does stand together, so that the scan is short where the set's columns
// are known.
func (c *Context) setContains(in, v value.Value) (bool, error) {
	opened, err := c.Host.Open(in, c.reading())
	if err != nil {
		return false, c.placeAtForm(err)
	}
	from, known := boundOf(opened.Shape(), v)
	it := opened.Scan(from, false)
	defer it.Close()
	for it.Next() {
		element := it.Element().Render()
		if value.Equal(element, v) {
			return true, nil
		}
		if known && value.Compare(element, v) != 0 {
			return false, nil
		}
		if err := c.step(); err != nil {
			return false, err
		}
	}
	return false, c.place(it.Err(), "in")
}

// boundOf returns where the elements that look like v begin, if they can be
// told by a set's columns.
func boundOf(s Shape, v value.Value) (from Bound, known bool) {
	if s.Unknown || s.Events {
		return Bound{}, false
	}
	switch len(s.Reversed) {
	case 0:
		r, ok := v.(value.Ref)
		return Bound{Ref: &r}, ok
	case 1:
		return Bound{Values: []value.Value{v}}, true
	default:
		list, ok := v.(value.Array)
		return Bound{Values: list}, ok && len(list) == len(s.Reversed)
	}
}
