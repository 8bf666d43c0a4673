package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// aggregateFunctions fold arrays, pages and sets. They are reads even over
// arrays. A wrong element is reported at the function's key, the first alone.
// Source: chapter on functions, section 9.
var aggregateFunctions = []*Function{
	{
		Name:     "Count",
		Params:   []Param{arg("count", iterable)},
		Effect:   ast.Read,
		Doc:      "returns the number of elements",
		Examples: []string{`Count(["a", null]) // 2`, `Count(5) // invalid argument ["count"]`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			n := 0
			err := c.each(args[0], "count", func(value.Value) error {
				n++
				return nil
			})
			if err != nil {
				return nil, err
			}
			return folded(args[0], value.Long(n)), nil
		},
	},
	{
		Name:     "Sum",
		Params:   []Param{arg("sum", iterable)},
		Effect:   ast.Read,
		Doc:      "returns the sum of numbers, 0 if there are none",
		Examples: []string{`Sum([1, 2, 3.5]) // 6.5`, `Sum([1, "x", null]) // invalid argument ["sum"]`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			sum, _, err := c.sum(args[0], "sum")
			if err != nil {
				return nil, err
			}
			return folded(args[0], sum), nil
		},
	},
	{
		Name:     "Mean",
		Params:   []Param{arg("mean", iterable)},
		Effect:   ast.Read,
		Doc:      "returns the mean of numbers",
		Examples: []string{`Mean([1, 2]) // 1.5`, `Mean([]) // invalid argument ["mean"]`},
		Errors:   []string{"invalid argument: Non-empty array expected."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			sum, n, err := c.sum(args[0], "mean")
			switch {
			case err != nil:
				return nil, err
			case n == 0:
				return nil, c.failAt(InvalidArgument, "Non-empty array expected.", ast.Key("mean"))
			}
			return folded(args[0], value.Double(float(sum)/float64(n))), nil
		},
	},
	extreme("min", "Min", "returns the least element; of several that rank the same, the last",
		func(order int) bool { return order <= 0 },
		`Min(3, 1, 2) // 1`, `Min(1, 1.0) // 1.0`),
	extreme("max", "Max", "returns the greatest element; of several that rank the same, the last",
		func(order int) bool { return order >= 0 },
		`Max(1, "A", true) // true`, `Max([[1, 5, 3]]) // 5`, `Max(5) // invalid argument ["max"]`),
	{
		Name:     "Any",
		Params:   []Param{arg("any", iterable)},
		Effect:   ast.Read,
		Doc:      "reports whether one of the elements is true; it looks at all of them",
		Examples: []string{`Any([false, true]) // true`, `Any([]) // false`, `Any([true, "x"]) // invalid argument ["any"]`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.truths(args[0], "any", true)
		},
	},
	{
		Name:     "All",
		Params:   []Param{arg("all", iterable)},
		Effect:   ast.Read,
		Doc:      "reports whether all elements are true; it looks at all of them",
		Examples: []string{`All([true, false]) // false`, `All([]) // true`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.truths(args[0], "all", false)
		},
	},
}

// sum adds numbers, as integers that wrap until the first double. n is how
// many there were.
func (c *Context) sum(in value.Value, key string) (sum value.Value, n int, err error) {
	whole, fraction, isDouble := value.Long(0), value.Double(0), false
	err = c.each(in, key, func(v value.Value) error {
		n++
		switch v := v.(type) {
		case value.Long:
			if isDouble {
				fraction += value.Double(v)
				return nil
			}
			whole += v
		case value.Double:
			if !isDouble {
				isDouble, fraction = true, value.Double(whole)
			}
			fraction += v
		default:
			_, err := c.castAt(number, v, ast.Key(key))
			return err
		}
		return nil
	})
	if isDouble {
		return fraction, n, err
	}
	return whole, n, err
}

// truths reports whether one of the elements is want, as a fold that begins
// with the opposite.
func (c *Context) truths(in value.Value, key string, want value.Boolean) (value.Value, error) {
	result := !want
	err := c.each(in, key, func(v value.Value) error {
		v, err := c.castAt(boolean, v, ast.Key(key))
		if v == want {
			result = want
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return folded(in, result), nil
}

// extreme is the row of min or max.
func extreme(key, name, doc string, replaces func(order int) bool, examples ...string) *Function {
	return &Function{
		Name:     name,
		Params:   []Param{{Key: key, Cast: iterable, Variadic: true}},
		Effect:   ast.Read,
		Doc:      doc,
		Examples: examples,
		Errors:   []string{"invalid argument: Non-empty array expected.", undefined},
		Walks:    true,
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			var best value.Value
			var errs error
			in := innermost(args[0])
			err := c.each(in, key, func(v value.Value) error {
				if u := unresolvedIn(v); u != nil {
					errs = join(errs, c.failAt(InvalidRef, undefinedText(u), ast.Key(key)))
				}
				if errs == nil && (best == nil || replaces(value.Compare(v, best))) {
					best = v
				}
				return nil
			})
			switch {
			case err != nil:
				return nil, err
			case errs != nil:
				return nil, errs
			case best == nil:
				return nil, c.failAt(InvalidArgument, "Non-empty array expected.", ast.Key(key))
			}
			return folded(in, best), nil
		},
	}
}

// innermost opens arrays of one element that is itself an array, a page or a
// set.
func innermost(v value.Value) value.Value {
	for {
		list, ok := v.(value.Array)
		if !ok || len(list) != 1 {
			return v
		}
		if k := list[0].Kind(); k != value.KindArray && k != value.KindPage && !isSet(list[0]) {
			return v
		}
		v = list[0]
	}
}
