package engine

import (
	"fmt"
	"strconv"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// converter makes values of what stands in a line, in a transaction.
type converter struct {
	*importer
	tx *tx
	w  *batch
	e  *entry
}

// fields returns the fields of a version as they are stored. What cannot be
// kept is reported and left out.
func (v *converter) fields() (value.Object, error) {
	out := make(value.Object, 0, len(v.e.names))
	row := collections[min(classOf(v.e.ref), value.FirstUserClass)]
	for i, name := range v.e.names {
		if !row.keepsField(name) {
			v.w.lose(v.e.line, "the field "+name+" is not kept")
			continue
		}
		item, err := v.value(v.e.values[i], name)
		if err != nil {
			return nil, err
		}
		if item != nil {
			out = append(out, value.Field{Name: name, Value: item})
		}
	}
	if row == providerRow {
		out = out.With("audience", v.tx.ownAudience())
	}
	return stored(out), nil
}

// classOf is the class of a document that a ref names: every user collection
// is one.
func classOf(r *ast.Ref) value.Class {
	if r.Name != "" && r.ID != "" {
		return value.FirstUserClass
	}
	return r.Class
}

// keepsField reports whether documents are stored with a field.
func (r *collection) keepsField(name string) bool {
	switch name {
	case "password", "current_password", "secret", "credentials":
		return false
	case "global_id":
		return r == databaseRow
	case "audience":
		return r == providerRow
	case "service", sealName:
		return r == tokenRow
	}
	for i := range r.fields {
		if r.fields[i].name == name {
			return true
		}
	}
	return false
}

// value returns what stands at a path, nil where that is left out.
func (v *converter) value(e ast.Expr, path string) (value.Value, error) {
	switch e := e.(type) {
	case *ast.Literal:
		return e.Value, nil
	case *ast.Array:
		return v.array(e, path)
	case *ast.Object:
		out := make(value.Object, 0, len(e.Names))
		for i, name := range e.Names {
			item, err := v.value(e.Values[i], path+"."+name)
			if err != nil {
				return nil, err
			}
			if item != nil {
				out = append(out, value.Field{Name: name, Value: item})
			}
		}
		return out, nil
	case *ast.Ref:
		r, wrong, err := v.ref(e)
		if err != nil {
			return nil, err
		}
		if wrong != "" {
			v.w.lose(v.e.line, path+": "+wrong+": the ref is left out")
			return nil, nil
		}
		return r, nil
	default: // sets and functions
		v.tx.begin = v.tx.own // with what this import has made
		out, _, err := query.Eval(v.tx.ctx, v.tx, e, v.tx.db.limits())
		if query.IsErrors(err) {
			v.w.lose(v.e.line, path+": "+err.Error()+": it is left out")
			return nil, nil
		}
		return out, err
	}
}

func (v *converter) array(e *ast.Array, path string) (value.Value, error) {
	if e.Constant != nil {
		return e.Constant, nil
	}
	out := make(value.Array, 0, len(e.Items))
	for i, item := range e.Items {
		element, err := v.value(item, path+"."+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		if element != nil {
			out = append(out, element)
		}
	}
	return out, nil
}

// ref finds what a ref names here. wrong says why there is nothing. A
// collection that documents are in is made.
func (v *converter) ref(r *ast.Ref) (out value.Ref, wrong string, err error) {
	scope := v.tx.own.Scope
	switch {
	case len(r.Path) > 0:
		return out, "it leads into another database", nil
	case r.Native:
		return value.CollectionRef(scope, r.Class), "", nil
	case r.ID == "self":
		return out, "nobody knows who self was", nil
	case r.Name == "":
		out = value.Ref{Scope: scope, Class: r.Class}
	default:
		number, ok := v.numbers[objectName{scope, r.Class, r.Name}]
		if !ok {
			number, ok = v.tx.own.Lookup(r.Class, r.Name)
		}
		if !ok && r.ID != "" {
			number, ok, err = v.makeCollection(r.Name)
		}
		if !ok || err != nil {
			return out, fmt.Sprintf("there is no %s %s", nounOf(r.Class), r.Name), err
		}
		if r.ID == "" {
			return value.Ref{Scope: scope, Class: r.Class, ID: number}, "", nil
		}
		out = value.Ref{Scope: scope, Class: value.Class(number)}
	}
	out.ID, err = strconv.ParseInt(r.ID, 10, 64)
	return out, "", err
}

// nounOf is what a document of a system collection is called.
func nounOf(c value.Class) string { return collections[min(c, value.FirstUserClass)].noun }

// makeCollection makes a collection that documents are in. It is false if none
// can have the name.
func (v *converter) makeCollection(name string) (number int64, ok bool, err error) {
	made, err := v.tx.Write(query.Change{
		Verb:   query.Create,
		Ref:    value.CollectionRef(v.tx.own.Scope, value.Collections),
		Params: value.Object{{Name: "name", Value: value.String(name)}},
	})
	if isRefusal(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	v.w.out.Collections = append(v.w.out.Collections, name)
	return made.(*value.Document).Ref.ID, true, nil
}
