package wire

import "github.com/fawndb/fawn/query/ast"

// part says what may stand under a key of a set literal.
type part uint8

const (
	anyData    part = iota // any data
	setIndex               // an index, by ref or by name
	collection             // the ref of a collection
	document               // a ref
	source                 // a set or a ref
	sources                // a source, or an array of them
	history                // a source; the set may come without its tag
	predicate              // a bare lambda
	target                 // a bare lambda, or an index
)

// setShape is one way to write a set literal: the keys, all required.
type setShape []struct {
	key  string
	part part
}

// setShapes are what @set may hold. The functions with these keys make the
// sets; a literal differs from a call in that its operands are data.
// Source: chapter on documents and sets, section 2.2.
var setShapes = []setShape{
	{{"match", setIndex}},
	{{"match", setIndex}, {"terms", anyData}},
	{{"match", anyData}, {"index", setIndex}},
	{{"documents", collection}},
	{{"singleton", document}},
	{{"events", history}},
	{{"union", sources}},
	{{"intersection", sources}},
	{{"difference", sources}},
	{{"distinct", source}},
	{{"join", source}, {"with", target}},
	{{"range", source}, {"from", anyData}, {"to", anyData}},
	{{"reverse", source}},
	{{"filter", predicate}, {"collection", source}},
}

// part returns what may stand under key, and whether there is such a key.
func (s setShape) part(key string) (part, bool) {
	for _, member := range s {
		if member.key == key {
			return member.part, true
		}
	}
	return 0, false
}

// setShape returns the shape of object i, nil if it is none.
func (d *decoder) setShape(i int) setShape {
next:
	for _, shape := range setShapes {
		if int(d.nodes[i].count) != len(shape) {
			continue
		}
		for _, member := range shape {
			if d.child(i, member.key) < 0 {
				continue next
			}
		}
		return shape
	}
	return nil
}

// setLiteral reads the content of @set.
func (d *decoder) setLiteral(i int) ast.Expr {
	if d.nodes[i].kind != jsonObject {
		return d.fail("Invalid set.")
	}
	shape := d.setShape(i)
	form := d.find(i)
	if shape == nil || form == nil {
		return d.fail("Invalid set.")
	}
	call := d.newCall(form)
	for k := range form.Operands {
		key := form.Operands[k].Key
		p, ok := shape.part(key)
		if !ok {
			continue
		}
		d.push(ast.Key(key))
		call.Args[k] = d.part(d.child(i, key), p)
		d.pop()
		if call.Args[k] == nil {
			return nil
		}
	}
	return &ast.SetLiteral{Call: call}
}

// part reads what stands under a key of a set literal.
func (d *decoder) part(i int, p part) ast.Expr {
	switch p {
	case sources:
		return d.sources(i)
	case history:
		if d.bare(i) {
			return d.setLiteral(i)
		}
		p = source
	case predicate:
		if d.nodes[i].kind != jsonObject {
			return d.mismatch(i, "Lambda")
		}
		return d.bareLambda(i)
	case target:
		if d.bare(i) {
			return d.bareLambda(i)
		}
	default: // no object without a tag
	}
	e := d.data(i)
	if e == nil || p.accepts(e) {
		return e
	}
	if r, ok := e.(*ast.Ref); ok && p == setIndex {
		return d.fail("Index Ref expected, " + refName(r) + " provided.")
	}
	return d.fail(p.expected() + " expected, " + typeName(e) + " provided.")
}

// bare reports whether node i is an object without a tag.
func (d *decoder) bare(i int) bool {
	n := &d.nodes[i]
	return n.kind == jsonObject && (n.count != 1 || !isTag(d.key(i+1)))
}

func (d *decoder) bareLambda(i int) ast.Expr {
	if l := d.closed(i); l != nil {
		return l
	}
	return nil
}

// sources reads one operand, or an array of at least one.
func (d *decoder) sources(i int) ast.Expr {
	switch n := &d.nodes[i]; {
	case n.kind != jsonArray:
		return d.part(i, source)
	case n.count == 0:
		return d.fail("Non-empty array expected.")
	}
	items, ok := d.list(i, func(c int) ast.Expr { return d.part(c, source) })
	if !ok {
		return nil
	}
	return ast.NewArray(items)
}

// accepts reports whether a literal fits.
func (p part) accepts(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Literal:
		return p == anyData || p == setIndex && typeName(e) == "String"
	case *ast.Ref:
		switch p {
		case setIndex, target:
			return refName(e) == "Index Ref"
		case collection:
			return refName(e) == "Collection Ref"
		default:
			return true
		}
	case *ast.SetLiteral:
		return p == source || p == anyData
	default:
		return p == anyData
	}
}

// expected is what an error calls what would fit.
func (p part) expected() string {
	switch p {
	case setIndex:
		return "Identifier"
	case collection:
		return "Collection Ref"
	case document:
		return "Ref"
	case target:
		return "Lambda or Index Ref"
	default:
		return "Ref or Set"
	}
}
