package query

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// closure makes a lambda a value: with the variables it uses, as they are
// now.
func (c *Context) closure(l *ast.Lambda) *value.Lambda {
	out := &value.Lambda{Version: l.Version, Code: wire.Code(l)}
	for _, name := range l.Free {
		if v, err := c.lookup(name); err == nil {
			out.Captured = append(out.Captured, value.Field{Name: name, Value: v})
		}
	}
	return out
}

// apply calls the lambda literal under a key of the present form, whose
// surroundings are those of the call.
func (c *Context) apply(key string, l *ast.Lambda, arg value.Value) (value.Value, error) {
	c.push(ast.Key(key))
	v, err := c.run(l, arg, false)
	c.pop()
	return v, err
}

// Apply calls a lambda value with one argument. Positions of errors are
// relative to where the context stands.
func (c *Context) Apply(l *value.Lambda, arg value.Value) (value.Value, error) {
	return c.applyValue(l, arg, false)
}

// applyValue calls a lambda value, which sees what it captured and no other
// variables. It is apart if positions in its body begin with it; errors of the
// application itself are always where the context stands.
func (c *Context) applyValue(l *value.Lambda, arg value.Value, apart bool) (value.Value, error) {
	code, err := compiled(l, c.forms)
	if err != nil {
		return nil, c.fail(InvalidExpression, "Invalid lambda.")
	}
	vars, base := len(c.vars), c.base
	c.base = vars
	c.vars = append(c.vars, l.Captured...)
	v, err := c.run(code, arg, apart)
	c.vars, c.base = c.vars[:vars], base
	return v, err
}

// run binds a lambda's parameters and evaluates its body. The context stands
// at the lambda.
func (c *Context) run(l *ast.Lambda, arg value.Value, apart bool) (value.Value, error) {
	if err := c.step(); err != nil {
		return nil, err
	}
	if c.depth >= maxDepth {
		return nil, c.fail(StackOverflow, "Call stack reached the maximum limit of "+strconv.Itoa(maxDepth)+".")
	}
	vars, outside, strict, held := len(c.vars), c.path, c.strict, c.held
	if err := c.bind(l, arg); err != nil {
		return nil, err
	}
	c.strict = isStrict(l.Version)
	if apart {
		c.path = nil
	}
	c.depth++
	v, err := c.evalAt("expr", l.Body)
	c.depth--
	if err == nil {
		c.settle(held, v)
	}
	if apart {
		c.path = outside
	}
	c.vars, c.strict = c.vars[:vars], strict
	return v, err
}

// isStrict reports whether a lambda was written under a version before 3, in
// which and, or and the default of select are not lazy.
func isStrict(version string) bool { return strings.HasPrefix(version, "2") }

// bind matches an argument with a lambda's parameters.
func (c *Context) bind(l *ast.Lambda, arg value.Value) error {
	if l.Single {
		if l.Params[0] != "_" {
			c.vars = append(c.vars, value.Field{Name: l.Params[0], Value: arg})
		}
		return nil
	}
	list, ok := arg.(value.Array)
	if !ok && len(l.Params) == 1 {
		list, ok = value.Array{arg}, true
	}
	if !ok || len(list) != len(l.Params) {
		n := 1
		if ok {
			n = len(list)
		}
		return c.failAt(InvalidArgument, "Lambda expects an array with "+strconv.Itoa(len(l.Params))+
			" elements. Array contains "+strconv.Itoa(n)+".", ast.Key("lambda"))
	}
	for i, name := range l.Params {
		if name != "_" {
			c.vars = append(c.vars, value.Field{Name: name, Value: list[i]})
		}
	}
	return nil
}

// Compile returns l ready to be applied many times: with the tree of its body
// in place of the text from a store. It fails when the text cannot be read.
func Compile(l *value.Lambda) (*value.Lambda, error) {
	tree, err := compiled(l, Forms())
	if err != nil {
		return nil, err
	}
	out := *l
	out.Code = wire.Code(tree)
	return &out, nil
}

// compiled returns the tree of a lambda value. It may use what the lambda
// captured.
func compiled(l *value.Lambda, forms *ast.Forms) (*ast.Lambda, error) {
	if tree := wire.Lambda(l.Code); tree != nil {
		return tree, nil
	}
	captured := make([]string, len(l.Captured))
	for i, f := range l.Captured {
		captured[i] = f.Name
	}
	tree, err := wire.DecodeLambda(l.Code.AppendParams(nil), l.Code.AppendBody(nil), l.Version, forms, captured...)
	if err != nil {
		return nil, fmt.Errorf("compile lambda: %w", err)
	}
	return tree, nil
}
