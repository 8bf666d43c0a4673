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
		return c.Eval(e.Call)
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
	out := make(value.Array, len(e.Items))
	var errs error
	for i, item := range e.Items {
		c.push(ast.Index(i))
		v, err := c.Eval(item)
		c.pop()
		if err != nil {
			if errs = join(errs, err); !isErrors(errs) {
				return nil, errs
			}
		}
		out[i] = v
	}
	return out, errs
}

func (c *Context) evalObject(e *ast.Object) (value.Value, error) {
	out := make(value.Object, len(e.Names))
	var errs error
	c.push(ast.Key("object"))
	defer c.pop()
	for i, name := range e.Names {
		v, err := c.evalAt(name, e.Values[i])
		if err != nil {
			if errs = join(errs, err); !isErrors(errs) {
				return nil, errs
			}
		}
		out[i] = value.Field{Name: name, Value: v}
	}
	return out, errs
}

func (c *Context) evalLet(e *ast.Let) (value.Value, error) {
	n := len(c.vars)
	defer func() { c.vars = c.vars[:n] }()
	c.push(ast.Key("let"))
	for i, name := range e.Names {
		if e.List {
			c.push(ast.Index(i))
		}
		v, err := c.evalAt(name, e.Values[i])
		if err != nil {
			return nil, err
		}
		if e.List {
			c.pop()
		}
		c.vars = append(c.vars, value.Field{Name: name, Value: v})
	}
	c.pop()
	return c.evalAt("in", e.In)
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
	if f.Effect > c.options.Allow {
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
	c.form = e
	v, err := f.Eval(c, c.args[base:])
	c.args = c.args[:base]
	return v, err
}

// arguments evaluates a form's operands, then casts them, onto c.args.
func (c *Context) arguments(f *Function, e *ast.Call) error {
	base := len(c.args)
	for i, operand := range e.Args {
		var v value.Value
		if operand != nil && f.Params[i].Syntax != ast.LambdaOnly {
			if l, ok := operand.(*ast.Lambda); ok {
				v = c.closure(l)
			} else {
				var err error
				if v, err = c.evalAt(f.Params[i].Key, operand); err != nil {
					return err
				}
			}
		}
		c.args = append(c.args, v)
	}
	var errs error
	for i := range f.Params {
		v := c.args[base+i]
		if v == nil {
			continue
		}
		c.push(ast.Key(f.Params[i].Key))
		cast, err := c.cast(&f.Params[i], v)
		c.pop()
		if err != nil {
			if errs = join(errs, err); !f.AllErrors || !isErrors(errs) {
				return errs
			}
			continue
		}
		c.args[base+i] = cast
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
