package engine

import (
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Scope implements value.Names.
func (tx *tx) Scope() value.Scope { return tx.session.scope }

// Parent implements value.Names.
func (tx *tx) Parent(s value.Scope) (value.Ref, bool) {
	d, err := tx.schemaOf(s)
	if err != nil || s == 0 || d.Ref == (value.Ref{}) {
		return value.Ref{}, false
	}
	return d.Ref, true
}

// Name implements value.Names: the present name, or that of the last version
// of what was deleted.
func (tx *tx) Name(r value.Ref) (string, bool) {
	if r.Native() {
		n := value.NativeName(value.Class(r.ID))
		return n, n != ""
	}
	if d, err := tx.schemaOf(r.Scope); err == nil {
		if n, ok := d.Name(r.Class, r.ID); ok {
			return n, true
		}
	}
	return tx.lastName(r)
}

// lastName reads a deleted object's name from its history.
func (tx *tx) lastName(r value.Ref) (string, bool) {
	prefix := historyPrefix(r)
	it := tx.t.Scan(prefix, after(prefix), false)
	defer it.Close()
	for it.Next() {
		rec, err := decodeRecord(it.Value())
		if err != nil {
			return "", false
		}
		if rec.Tombstone {
			continue
		}
		name, err := stringField(rec.fields, "name")
		return string(name), err == nil && name != nil
	}
	return "", false
}

// Resolve implements query.Host. A literal sees the names as they were when
// the query began.
func (tx *tx) Resolve(r *ast.Ref, literal bool) (value.Value, error) {
	d := tx.own
	if literal {
		d = tx.begin
	}
	for i, name := range r.Path {
		child, ok := d.Databases.Named(name)
		if !ok {
			return &value.Unresolved{Class: value.Databases, Name: name, Path: r.Path[:i]}, nil
		}
		var err error
		if d, err = tx.schemaOf(child.Scope); err != nil {
			return nil, err
		}
	}
	return resolveIn(tx, d, r)
}

func resolveIn(tx *tx, d *schema.Database, r *ast.Ref) (value.Value, error) {
	if r.Native {
		return value.CollectionRef(d.Scope, r.Class), nil
	}
	if r.ID == "self" {
		return tx.self(d, r)
	}
	if r.Name == "" {
		id, err := parseID(r.ID)
		return value.Ref{Scope: d.Scope, Class: r.Class, ID: id}, err
	}
	number, ok := d.Lookup(r.Class, r.Name)
	if !ok {
		return &value.Unresolved{Class: r.Class, Name: r.Name, ID: r.ID, Path: r.Path}, nil
	}
	if r.ID == "" {
		return value.Ref{Scope: d.Scope, Class: r.Class, ID: number}, nil
	}
	id, err := parseID(r.ID)
	return value.Ref{Scope: d.Scope, Class: value.Class(number), ID: id}, err
}
