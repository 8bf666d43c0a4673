package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// nodes are the forms that have nodes of their own in the tree.
// Source: chapter on functions, section 7.
var nodes = []*Function{
	{
		Name:     "Let",
		Params:   []Param{arg("let", Cast{Name: "Bindings"}), arg("in", anything)},
		Node:     true,
		Doc:      "binds names to values, one after the other, and evaluates its second argument with them",
		Examples: []string{`Let({ x: 1, y: Add(x, 1) }, [x, y]) // [1, 2]`, `Let({ x: Divide(1, 0) }, 1) // invalid argument ["let", "x"]`},
	},
	{
		Name:     "Var",
		Params:   []Param{arg("var", Cast{Name: "Name"})},
		Node:     true,
		Doc:      "returns what a name is bound to, by Let or as the parameter of a lambda; in text the name alone says the same",
		Examples: []string{`Let({ x: 1 }, Var("x")) // 1`, `Let({ x: 1 }, x) // 1`},
		Errors:   []string{"invalid expression: Variable '<name>' is not defined."},
	},
	{
		Name:     "Object",
		Params:   []Param{arg("object", Cast{Name: "Members"})},
		Node:     true,
		Doc:      "makes an object of its members; in text braces say the same",
		Examples: []string{`Object({ a: Add(1, 2) }) // { a: 3 }`, `{ a: Divide(1, 0) } // invalid argument ["object", "a"]`},
	},
	{
		Name:   "Lambda",
		Params: []Param{arg("lambda", Cast{Name: "Name or Names"}), arg("expr", anything)},
		Node:   true,
		Doc: "is a function of one argument, or of the elements of an array, for the operands that take one; " +
			"in text an arrow says the same",
		Examples: []string{
			`Map([1, 2], Lambda("x", Add(Var("x"), 1))) // [2, 3]`, `Map([[1, 2]], (a, b) => Add(a, b)) // [3]`,
			`Map([1], (a, b) => 1) // invalid argument ["map", "lambda"]`,
		},
		Errors: []string{"invalid argument: Lambda expects an array with <number> elements. Array contains <number>."},
	},
}

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
		Name:   "At",
		Params: []Param{arg("at", moment), arg("expr", anything)},
		Doc:    "evaluates its second argument as of a time: reads see what was valid then, and nothing can be written",
		Examples: []string{
			`At(Time("1970-01-01T00:00:00Z"), Add(1, 2)) // 3`,
			`At("1970-01-01T00:00:00Z", 1) // invalid argument ["at"]`,
		},
		Lazy: evalAtTime,
	},
	{
		Name:     "Quote",
		Params:   []Param{{Key: "quote", Syntax: ast.Quoted}},
		Doc:      "returns data as it is written, without evaluating it",
		Examples: []string{`Quote({ add: [1, 2] }) // { add: [1, 2] }`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return args[0], nil
		},
	},
	{
		Name:     "Query",
		Params:   []Param{lambda("query")},
		Delayed:  true,
		Doc:      "makes a lambda a value: the body of a function, a predicate, an index binding",
		Examples: []string{`IsLambda(Query((x) => Add(x, 1))) // true`},
		Eval: func(c *Context, _ []value.Value) (value.Value, error) {
			return c.closure(c.lambda(0)), nil
		},
	},
	{
		Name: "Call",
		Params: []Param{
			arg("call", function),
			{Key: "arguments", Cast: anything, Optional: true, Variadic: true},
		},
		Effect:   ast.Write,
		Calls:    true,
		Doc:      "calls a user function, given by its ref or its name, with arguments",
		Examples: []string{`Call("nope", 1) // invalid ref ["call"]`, `Call(5) // invalid argument ["call"]`},
		Errors:   []string{"call error: Calling the function resulted in an error."},
		Eval:     callFunction,
	},
	{
		Name:     "Abort",
		Params:   []Param{arg("abort", text)},
		Doc:      "ends the query with a message; nothing of it is written",
		Examples: []string{`Abort("custom message") // transaction aborted []`},
		Errors:   []string{"transaction aborted: <message>"},
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

func evalAtTime(c *Context, call *ast.Call) (value.Value, error) {
	t, err := c.argument(call, 0)
	if err != nil {
		return nil, err
	}
	outer := c.at
	c.at = c.validTime(t)
	v, err := c.argument(call, 1)
	c.at = outer
	return v, err
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
