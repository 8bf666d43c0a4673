package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// logicFunctions combine truth values.
// Source: chapter on functions, sections 11.6 and 11.7.
var logicFunctions = []*Function{
	{
		Name:     "And",
		Params:   []Param{{Key: "and", Cast: boolean.list(oneOrMore), Syntax: ast.Operands, Variadic: true}},
		Doc:      "reports whether all its arguments are true; it evaluates none after the first that is false",
		Examples: []string{`And(false, Abort("not reached")) // false`, `And(true, 1) // invalid argument ["and", 1]`},
		Lazy: func(c *Context, call *ast.Call) (value.Value, error) {
			return c.connect(call, false)
		},
	},
	{
		Name:     "Or",
		Params:   []Param{{Key: "or", Cast: boolean.list(oneOrMore), Syntax: ast.Operands, Variadic: true}},
		Doc:      "reports whether one of its arguments is true; it evaluates none after that one",
		Examples: []string{`Or(false, true, Abort("not reached")) // true`, `Or(false) // false`},
		Lazy: func(c *Context, call *ast.Call) (value.Value, error) {
			return c.connect(call, true)
		},
	},
	{
		Name:     "Not",
		Params:   []Param{arg("not", boolean)},
		Doc:      "returns true for false and false for true",
		Examples: []string{`Not(true) // false`, `Not(0) // invalid argument ["not"]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return !args[0].(value.Boolean), nil
		},
	},
}

// connect evaluates the operands of and and or up to the first that is end.
func (c *Context) connect(call *ast.Call, end value.Boolean) (value.Value, error) {
	if c.strict {
		return c.connectAll(call, end)
	}
	p := &c.rows[call.Form.ID].Params[0]
	c.push(ast.Key(p.Key))
	defer c.pop()
	list := call.Args[0].(*ast.Array)
	if list.Bare {
		return c.connectOne(p, list.Items[0])
	}
	for i, item := range list.Items {
		c.push(ast.Index(i))
		v, err := c.Eval(item)
		if err == nil {
			v, err = p.Cast.check(c, v)
		}
		c.pop()
		if err != nil {
			return nil, err
		}
		if v == end {
			return end, nil
		}
	}
	return !end, nil
}

// connectOne evaluates a single operand that was written bare: it stands at
// the function's key, but its type is checked as that of the first of a list.
func (c *Context) connectOne(p *Param, e ast.Expr) (value.Value, error) {
	v, err := c.Eval(e)
	if err != nil {
		return nil, err
	}
	c.push(ast.Index(0))
	defer c.pop()
	return p.Cast.check(c, v)
}

// connectAll is and and or before version 3: all operands are evaluated, and
// they may come from one array. A bare operand is stored as a list of one, so
// both are read alike.
func (c *Context) connectAll(call *ast.Call, end value.Boolean) (value.Value, error) {
	p, list := &c.rows[call.Form.ID].Params[0], call.Args[0].(*ast.Array)
	c.push(ast.Key(p.Key))
	defer c.pop()
	var e ast.Expr = list
	if list.Bare {
		e = list.Items[0]
	}
	v, err := c.Eval(e)
	if err != nil {
		return nil, err
	}
	if outer, ok := v.(value.Array); ok && len(outer) == 1 && outer[0].Kind() == value.KindArray {
		v = outer[0]
	}
	if v, err = c.cast(p, v); err != nil {
		return nil, err
	}
	for _, operand := range v.(value.Array) {
		if operand == end {
			return end, nil
		}
	}
	return !end, nil
}
