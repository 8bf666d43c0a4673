package text

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// AppendValue appends v as AppendResult appends what r makes of it. The error
// is r's.
func AppendValue(dst []byte, v value.Value, r value.Renderer, forms *ast.Forms, o Options) ([]byte, error) {
	result, err := r.Append(nil, v)
	if err != nil {
		return dst, err
	}
	return AppendResult(dst, result, forms, o), nil
}

// AppendResult appends the JSON of a result as an expression that a reader
// would write for it:
//
//	{ ref: Ref(Collection("users"), "1"), ts: 1700000000123456, data: { born: Date("2001-02-03") } }
//
// Forms give the functions their names; what they have no name for stays a
// literal, such as @ts("..."). JSON that is no result of a query, and what is
// no JSON at all, is appended as it is.
func AppendResult(dst, result []byte, forms *ast.Forms, o Options) []byte {
	quoted := append(append([]byte(`{"quote":`), result...), '}')
	e, err := wire.Decode(quoted, forms)
	switch {
	case err == nil:
		return o.append(dst, exprNode(readable{forms}.expr(e)))
	case utf8.Valid(result) && json.Valid(result):
		return o.append(dst, dataNode(result))
	}
	return append(dst, result...)
}

// readable turns literals into the calls that make them, everywhere in an
// expression.
type readable struct{ forms *ast.Forms }

func (r readable) expr(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.Literal:
		return r.literal(e)
	case *ast.Ref:
		return r.ref(e)
	case *ast.Array:
		return &ast.Array{Items: r.all(e.Items), Bare: e.Bare}
	case *ast.Object:
		return &ast.Object{Names: e.Names, Values: r.all(e.Values)}
	case *ast.Wrapped:
		return &ast.Wrapped{Expr: r.expr(e.Expr)}
	case *ast.SetLiteral:
		return r.expr(e.Call)
	case *ast.QueryLiteral:
		return r.call(e, part{"query", r.expr(e.Lambda)})
	case *ast.Let:
		return &ast.Let{Names: e.Names, Values: r.all(e.Values), In: r.expr(e.In), List: e.List}
	case *ast.Lambda:
		return &ast.Lambda{Params: e.Params, Single: e.Single, Body: r.expr(e.Body)}
	case *ast.Call:
		if len(e.Args) == 1 && e.Form.Operands[0].Syntax == ast.Quoted {
			return r.expr(e.Args[0])
		}
		return &ast.Call{Form: e.Form, Args: r.all(e.Args)}
	default: // *ast.Var
		return e
	}
}

func (r readable) all(list []ast.Expr) []ast.Expr {
	out := make([]ast.Expr, len(list))
	for i, e := range list {
		if e != nil {
			out[i] = r.expr(e)
		}
	}
	return out
}

// part is an operand and its key.
type part struct {
	key string
	arg ast.Expr
}

// call returns a call with these operands, or literal if there is no such
// function.
func (r readable) call(literal ast.Expr, parts ...part) ast.Expr {
	keys := make([]string, len(parts))
	for i := range parts {
		keys[i] = parts[i].key
	}
	form := r.forms.ByKeys(keys)
	if form == nil {
		return literal
	}
	c := &ast.Call{Form: form, Args: make([]ast.Expr, len(form.Operands))}
	for i := range form.Operands {
		for _, p := range parts {
			if p.key == form.Operands[i].Key {
				c.Args[i] = p.arg
			}
		}
	}
	return c
}

// literal turns times and dates into calls.
func (r readable) literal(e *ast.Literal) ast.Expr {
	key := ""
	switch e.Value.Kind() {
	case value.KindTime:
		key = "time"
	case value.KindDate:
		key = "date"
	default:
		return e
	}
	var tag map[string]string
	if err := json.Unmarshal(wire.Append(nil, e), &tag); err != nil {
		return e
	}
	for _, s := range tag {
		return r.call(e, part{key, str(s)})
	}
	return e
}

func str(s string) ast.Expr { return &ast.Literal{Value: value.String(s)} }

// ref turns a ref into Ref(Collection("users"), "1"), Collection("users"),
// Tokens(), Ref(Tokens(), "5"), with the database where there is one.
func (r readable) ref(e *ast.Ref) ast.Expr {
	if e.ID == "" {
		return r.named(e)
	}
	class := &ast.Ref{Class: e.Class, Name: e.Name, Native: e.Name == "", Path: e.Path}
	return r.call(e, part{"ref", r.named(class)}, part{"id", str(e.ID)})
}

// singular are the functions that make refs by name.
var singular = map[value.Class]string{
	value.Databases: "database", value.Collections: "collection", value.Indexes: "index",
	value.Functions: "function", value.Roles: "role", value.AccessProviders: "access_provider",
}

// named turns the ref of a schema object or a system collection into a call.
func (r readable) named(e *ast.Ref) ast.Expr {
	var scope ast.Expr
	if n := len(e.Path); n > 0 {
		scope = r.named(&ast.Ref{Class: value.Databases, Name: e.Path[n-1], Path: e.Path[:n-1]})
	}
	key := singular[e.Class]
	switch {
	case e.Native && scope != nil:
		return r.call(e, part{value.NativeName(e.Class), scope})
	case e.Native:
		return r.call(e, part{value.NativeName(e.Class), &ast.Literal{Value: value.Null{}}})
	case scope != nil:
		return r.call(e, part{key, str(e.Name)}, part{"scope", scope})
	}
	return r.call(e, part{key, str(e.Name)})
}
