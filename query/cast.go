package query

import (
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Cast checks an evaluated argument and turns it into what the function
// takes. Casts are the only way a function reads its arguments.
type Cast struct {
	// Name is the expected type in error texts: "Number", "Ref or Set".
	Name string
	// check returns the value to pass on; the error is at the context's
	// present position. A nil check accepts everything as it is.
	check func(c *Context, v value.Value) (value.Value, error)
	shape listShape
	// fails are the errors of check, as Function.Errors gives them; nil if
	// there is none but that of another type.
	fails []string
}

// listShape says whether a cast takes a list, element by element.
type listShape uint8

const (
	single listShape = iota
	zeroOrMore
	oneOrMore
)

// Lists reports whether the argument is a list of what c accepts, and whether
// the list must have an element.
func (c Cast) Lists() (list, nonEmpty bool) { return c.shape != single, c.shape == oneOrMore }

// Errors returns the errors of the cast, as Function.Errors gives them.
func (c Cast) Errors() []string {
	var out []string
	switch {
	case c.fails != nil:
		out = slices.Clone(c.fails)
	case c.check != nil:
		out = []string{mistyped(c.Name)}
	}
	if c.shape == oneOrMore {
		out = append(out, "invalid argument: Non-empty array expected.")
	}
	return out
}

// mistyped is the error of typeError, undefined that of a ref to what does not
// exist, as Function.Errors gives them.
func mistyped(expected string) string {
	return "invalid argument: " + expected + " expected, <type> provided."
}

const undefined = "invalid ref: Ref refers to undefined <kind> '<name>'"

// defined is a cast that reports a ref to what does not exist as that.
func defined(name string, check func(c *Context, v value.Value) (value.Value, error)) Cast {
	return Cast{Name: name, check: check, fails: []string{mistyped(name), undefined}}
}

func (c Cast) list(s listShape) Cast {
	c.shape = s
	return c
}

// kinds is the cast that accepts values of the given kinds as they are.
func kinds(name string, accepted ...value.Kind) Cast {
	var set uint32
	for _, k := range accepted {
		set |= 1 << k
	}
	return Cast{Name: name, check: func(c *Context, v value.Value) (value.Value, error) {
		if set&(1<<v.Kind()) == 0 {
			return nil, c.typeError(name, v)
		}
		return v, nil
	}}
}

// The plain casts. Those that only some family needs stand in its file.
var (
	anything = Cast{Name: "Any"}
	integer  = kinds("Integer", value.KindLong)
	number   = kinds("Number", value.KindLong, value.KindDouble)
	boolean  = kinds("Boolean", value.KindBoolean)
	text     = kinds("String", value.KindString)
	array    = kinds("Array", value.KindArray)
	null     = kinds("Null", value.KindNull)
	scalar   = kinds("Scalar", value.KindNull, value.KindBoolean, value.KindLong, value.KindDouble,
		value.KindString, value.KindAction, value.KindBytes, value.KindUUID, value.KindTime, value.KindDate,
		value.KindTxnTime, value.KindRef)
)

// cast applies a parameter's cast to an evaluated argument. The context
// stands at the argument's position.
func (c *Context) cast(p *Param, v value.Value) (value.Value, error) {
	if p.Cast.shape == single {
		if p.Cast.check == nil {
			return v, nil
		}
		return p.Cast.check(c, v)
	}
	list, ok := v.(value.Array)
	if !ok {
		v, err := c.castItem(p, v)
		if err != nil || p.Bare {
			return v, err
		}
		return value.Array{v}, nil
	}
	if len(list) == 0 && p.Cast.shape == oneOrMore {
		return nil, c.fail(InvalidArgument, "Non-empty array expected.")
	}
	out, err := c.castList(p, list)
	switch {
	case err != nil:
		return nil, err
	case len(out) == 0 || &out[0] == &list[0]:
		return v, nil // as it came: to make a Value of a list again costs an allocation
	default:
		return out, nil
	}
}

func (c *Context) castItem(p *Param, v value.Value) (value.Value, error) {
	if p.Cast.check == nil {
		return v, nil
	}
	return p.Cast.check(c, v)
}

// castList casts every element and reports every one that does not fit. The
// list itself is copied only if a cast changes an element.
func (c *Context) castList(p *Param, list value.Array) (value.Array, error) {
	if p.Cast.check == nil {
		return list, nil
	}
	var errs error
	out := list
	for i, v := range list {
		c.push(ast.Index(i))
		cast, err := p.Cast.check(c, v)
		c.pop()
		if err != nil {
			if errs = join(errs, err); ends(errs) {
				return nil, errs
			}
			continue
		}
		if !same(cast, v) {
			if &out[0] == &list[0] {
				out = append(value.Array(nil), list...)
			}
			out[i] = cast
		}
	}
	if errs != nil {
		return nil, errs
	}
	return out, nil
}

// same reports whether a cast returned its argument: only scalars and
// pointers are changed by casts, so that kinds which cannot be compared are
// always the same.
func same(a, b value.Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case value.KindArray, value.KindObject, value.KindBytes:
		return true
	default:
		return a == b
	}
}

// typeError is the error of a value that is not of the expected type, at the
// present position.
func (c *Context) typeError(expected string, v value.Value) error {
	return c.fail(InvalidArgument, expected+" expected, "+value.TypeName(v)+" provided.")
}

// wrongRef is typeError where a ref, a set or something to iterate was
// expected: there a ref to something undefined is reported as that.
func (c *Context) wrongRef(expected string, v value.Value) error {
	if u, ok := v.(*value.Unresolved); ok {
		return c.fail(InvalidRef, undefinedText(u))
	}
	return c.typeError(expected, v)
}
