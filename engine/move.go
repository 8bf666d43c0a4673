package engine

import (
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// move moves a database into another one, with all it holds. Its number stays,
// so that nothing in it changes; the keys for it follow.
// Source: chapter on authentication, section 7.1.5.
func (tx *tx) move(c *change) (value.Value, error) {
	from, to, child, err := tx.moveEnds(c)
	if err != nil {
		return nil, err
	}
	if ok, err := tx.mayMove(c); err != nil {
		return nil, err
	} else if !ok {
		return nil, query.Denied(query.AtForm)
	}
	source, _ := tx.Name(c.Ref)
	target, _ := tx.Name(c.To)
	for s := to.Scope; ; {
		if s == child.Scope {
			return nil, &query.Refusal{
				Code: query.MoveDatabaseError, Place: query.AtForm,
				Description: "Cannot move database '" + source + "' into parent '" + target +
					"': Cannot move database from ancestor to descendant.",
			}
		}
		if s == 0 {
			break
		}
		above, err := tx.schemaOf(s)
		if err != nil {
			return nil, err
		}
		s = above.Parent
	}
	if _, taken := to.Databases.Named(child.Name); taken {
		return nil, &query.Refusal{Code: query.InstanceAlreadyExists, Description: "Database already exists.", Place: query.AtForm}
	}
	doc, err := tx.moveDocument(c.Ref, to.Scope, nil)
	if err != nil {
		return nil, err
	}
	if err := tx.moveKeys(c.Ref, doc.Ref); err != nil {
		return nil, err
	}
	moved, err := tx.schemaOf(child.Scope)
	if err != nil {
		return nil, err
	}
	d := *moved
	d.Parent, d.Ref = to.Scope, doc.Ref
	tx.t.Put(kv.Write{Key: scopeKey(spaceScope, d.Scope), Value: encodeScope(&d)})
	tx.setSchema(&d)
	tx.setSchema(from.WithChild(&schema.Child{ID: child.ID}))
	if to, err = tx.schemaOf(to.Scope); err != nil {
		return nil, err
	}
	tx.setSchema(to.WithChild(child))
	doc.Fresh = true
	return doc, nil
}

// mayMove asks for the right to delete the database that is moved. Only admins
// have it in databases below.
func (tx *tx) mayMove(c *change) (bool, error) {
	if tx.rights.builtin == roleAdmin {
		return true, nil
	}
	if c.Ref.Scope != tx.own.Scope {
		return false, nil
	}
	return tx.mayDelete(c)
}

// moveEnds finds the database that is moved, and the schemas of the databases
// that it leaves and enters.
func (tx *tx) moveEnds(c *change) (from, to *schema.Database, child *schema.Child, err error) {
	if from, err = tx.schemaOf(c.Ref.Scope); err != nil {
		return nil, nil, nil, err
	}
	child, ok := from.Databases.Numbered(c.Ref.ID)
	if !ok {
		return nil, nil, nil, &query.Refusal{Code: query.InstanceNotFound, Description: "Database not found.", Place: query.AtForm}
	}
	parent, err := tx.schemaOf(c.To.Scope)
	if err != nil {
		return nil, nil, nil, err
	}
	target, ok := parent.Databases.Numbered(c.To.ID)
	if !ok {
		return nil, nil, nil, &query.Refusal{Code: query.InstanceNotFound, Description: "Database not found.", Place: query.AtForm}
	}
	to, err = tx.schemaOf(target.Scope)
	return from, to, child, err
}

// moveDocument moves a document of a system collection into another database,
// under its id, with a change of its fields.
func (tx *tx) moveDocument(r value.Ref, to value.Scope, edit func(value.Object) value.Object) (*value.Document, error) {
	old, err := tx.version(r, 0)
	if err != nil {
		return nil, err
	}
	fields, err := old.Fields()
	if err != nil {
		return nil, err
	}
	if edit != nil {
		fields = edit(fields)
	}
	if err := tx.unstore(r, old); err != nil {
		return nil, err
	}
	r.Scope = to
	return tx.store(&change{Change: query.Change{Verb: query.Create, Ref: r, WithID: true}, fields: fields})
}

// moveKeys moves the keys for a database from its old parent to the new one.
func (tx *tx) moveKeys(was, is value.Ref) error {
	lo := appendClass([]byte{spaceLive}, was.Scope, value.Keys)
	it := tx.t.Scan(lo, after(lo), false)
	defer it.Close()
	var keys []value.Ref
	for it.Next() {
		rec, err := decodeRecord(it.Value())
		if err != nil {
			return err
		}
		if opens, err := refField(rec.fields, "database"); err != nil {
			return err
		} else if opens != nil && *opens == was {
			keys = append(keys, decodeRef(it.Key()[1:]))
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	for _, key := range keys {
		_, err := tx.moveDocument(key, is.Scope, func(f value.Object) value.Object { return f.With("database", is) })
		if err != nil {
			return err
		}
		tx.t.Delete(keyKey(key.ID, key.Scope))
		tx.t.Put(kv.Write{Key: keyKey(key.ID, is.Scope), Value: []byte{}})
	}
	return nil
}
