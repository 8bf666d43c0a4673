package wire

import (
	"strconv"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// data reads what is not evaluated, such as the operand of quote: objects are
// plain objects, except for tags; @obj marks an object that is not a tag.
func (d *decoder) data(i int) ast.Expr {
	switch n := &d.nodes[i]; n.kind {
	case jsonArray:
		items, ok := d.list(i, d.data)
		if !ok {
			return nil
		}
		return ast.NewArray(items)
	case jsonObject:
		if n.count == 1 {
			switch key := d.key(i + 1); {
			case key == "@obj" && d.nodes[i+1].kind != jsonObject:
				return d.fail("Invalid object.")
			case key == "@obj":
				return d.plain(i + 1)
			case key == "@double" && d.exact:
				return d.double(i + 1)
			case isTag(key):
				return d.tag(i + 1)
			}
		}
		return d.fields(i, d.data)
	default:
		return d.scalar(n)
	}
}

// plain reads the object in @obj.
func (d *decoder) plain(i int) ast.Expr {
	d.push(ast.Key("@obj"))
	e := d.fields(i, d.data)
	d.pop()
	return e
}

// double reads the number in @double.
func (d *decoder) double(i int) ast.Expr {
	f, err := strconv.ParseFloat(d.text(i), 64)
	if d.nodes[i].kind != jsonString || err != nil {
		return d.fail("Invalid double.")
	}
	return d.literal(value.Double(f))
}
