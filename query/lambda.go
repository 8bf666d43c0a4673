package query

import (
	"errors"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// closure makes a lambda a value: with the variables it uses, as they are
// now.
func (c *Context) closure(l *ast.Lambda) *value.Lambda {
	out := &value.Lambda{Version: l.Version, Code: code{l}}
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
	v, err := c.run(l, arg)
	c.pop()
	return v, err
}

// Apply calls a lambda value with one argument. Positions of errors are
// relative to where the context stands.
func (c *Context) Apply(l *value.Lambda, arg value.Value) (value.Value, error) {
	return c.applyBelow(c.path, l, arg)
}

// applyBelow is as Apply, but positions in the lambda are below path. Errors
// of the application itself are where the context stands.
func (c *Context) applyBelow(path []ast.Step, l *value.Lambda, arg value.Value) (value.Value, error) {
	code, err := compiled(l)
	if err != nil {
		return nil, c.fail(InvalidExpression, "Invalid lambda.")
	}
	vars, base := len(c.vars), c.base
	c.base = vars
	c.vars = append(c.vars, l.Captured...)
	v, err := c.runBelow(path, code, arg)
	c.vars, c.base = c.vars[:vars], base
	return v, err
}

// run binds a lambda's parameters and evaluates its body. The context stands
// at the lambda.
func (c *Context) run(l *ast.Lambda, arg value.Value) (value.Value, error) {
	return c.runBelow(c.path, l, arg)
}

func (c *Context) runBelow(path []ast.Step, l *ast.Lambda, arg value.Value) (value.Value, error) {
	if err := c.step(); err != nil {
		return nil, err
	}
	if c.depth >= maxDepth {
		return nil, c.fail(StackOverflow, "Call stack reached the maximum limit of "+strconv.Itoa(maxDepth)+".")
	}
	vars, outside, strict := len(c.vars), c.path, c.strict
	if err := c.bind(l, arg); err != nil {
		return nil, err
	}
	c.path, c.strict = path, isStrict(l.Version)
	c.depth++
	v, err := c.evalAt("expr", l.Body)
	c.depth--
	c.vars, c.path, c.strict = c.vars[:vars], outside, strict
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

// code is a lambda of this process as the Code of a value.
type code struct{ lambda *ast.Lambda }

// AppendParams implements value.Code.
func (l code) AppendParams(dst []byte) []byte { return dst }

// AppendBody implements value.Code.
func (l code) AppendBody(dst []byte) []byte { return dst }

// compiled returns the tree of a lambda value.
func compiled(l *value.Lambda) (*ast.Lambda, error) {
	if c, ok := l.Code.(code); ok {
		return c.lambda, nil
	}
	return nil, errors.New("query: lambda is not compiled")
}
