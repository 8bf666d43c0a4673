package wire

import "github.com/fawndb/fawn/query/ast"

// variable reads the operand of var. An unbound name is an error at the
// object, which is where the decoder stands.
func (d *decoder) variable(i int) ast.Expr {
	if d.nodes[i].kind != jsonString {
		d.push(ast.Key("var"))
		d.mismatch(i, "String")
		d.pop()
		return nil
	}
	name := d.text(i)
	if !d.scope.use(name) {
		if d.unboundCount++; len(d.unbound) < maxErrors {
			d.unbound = append(d.unbound, &Error{d.path.Join(), "Variable '" + name + "' is not defined."})
		}
	}
	if d.scope.captures > maxCaptures {
		return d.fail("Lambdas capture too many variables.")
	}
	return &ast.Var{Name: name}
}

// wrapped reads {"@obj": E}: an expression one step deeper. Data that needs no
// quotation (the quote of a number, say) needs no wrap either.
func (d *decoder) wrapped(i int) ast.Expr {
	if d.nodes[i].kind != jsonObject {
		return d.fail("Invalid object.")
	}
	switch e := d.under(ast.Key("@obj"), i).(type) {
	case nil:
		return nil
	case *ast.Array:
		return e
	case *ast.Literal:
		if !tagged(e.Value.Kind()) {
			return e
		}
		return &ast.Wrapped{Expr: e}
	default:
		return &ast.Wrapped{Expr: e}
	}
}

// members returns the object that node i, the operand of object or let, holds:
// itself, or what one @obj around it holds. A tag there is read as what it
// says, which is no object; that is an error of the form. ok is false after
// an error. The decoder stands at the operand.
func (d *decoder) members(i int) (object int, ok bool) {
	n := &d.nodes[i]
	if n.count != 1 {
		return i, true
	}
	switch key := d.key(i + 1); {
	case key == "@obj" && d.nodes[i+1].kind == jsonObject:
		return i + 1, true
	case key == "@obj":
		d.fail("Invalid object.")
		return 0, false
	case isTag(key):
		if name, ok := d.provided(i); ok {
			operand := d.path
			d.path = operand[:len(operand)-1]
			d.fail("Object expected, " + name + " provided.")
			d.path = operand
		}
		return 0, false
	}
	return i, true
}

// objectLiteral reads the operand of object.
func (d *decoder) objectLiteral(i int) ast.Expr {
	d.push(ast.Key("object"))
	defer d.pop()
	if d.nodes[i].kind != jsonObject {
		return d.mismatch(i, "Object")
	}
	at, ok := d.members(i)
	if !ok {
		return nil
	}
	return d.fields(at, d.expr)
}

// fields reads the members of object i, each with read.
func (d *decoder) fields(i int, read func(int) ast.Expr) ast.Expr {
	n := int(d.nodes[i].count)
	o := &ast.Object{Names: newNames(n), Values: d.tree.exprs.take(n)}
	c := i + 1
	for k := range o.Values {
		o.Names[k] = d.key(c)
		d.push(ast.Key(o.Names[k]))
		o.Values[k] = read(c)
		d.pop()
		if o.Values[k] == nil {
			return nil
		}
		c = int(d.nodes[c].end)
	}
	return o
}

// newNames returns n empty names, nil for none.
func newNames(n int) []string {
	if n == 0 {
		return nil
	}
	return make([]string, n)
}

// let reads the operands of let. Errors of all bindings are reported, then
// those of the body.
func (d *decoder) let(bindings, in int) ast.Expr {
	failures, mark := d.failures, d.scope.mark()
	let := &ast.Let{}
	d.push(ast.Key("let"))
	d.bindings(let, bindings)
	d.pop()
	let.In = d.under(ast.Key("in"), in)
	d.scope.release(mark)
	if d.failures > failures {
		return nil
	}
	return let
}

func (d *decoder) bindings(let *ast.Let, i int) {
	n := int(d.nodes[i].count)
	switch d.nodes[i].kind {
	case jsonArray:
		let.List = true
		let.Names, let.Values = newNames(n), d.tree.exprs.take(n)
		c := i + 1
		for k := range let.Names {
			d.push(ast.Index(k))
			d.element(let, k, c)
			d.pop()
			c = int(d.nodes[c].end)
		}
	case jsonObject:
		at, ok := d.members(i)
		if !ok {
			return
		}
		n = int(d.nodes[at].count)
		let.Names, let.Values = newNames(n), d.tree.exprs.take(n)
		c := at + 1
		for k := range let.Names {
			d.binding(let, k, c)
			c = int(d.nodes[c].end)
		}
	default:
		d.mismatch(i, "Array")
	}
}

// element reads an element of the list form: an object with one member.
func (d *decoder) element(let *ast.Let, k, i int) {
	if d.nodes[i].kind != jsonObject {
		d.mismatch(i, "Object")
		return
	}
	if n := &d.nodes[i]; n.count == 1 && d.key(i+1) == "@obj" && d.nodes[i+1].kind == jsonObject {
		i++
	} else if n.count == 1 && isTag(d.key(i+1)) {
		d.mismatch(i, "Object")
		return
	}
	if d.nodes[i].count != 1 {
		d.fail("Object expected, Object provided.")
		return
	}
	d.binding(let, k, i+1)
}

// binding reads binding k at member i, and binds its name for what follows.
func (d *decoder) binding(let *ast.Let, k, i int) {
	name := d.key(i)
	let.Names[k], let.Values[k] = name, d.under(ast.Key(name), i)
	d.scope.bind(name)
}
