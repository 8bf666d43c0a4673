package ast

import "github.com/fawndb/fawn/query/value"

// Expr is a node of the tree.
//
//sumtype:decl
type Expr interface{ expr() }

// Literal is a value that stands for itself: a scalar, or a decoded tag such
// as @ts.
type Literal struct{ Value value.Value }

// Ref is the literal {"@ref": ...}: a ref by names, which are looked up when
// the query runs. The literal of document 1 in users has Class Collections,
// Name "users" and ID "1"; that of token 5 has Class Tokens and ID "5"; that
// of Tokens() has Class Tokens and Native set.
type Ref struct {
	Class  value.Class // kind of the named object; of a document without named collection, its class
	Name   string      // name of the schema object, "" when there is none
	ID     string      // document id in decimal, or "self"; "" when the ref is to the object itself
	Native bool        // a system collection itself; Class says which
	Path   []string    // databases from the request's own downwards, outermost first
}

// Array is a list of expressions. Bare says that it has one item, which stands
// without brackets where its form asks for a list: {"and": true}. Positions in
// the item then have no index. Constant is the value of the whole if all items
// are literals, so that an evaluation need not make it anew; else nil.
type Array struct {
	Items    []Expr
	Bare     bool
	Constant value.Value
}

// NewArray returns the array of items.
func NewArray(items []Expr) *Array {
	a := &Array{Items: items}
	for _, item := range items {
		if _, ok := item.(*Literal); !ok {
			return a
		}
	}
	list := make(value.Array, len(items))
	for i, item := range items {
		list[i] = item.(*Literal).Value
	}
	a.Constant = list
	return a
}

// Object is {"object": {...}}. Names are distinct.
type Object struct {
	Names  []string
	Values []Expr
}

// Wrapped is {"@obj": E}: E one step deeper.
type Wrapped struct{ Expr Expr }

// SetLiteral is the literal {"@set": {...}}: Call is the constructor with the
// same meaning, whose operands are literals. Position steps and error codes
// of a literal differ from those of a call.
type SetLiteral struct{ Call *Call }

// QueryLiteral is the literal {"@query": {...}}: a lambda without free
// variables.
type QueryLiteral struct{ Lambda *Lambda }

// Let binds names in order and evaluates In with them. List says that the
// bindings were written as an array of objects with one member.
type Let struct {
	Names  []string
	Values []Expr
	In     Expr
	List   bool
}

// Var is the value of the innermost binding of a name.
type Var struct{ Name string }

// Lambda is a function literal. It stands only where its form says so.
type Lambda struct {
	Params []string // "_" binds nothing
	Single bool     // written "x", not ["x"]: one parameter takes the whole argument
	Body   Expr
	Free   []string // variables of the surroundings that Body uses, each once
	// Version is the API version the lambda is written under: "4", "2.12".
	Version string
}

// Call is a form with its operands, in the order of Form.Keys; an operand
// that was left out is nil.
type Call struct {
	Form *Form
	Args []Expr
}

func (*Literal) expr()      {}
func (*Ref) expr()          {}
func (*Array) expr()        {}
func (*Object) expr()       {}
func (*Wrapped) expr()      {}
func (*SetLiteral) expr()   {}
func (*QueryLiteral) expr() {}
func (*Let) expr()          {}
func (*Var) expr()          {}
func (*Lambda) expr()       {}
func (*Call) expr()         {}
