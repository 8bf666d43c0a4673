package text

import (
	"fmt"
	"strings"

	"github.com/fawndb/fawn/query/ast"
)

// argument is what a call gives for one operand of its form.
type argument struct {
	use   use
	exprs []*expr
}

// use says how an operand is sent.
type use uint8

const (
	absent use = iota
	null       // as null
	one        // as it stands
	many       // as an array
)

// inText iterates over the operands of a form that are written one after the
// other, in their order in text.
func inText(form *ast.Form) func(yield func(int, *ast.Operand) bool) {
	return func(yield func(int, *ast.Operand) bool) {
		for i := range form.Operands {
			if form.Order != nil {
				if i >= len(form.Order) {
					return
				}
				i = form.Order[i]
			}
			if o := &form.Operands[i]; !o.Named && !yield(i, o) {
				return
			}
		}
	}
}

// bind finds the argument for each operand of form, and appends them to dst in
// the order of the operands.
func (w *encoder) bind(dst []argument, e *expr, form *ast.Form) []argument {
	for range form.Operands {
		dst = append(dst, argument{})
	}
	rest := e.Args
	if n := len(rest); n > 0 {
		if last := rest[n-1].inner(); last.kind() == object && endsInOptions(form, n, w.keys(last)) {
			w.options(dst, last, form)
			rest = rest[:n-1]
		}
	}
	for i, o := range inText(form) {
		switch {
		case o.Variadic:
			dst[i] = variadic(o, rest)
			rest = nil
		case len(rest) > 0:
			dst[i] = w.positional(o, rest[:1])
			rest = rest[1:]
		case o.Nullable:
			dst[i] = argument{use: null}
		case !o.Optional:
			w.fail(e.start(), wrongCount(form, len(e.Args)))
		}
	}
	if len(rest) > 0 {
		w.fail(rest[0].start(), wrongCount(form, len(e.Args)))
	}
	for i := range form.Operands {
		if o := &form.Operands[i]; o.Named && !o.Optional && dst[i].use == absent {
			w.fail(e.start(), form.Name+" needs the option "+o.Key+": "+Signature(form))
		}
	}
	return dst
}

// variadic is the argument of an operand that takes all that are left.
func variadic(o *ast.Operand, rest []*expr) argument {
	switch {
	case len(rest) == 1 && o.Syntax != ast.ExpressionList:
		return argument{one, rest}
	case len(rest) == 0 && o.Nullable:
		return argument{use: null}
	case len(rest) == 0 && o.Optional:
		return argument{}
	}
	return argument{many, rest}
}

// positional is the argument of an operand that takes one.
func (w *encoder) positional(o *ast.Operand, exprs []*expr) argument {
	e := exprs[0]
	if e.kind() != name || !leavesOut(e.text()) {
		return argument{one, exprs}
	}
	if !o.Optional {
		w.fail(e.start(), quote(e.text())+" leaves an argument out, and "+o.Key+" is needed")
	}
	return argument{}
}

// endsInOptions reports whether the last of n arguments, an object with these
// keys, holds the named operands of form. It does if all keys are named
// operands, or if there is no other operand that it could be.
func endsInOptions(form *ast.Form, n int, keys []string) bool {
	required, most, unbounded := 0, 0, false
	for _, o := range inText(form) {
		most++
		unbounded = unbounded || o.Variadic
		if !o.Optional && !o.Nullable && !o.Variadic {
			required++
		}
	}
	if most == len(form.Operands) || n-1 < required {
		return false
	}
	if !unbounded && n-1 >= most {
		return true
	}
	for _, key := range keys {
		if namedOperand(form, key) < 0 {
			return false
		}
	}
	return true
}

// namedOperand returns the index of a named operand, -1 if there is none.
func namedOperand(form *ast.Form, key string) int {
	for i := range form.Operands {
		if o := &form.Operands[i]; o.Named && o.Key == key {
			return i
		}
	}
	return -1
}

func (w *encoder) keys(e *expr) []string {
	keys := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		keys[i] = w.key(f)
	}
	return keys
}

// options binds the members of the object that ends a call.
func (w *encoder) options(dst []argument, e *expr, form *ast.Form) {
	for _, f := range e.Fields {
		key := w.key(f)
		switch i := namedOperand(form, key); {
		case i < 0:
			w.fail(f.start(), form.Name+" has no option "+key+": "+Signature(form))
		case dst[i].use != absent:
			w.fail(f.start(), "the name "+quote(key)+" is given twice")
		default:
			dst[i] = argument{one, []*expr{f.Value}}
		}
	}
}

// wrongCount is the error of a call with n arguments.
func wrongCount(form *ast.Form, n int) string {
	least, most, unbounded := 0, 0, false
	for _, o := range inText(form) {
		most++
		unbounded = unbounded || o.Variadic
		if !o.Optional && !o.Nullable && !o.Variadic {
			least++
		}
	}
	var takes string
	switch {
	case unbounded:
		takes = "at least " + arguments(least)
	case most == 0:
		takes = "no arguments"
	case least == most:
		takes = arguments(most)
	default:
		takes = fmt.Sprintf("%d to %s", least, arguments(most))
	}
	return fmt.Sprintf("%s takes %s, not %d: %s", form.Name, takes, n, Signature(form))
}

func arguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// Signature returns how a function is called, with its wire keys as the names
// of its arguments: "Paginate(paginate, { ts, size })". What may be left out
// is in brackets, except in the options object, where everything may be.
func Signature(form *ast.Form) string {
	var parts, named []string
	for _, o := range inText(form) {
		switch {
		case o.Variadic:
			parts = append(parts, "..."+o.Key)
		case o.Optional || o.Nullable:
			parts = append(parts, "["+o.Key+"]")
		default:
			parts = append(parts, o.Key)
		}
	}
	for i := range form.Operands {
		if o := &form.Operands[i]; o.Named {
			named = append(named, o.Key)
		}
	}
	if named != nil {
		parts = append(parts, "{ "+strings.Join(named, ", ")+" }")
	}
	return form.Name + "(" + strings.Join(parts, ", ") + ")"
}
