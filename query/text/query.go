package text

import (
	"errors"
	"fmt"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/wire"
)

// Query is a query that was read from a text. It does not change, and may be
// used by many goroutines at once.
type Query struct {
	Expr ast.Expr
	Wire []byte // the wire form that Expr was read from

	src    string
	lo, hi int // the query's place in src
	forms  *ast.Forms
}

// Parse reads a text that holds one query. It may use the variables called
// vars, which its caller binds. The error is of type *Error.
func Parse(src string, forms *ast.Forms, vars ...string) (*Query, error) {
	f, err := parse(src)
	switch {
	case err != nil:
		return nil, err
	case len(f.Exprs) == 0:
		return nil, errorAt(src, len(src), "found the end, expected an expression")
	case len(f.Exprs) > 1:
		t := f.Exprs[1].Tokens[0]
		return nil, errorAt(src, t.Pos.Offset, "found "+found(t)+", expected the end: only one query may stand here")
	}
	return read(src, f.Exprs[0], forms, vars...)
}

// ParseAll reads a text that holds any number of queries, each ended by a
// semicolon or by its line, as a .fql file does. The error is of type *Error
// and is about the first query at fault.
func ParseAll(src string, forms *ast.Forms) ([]*Query, error) {
	f, err := parse(src)
	if err != nil {
		return nil, err
	}
	out := make([]*Query, len(f.Exprs))
	for i, e := range f.Exprs {
		if out[i], err = read(src, e, forms); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// read writes e as its wire form and reads the tree from that.
func read(src string, e *expr, forms *ast.Forms, vars ...string) (*Query, error) {
	q := &Query{src: src, lo: e.start(), hi: e.end(), forms: forms}
	w := encoder{src: src, forms: forms, dst: make([]byte, 0, 2*(q.hi-q.lo)+32)}
	if w.expr(e); w.err != nil {
		return nil, w.err
	}
	q.Wire = w.dst
	tree, err := wire.Decode(q.Wire, forms, vars...)
	if err != nil {
		return nil, q.refused(err)
	}
	q.Expr = tree
	return q, nil
}

// refused turns an error of the wire form's reader into one of the text.
func (q *Query) refused(err error) *Error {
	var faults wire.Errors
	if !errors.As(err, &faults) {
		e := errorAt(q.src, q.lo, err.Error())
		e.Err = err
		return e
	}
	message := faults[0].Description
	switch n := len(faults) - 1; n {
	case 0:
	case 1:
		message += " (and one more error)"
	default:
		message += fmt.Sprintf(" (and %d more errors)", n)
	}
	e := q.At(faults[0].Position, message)
	e.Err = err
	return e
}

// Text returns the query's own text.
func (q *Query) Text() string { return q.src[q.lo:q.hi] }

// At returns an error at a position of the wire form, such as those of
// evaluation, or at the query's start if the position is not in the text.
func (q *Query) At(pos ast.Position, message string) *Error {
	return errorAt(q.src, q.offset(pos), message)
}

// Locate returns where the expression at a position of the wire form stands in
// the text; both numbers count from 1. A position that the text does not show,
// such as that of an operand left out, is where the expression around it is.
// It is false if there is no position at all.
func (q *Query) Locate(pos ast.Position) (line, column int, ok bool) {
	if pos == nil {
		return 0, 0, false
	}
	line, column, _ = place(q.src, q.offset(pos))
	return line, column, true
}

// offset reads the text once more to find a position: errors are rare, and so
// queries need not remember where everything is.
func (q *Query) offset(pos ast.Position) int {
	f, err := parse(q.Text())
	if err != nil {
		return q.lo
	}
	w := encoder{src: q.Text(), forms: q.forms, tracing: true, marks: []mark{{parent: -1}}}
	w.expr(f.Exprs[0])
	at := 0
	for _, step := range pos {
		next := -1
		for i, m := range w.marks {
			if m.parent == at && m.step == step {
				next = i
				break
			}
		}
		if next < 0 {
			break
		}
		at = next
	}
	return q.lo + w.marks[at].offset
}
