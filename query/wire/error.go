package wire

import (
	"strconv"
	"strings"

	"github.com/fawndb/fawn/query/ast"
)

// InvalidExpression is the code that all errors of reading have.
const InvalidExpression = "invalid expression"

// maxErrors bounds how many errors of one request are reported: positions may
// be long, and a body may hold very many faults.
const maxErrors = 1000

// Error is one fault of a request. Its code is InvalidExpression.
type Error struct {
	// Position is where in the body; the root is empty, not nil.
	Position    ast.Position
	Description string
}

// Error implements error.
func (e *Error) Error() string {
	return InvalidExpression + " at " + string(AppendPosition(nil, e.Position)) + ": " + e.Description
}

// Errors are all the errors that are reported for a request, at least one.
// Whatever fails to decode fails with Errors.
type Errors []*Error

// Error implements error.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i := range e {
		texts[i] = e[i].Error()
	}
	return strings.Join(texts, "; ")
}

// fault is what may be wrong with a text before it has any structure.
type fault string

const (
	noQuery fault = "No query provided."
	notJSON fault = "Request body is not valid JSON."
	tooDeep fault = "Request body JSON exceeds nesting limit."
)

// Error implements error.
func (f fault) Error() string { return string(f) }

// fail records an error where the decoder stands. It returns nil, the
// expression of whatever could not be read.
func (d *decoder) fail(description string) ast.Expr {
	d.failures++
	if len(d.errs) < maxErrors {
		d.errs = append(d.errs, &Error{d.path.Join(), description})
	}
	return nil
}

// mismatch records that node i is not of the expected kind.
func (d *decoder) mismatch(i int, expected string) ast.Expr {
	if name, ok := d.provided(i); ok {
		d.fail(expected + " expected, " + name + " provided.")
	}
	return nil
}

// provided returns what error texts call the value at node i. A tag in it is
// read to know; if that fails, its error is recorded and ok is false.
func (d *decoder) provided(i int) (name string, ok bool) {
	switch n := &d.nodes[i]; n.kind {
	case jsonNull:
		return "Null", true
	case jsonFalse, jsonTrue:
		return "Boolean", true
	case jsonLong:
		return "Integer", true
	case jsonDouble:
		return "Double", true
	case jsonString:
		return "String", true
	case jsonArray:
		return "Array", true
	default:
		if n.count != 1 || !isTag(d.key(i+1)) {
			return "Object", true
		}
		e := d.tag(i + 1)
		return typeName(e), e != nil
	}
}

// unknown records that no form has the keys of object i.
func (d *decoder) unknown(i int) ast.Expr {
	var text strings.Builder
	text.WriteString("No form/function found, or invalid argument keys: { ")
	end := int(d.nodes[i].end)
	for c := i + 1; c < end; c = int(d.nodes[c].end) {
		if c > i+1 {
			text.WriteString(", ")
		}
		text.WriteString(d.key(c))
	}
	text.WriteString(" }.")
	return d.fail(text.String())
}

// AppendPosition appends a position as JSON: ["map","expr","add",1].
func AppendPosition(dst []byte, p ast.Position) []byte {
	dst = append(dst, '[')
	for i, step := range p {
		if i > 0 {
			dst = append(dst, ',')
		}
		if step.IsIndex() {
			dst = strconv.AppendInt(dst, int64(step.Index), 10)
		} else {
			dst = appendString(dst, step.Key)
		}
	}
	return append(dst, ']')
}
