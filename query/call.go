package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// function is a user function, by ref or by name.
var function = Cast{Name: "Identifier", check: func(c *Context, v value.Value) (value.Value, error) {
	if name, ok := v.(value.String); ok {
		found, err := c.Host.Resolve(&ast.Ref{Class: value.Functions, Name: string(name)}, false)
		if err != nil {
			return nil, c.place(err, "")
		}
		v = found
	}
	if r, ok := v.(value.Ref); ok && r.Class == value.Functions {
		return r, nil
	}
	return nil, c.wrongRef("Identifier", v)
}}

func callFunction(c *Context, args []value.Value) (value.Value, error) {
	arg := args[1]
	if arg == nil {
		arg = value.Array{}
	}
	body, err := c.Host.Function(args[0].(value.Ref), arg)
	if err != nil {
		return nil, c.place(err, "call")
	}
	defer body.Enter()()
	v, err := c.applyBelow(nil, body.Lambda, arg)
	return v, c.callError(err)
}

// callError wraps what went wrong in the body of a user function. What ends
// the whole query stays as it is, a stack overflow too.
func (c *Context) callError(err error) error {
	if err == nil || ends(err) {
		return err
	}
	cause, _ := asErrors(err)
	return &Error{
		Code: CallError, Description: "Calling the function resulted in an error.",
		Position: c.Position(), Cause: cause,
	}
}
