package query

import (
	"strconv"

	"github.com/fawndb/fawn/query/value"
)

// maxWidth is how many elements a lambda is applied to in one call.
// Source: chapter on the wire, section 1.7.
const maxWidth = 100_000

// wide refuses a list that is too long to apply a lambda to.
func wide(n int) error {
	if n <= maxWidth {
		return nil
	}
	return &Error{Code: BadRequest, Description: "Query exceeds max width. Max: " + strconv.Itoa(maxWidth) +
		", current: " + strconv.Itoa(n) + "."}
}

// width is how many elements a lambda would be applied to; those of a set are
// not known before they are read, and do not count.
func width(collection value.Value) int {
	switch v := collection.(type) {
	case value.Array:
		return len(v)
	case *value.Page:
		return v.Len()
	default:
		return 0
	}
}

// What a query holds is counted in bytes, roughly: what array and object
// expressions and the rows that make values add, less what is dropped at the
// end of a lambda. Values that a variable names are shared, so what the result
// would be written out may be far more; that is bounded by the same number.

// hold counts a value that was made. What it consists of was counted before.
func (c *Context) hold(v value.Value) error {
	c.held += weight(v)
	return c.affordable(c.held)
}

// affordable refuses more bytes than a query may have.
func (c *Context) affordable(n int64) error {
	if most := c.options.MaxMemory; most > 0 && n > most {
		return &Error{Code: BadRequest, Description: "Query exceeds max memory. Max: " + strconv.FormatInt(most, 10) +
			", current: " + strconv.FormatInt(n, 10) + "."}
	}
	return nil
}

// whole refuses a value that, walked through or written out, is more than a
// query may have, and so never ends to be walked through.
func (c *Context) whole(v value.Value) error {
	if c.options.MaxMemory <= 0 {
		return nil
	}
	return c.affordable(size(v, c.options.MaxMemory+1))
}

// allWhole is whole for each of the arguments of a function.
func (c *Context) allWhole(args []value.Value) error {
	for _, v := range args {
		if err := c.whole(v); err != nil {
			return err
		}
	}
	return nil
}

// settle drops from what was counted since mark all that is not in v, which
// is all that is left of it.
func (c *Context) settle(mark int64, v value.Value) {
	if grown := c.held - mark; grown > 1024 {
		c.held = mark + size(v, grown)
	}
}

// foldSlack is how much a fold may drop before that is noticed.
const foldSlack = 64 << 10

// folding is the memory of a fold, which holds its last result only.
type folding struct {
	c           *Context
	start, kept int64
}

func (c *Context) folding() folding { return folding{c: c, start: c.held} }

// step takes the result of one step. It refuses one that is too deep or too
// large.
func (f *folding) step(v value.Value) error {
	if grown := f.c.held - f.start; grown > 2*f.kept+foldSlack {
		f.kept = size(v, grown)
		f.c.held = f.start + f.kept
	}
	return f.c.nested(v)
}

// weight is the memory of a value, without that of its parts.
func weight(v value.Value) int64 {
	const word = 16 // an interface, a string header
	switch v := v.(type) {
	case value.String:
		return word + int64(len(v))
	case value.Bytes:
		return word + int64(len(v))
	case value.Array:
		return word + 2*word*int64(len(v))
	case value.Object:
		return word + 3*word*int64(len(v))
	case *value.Document:
		return 4*word + int64(len(v.Raw()))
	case *value.Page:
		return 4*word + 2*word*int64(v.Len()+len(v.Elements))
	default:
		return word
	}
}

// size is the memory of a value with its parts, as often as they appear; at
// most is where it stops counting.
func size(v value.Value, most int64) int64 {
	n := weight(v)
	switch v := v.(type) {
	case value.Array:
		n += sizeOfAll(v, most-n)
	case value.Object:
		n += sizeOfMembers(v, most-n)
	case *value.Sourced:
		n += size(v.Value, most-n)
	case *value.Page:
		if v.Plain() {
			return min(n+int64(v.Len())*weight(value.Ref{}), most)
		}
		n += sizeOfAll(v.Data(), most-n)
	case *value.Set:
		n += sizeOfAll(v.Sets, most-n)
		n += sizeOfAll(v.Terms, most-n)
	case *value.Lambda:
		n += sizeOfMembers(v.Captured, most-n)
	default:
	}
	return min(n, most)
}

func sizeOfAll(list []value.Value, most int64) (n int64) {
	for _, v := range list {
		if n >= most {
			break
		}
		n += size(v, most-n)
	}
	return n
}

func sizeOfMembers(o value.Object, most int64) (n int64) {
	for _, f := range o {
		if n >= most {
			break
		}
		n += size(f.Value, most-n)
	}
	return n
}
