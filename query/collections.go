package query

import (
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// collectionThen is the order of the arguments in text of the functions that
// take a lambda and a collection.
func collectionThen(key string) []string { return []string{"collection", key} }

// collectionFunctions take arrays and pages, some of them sets.
// Source: chapter on functions, section 8.
var collectionFunctions = []*Function{
	{
		Name:   "Map",
		Makes:  true,
		Params: []Param{lambda("map"), arg("collection", mappable)},
		Order:  collectionThen("map"),
		Doc:    "applies a lambda to each element and returns the results",
		Examples: []string{
			`Map([1, 2, 3], (x) => Add(x, 1)) // [2, 3, 4]`,
			`Map([[1, 2], [3, 4]], (a, b) => Add(a, b)) // [3, 7]`,
			`Map([1, "a", "b"], (x) => Add(x, 1)) // invalid argument ["map", "expr", "add", 0]`,
		},
		Eval: mapEach,
	},
	{
		Name:     "Foreach",
		Params:   []Param{lambda("foreach"), arg("collection", mappable)},
		Order:    collectionThen("foreach"),
		Doc:      "applies a lambda to each element and returns what it was given",
		Examples: []string{`Foreach([1, 2], (x) => Add(x, 1)) // [1, 2]`},
		Eval:     foreach,
	},
	{
		Name:   "Filter",
		Makes:  true,
		Params: []Param{lambda("filter"), arg("collection", iterable)},
		Order:  collectionThen("filter"),
		Doc:    "keeps the elements for which a lambda is true",
		Examples: []string{
			`Filter([1, 2, 3], (x) => GT(x, 1)) // [2, 3]`,
			`Filter([true, 1], (x) => x) // invalid argument [1]`,
		},
		Errors: []string{"invalid argument: Invalid lambda. Lambda in this context may not write or call a user function."},
		Eval:   filter,
	},
	{
		Name:   "Reduce",
		Params: []Param{lambda("reduce"), arg("initial", anything), arg("collection", iterable)},
		Effect: ast.Read,
		Doc:    "folds the elements into one value: a lambda gets what it returned last, first the initial value, and the next element",
		Examples: []string{
			`Reduce((sum, x) => Add(sum, x), 10, [1, 2, 3]) // 16`,
			`Reduce((sum, x) => Add(sum, x), 0, 5) // invalid argument ["collection"]`,
		},
		Eval: reduce,
	},
	{
		Name:     "Take",
		Params:   []Param{arg("take", integer), arg("collection", arrayOrPage)},
		Doc:      "returns the first elements, as many as its first argument says",
		Examples: []string{`Take(2, [1, 2, 3]) // [1, 2]`, `Take(-1, [1, 2, 3]) // []`, `Take(1, 1) // invalid argument ["collection"]`},
		Eval:     take,
	},
	{
		Name:     "Drop",
		Params:   []Param{arg("drop", integer), arg("collection", arrayOrPage)},
		Doc:      "returns the elements without the first ones, as many as its first argument says",
		Examples: []string{`Drop(2, [1, 2, 3]) // [3]`, `Drop(-1, [1, 2, 3]) // [1, 2, 3]`},
		Eval:     drop,
	},
	{
		Name:     "Prepend",
		Makes:    true,
		Params:   []Param{many("prepend", anything), arg("collection", array)},
		Doc:      "puts the elements of its first argument, or that single value, before those of an array",
		Examples: []string{`Prepend([1, 2], [3]) // [1, 2, 3]`, `Prepend(1, [3]) // [1, 3]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return slices.Concat(args[0].(value.Array), args[1].(value.Array)), nil
		},
	},
	{
		Name:     "Append",
		Makes:    true,
		Params:   []Param{many("append", anything), arg("collection", array)},
		Doc:      "puts the elements of its first argument, or that single value, behind those of an array",
		Examples: []string{`Append([1, 2], [3]) // [3, 1, 2]`, `Append([1], "foo") // invalid argument ["collection"]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return slices.Concat(args[1].(value.Array), args[0].(value.Array)), nil
		},
	},
}

func mapEach(c *Context, args []value.Value) (value.Value, error) {
	l, in := c.lambda(0), args[1]
	list, _ := in.(value.Array)
	page, isPage := in.(*value.Page)
	if err := wide(width(in)); err != nil {
		return nil, err
	}
	out := make(value.Array, width(in))
	for i := range out {
		var v value.Value
		if isPage {
			v = page.At(i)
		} else {
			v = list[i]
		}
		mapped, err := c.apply("map", l, v)
		if err != nil {
			return nil, err
		}
		out[i] = mapped
	}
	if isPage {
		return withData(page, out), nil
	}
	return out, nil
}

func foreach(c *Context, args []value.Value) (value.Value, error) {
	l, in := c.lambda(0), args[1]
	if err := wide(width(in)); err != nil {
		return nil, err
	}
	held := c.held
	err := c.each(in, "foreach", func(v value.Value) error {
		_, err := c.apply("foreach", l, v)
		c.held = held // the result is dropped
		return err
	})
	if err != nil {
		return nil, err
	}
	return in, nil
}

func filter(c *Context, args []value.Value) (value.Value, error) {
	l := c.lambda(0)
	switch v := args[1].(type) {
	case value.Array:
		kept, err := c.filterList(l, v)
		if err != nil {
			return nil, err
		}
		return keep(v, kept), nil
	case *value.Page:
		kept, err := c.filterList(l, v.Data())
		if err != nil {
			return nil, err
		}
		return withLists(v, func(list value.Array) value.Array { return keep(list, kept) },
			keep(v.Elements, kept), keep(v.Refs(), kept)), nil
	default:
		return c.filterSet(l, v)
	}
}

// withLists returns a page with a part of what it has read, and the same part of
// its data.
func withLists(page *value.Page, part func(value.Array) value.Array, elements []value.Element, refs []value.Ref) *value.Page {
	out := *page
	if !page.Plain() {
		out.SetData(part(page.Data()))
	}
	out.Elements = elements
	if page.Refs() != nil {
		out.SetRefs(refs)
	}
	return &out
}

// filterList returns for each element whether l is true for it. It reports
// the errors of all elements; those of the results' types have the element's
// number directly behind the form's position.
func (c *Context) filterList(l *ast.Lambda, list value.Array) ([]bool, error) {
	if err := wide(len(list)); err != nil {
		return nil, err
	}
	kept := make([]bool, len(list))
	var errs error
	for i, v := range list {
		v, err := c.apply("filter", l, v)
		if err == nil {
			v, err = c.castAt(boolean, v, ast.Index(i))
		}
		if err != nil {
			if errs = join(errs, err); ends(errs) {
				return nil, errs
			}
			continue
		}
		kept[i] = bool(v.(value.Boolean))
	}
	return kept, errs
}

// keep returns the elements that are kept. Those beyond kept, of a page whose
// data has become shorter than its list of elements, stay.
func keep[S ~[]E, E any](list S, kept []bool) S {
	out := make(S, 0, len(list))
	for i, v := range list {
		if i >= len(kept) || kept[i] {
			out = append(out, v)
		}
	}
	return out
}

func reduce(c *Context, args []value.Value) (value.Value, error) {
	l, result, in := c.lambda(0), args[1], args[2]
	if err := wide(width(in)); err != nil {
		return nil, err
	}
	memory := c.folding()
	err := c.each(in, "reduce", func(v value.Value) (err error) {
		if result, err = c.apply("reduce", l, value.Array{result, v}); err != nil {
			return err
		}
		return memory.step(result)
	})
	if err != nil {
		return nil, err
	}
	return folded(in, result), nil
}

// folded returns the result of a fold; that over a page is again a page, with
// the result as its only element.
func folded(in, result value.Value) value.Value {
	if page, ok := in.(*value.Page); ok {
		return withData(page, value.Array{result})
	}
	return result
}

// number32 is how many elements take and drop mean: the low 32 bits.
func number32(v value.Value) int { return int(int32(v.(value.Long))) } //nolint:gosec // as the language does

func take(_ *Context, args []value.Value) (value.Value, error) {
	n := number32(args[0])
	page, ok := args[1].(*value.Page)
	if !ok {
		return firstN(args[1].(value.Array), n), nil
	}
	out := withLists(page, func(list value.Array) value.Array { return firstN(list, n) },
		firstN(page.Elements, n), firstN(page.Refs(), n))
	switch {
	case n < 0:
		out.After = page.Before
	case page.Cursor(n) != nil:
		out.After = page.Cursor(n)
	}
	return out, nil
}

func drop(_ *Context, args []value.Value) (value.Value, error) {
	n := number32(args[0])
	page, ok := args[1].(*value.Page)
	if !ok {
		return withoutN(args[1].(value.Array), n), nil
	}
	if n < 0 {
		return page, nil
	}
	out := withLists(page, func(list value.Array) value.Array { return withoutN(list, n) },
		withoutN(page.Elements, n), withoutN(page.Refs(), n))
	out.Before = page.After
	if c := page.Cursor(n); c != nil {
		out.Before = c
	}
	return out, nil
}

// firstN returns the first n elements, as far as there are so many.
func firstN[S ~[]E, E any](list S, n int) S { return list[:min(max(n, 0), len(list)):len(list)] }

// withoutN returns the elements behind the first n.
func withoutN[S ~[]E, E any](list S, n int) S { return list[min(max(n, 0), len(list)):] }
