package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// function is a user function, by ref or by name.
var function = defined("Identifier", func(c *Context, v value.Value) (value.Value, error) {
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
})

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
	l, err := c.bound(body.Lambda)
	if err != nil {
		return nil, err
	}
	v, err := c.applyValue(l, arg, true)
	return v, c.callError(err)
}

// bound returns l as it is stored and shown: what it captured is bound by a
// let in its body, and positions in the body go through that let.
func (c *Context) bound(l *value.Lambda) (*value.Lambda, error) {
	if len(l.Captured) == 0 {
		return l, nil
	}
	tree, err := compiled(l, c.forms)
	if err != nil {
		return nil, err
	}
	let := &ast.Let{In: tree.Body}
	for _, f := range l.Captured {
		let.Names = append(let.Names, f.Name)
		let.Values = append(let.Values, &ast.Literal{Value: f.Value})
	}
	inner := *tree
	inner.Body, inner.Free = let, nil
	return &value.Lambda{Version: l.Version, Code: wire.Code(&inner)}, nil
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
