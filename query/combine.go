package query

import (
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// combiningFunctions make arrays of arrays and sets of sets. Arrays are taken
// as multisets: how often a value occurs matters.
// Source: chapter on functions, sections 8.8 to 8.11, and on documents,
// sections 2.7, 2.8, 2.11 and 2.15.
var combiningFunctions = []*Function{
	{
		Name:     "IsEmpty",
		Params:   []Param{arg("is_empty", iterable)},
		Doc:      "reports whether an array, a page or a set has no elements",
		Examples: []string{`IsEmpty([]) // true`, `IsEmpty(1) // invalid argument ["is_empty"]`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			found, err := c.hasElement(args[0], "is_empty")
			return value.Boolean(!found), err
		},
	},
	{
		Name:     "IsNonEmpty",
		Params:   []Param{arg("is_nonempty", iterable)},
		Doc:      "reports whether an array, a page or a set has elements",
		Examples: []string{`IsNonEmpty([1]) // true`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			found, err := c.hasElement(args[0], "is_nonempty")
			return value.Boolean(found), err
		},
	},
	{
		Name:     "First",
		Params:   []Param{arg("first", setOrArray)},
		Effect:   ast.Read,
		Doc:      "returns the first element of an array or a set",
		Examples: []string{`First([1, 2, 3]) // 1`, `First([]) // invalid argument ["first"]`},
		Errors:   []string{"invalid argument: Non-empty array expected.", "invalid argument: Non-empty set expected."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.end(args[0], "first", false)
		},
	},
	{
		Name:     "Last",
		Params:   []Param{arg("last", setOrArray)},
		Effect:   ast.Read,
		Doc:      "returns the last element of an array or a set",
		Examples: []string{`Last([1, 2, 3]) // 3`},
		Errors:   []string{"invalid argument: Non-empty array expected.", "invalid argument: Non-empty set expected."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.end(args[0], "last", true)
		},
	},
	{
		Name:     "Reverse",
		Makes:    true,
		Params:   []Param{arg("reverse", iterable)},
		Doc:      "returns the elements in the opposite order",
		Examples: []string{`Reverse([1, 2, 3]) // [3, 2, 1]`, `Reverse("abc") // invalid argument ["reverse"]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			if isSet(args[0]) {
				return &value.Set{Op: value.SetReverse, Sets: []value.Value{args[0]}}, nil
			}
			return overData(args[0], func(list value.Array) (value.Array, error) {
				out := slices.Clone(list)
				slices.Reverse(out)
				return out, nil
			})
		},
	},
	{
		Name:     "Distinct",
		Makes:    true,
		Walks:    true,
		Params:   []Param{arg("distinct", iterable)},
		Doc:      "keeps the first of equal elements; 1 and 1.0 are not equal here",
		Examples: []string{`Distinct([1, "str", 2, "str", 1, 1.0]) // [1, "str", 2, 1.0]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			if isSet(args[0]) {
				return &value.Set{Op: value.SetDistinct, Sets: []value.Value{args[0]}}, nil
			}
			return overData(args[0], func(list value.Array) (value.Array, error) {
				return distinct(list), nil
			})
		},
	},
	combining("union", "Union", value.SetUnion, union,
		"returns what is in at least one of its arguments; of arrays each value as often as in the one that has it most",
		`Union([3, 2, 2, 1], [6, 5, 9, 1]) // [3, 2, 2, 1, 6, 5, 9]`,
		`Union([1], 2) // invalid argument ["union", 1]`),
	combining("intersection", "Intersection", value.SetIntersection, intersection,
		"returns what is in all of its arguments; of arrays each value as often as in the one that has it least",
		`Intersection([3, 2, 2, 1], [2, 2, 1, 0]) // [2, 2, 1]`),
	combining("difference", "Difference", value.SetDifference, difference,
		"returns what is in its first argument and in none of the others; from an array each value is taken once for each time it is in another",
		`Difference([3, 2, 2, 1, 3], [3]) // [2, 2, 1, 3]`),
}

// combining is the row of a function over arrays or over sets.
func combining(key, name string, op value.SetKind, arrays func(l, r value.Array) value.Array, doc string, examples ...string) *Function {
	return &Function{
		Name:     name,
		Params:   []Param{some(key, setOrArray)},
		Doc:      doc,
		Examples: examples,
		Errors: []string{
			"invalid argument: Arguments cannot be of different types, expected Set or Array.",
			"invalid argument: Sets are not compatible.",
		},
		Makes: true,
		Walks: true,
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			list := args[0].(value.Array)
			sets := 0
			for _, v := range list {
				if isSet(v) {
					sets++
				}
			}
			switch sets {
			case 0:
				out := list[0].(value.Array)
				for _, v := range list[1:] {
					out = arrays(out, v.(value.Array))
				}
				return out, nil
			case len(list):
				if err := c.compatible(list, key); err != nil {
					return nil, err
				}
				return &value.Set{Op: op, Sets: list}, nil
			default:
				return nil, c.failAt(InvalidArgument,
					"Arguments cannot be of different types, expected Set or Array.", ast.Key(key))
			}
		},
	}
}

// hasElement reports whether there is an element. Of a set it is the first
// one that counts, and whether the caller may read it.
// Source: chapter on rights, section 5.6.
func (c *Context) hasElement(v value.Value, key string) (bool, error) {
	switch v := v.(type) {
	case value.Array:
		return len(v) > 0, nil
	case *value.Page:
		return v.Len() > 0, nil
	default:
		return c.firstReadable(v, key)
	}
}

// end returns the first element, or the last one.
func (c *Context) end(v value.Value, key string, last bool) (value.Value, error) {
	list, ok := v.(value.Array)
	switch {
	case !ok:
		return c.endOfSet(v, key, last)
	case len(list) == 0:
		return nil, c.failAt(InvalidArgument, "Non-empty array expected.", ast.Key(key))
	case last:
		return list[len(list)-1], nil
	default:
		return list[0], nil
	}
}

func distinct(list value.Array) value.Array {
	seen := newBag()
	out := make(value.Array, 0, len(list))
	for _, v := range list {
		if t := seen.tally(v); t.n == 0 {
			t.n++
			out = append(out, v)
		}
	}
	return out
}

// union returns each value as often as in the list that has it most, in the
// order of first appearance, equal ones together.
func union(l, r value.Array) value.Array {
	left, right := bagOf(l), bagOf(r)
	out := make(value.Array, 0, max(len(l), len(r)))
	done := newBag()
	for _, v := range slices.Concat(l, r) {
		if t := done.tally(v); t.n == 0 {
			t.n = max(left.tally(v).n, right.tally(v).n, 1)
			out = append(out, slices.Repeat(value.Array{v}, t.n)...)
		}
	}
	return out
}

// intersection keeps the elements of l of which copies remain in r.
func intersection(l, r value.Array) value.Array {
	right := bagOf(r)
	out := make(value.Array, 0, min(len(l), len(r)))
	for _, v := range l {
		if t := right.tally(v); t.n > 0 {
			t.n--
			out = append(out, v)
		}
	}
	return out
}

// difference takes from l, for each element of r, the earliest equal one.
func difference(l, r value.Array) value.Array {
	right := bagOf(r)
	out := make(value.Array, 0, len(l))
	for _, v := range l {
		if t := right.tally(v); t.n > 0 {
			t.n--
			continue
		}
		out = append(out, v)
	}
	return out
}
