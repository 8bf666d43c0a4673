package wire

import (
	"sync"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Version is the API version of a request whose caller does not say another.
const Version = "4"

// Decode reads the body of a request. It does not keep src. The error is
// Errors: all faults that are reported together.
//
// The tree is checked as far as reading can: every call is of a form, every
// variable is bound, every tag is well formed. Names in refs are not looked
// up, and the id "self" is left for whoever knows the caller.
//
// The request may use the variables called vars, which its caller binds.
// Source: chapter on the wire, sections 2 and 5.
func Decode(src []byte, forms *ast.Forms, vars ...string) (ast.Expr, error) {
	return DecodeVersion(src, forms, Version, vars...)
}

// DecodeVersion is Decode for a request of another API version: the one that
// the lambdas written in it get.
func DecodeVersion(src []byte, forms *ast.Forms, version string, vars ...string) (ast.Expr, error) {
	d := newDecoder(forms, version)
	defer d.recycle()
	for _, name := range vars {
		d.scope.bind(name)
	}
	return d.request(src)
}

// DecodeData reads JSON that stands for itself: objects are plain objects,
// except for tags, and {"@double":"NaN"} is a number that JSON has no form for.
// Nothing in it is a call. The error is Errors.
func DecodeData(src []byte, forms *ast.Forms) (ast.Expr, error) {
	d := newDecoder(forms, Version)
	defer d.recycle()
	d.exact = true
	root, err := d.read(src, maxStoredDepth)
	if err == notJSON || err == noQuery { //nolint:errorlint // they are not wrapped
		return nil, Errors{{ast.Position{}, "Not valid JSON."}}
	}
	if err != nil {
		return nil, Errors{{ast.Position{}, err.Error()}}
	}
	d.expect()
	e := d.data(root)
	if errs := d.faults(); errs != nil {
		return nil, errs
	}
	return e, nil
}

// decoder makes a tree of the nodes in its arena. Its functions return nil for
// what cannot be read, after they have recorded why; path is where they stand.
type decoder struct {
	arena
	forms   *ast.Forms
	version string
	exact   bool // @double is a tag, in data
	path    ast.Position
	scope   scope
	tree    slabs

	errs     Errors
	failures int // how many errors there were, also beyond maxErrors
	// unbound are the variables without binding: errors only if everything
	// else could be read.
	unbound      Errors
	unboundCount int
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

func newDecoder(forms *ast.Forms, version string) *decoder {
	d := decoders.Get().(*decoder)
	d.forms, d.version = forms, version
	return d
}

// A decoder whose buffers have grown beyond these is not used again.
const (
	keptNodes = 1 << 12
	keptNames = 1 << 8
)

// recycle gives the decoder's memory to the next one.
func (d *decoder) recycle() {
	if cap(d.nodes) <= keptNodes && max(cap(d.path), cap(d.scope.bindings)) <= keptNames {
		d.reset()
		decoders.Put(d)
	}
}

// reset keeps the decoder's memory and nothing that refers to the request.
func (d *decoder) reset() {
	clear(d.path[:cap(d.path)])
	d.scope.reset()
	*d = decoder{arena: arena{nodes: d.nodes[:0]}, path: d.path[:0], scope: d.scope}
}

// request reads a whole body.
func (d *decoder) request(src []byte) (ast.Expr, error) {
	root, err := d.read(src, maxDepth)
	if err != nil {
		return nil, Errors{{ast.Position{}, err.Error()}}
	}
	d.expect()
	e := d.expr(root)
	if errs := d.faults(); errs != nil {
		return nil, errs
	}
	return e, nil
}

// expect sizes the slabs for the nodes read. Literals such as refs, which
// have no calls in them, are passed over.
func (d *decoder) expect() {
	objects, scalars, items := 0, 0, 0
	for i := 0; i < len(d.nodes); i++ {
		switch n := &d.nodes[i]; n.kind {
		case jsonObject:
			if n.count == 1 && isTag(d.key(i+1)) {
				i = int(n.end) - 1
			} else {
				objects++
			}
		case jsonArray:
			items += int(n.count)
		case jsonLong, jsonDouble, jsonString:
			scalars++
		case jsonNull, jsonFalse, jsonTrue: // shared
		}
	}
	d.tree.expect(objects, scalars, 4*objects+items)
}

// faults returns what is to be reported, nil if all is well.
func (d *decoder) faults() error {
	switch {
	case d.failures > 0:
		return d.errs
	case d.unboundCount > 0:
		return d.unbound
	}
	return nil
}

func (d *decoder) push(s ast.Step) { d.path = append(d.path, s) }
func (d *decoder) pop()            { d.path = d.path[:len(d.path)-1] }

// under reads node i one step down.
func (d *decoder) under(s ast.Step, i int) ast.Expr {
	d.push(s)
	e := d.expr(i)
	d.pop()
	return e
}

// expr reads an expression.
func (d *decoder) expr(i int) ast.Expr {
	switch n := &d.nodes[i]; n.kind {
	case jsonArray:
		items, ok := d.list(i, d.expr)
		if !ok {
			return nil
		}
		return ast.NewArray(items)
	case jsonObject:
		return d.object(i)
	default:
		return d.scalar(n)
	}
}

// list reads the elements of array i, each with read. ok is false at the
// first that cannot be read.
func (d *decoder) list(i int, read func(int) ast.Expr) (items []ast.Expr, ok bool) {
	items = d.tree.exprs.take(int(d.nodes[i].count))
	c := i + 1
	for k := range items {
		d.push(ast.Index(k))
		items[k] = read(c)
		d.pop()
		if items[k] == nil {
			return nil, false
		}
		c = int(d.nodes[c].end)
	}
	return items, true
}

// Literals that are the same in every tree.
var (
	nullLiteral  = &ast.Literal{Value: value.Null{}}
	falseLiteral = &ast.Literal{Value: value.Boolean(false)}
	trueLiteral  = &ast.Literal{Value: value.Boolean(true)}
)

func (d *decoder) scalar(n *node) ast.Expr {
	switch n.kind {
	case jsonNull:
		return nullLiteral
	case jsonFalse:
		return falseLiteral
	case jsonTrue:
		return trueLiteral
	case jsonLong:
		return d.literal(value.Long(n.long()))
	case jsonDouble:
		return d.literal(value.Double(n.double()))
	default:
		return d.literal(value.String(d.string(n.text)))
	}
}

func (d *decoder) literal(v value.Value) ast.Expr {
	l := d.tree.literals.one()
	l.Value = v
	return l
}

// object reads an object in the place of an expression: by its keys it is a
// shape of its own, a tag or a call.
func (d *decoder) object(i int) ast.Expr {
	switch first := i + 1; d.nodes[i].count {
	case 1:
		switch key := d.key(first); {
		case key == "var":
			return d.variable(first)
		case key == "object":
			return d.objectLiteral(first)
		case key == "@obj":
			return d.wrapped(first)
		case isTag(key):
			return d.tag(first)
		}
	case 2:
		if bindings, in := d.child(i, "let"), d.child(i, "in"); bindings >= 0 && in >= 0 {
			return d.let(bindings, in)
		}
	}
	return d.call(i)
}

// find returns the form written with the keys of object i, or nil.
func (d *decoder) find(i int) *ast.Form {
	var few [8]string
	keys := few[:0]
	end := int(d.nodes[i].end)
	for c := i + 1; c < end; c = int(d.nodes[c].end) {
		keys = append(keys, d.key(c))
	}
	return d.forms.ByKeys(keys)
}

// call reads a form's operands in declared order, up to the first that cannot
// be read.
func (d *decoder) call(i int) ast.Expr {
	form := d.find(i)
	if form == nil {
		return d.unknown(i)
	}
	call := d.newCall(form)
	for k, left := 0, d.nodes[i].count; left > 0; k++ {
		operand := &form.Operands[k]
		c := d.child(i, operand.Key)
		if c < 0 {
			continue
		}
		left--
		d.push(ast.Key(operand.Key))
		call.Args[k] = d.operand(c, operand.Syntax)
		d.pop()
		if call.Args[k] == nil {
			return nil
		}
	}
	if len(call.Args) == 1 && form.Operands[0].Syntax == ast.Quoted {
		return ast.Quote(form, call.Args[0])
	}
	return call
}

func (d *decoder) newCall(form *ast.Form) *ast.Call {
	call := d.tree.calls.one()
	call.Form, call.Args = form, d.tree.exprs.take(len(form.Operands))
	return call
}

// operand reads an operand the way its row says.
func (d *decoder) operand(i int, syntax ast.Syntax) ast.Expr {
	switch syntax {
	case ast.LambdaOnly:
		return d.lambda(i)
	case ast.LambdaOrExpr:
		if n := &d.nodes[i]; n.kind == jsonObject && n.count == 2 && d.child(i, "lambda") >= 0 && d.child(i, "expr") >= 0 {
			return d.lambda(i)
		}
		return d.expr(i)
	case ast.ExpressionList, ast.Operands:
		return d.expressions(i, syntax == ast.Operands)
	case ast.Quoted:
		return d.data(i)
	default:
		return d.expr(i)
	}
}

// expressions reads a list literal that may not be empty. With bare, what is
// no array is its one item.
func (d *decoder) expressions(i int, bare bool) ast.Expr {
	switch n := &d.nodes[i]; {
	case n.kind == jsonArray && n.count == 0:
		return d.fail("Expression list cannot be empty.")
	case n.kind == jsonArray:
		return d.expr(i)
	case !bare:
		return d.mismatch(i, "Array")
	}
	items := d.tree.exprs.take(1)
	if items[0] = d.expr(i); items[0] == nil {
		return nil
	}
	list := ast.NewArray(items)
	list.Bare = true
	return list
}
