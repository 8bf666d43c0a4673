package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// What functions over several elements take. A set is a *value.Set or a
// system collection. Source: chapter on documents, section 2.14.
var (
	iterable = defined("Array, Set, or Page", func(c *Context, v value.Value) (value.Value, error) {
		if isSet(v) || v.Kind() == value.KindArray || v.Kind() == value.KindPage {
			return v, nil
		}
		return nil, c.wrongRef("Array, Set, or Page", v)
	})

	arrayOrPage = kinds("Array or Page", value.KindArray, value.KindPage)

	// mappable is as iterable, but a set is refused.
	mappable = Cast{Name: iterable.Name, fails: append(iterable.Errors(), "invalid argument: Array or Page expected, Set provided."), check: func(c *Context, v value.Value) (value.Value, error) {
		if isSet(v) {
			return nil, c.fail(InvalidArgument, "Array or Page expected, Set provided.")
		}
		return iterable.check(c, v)
	}}

	// setOrArray is as iterable, but a page is refused.
	setOrArray = Cast{Name: iterable.Name, fails: append(iterable.Errors(), "invalid argument: Set or Array expected, Page provided."), check: func(c *Context, v value.Value) (value.Value, error) {
		if v.Kind() == value.KindPage {
			return nil, c.typeError("Set or Array", v)
		}
		return iterable.check(c, v)
	}}
)

// set is a set or a system collection.
var set = Cast{Name: "Set", fails: []string{mistyped("Ref or Set"), mistyped("Set"), undefined}, check: func(c *Context, v value.Value) (value.Value, error) {
	if isSet(v) {
		return v, nil
	}
	if v.Kind() == value.KindRef {
		return nil, c.typeError("Set", v)
	}
	return nil, c.wrongRef("Ref or Set", v)
}}

// isSet reports whether v is something whose elements are read from the host.
func isSet(v value.Value) bool {
	r, ok := v.(value.Ref)
	return ok && r.Native() || v.Kind() == value.KindSet
}

// each calls f for every element of an array, a page or a set, as a reader
// sees it. Refusals to read a set are at the key of the function.
func (c *Context) each(v value.Value, key string, f func(value.Value) error) error {
	switch v := v.(type) {
	case value.Array:
		return eachOf(v, f)
	case *value.Page:
		return eachOf(v.Data(), f)
	default: // what is not a set fails to open
	}
	set, err := c.open(v, key)
	if err != nil {
		return err
	}
	it := set.Scan(Bound{}, false)
	defer it.Close()
	for n := 1; it.Next(); n++ {
		if n%256 == 0 {
			if err := c.alive(); err != nil {
				return err
			}
		}
		if err := f(it.Element().Render()); err != nil {
			return err
		}
	}
	return c.place(it.Err(), key)
}

func eachOf(list value.Array, f func(value.Value) error) error {
	for _, v := range list {
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

// overData returns what f makes of an array or, as a page with the same
// cursors, of the data of a page.
func overData(v value.Value, f func(value.Array) (value.Array, error)) (value.Value, error) {
	page, ok := v.(*value.Page)
	if !ok {
		out, err := f(v.(value.Array))
		if err != nil {
			return nil, err
		}
		return out, nil
	}
	data, err := f(page.Data())
	if err != nil {
		return nil, err
	}
	return withData(page, data), nil
}

func withData(page *value.Page, data value.Array) *value.Page {
	out := *page
	out.SetData(data)
	return &out
}

// castAt casts a value that is not an argument; an error is at steps below the
// present form.
func (c *Context) castAt(cast Cast, v value.Value, steps ...ast.Step) (value.Value, error) {
	depth := len(c.path)
	c.path = append(c.path, steps...)
	v, err := cast.check(c, v)
	c.path = c.path[:depth]
	return v, err
}
