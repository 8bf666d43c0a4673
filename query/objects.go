package query

import (
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// object accepts what has members. A document becomes an object of its ref,
// ts and fields.
var object = Cast{Name: "Object", check: func(c *Context, v value.Value) (value.Value, error) {
	o, ok, err := objectOf(v)
	if !ok && err == nil {
		return nil, c.typeError("Object", v)
	}
	return o, err
}}

// objectOf returns the members of a value of which the type is called Object.
func objectOf(v value.Value) (o value.Object, ok bool, err error) {
	switch v := v.(type) {
	case value.Object:
		return v, true, nil
	case *value.Document:
		o, err := v.Object()
		return o, err == nil, err
	case *value.Event:
		return v.Object(), true, nil
	case *value.Sourced:
		return v.Object(), true, nil
	default:
		return nil, false, nil
	}
}

// objectFunctions make objects and take them apart.
// Source: chapter on functions, sections 10.6 and 10.7.
var objectFunctions = []*Function{
	{
		Name:  "Merge",
		Makes: true,
		Params: []Param{
			arg("merge", object),
			{Key: "with", Cast: object.list(zeroOrMore)},
			{Key: "lambda", Syntax: ast.LambdaOnly, Optional: true},
		},
		Doc: "puts the members of one or several objects into a first one; null takes a member away; " +
			"a lambda of name, left and right value says what a member becomes",
		Examples: []string{
			`Merge({ a: 1, b: 2 }, { b: null, c: 3 }) // { a: 1, c: 3 }`,
			`Merge({ x: 10 }, { x: 5 }, (name, l, r) => Add(l, r)) // { x: 15 }`,
			`Merge("x", {}) // invalid argument ["merge"]`,
		},
		AllErrors: true,
		Eval:      merge,
	},
	{
		Name:   "ToObject",
		Makes:  true,
		Params: []Param{arg("to_object", anything)},
		Doc:    "makes an object of an array of pairs of name and value",
		Examples: []string{
			`ToObject([["x", 10], ["y", null]]) // { x: 10, y: null }`,
			`ToObject([[10, 20]]) // invalid argument ["to_object", 0]`,
		},
		Errors: []string{"invalid argument: Cannot cast <type> to Object."},
		Eval:   toObject,
	},
	{
		Name:     "ToArray",
		Makes:    true,
		Params:   []Param{arg("to_array", anything)},
		Doc:      "makes an array of pairs of name and value of an object",
		Examples: []string{`ToArray({ x: 10, y: 20 }) // [["x", 10], ["y", 20]]`, `ToArray(23) // invalid argument ["to_array"]`},
		Errors:   []string{"invalid argument: Cannot cast <type> to Array."},
		Eval:     toArray,
	},
}

func merge(c *Context, args []value.Value) (value.Value, error) {
	l := c.lambda(2)
	merged := membersFrom(args[0].(value.Object))
	for _, right := range args[1].(value.Array) {
		for _, f := range right.(value.Object) {
			v, err := c.mergeMember(l, merged.get(f.Name), f)
			if err != nil {
				return nil, err
			}
			if v.Kind() == value.KindNull {
				merged.remove(f.Name)
			} else {
				merged.set(f.Name, v)
			}
		}
	}
	return merged.object(), nil
}

// mergeMember returns what a member becomes: what a lambda says, or else the
// right value.
func (c *Context) mergeMember(l *ast.Lambda, left value.Value, right value.Field) (value.Value, error) {
	if l == nil {
		return right.Value, nil
	}
	v, err := c.apply("lambda", l, value.Array{value.String(right.Name), left, right.Value})
	if err != nil {
		return nil, err
	}
	return v, c.nested(v)
}

func toObject(c *Context, args []value.Value) (value.Value, error) {
	list, ok := args[0].(value.Array)
	if !ok {
		o, ok, err := objectOf(args[0])
		if !ok && err == nil {
			return nil, c.castError(args[0], "Object", ast.Key("to_object"))
		}
		return o, err
	}
	out := membersFrom(nil)
	var errs error
	for i, item := range list {
		name, v, ok := pairOf(item)
		if !ok {
			_, err := c.castAt(fieldAndValue, item, ast.Key("to_object"), ast.Index(i))
			errs = join(errs, err)
			continue
		}
		out.set(name, v)
	}
	if errs != nil {
		return nil, errs
	}
	return out.object(), nil
}

// fieldAndValue is what to_object takes the elements of an array for; it is
// only asked where an element is none.
var fieldAndValue = kinds("Field/Value")

// pairOf returns the name and the value that a pair of them holds.
func pairOf(v value.Value) (name string, item value.Value, ok bool) {
	pair, _ := v.(value.Array)
	if len(pair) != 2 {
		return "", nil, false
	}
	s, ok := pair[0].(value.String)
	return string(s), pair[1], ok
}

func toArray(c *Context, args []value.Value) (value.Value, error) {
	if args[0].Kind() == value.KindArray {
		return args[0], nil
	}
	o, ok, err := objectOf(args[0])
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, c.castError(args[0], "Array", ast.Key("to_array"))
	}
	out := make(value.Array, len(o))
	for i, f := range o {
		out[i] = value.Array{value.String(f.Name), f.Value}
	}
	return out, nil
}

// members is an object that is being made. Removed ones have no value.
type members struct {
	list value.Object
	at   map[string]int
}

func membersFrom(o value.Object) *members {
	m := &members{slices.Clone(o), make(map[string]int, len(o))}
	for i, f := range o {
		m.at[f.Name] = i
	}
	return m
}

// get returns a member, null when there is none.
func (m *members) get(name string) value.Value {
	if i, ok := m.at[name]; ok {
		return m.list[i].Value
	}
	return value.Null{}
}

// set changes a member in its place, or adds it at the end.
func (m *members) set(name string, v value.Value) {
	if i, ok := m.at[name]; ok {
		m.list[i].Value = v
		return
	}
	m.at[name] = len(m.list)
	m.list = append(m.list, value.Field{Name: name, Value: v})
}

func (m *members) remove(name string) {
	if i, ok := m.at[name]; ok {
		m.list[i].Value = nil
		delete(m.at, name)
	}
}

func (m *members) object() value.Object {
	out := make(value.Object, 0, len(m.at))
	for _, f := range m.list {
		if f.Value != nil {
			out = append(out, f)
		}
	}
	return out
}
