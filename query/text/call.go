package text

import (
	"strings"

	"github.com/fawndb/fawn/query/ast"
)

// The calls that are not functions of the table: the tree has nodes of its own
// for them, or they are what the JavaScript driver calls a literal.
const (
	letName    = "Let"
	varName    = "Var"
	lambdaName = "Lambda"
	objectName = "Object"
	refName    = "Ref"
	bytesName  = "Bytes"
)

// leavesOut reports whether an argument of this name stands for an operand that
// is left out: _, and what the JavaScript driver prints there.
func leavesOut(name string) bool { return name == "_" || name == "undefined" }

// call writes a call.
func (w *encoder) call(e *expr) {
	switch fn := e.text(); fn {
	case letName:
		w.let(e)
	case varName:
		w.variable(e)
	case objectName:
		w.objectCall(e)
	case lambdaName:
		w.fail(e.start(), strayLambda)
	default:
		w.function(e, fn)
	}
}

// function writes a call of a form of the table.
func (w *encoder) function(e *expr, fn string) {
	if len(e.Args) == 1 && e.Args[0].isString() {
		switch fn {
		case refName:
			w.wrap(`{"@ref":`, e.Args[0])
			return
		case bytesName:
			w.wrap(`{"@bytes":`, e.Args[0])
			return
		}
	}
	form := w.forms.ByName(fn)
	switch {
	case fn == bytesName:
		w.fail(e.start(), `Bytes takes the text of its base64 form: Bytes("aGk=")`)
		return
	case form == nil:
		w.fail(e.start(), unknown(fn, w.forms))
		return
	}
	var buf [8]argument
	first := true
	for i, a := range w.bind(buf[:0], e, form) {
		if a.use == absent {
			continue
		}
		if first {
			w.put(`{"`)
		} else {
			w.put(`,"`)
		}
		first = false
		w.put(form.Operands[i].Key)
		w.put(`":`)
		w.argument(&form.Operands[i], a, e.start())
	}
	w.put("}")
}

// wrap writes a string literal under a tag.
func (w *encoder) wrap(open string, e *expr) {
	w.put(open)
	w.literal(e)
	w.put("}")
}

// argument writes the value of an operand.
func (w *encoder) argument(o *ast.Operand, a argument, start int) {
	if len(a.exprs) > 0 {
		start = a.exprs[0].start()
	}
	outer := w.enter(ast.Key(o.Key), start)
	switch {
	case a.use == null:
		w.put("null")
	case a.use == many:
		w.list(a.exprs, (*encoder).expr)
	case o.Syntax == ast.LambdaOnly || o.Syntax == ast.LambdaOrExpr:
		w.lambda(a.exprs[0])
	case o.Syntax == ast.Quoted:
		w.data(a.exprs[0])
	default:
		w.expr(a.exprs[0])
	}
	w.at = outer
}

// lambda writes what stands where a lambda may stand.
func (w *encoder) lambda(e *expr) {
	e = e.inner()
	switch {
	case e.kind() == lambda:
		w.arrow(e)
	case e.kind() == call && e.text() == lambdaName:
		w.lambdaCall(e)
	default:
		w.expr(e)
	}
}

// arrow writes x => body and (x, y) => body.
func (w *encoder) arrow(e *expr) {
	w.put(`{"lambda":`)
	outer := w.enter(ast.Key("lambda"), e.start())
	switch {
	case e.Body != nil:
		w.dst = appendQuoted(w.dst, e.text())
	case len(e.Params) == 1:
		w.param(e.Params[0])
	default:
		w.list(e.Params, (*encoder).param)
	}
	w.at = outer
	if body := e.Body; body != nil {
		w.body(body)
	} else {
		w.body(e.Result)
	}
}

// param writes a parameter of an arrow.
func (w *encoder) param(e *expr) {
	if e.kind() != name || !isVariable(e.text()) {
		w.fail(e.start(), strayParam)
		return
	}
	w.dst = appendQuoted(w.dst, e.text())
}

// isVariable reports whether s can be written bare as a parameter.
func isVariable(s string) bool {
	return isIdent(s) && s != "true" && s != "false" && s != "null"
}

func (w *encoder) body(e *expr) {
	w.put(`,"expr":`)
	outer := w.enter(ast.Key("expr"), e.start())
	w.expr(e)
	w.at = outer
	w.put("}")
}

// lambdaCall writes Lambda("x", body), Lambda(["x", "y"], body) and
// Lambda(x => body).
func (w *encoder) lambdaCall(e *expr) {
	if len(e.Args) == 1 && e.Args[0].inner().kind() == lambda {
		w.arrow(e.Args[0].inner())
		return
	}
	if len(e.Args) != 2 || !isPattern(e.Args[0]) {
		w.fail(e.start(), `Lambda takes parameters and an expression: Lambda("x", ...), Lambda(["x", "y"], ...)`)
		return
	}
	w.put(`{"lambda":`)
	outer := w.enter(ast.Key("lambda"), e.Args[0].start())
	w.data(e.Args[0])
	w.at = outer
	w.body(e.Args[1])
}

// isPattern reports whether e is a string or an array of strings.
func isPattern(e *expr) bool {
	if e.kind() == array {
		for _, item := range e.Items {
			if !item.isString() {
				return false
			}
		}
		return true
	}
	return e.isString()
}

// let writes Let({...}, in) and Let([{...}, ...], in).
func (w *encoder) let(e *expr) {
	if len(e.Args) != 2 || !isBindings(e.Args[0]) {
		w.fail(e.start(), "Let takes bindings and an expression: Let({ x: 1 }, ...), Let([{ x: 1 }, { y: 2 }], ...)")
		return
	}
	w.put(`{"let":`)
	outer := w.enter(ast.Key("let"), e.Args[0].start())
	if vars := e.Args[0]; vars.kind() == array {
		w.list(vars.Items, (*encoder).bindings)
	} else {
		w.bindings(vars)
	}
	w.at = outer
	w.put(`,"in":`)
	outer = w.enter(ast.Key("in"), e.Args[1].start())
	w.expr(e.Args[1])
	w.at = outer
	w.put("}")
}

// isBindings reports whether e is an object or an array of objects with one
// member.
func isBindings(e *expr) bool {
	if e.kind() == array {
		for _, item := range e.Items {
			if item.kind() != object || len(item.Fields) != 1 {
				return false
			}
		}
		return true
	}
	return e.kind() == object
}

// variable writes Var("x").
func (w *encoder) variable(e *expr) {
	if len(e.Args) != 1 || !e.Args[0].isString() {
		w.fail(e.start(), `Var takes the name of a variable: Var("x")`)
		return
	}
	w.wrap(`{"var":`, e.Args[0])
}

// objectCall writes Object({...}).
func (w *encoder) objectCall(e *expr) {
	if len(e.Args) != 1 || e.Args[0].inner().kind() != object {
		w.fail(e.start(), "Object takes an object literal: Object({ a: 1 })")
		return
	}
	w.object(e.Args[0].inner())
}

// unknown is the error of a call of something that is no function.
func unknown(fn string, forms *ast.Forms) string {
	text := "there is no function " + fn
	if n := nearest(fn, forms); n != "" {
		text += "; did you mean " + n + "?"
	}
	return text
}

// nearest returns the function whose name is nearest to fn, "" if none is near.
func nearest(fn string, forms *ast.Forms) string {
	best, least := "", max(2, len(fn)/3)+1
	consider := func(n string) {
		if d := distance(strings.ToLower(fn), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	for _, f := range forms.All() {
		consider(f.Name)
	}
	for _, n := range []string{letName, varName, lambdaName, objectName, refName, bytesName} {
		consider(n)
	}
	return best
}

// distance is how many letters of a and b must be put in, left out or changed
// to make them alike.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := corner
			if a[i] != b[j] {
				d = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
