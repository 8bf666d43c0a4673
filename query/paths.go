package query

import (
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// step is one step of a path.
var step = kinds("String or Integer", value.KindLong, value.KindString)

// path is a path: a single step, or an array of steps.
func path(key string) Param { return many(key, step) }

// existing accepts everything but a ref to something undefined.
var existing = Cast{Name: "Any", fails: []string{undefined}, check: func(c *Context, v value.Value) (value.Value, error) {
	if v.Kind() == value.KindUnresolved {
		return nil, c.wrongRef("Any", v)
	}
	return v, nil
}}

// pathFunctions look for what lies inside a value.
// Source: chapter on functions, section 10.
var pathFunctions = []*Function{
	{
		Name: "Select",
		Params: []Param{
			path("select"), arg("from", existing), named("all", boolean), opt("default", anything),
		},
		Doc: "returns what a path leads to inside a value, or else the default; with all, everything it leads to, through all arrays",
		Examples: []string{
			`Select(["a", "b"], { a: { b: 1 } }) // 1`,
			`Select("c", {}, null) // null`,
			`Select(["a", 3], { a: [1] }) // value not found ["from"]`,
			`Select([true], {}) // invalid argument ["select", 0]`,
		},
		Errors: []string{"value not found: Value not found at path [<path>]."},
		Lazy:   selectPath,
	},
	deprecated(selecting("select_all", "SelectAll",
		`SelectAll("arr", { arr: [1, [2, [3]], 4] }) // [1, 2, 3, 4]`, `SelectAll("nope", {}) // []`), "Select"),
	selecting("select_as_index", "SelectAsIndex",
		`SelectAsIndex(["foo", 0], [{ foo: [0, 1] }, { foo: [2, 3] }]) // [0, 2]`),
	containing("contains_path", "ContainsPath", "",
		`ContainsPath(["a", "b"], { a: { b: null } }) // true`, `ContainsPath("a", 5) // false`),
	containing("contains", "Contains", "ContainsPath",
		`Contains(["a", 1], { a: [1] }) // false`),
	{
		Name:   "ContainsField",
		Params: []Param{arg("contains_field", text), arg("in", anything)},
		Doc:    "reports whether a value has a field",
		Examples: []string{
			`ContainsField("x", { x: null }) // true`, `ContainsField("x", 5) // false`,
			`ContainsField("a", [1]) // invalid argument ["in"]`,
		},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			if args[1].Kind() == value.KindArray {
				return c.castAt(object, args[1], ast.Key("in"))
			}
			return c.contains(args[1], value.Path{value.Member(string(args[0].(value.String)))})
		},
	},
	{
		Name:   "ContainsValue",
		Walks:  true,
		Params: []Param{arg("contains_value", anything), arg("in", anything)},
		Effect: ast.Read,
		Doc:    "reports whether a value is one of the elements, members or parts of another",
		Examples: []string{
			`ContainsValue([2, 3], [1, [2, 3]]) // true`, `ContainsValue(1, [1.0]) // false`,
			`ContainsValue("a", "abc") // invalid argument ["in"]`,
		},
		Errors: []string{"invalid argument: Object, Array, Page, Set, or Ref expected, Scalar provided."},
		Eval:   containsValue,
	},
}

func selectPath(c *Context, call *ast.Call) (value.Value, error) {
	args, err := c.before(call, 3)
	if err != nil {
		return nil, err
	}
	if c.strict && call.Args[3] != nil {
		if _, err := c.evalAt("default", call.Args[3]); err != nil {
			return nil, err
		}
	}
	steps := pathOf(args[0])
	if args[2] == value.Boolean(true) {
		return c.selectAll(args[1], steps)
	}
	v, ok, err := value.Select(args[1], steps, c.Host)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return v, nil
	case call.Args[3] != nil:
		return c.evalAt("default", call.Args[3])
	default:
		return nil, c.failAt(ValueNotFound, "Value not found at path "+steps.String()+".", ast.Key("from"))
	}
}

// before evaluates and casts the first n operands of a lazy function.
func (c *Context) before(call *ast.Call, n int) ([]value.Value, error) {
	f := c.rows[call.Form.ID]
	args := make([]value.Value, n)
	for i := range args {
		v, err := c.operand(&f.Params[i], call.Args[i])
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	return args, c.castArguments(f, args)
}

// pathOf returns the path that a cast list of steps is.
func pathOf(v value.Value) value.Path {
	list := v.(value.Array)
	steps := make(value.Path, len(list))
	for i, v := range list {
		steps[i], _ = value.StepOf(v)
	}
	return steps
}

func (c *Context) selectAll(v value.Value, steps value.Path) (value.Value, error) {
	if err := c.whole(v); err != nil {
		return nil, err
	}
	all, err := value.SelectAll(v, steps, c.Host)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// selecting is the row of a function that is Select with all.
func selecting(key, name string, examples ...string) *Function {
	return &Function{
		Name:     name,
		Params:   []Param{path(key), arg("from", existing), opt("default", anything)},
		Doc:      "returns everything that a path leads to inside a value, through all arrays",
		Examples: examples,
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.selectAll(args[1], pathOf(args[0]))
		},
	}
}

// containing is the row of a function that tells whether there is something
// at a path.
func containing(key, name, deprecated string, examples ...string) *Function {
	return &Function{
		Name:       name,
		Params:     []Param{path(key), arg("in", anything)},
		Doc:        "reports whether a path leads to something inside a value",
		Examples:   examples,
		Deprecated: deprecated,
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.contains(args[1], pathOf(args[0]))
		},
	}
}

func (c *Context) contains(v value.Value, steps value.Path) (value.Value, error) {
	_, ok, err := value.Select(v, steps, c.Host)
	return value.Boolean(ok), err
}

func containsValue(c *Context, args []value.Value) (value.Value, error) {
	v, in := args[0], args[1]
	if in.Kind() == value.KindSet {
		found, err := c.setContains(in, v)
		return value.Boolean(found), err
	}
	parts, err := c.partsOf(in)
	if err != nil {
		return nil, err
	}
	found := slices.ContainsFunc(parts, func(part value.Value) bool { return value.Equal(part, v) })
	return value.Boolean(found), nil
}

// partsOf returns what contains_value looks for in a value that is no set.
func (c *Context) partsOf(in value.Value) ([]value.Value, error) {
	switch in := in.(type) {
	case value.Array:
		return in, nil
	case value.Object:
		return membersOf(in), nil
	case *value.Document:
		fields, err := in.Fields()
		return append(membersOf(fields), in.Ref, in.Ref.Collection(), in.Time()), err
	case *value.Event:
		return append(membersOf(in.Object()), dataOf(in)...), nil
	case *value.Sourced:
		return membersOf(in.Object()), nil
	case *value.Page:
		return membersOf(in.Object()), nil
	case value.Ref:
		return c.partsOfRef(in)
	default:
		if value.Scalar(in) {
			return nil, c.failAt(InvalidArgument, "Object, Array, Page, Set, or Ref expected, Scalar provided.", ast.Key("in"))
		}
		return nil, nil
	}
}

// partsOfRef returns a ref's id, its collection and, if it is another one than
// the query's, its database.
func (c *Context) partsOfRef(r value.Ref) ([]value.Value, error) {
	var parts []value.Value
	for _, name := range []string{"id", "collection", "database"} {
		v, ok, err := value.Select(r, value.Path{value.Member(name)}, c.Host)
		if err != nil {
			return nil, err
		}
		if ok {
			parts = append(parts, v)
		}
	}
	return parts, nil
}

// dataOf returns the values in the data of an event.
func dataOf(e *value.Event) []value.Value {
	switch data := e.Data.(type) {
	case value.Array:
		return data
	case value.Object:
		return membersOf(data)
	default:
		return nil
	}
}

func membersOf(o value.Object) []value.Value {
	out := make([]value.Value, len(o), len(o)+3)
	for i, f := range o {
		out[i] = f.Value
	}
	return out
}
