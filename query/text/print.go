package text

import (
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// Options say how to print.
type Options struct {
	// Width is how many characters a line may have before it is broken: 100
	// when 0, without bound when negative.
	Width int
	// Colour adds the escape sequences of Highlight.
	Colour bool
}

// Print returns e as text, for instance
//
//	Map(Paginate(Tokens()), t => Get(t))
//
// Parse makes e again of it; only Array.Bare may come back false, if the item
// is a quoted array. What does not fit on a line of 100 characters is broken,
// with indents of two blanks; there is no newline at the end.
func Print(e ast.Expr) string { return string(Append(nil, e, Options{})) }

// Append appends what Print returns.
func Append(dst []byte, e ast.Expr, o Options) []byte { return o.append(dst, exprNode(e)) }

// append appends a node as a text of its own.
func (o Options) append(dst []byte, n node) []byte {
	if o.Colour {
		o.Colour = false
		return Highlight(dst, string(o.append(nil, n)))
	}
	l := layout{dst: dst, width: o.Width, start: len(dst)}
	switch {
	case o.Width == 0:
		l.width = defaultWidth
	case o.Width < 0:
		l.width = never - 1
	}
	l.node(&n, 0, 0)
	return l.dst
}

func exprNode(e ast.Expr) node {
	switch e := e.(type) {
	case *ast.Literal:
		return dataNode(wire.Append(nil, e))
	case *ast.Ref:
		return refNode(e)
	case *ast.Array:
		return bracket("[", exprNodes(e.Items), "]")
	case *ast.Object:
		return objectNode(e.Names, e.Values)
	case *ast.Wrapped:
		return enclosed("@obj(", exprNode(e.Expr), ")")
	case *ast.SetLiteral, *ast.QueryLiteral:
		return dataNode(wire.Append(nil, e))
	case *ast.Let:
		return bracket(letName+"(", []node{bindingsNode(e), exprNode(e.In)}, ")")
	case *ast.Var:
		if isVariable(e.Name) && !leavesOut(e.Name) {
			return atom(e.Name)
		}
		return atom(varName + "(" + quote(e.Name) + ")")
	case *ast.Lambda:
		return lambdaNode(e)
	case *ast.Call:
		return callNode(e)
	default:
		panic("text: unknown expression")
	}
}

func exprNodes(list []ast.Expr) []node {
	out := make([]node, len(list))
	for i, e := range list {
		out[i] = exprNode(e)
	}
	return out
}

func objectNode(names []string, values []ast.Expr) node {
	fields := make([]node, len(names))
	for i, name := range names {
		fields[i] = fieldNode(name, exprNode(values[i]))
	}
	return bracket("{", fields, "}")
}

// fieldNode is a member of an object.
func fieldNode(name string, value node) node {
	if !isIdent(name) {
		name = quote(name)
	}
	return prefixed(name+": ", value)
}

func bindingsNode(e *ast.Let) node {
	if !e.List {
		return objectNode(e.Names, e.Values)
	}
	items := make([]node, len(e.Names))
	for i := range items {
		items[i] = objectNode(e.Names[i:i+1], e.Values[i:i+1])
	}
	return bracket("[", items, "]")
}

// lambdaNode prints an arrow where one says the same.
func lambdaNode(e *ast.Lambda) node {
	body := exprNode(e.Body)
	if !hasArrow(e) {
		return bracket(lambdaName+"(", []node{dataNode(appendParams(nil, e)), body}, ")")
	}
	params := strings.Join(e.Params, ", ")
	if !e.Single {
		params = "(" + params + ")"
	}
	return arrowNode(params, body)
}

// arrowNode is an arrow. An object that follows one needs brackets: they keep
// it from being a block in JavaScript.
func arrowNode(params string, body node) node {
	if strings.HasPrefix(body.head, "{") {
		body = enclosed("(", body, ")")
	}
	return prefixed(params+" => ", body)
}

// hasArrow reports whether an arrow can say what e says: (x) => is Single.
func hasArrow(e *ast.Lambda) bool {
	for _, p := range e.Params {
		if !isVariable(p) {
			return false
		}
	}
	return e.Single || len(e.Params) != 1
}

// appendParams appends parameters as JSON.
func appendParams(dst []byte, e *ast.Lambda) []byte {
	if e.Single {
		return appendQuoted(dst, e.Params[0])
	}
	dst = append(dst, '[')
	for i, p := range e.Params {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, p)
	}
	return append(dst, ']')
}

// callNode prints a call: the operands in their order in text, and at its end
// an object with the named ones. Arguments at the end that would be taken for
// granted are left out.
func callNode(c *ast.Call) node {
	args, last := argNodes(c)
	if named := namedNodes(c); len(named) > 0 {
		args = append(args, bracket("{", named, "}"))
	} else if o, ok := last.(*ast.Object); ok && endsInOptions(c.Form, len(args), o.Names) {
		args[len(args)-1] = enclosed(objectName+"(", args[len(args)-1], ")")
	}
	if len(args) == 1 {
		return enclosed(c.Form.Name+"(", args[0], ")")
	}
	return bracket(c.Form.Name+"(", args, ")")
}

// argNodes are the arguments without the named ones; last is what the last of
// them prints.
func argNodes(c *ast.Call) (args []node, last ast.Expr) {
	needed := 0
	for i, o := range inText(c.Form) {
		a := c.Args[i]
		switch {
		case o.Variadic:
			for _, e := range spread(o, a) {
				args = append(args, exprNode(e))
				needed, last = len(args), e
			}
			continue
		case a == nil:
			args = append(args, atom("_"))
		default:
			args = append(args, operandNode(o, a))
		}
		if granted := a == nil && !o.Nullable || o.Nullable && isNull(a); !granted {
			needed, last = len(args), a
		}
	}
	return args[:needed], last
}

// spread returns the arguments that are written for an operand which takes
// all that are left.
func spread(o *ast.Operand, e ast.Expr) []ast.Expr {
	list, ok := e.(*ast.Array)
	switch {
	case e == nil:
		return nil
	case !ok:
		return []ast.Expr{e}
	case list.Bare:
		if _, nested := list.Items[0].(*ast.Array); !nested {
			return list.Items
		}
		return []ast.Expr{ast.NewArray(list.Items)}
	case len(list.Items) < 2 && o.Syntax != ast.ExpressionList:
		return []ast.Expr{list}
	}
	return list.Items
}

// namedNodes are the members of the object that ends a call.
func namedNodes(c *ast.Call) []node {
	var fields []node
	for i, a := range c.Args {
		if o := &c.Form.Operands[i]; o.Named && a != nil {
			fields = append(fields, fieldNode(o.Key, operandNode(o, a)))
		}
	}
	return fields
}

func operandNode(o *ast.Operand, e ast.Expr) node {
	if o.Syntax == ast.Quoted {
		return quotedNode(e)
	}
	return exprNode(e)
}

// quotedNode prints data: an object whose one member could be a tag needs @obj.
func quotedNode(e ast.Expr) node {
	switch e := e.(type) {
	case *ast.Array:
		items := make([]node, len(e.Items))
		for i, item := range e.Items {
			items[i] = quotedNode(item)
		}
		return bracket("[", items, "]")
	case *ast.Object:
		fields := make([]node, len(e.Names))
		for i, name := range e.Names {
			fields[i] = fieldNode(name, quotedNode(e.Values[i]))
		}
		n := bracket("{", fields, "}")
		if len(fields) == 1 && isTag(e.Names[0]) {
			return enclosed("@obj(", n, ")")
		}
		return n
	default:
		return exprNode(e)
	}
}

func isNull(e ast.Expr) bool {
	l, ok := e.(*ast.Literal)
	return ok && l.Value.Kind() == value.KindNull
}

// refNode prints a ref literal, as an old ref if it can be one:
// @ref("collections/users/1").
func refNode(r *ast.Ref) node {
	old := value.NativeName(r.Class)
	if !r.Native && r.Name != "" {
		old += "/" + r.Name
	}
	if r.ID != "" {
		old += "/" + r.ID
	}
	switch {
	case len(r.Path) > 0, r.Class == value.Tasks, strings.HasPrefix(r.ID, "-"), strings.Contains(r.Name, "/"),
		r.Name == "self", r.Name == "events", r.Name == "_":
		return dataNode(wire.Append(nil, r))
	}
	return atom("@ref(" + quote(old) + ")")
}
