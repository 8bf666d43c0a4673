package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// comparisonFunctions compare values of any kinds.
// Source: chapter on functions, section 11.
var comparisonFunctions = []*Function{
	{
		Name:   "Equals",
		Walks:  true,
		Params: []Param{some("equals", anything)},
		Doc:    "reports whether all its arguments are equal; numbers compare by value",
		Examples: []string{
			`Equals(1, 1.0, 1) // true`, `Equals([1], [1.0]) // false`,
			`Equals({ a: 1, b: 2 }, { b: 2, a: 1 }) // true`,
		},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			list := args[0].(value.Array)
			for _, v := range list[1:] {
				if !value.Equals(list[0], v) {
					return value.Boolean(false), nil
				}
			}
			return value.Boolean(true), nil
		},
	},
	ordering("lt", "LT", "reports whether each argument is less than the next",
		func(order int) bool { return order < 0 },
		`LT(1, 1.5, "a", [], {}, false, null) // true`, `LT("a", "A", "b") // true`, `LT(2, 2) // false`),
	ordering("lte", "LTE", "reports whether each argument is less than the next, or ranks the same",
		func(order int) bool { return order <= 0 },
		`LTE(1, 1.0, 2) // true`, `LTE(2, 1) // false`),
	ordering("gt", "GT", "reports whether each argument is greater than the next",
		func(order int) bool { return order > 0 },
		`GT(3, 2, 1) // true`, `GT(1, 1) // false`),
	ordering("gte", "GTE", "reports whether each argument is greater than the next, or ranks the same",
		func(order int) bool { return order >= 0 },
		`GTE(1, 1.0) // true`, `GTE(1, 2) // false`),
}

// ordering is the row of a function that holds when each adjacent pair of its
// arguments is in the given order.
func ordering(key, name, doc string, holds func(order int) bool, examples ...string) *Function {
	return &Function{
		Name:     name,
		Params:   []Param{some(key, anything)},
		Doc:      doc,
		Examples: examples,
		Errors:   []string{undefined},
		Walks:    true,
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			list := args[0].(value.Array)
			if err := c.resolved(key, list); err != nil {
				return nil, err
			}
			for i, v := range list[1:] {
				if !holds(value.Compare(list[i], v)) {
					return value.Boolean(false), nil
				}
			}
			return value.Boolean(true), nil
		},
	}
}

// resolved reports each value of list that has no place in the order, since
// it is, or holds, a ref to something undefined: all at the same key.
func (c *Context) resolved(key string, list value.Array) error {
	var errs error
	for _, v := range list {
		if u := unresolvedIn(v); u != nil {
			errs = join(errs, c.failAt(InvalidRef, undefinedText(u), ast.Key(key)))
		}
	}
	return errs
}

// unresolvedIn returns the first unresolved ref that v is or holds. Documents,
// events and sets hold none.
func unresolvedIn(v value.Value) *value.Unresolved {
	switch v := v.(type) {
	case value.Array:
		return unresolvedInList(v)
	case value.Object:
		for _, f := range v {
			if u := unresolvedIn(f.Value); u != nil {
				return u
			}
		}
	case *value.Sourced:
		return unresolvedIn(v.Value)
	case *value.Page:
		return unresolvedInList(v.Data())
	case *value.Unresolved:
		return v
	default: // holds none
	}
	return nil
}

func unresolvedInList(list value.Array) *value.Unresolved {
	for _, v := range list {
		if u := unresolvedIn(v); u != nil {
			return u
		}
	}
	return nil
}
