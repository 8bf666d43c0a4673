package query

import (
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// reading says how sets are read where the context stands, at its valid time.
func (c *Context) reading() Reading { return c.readingAt(c.at) }

// readingAt is reading at another valid time. Lambdas of the set read at that
// time, too.
func (c *Context) readingAt(at int64) Reading { return Reading{At: at, Lambdas: c} }

// ApplyIn implements Lambdas.
func (c *Context) ApplyIn(s *value.Set, arg value.Value, at int64) (value.Value, error) {
	outer := c.at
	c.at = at
	v, err := c.applyIn(s, arg)
	c.at = outer
	return v, err
}

// open opens a set. A refusal is placed at the key of the function.
func (c *Context) open(v value.Value, key string) (Set, error) {
	s, err := c.Host.Open(v, c.reading())
	return s, c.place(err, key)
}

// define remembers that the present form made s.
func (c *Context) define(s *value.Set) *value.Set {
	if c.defined == nil {
		c.defined = map[*value.Set]ast.Position{}
	}
	c.defined[s] = slices.Grow(c.Position(), 16)
	return s
}

// applyIn calls the lambda of a filter or a join with one element. Errors are
// at the position where the set was made, not where it is read.
func (c *Context) applyIn(s *value.Set, arg value.Value) (value.Value, error) {
	outside := c.path
	if at, ok := c.defined[s]; ok {
		c.path = at
	}
	key, result := "filter", boolean
	if s.Op == value.SetJoin {
		key, result = "with", set
	}
	c.push(ast.Key(key))
	v, err := c.Apply(s.Lambda, arg)
	if err == nil {
		v, err = result.check(c, v)
	}
	c.path = outside
	return v, err
}

// compatible reports sets of which the elements cannot be put in one order: at
// the function's key. Operands that the caller may not read are not looked
// at. Source: chapter on documents, section 2.1.
func (c *Context) compatible(sets []value.Value, key string) error {
	if len(sets) < 2 {
		return nil
	}
	var last *Shape
	for _, v := range sets {
		opened, err := c.Host.Open(v, c.reading())
		if err != nil {
			if isRefusal(err) {
				continue
			}
			return err
		}
		shape := opened.Shape()
		if last != nil && !last.fits(shape) {
			return c.failAt(InvalidArgument, "Sets are not compatible.", ast.Key(key))
		}
		last = &shape
	}
	return nil
}

// fits reports whether elements of two shapes have one order: the directions
// of their columns agree, as far as both have some, the ref counting as a last
// ascending one.
func (s Shape) fits(o Shape) bool {
	if s.Events != o.Events {
		return false
	}
	if s.Unknown || o.Unknown {
		return true
	}
	a, b := append(slices.Clone(s.Reversed), false), append(slices.Clone(o.Reversed), false)
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// firstReadable reports whether a set has a first element, of a document that
// the caller may read.
func (c *Context) firstReadable(v value.Value, key string) (bool, error) {
	first, err := c.first(v, c.at, key)
	if first == nil || err != nil {
		return false, err
	}
	_, err = c.Host.Get(*first, c.at)
	if err = c.place(err, key); isDenied(err) {
		return false, nil
	}
	return err == nil, err
}
