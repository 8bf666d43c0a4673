package wire

import "github.com/fawndb/fawn/query/ast"

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
