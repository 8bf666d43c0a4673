package engine

import (
	"encoding/binary"
	"fmt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// databaseRow is the row of Databases().
// Source: chapter on authentication, section 7.1.
var databaseRow = &collection{
	noun: "Database",
	fields: []field{
		nameField, dataField,
		{name: "priority", typ: typePriority},
		{name: "container", typ: typeBoolean},
		{name: "typechecked", typ: typeBoolean},
		{name: "protected", typ: typeBoolean},
	},
	keeps:   []string{"name", "global_id"},
	prepare: prepareDatabase,
	after:   enterDatabase,
	deleted: leaveDatabase,
}

// prepareDatabase gives a new database its global id.
func prepareDatabase(tx *tx, c *change) error {
	if err := tx.checkUniqueName(c); err != nil || len(c.failures) > 0 {
		return err
	}
	if c.Verb != query.Create {
		return tx.checkContainer(c)
	}
	id, err := tx.newGlobalID()
	if err != nil {
		return err
	}
	c.fields = c.fields.With("global_id", value.String(secret.FormatGlobalID(id)))
	return nil
}

// checkContainer refuses to make a container of a database that holds what no
// container may.
func (tx *tx) checkContainer(c *change) error {
	child, ok := tx.own.Databases.Numbered(c.Ref.ID)
	if v, _ := c.fields.Get("container"); v != value.Boolean(true) || !ok {
		return nil
	}
	d, err := tx.schemaOf(child.Scope)
	if err != nil {
		return err
	}
	if d.Collections.Len()+d.Indexes.Len()+d.Functions.Len() > 0 {
		c.fail("container candidate contains data",
			"cannot make database a container while it contains collections, indexes, or user functions")
	}
	return nil
}

// contained refuses a document in a database that is a container. User
// documents need no check: a container has no collections.
func (tx *tx) contained(c *change) error {
	class := c.class()
	if tx.own.Scope == 0 || class >= value.FirstUserClass || kindOf(class) == adminOnly {
		return nil
	}
	parent, err := tx.schemaOf(tx.own.Parent)
	if err != nil {
		return err
	}
	if self, ok := parent.Databases.Numbered(tx.own.Ref.ID); ok && self.Container {
		return c.refuse(query.InvalidObjectInContainer, "Object is not allowed in a container")
	}
	return nil
}

// newGlobalID returns a global id that no database has: 63 random bits, not 0,
// which is the root's.
func (tx *tx) newGlobalID() (uint64, error) {
	for {
		var b [8]byte
		if _, err := tx.db.options.Random.Read(b[:]); err != nil {
			return 0, fmt.Errorf("engine: random: %w", err)
		}
		id := binary.BigEndian.Uint64(b[:]) >> 1
		taken, err := tx.t.Get(globalKey(id))
		if err != nil {
			return 0, err
		}
		if id != 0 && taken == nil {
			return id, nil
		}
	}
}

// enterDatabase gives a new database its number and puts it into the schema
// of its parent.
func enterDatabase(tx *tx, c *change, doc *value.Document) error {
	fields, err := doc.Fields()
	if err != nil {
		return err
	}
	name, _ := fields.Get("name")
	child := &schema.Child{
		ID: doc.Ref.ID, Name: string(name.(value.String)),
		Container: isSet(fields, "container"), Protected: isSet(fields, "protected"),
	}
	if old, ok := tx.own.Databases.Numbered(doc.Ref.ID); ok {
		child.Scope = old.Scope
		tx.setSchema(tx.own.WithChild(child))
		return nil
	}
	text, _ := fields.Get("global_id")
	globalID, _ := secret.ParseGlobalID(string(text.(value.String)))
	if err := tx.foundDatabase(doc.Ref, globalID, child); err != nil {
		return err
	}
	tx.setSchema(tx.own.WithChild(child))
	return nil
}

// foundDatabase gives a new child database its number.
func (tx *tx) foundDatabase(r value.Ref, globalID uint64, child *schema.Child) error {
	number, err := tx.nextNumber(0, "scope", 1)
	if err != nil {
		return err
	}
	child.Scope = value.Scope(number)
	d := &schema.Database{Scope: child.Scope, Parent: tx.own.Scope, Ref: r, GlobalID: globalID}
	tx.t.Put(kv.Write{Key: scopeKey(spaceScope, d.Scope), Value: encodeScope(d)})
	tx.lead(globalID, d.Scope)
	tx.setSchema(d)
	return nil
}

// leaveDatabase takes a database with all below it out of sight. What they
// hold is removed from the store later.
func leaveDatabase(tx *tx, c *change) error {
	child, ok := tx.own.Databases.Numbered(c.Ref.ID)
	if !ok {
		return nil
	}
	if err := tx.bury(child.Scope); err != nil {
		return err
	}
	tx.setSchema(tx.own.WithChild(&schema.Child{ID: child.ID}))
	return nil
}

func (tx *tx) bury(s value.Scope) error {
	d, err := tx.schemaOf(s)
	if err != nil {
		return err
	}
	for _, child := range d.Databases.All() {
		if err := tx.bury(child.Scope); err != nil {
			return err
		}
	}
	tx.t.Delete(scopeKey(spaceScope, s))
	for _, id := range globalIDs(d) {
		tx.t.Delete(globalKey(id))
	}
	tx.t.Put(kv.Write{Key: scopeKey(spaceGarbage, s), Value: []byte{}})
	tx.setSchema(&schema.Database{Scope: s, Parent: d.Parent, Ref: d.Ref, GlobalID: d.GlobalID, Deleted: true})
	return nil
}

func be64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }

// child reads a database's document as its parent's schema has it.
func (tx *tx) child(ref value.Ref, doc *value.Document) (*schema.Child, error) {
	fields, err := doc.Fields()
	if err != nil {
		return nil, err
	}
	name, _ := fields.Get("name")
	text, _ := fields.Get("global_id")
	n, _ := name.(value.String)
	g, _ := text.(value.String)
	globalID, ok := secret.ParseGlobalID(string(g))
	if !ok {
		return nil, index.ErrDamaged
	}
	s, ok, err := tx.db.scopeOf(tx.t.GetBase, globalID)
	if err != nil || !ok {
		return nil, index.ErrDamaged
	}
	return &schema.Child{
		ID: ref.ID, Name: string(n), Scope: s,
		Container: isSet(fields, "container"), Protected: isSet(fields, "protected"),
	}, nil
}

// isSet reports whether a field is true.
func isSet(fields value.Object, name string) bool {
	v, _ := fields.Get(name)
	return v == value.Boolean(true)
}

// nextNumber returns the next number of a kind of object in a database; the
// first is first. Numbers are never used again.
func (tx *tx) nextNumber(s value.Scope, kind string, first uint64) (uint64, error) {
	key := append(scopeKey(spaceNext, s), kind...)
	b, err := tx.t.Get(key)
	if err != nil {
		return 0, err
	}
	n := first
	if len(b) == 8 {
		n = be64(b)
	}
	tx.t.Put(kv.Write{Key: key, Value: binary.BigEndian.AppendUint64(nil, n+1)})
	return n, nil
}
