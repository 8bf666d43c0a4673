package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// basicFunctions are the forms that steer evaluation.
// Source: chapter on functions, section 7.
var basicFunctions = []*Function{
	{
		Name:     "If",
		Params:   []Param{arg("if", boolean), arg("then", anything), arg("else", anything)},
		Doc:      "evaluates and returns its second argument if the first is true, else its third",
		Examples: []string{`If(Equals(1, 1), "yes", Abort("never")) // "yes"`, `If(1, "a", "b") // invalid argument ["if"]`},
		Lazy:     evalIf,
	},
	{
		Name:     "Do",
		Params:   []Param{{Key: "do", Syntax: ast.ExpressionList, Variadic: true}},
		Doc:      "evaluates its arguments in order and returns the last",
		Examples: []string{`Do(1, 2, Add(1, 2)) // 3`},
		Lazy:     evalDo,
	},
	{
		Name:     "Abort",
		Params:   []Param{arg("abort", text)},
		Doc:      "ends the query with a message; nothing of it is written",
		Examples: []string{`Abort("custom message") // transaction aborted []`},
		Errors:   []string{"transaction aborted: "},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return nil, c.fail(TransactionAborted, string(args[0].(value.String)))
		},
	},
}

func evalIf(c *Context, call *ast.Call) (value.Value, error) {
	cond, err := c.argument(call, 0)
	if err != nil {
		return nil, err
	}
	if cond.(value.Boolean) {
		return c.argument(call, 1)
	}
	return c.argument(call, 2)
}

func evalDo(c *Context, call *ast.Call) (value.Value, error) {
	var last value.Value = value.Null{}
	c.push(ast.Key("do"))
	defer c.pop()
	for i, item := range call.Args[0].(*ast.Array).Items {
		c.push(ast.Index(i))
		v, err := c.Eval(item)
		c.pop()
		if err != nil {
			return nil, err
		}
		last = v
	}
	return last, nil
}

// argument evaluates and casts one operand of a lazy function.
func (c *Context) argument(call *ast.Call, i int) (value.Value, error) {
	p := &c.rows[call.Form.ID].Params[i]
	c.push(ast.Key(p.Key))
	defer c.pop()
	v, err := c.Eval(call.Args[i])
	if err != nil {
		return nil, err
	}
	return c.cast(p, v)
}
