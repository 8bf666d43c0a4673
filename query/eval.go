package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Eval evaluates an expression where the context stands.
func (c *Context) Eval(e ast.Expr) (value.Value, error) {
	switch e := e.(type) {
	case *ast.Literal:
		return e.Value, nil
	case *ast.Var:
		return c.lookup(e.Name)
	case *ast.Call:
		return c.call(e)
	case *ast.Array:
		return c.evalArray(e)
	case *ast.Object:
		return c.evalObject(e)
	case *ast.Let:
		return c.evalLet(e)
	case *ast.Ref:
		v, err := c.Host.Resolve(e, true)
		return v, c.place(err, "")
	case *ast.Wrapped:
		c.push(ast.Key("@obj"))
		defer c.pop()
		return c.Eval(e.Expr)
	case *ast.SetLiteral:
		v, err := c.Eval(e.Call)
		return v, literalError(err)
	case *ast.QueryLiteral:
		return c.closure(e.Lambda), nil
	case *ast.Lambda:
		return nil, c.fail(Internal, "a lambda is not a value")
	default:
		panic("query: unknown expression")
	}
}

// evalAt evaluates the operand under a key of the present form.
func (c *Context) evalAt(key string, e ast.Expr) (value.Value, error) {
	c.push(ast.Key(key))
	v, err := c.Eval(e)
	c.pop()
	return v, err
}

func (c *Context) evalArray(e *ast.Array) (value.Value, error) {
	if e.Constant != nil {
		return e.Constant, nil
	}
	out := make(value.Array, len(e.Items))
	var errs error
	for i, item := range e.Items {
		c.push(ast.Index(i))
		v, err := c.Eval(item)
		c.pop()
		if err != nil {
			if errs = join(errs, err); ends(errs) {
				return nil, errs
			}
		}
		out[i] = v
	}
	if errs != nil {
		return nil, errs
	}
	return out, c.hold(out)
}

func (c *Context) evalObject(e *ast.Object) (value.Value, error) {
	out := make(value.Object, len(e.Names))
	var errs error
	c.push(ast.Key("object"))
	defer c.pop()
	for i, name := range e.Names {
		v, err := c.evalAt(name, e.Values[i])
		if err != nil {
			if errs = join(errs, err); ends(errs) {
				return nil, errs
			}
		}
		out[i] = value.Field{Name: name, Value: v}
	}
	if errs != nil {
		return nil, errs
	}
	return out, c.hold(out)
}

func (c *Context) evalLet(e *ast.Let) (value.Value, error) {
	vars := len(c.vars)
	err := c.evalBindings(e)
	var v value.Value
	if err == nil {
		v, err = c.evalAt("in", e.In)
	}
	c.vars = c.vars[:vars]
	return v, err
}

func (c *Context) evalBindings(e *ast.Let) error {
	depth := len(c.path)
	defer func() { c.path = c.path[:depth] }()
	c.push(ast.Key("let"))
	for i, name := range e.Names {
		if e.List {
			c.path = append(c.path[:depth+1], ast.Index(i))
		}
		v, err := c.evalAt(name, e.Values[i])
		if err != nil {
			return err
		}
		c.vars = append(c.vars, value.Field{Name: name, Value: v})
	}
	return nil
}

// lookup returns the innermost binding of a name. The readers have checked
// that there is one.
func (c *Context) lookup(name string) (value.Value, error) {
	for i := len(c.vars) - 1; i >= c.base; i-- {
		if c.vars[i].Name == name {
			return c.vars[i].Value, nil
		}
	}
	return nil, c.fail(InvalidExpression, "Variable '"+name+"' is not defined.")
}

// call evaluates a form: its effect is checked, then its operands are
// evaluated in declared order and cast, then its code runs.
func (c *Context) call(e *ast.Call) (value.Value, error) {
	if err := c.step(); err != nil {
		return nil, err
	}
	f := c.rows[e.Form.ID]
	if f.Missing != "" {
		return nil, c.fail(InvalidExpression, f.Missing)
	}
	if f.Effect > c.options.Allow && !(f.Calls && c.options.Calls) {
		return nil, c.effectError(f.Effect)
	}
	if f.Lazy != nil {
		return f.Lazy(c, e)
	}
	base := len(c.args)
	if err := c.arguments(f, e); err != nil {
		c.args = c.args[:base]
		return nil, err
	}
	if f.Walks {
		if err := c.allWhole(c.args[base:]); err != nil {
			return nil, err
		}
	}
	c.form = e
	v, err := f.Eval(c, c.args[base:])
	c.args = c.args[:base]
	if err == nil && f.Makes {
		err = c.hold(v)
	}
	return v, err
}

// arguments evaluates a form's operands, then casts them, onto c.args.
func (c *Context) arguments(f *Function, e *ast.Call) error {
	for i, operand := range e.Args {
		if operand == nil { // left out
			c.args = append(c.args, nil)
			continue
		}
		v, err := c.operand(&f.Params[i], operand)
		if err != nil {
			return err
		}
		c.args = append(c.args, v)
	}
	return c.castArguments(f, c.args[len(c.args)-len(e.Args):])
}

// operand evaluates one operand. It is nil for one that was left out, and for
// a lambda, which the form's code applies itself.
func (c *Context) operand(p *Param, e ast.Expr) (value.Value, error) {
	if e == nil || p.Syntax == ast.LambdaOnly {
		return nil, nil
	}
	switch e := e.(type) {
	case *ast.Literal: // cannot fail, so that its position does not matter
		return e.Value, nil
	case *ast.Lambda:
		return c.closure(e), nil
	default:
		return c.evalAt(p.Key, e)
	}
}

// castArguments casts the evaluated operands in place.
func (c *Context) castArguments(f *Function, args []value.Value) error {
	var errs error
	for i, v := range args {
		if v == nil {
			continue
		}
		c.push(ast.Key(f.Params[i].Key))
		cast, err := c.cast(&f.Params[i], v)
		c.pop()
		if err != nil {
			if errs = join(errs, err); !f.AllErrors || ends(errs) {
				return errs
			}
			continue
		}
		args[i] = cast
	}
	return errs
}

// lambda returns the lambda literal under parameter i of the form whose code
// runs. It must be asked for before anything else is evaluated.
func (c *Context) lambda(i int) *ast.Lambda {
	l, _ := c.form.Args[i].(*ast.Lambda)
	return l
}

func (c *Context) effectError(e ast.Effect) error {
	if c.options.Where == "" {
		return c.fail(InvalidExpression, "Write effect in read-only query expression.")
	}
	what := "a write"
	if e == ast.Read {
		what = "a read"
	}
	return c.fail(InvalidExpression, "Call performs "+what+", which is not allowed in "+c.options.Where+".")
}
