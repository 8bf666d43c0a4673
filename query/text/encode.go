package text

import (
	"strconv"
	"strings"

	"github.com/fawndb/fawn/query/ast"
)

// encoder writes an expression of the grammar as the wire form. After the
// first error it writes no more.
type encoder struct {
	src   string
	forms *ast.Forms
	dst   []byte
	err   *Error

	// What follows is kept only if tracing: where each position of the wire
	// form stands in the source.
	tracing bool
	marks   []mark
	at      int // the mark of what is being written
}

// mark is one step of a position: its parent is the index of another mark.
type mark struct {
	parent int
	step   ast.Step
	offset int
}

// enter goes one step down, to what stands at offset. The caller goes back by
// setting at to what it returns.
func (w *encoder) enter(s ast.Step, offset int) (outer int) {
	outer = w.at
	if w.tracing {
		w.marks = append(w.marks, mark{outer, s, offset})
		w.at = len(w.marks) - 1
	}
	return outer
}

func (w *encoder) put(s string) { w.dst = append(w.dst, s...) }

// fail records the first error.
func (w *encoder) fail(offset int, message string) {
	if w.err == nil {
		w.err = errorAt(w.src, offset, message)
	}
}

const (
	strayLambda = "a lambda stands only where a function asks for one; Query(...) makes a value of it"
	strayGroup  = "brackets hold one expression, or the parameters of a lambda: (x, y) => ..."
	strayParam  = `a parameter is an identifier; Lambda(["a"], ...) takes any name, and an array of one`
	badEscape   = "found an escape that stands for nothing"
)

// expr writes an expression.
func (w *encoder) expr(e *expr) {
	if w.err != nil {
		return
	}
	e = e.inner()
	switch e.kind() {
	case literal:
		w.literal(e)
	case name:
		if !w.constant(e) {
			w.put(`{"var":"`)
			w.put(e.text())
			w.put(`"}`)
		}
	case call:
		w.call(e)
	case lambda:
		w.fail(e.start(), strayLambda)
	case group:
		w.fail(e.start(), strayGroup)
	case array:
		w.list(e.Items, (*encoder).expr)
	case object:
		w.object(e)
	case tagged:
		w.tagged(e, e.text() == "@obj")
	}
}

// constant writes true, false and null.
func (w *encoder) constant(e *expr) bool {
	switch s := e.text(); s {
	case "true", "false", "null":
		w.put(s)
		return true
	}
	return false
}

// literal writes a string or a number.
func (w *encoder) literal(e *expr) {
	token := e.text()
	if isQuoted(token) {
		w.dst = appendQuoted(w.dst, w.string(e))
		return
	}
	if len(token) > 18 && !strings.ContainsAny(token, ".eE") {
		if _, err := strconv.ParseInt(token, 10, 64); err != nil {
			w.fail(e.start(), "the integer does not fit into 64 bits")
		}
	}
	w.put(token)
}

func isQuoted(token string) bool { return token[0] == '"' || token[0] == '\'' || token[0] == '`' }

// isString reports whether e is a string literal.
func (e *expr) isString() bool { return e.kind() == literal && isQuoted(e.text()) }

// string returns what a string literal stands for.
func (w *encoder) string(e *expr) string { return w.unquote(e.text(), e.start()) }

func (w *encoder) unquote(token string, start int) string {
	s, offset := unquote(token)
	if offset >= 0 {
		w.fail(start+offset, badEscape)
	}
	return s
}

// list writes an array, each item with write.
func (w *encoder) list(items []*expr, write func(*encoder, *expr)) {
	w.put("[")
	for i, item := range items {
		if i > 0 {
			w.put(",")
		}
		outer := w.enter(ast.Index(i), item.start())
		write(w, item)
		w.at = outer
	}
	w.put("]")
}

// object writes {"object":{...}}.
func (w *encoder) object(e *expr) {
	w.put(`{"object":`)
	outer := w.enter(ast.Key("object"), e.start())
	w.bindings(e)
	w.at = outer
	w.put("}")
}

// bindings writes the members of an object whose values are expressions. A
// name that could be a tag is protected by @obj, which is no step here.
func (w *encoder) bindings(e *expr) {
	for _, f := range e.Fields {
		if strings.HasPrefix(w.key(f), "@") {
			w.put(`{"@obj":`)
			w.members(e, (*encoder).expr)
			w.put("}")
			return
		}
	}
	w.members(e, (*encoder).expr)
}

// members writes the members of an object, each value with write.
func (w *encoder) members(e *expr, write func(*encoder, *expr)) {
	w.put("{")
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		if i > 0 {
			w.put(",")
		}
		names[i] = w.key(f)
		w.dst = append(appendQuoted(w.dst, names[i]), ':')
		outer := w.enter(ast.Key(names[i]), f.Value.start())
		write(w, f.Value)
		w.at = outer
	}
	w.put("}")
	if i := repeated(names); i >= 0 {
		w.fail(e.Fields[i].start(), "the name "+quote(names[i])+" is given twice")
	}
}

// key returns the name of a member.
func (w *encoder) key(f *field) string {
	token := f.text()
	switch {
	case isQuoted(token):
		return w.unquote(token, f.start())
	case isIdent(token):
		return token
	}
	w.fail(f.start(), "a name is an identifier or a string")
	return ""
}

func (f *field) start() int { return f.Tokens[0].Pos.Offset }

// text returns the name of a member as it is written.
func (f *field) text() string {
	word, _ := cutWord(f.Tokens[0])
	return word
}

// repeated returns the index of the first name that is there before, -1 if
// there is none.
func repeated(names []string) int {
	if len(names) < 2 {
		return -1
	}
	if len(names) <= 8 {
		for i := range names {
			for _, before := range names[:i] {
				if names[i] == before {
					return i
				}
			}
		}
		return -1
	}
	seen := make(map[string]bool, len(names))
	for i, n := range names {
		if seen[n] {
			return i
		}
		seen[n] = true
	}
	return -1
}

// tags are the tags that may be written @tag(data), and @obj(expression).
var tags = []string{"@ref", "@set", "@ts", "@date", "@bytes", "@uuid", "@query", "@obj"}

func isTag(s string) bool {
	for _, tag := range tags {
		if s == tag {
			return true
		}
	}
	return false
}

// tagged writes @tag(...). Only @obj is a step of positions, and only in it
// may an expression stand.
func (w *encoder) tagged(e *expr, holdsExpr bool) {
	tag := e.text()
	if !isTag(tag) {
		w.fail(e.start(), "there is no tag "+tag+"; the tags are "+strings.Join(tags, ", "))
		return
	}
	w.put(`{"`)
	w.put(tag)
	w.put(`":`)
	outer := w.at
	if tag == "@obj" {
		w.enter(ast.Key(tag), e.Data.start())
	}
	if holdsExpr {
		w.expr(e.Data)
	} else {
		w.data(e.Data)
	}
	w.at = outer
	w.put("}")
}

// data writes what is not evaluated: JSON as it is, and tags.
func (w *encoder) data(e *expr) {
	if w.err != nil {
		return
	}
	e = e.inner()
	switch e.kind() {
	case literal:
		w.literal(e)
		return
	case name:
		if w.constant(e) {
			return
		}
	case array:
		w.list(e.Items, (*encoder).data)
		return
	case object:
		w.members(e, (*encoder).data)
		return
	case tagged:
		w.tagged(e, false)
		return
	case call, lambda, group:
	}
	w.fail(e.start(), "found "+found(e.Tokens[0])+" in data, which is not evaluated: it holds JSON and tags only")
}
