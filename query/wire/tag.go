package wire

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// isTag reports whether an object with this one key is a tagged value. @obj is
// not among them: it marks an object.
func isTag(key string) bool {
	if key == "" || key[0] != '@' {
		return false
	}
	switch key {
	case "@ref", "@set", "@ts", "@date", "@bytes", "@uuid", "@query":
		return true
	}
	return false
}

// tag reads the tagged value whose one member is node i. The tag is no step
// of a position: the decoder stands at the object.
func (d *decoder) tag(i int) ast.Expr {
	switch d.key(i) {
	case "@ref":
		return d.refLiteral(i)
	case "@set":
		return d.setLiteral(i)
	case "@query":
		if l := d.closed(i); l != nil {
			return &ast.QueryLiteral{Lambda: l}
		}
		return nil
	}
	return d.taggedText(i)
}

// taggedText reads a tag whose content is a string.
func (d *decoder) taggedText(i int) ast.Expr {
	var v value.Value
	var ok bool
	var fault string
	switch text := d.text(i); d.key(i) {
	case "@ts":
		v, ok = value.ParseTime(text)
		fault = "Invalid time."
	case "@date":
		v, ok = value.ParseDate(text)
		fault = "Invalid date."
	case "@bytes":
		v, ok = value.ParseBytes(text)
		fault = "Invalid bytes."
	default:
		v, ok = value.ParseUUID(text)
		fault = "Invalid UUID."
	}
	if d.nodes[i].kind != jsonString || !ok {
		return d.fail(fault)
	}
	return d.literal(v)
}

// typeName is what error texts call the value of a literal expression.
// Source: chapter on the wire, section 4.2.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Literal:
		return value.TypeName(e.Value)
	case *ast.Ref:
		return refName(e)
	case *ast.Array:
		return "Array"
	case *ast.SetLiteral:
		return "Set"
	case *ast.QueryLiteral:
		return "Lambda"
	default:
		return "Object"
	}
}

// tagged reports whether JSON has a tag for scalars of kind k.
func tagged(k value.Kind) bool {
	switch k {
	case value.KindBytes, value.KindUUID, value.KindTime, value.KindDate:
		return true
	default:
		return false
	}
}
