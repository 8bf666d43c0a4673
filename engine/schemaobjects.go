package engine

import (
	"slices"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// The rows of Collections(), Indexes(), Functions(), Roles() and
// AccessProviders().

// collectionRow is the row of Collections().
// Source: chapter on authentication, section 7.3.
var collectionRow = &collection{
	noun: "Collection",
	fields: []field{
		{name: "history_days", typ: typeDays}, nameField, {name: "ttl_days", typ: typeLong}, dataField, permissionsField,
	},
	keeps:   []string{"name", "history_days"},
	next:    nextCollection,
	prepare: prepareCollection,
	after:   enterCollection,
	deleted: leaveCollection,
}

// maxCollections is how many collections a database can ever have; the
// numbers above belong to indexes.
const maxCollections = 31744

func nextCollection(tx *tx, _ *change) (int64, error) {
	n, err := tx.nextNumber(tx.own.Scope, "collection", uint64(value.FirstUserClass))
	if err == nil && n >= uint64(value.FirstUserClass)+maxCollections {
		err = &query.Refusal{Code: query.BadRequest, Description: "Maximum sequential ID reached.", Place: query.Nowhere}
	}
	return int64(n), err
}

func prepareCollection(tx *tx, c *change) error {
	if _, given := c.given.Get("history_days"); !given && c.Verb == query.Create {
		days := value.Long(tx.db.options.HistoryDays)
		c.fields = append(value.Object{{Name: "history_days", Value: days}}, c.fields...)
	}
	if err := tx.checkHistoryDays(c); err != nil {
		return err
	}
	if err := tx.checkReadable(c); err != nil {
		return err
	}
	return tx.checkUniqueName(c)
}

// checkHistoryDays refuses to keep less history where that is forbidden.
func (tx *tx) checkHistoryDays(c *change) error {
	if c.old == nil {
		return nil
	}
	was, ok := tx.own.Collections.Numbered(c.Ref.ID)
	v, _ := c.fields.Get("history_days")
	days, isLong := v.(value.Long)
	if !ok || !isLong || was.HistoryDays != nil && *was.HistoryDays <= int64(days) {
		return nil
	}
	return tx.forbid("Cannot decrease `history_days` field")
}

// leaveCollection takes a collection out of the schema, with the indexes that
// have no other source. Its documents are removed from the store later.
func leaveCollection(tx *tx, c *change) error {
	if err := tx.forbid("Cannot delete collection"); err != nil {
		return err
	}
	class := value.Class(c.Ref.ID)
	for _, i := range tx.own.Covering(class) {
		if classes := i.Definition.Classes(); i.Definition.Wildcard() || !slices.Equal(classes, []value.Class{class}) {
			continue
		}
		ref := value.Ref{Scope: tx.own.Scope, Class: value.Indexes, ID: i.ID}
		old, err := tx.version(ref, 0)
		if err != nil {
			return err
		}
		if err := tx.erase(&change{Change: query.Change{Verb: query.Delete, Ref: ref}, row: indexRow, old: old}); err != nil {
			return err
		}
	}
	tx.t.Put(kv.Write{Key: appendClass([]byte{spaceGarbage}, tx.own.Scope, class), Value: []byte{}})
	return leaveSchema(tx, c)
}

// indexRow is the row of Indexes().
// Source: chapter on documents, section 3.
var indexRow = &collection{
	noun: "Index",
	fields: []field{
		nameField, permissionsField,
		{name: "source", required: true},
		{name: "terms"},
		{name: "values"},
		{name: "unique", typ: typeBoolean},
		{name: "serialized", typ: typeBoolean},
		{name: "active", typ: typeBoolean},
		{name: "partitions", typ: typeLong},
		dataField,
	},
	keeps: []string{"name", "active", "serialized", "source", "terms", "values", "unique", "partitions", "permissions"},
	next: func(tx *tx, _ *change) (int64, error) {
		n, err := tx.nextNumber(tx.own.Scope, "index", uint64(value.FirstIndex))
		return int64(n), err
	},
	prepare: prepareIndex,
	after:   enterIndex,
	deleted: leaveIndex,
}

// prepareIndex checks an index's definition and gives the stored form.
func prepareIndex(tx *tx, c *change) error {
	if err := tx.checkReadable(c); err != nil {
		return err
	}
	var old value.Object
	if c.old != nil {
		var err error
		if old, err = c.old.Fields(); err != nil {
			return err
		}
	}
	fields, failures := index.Prepare(old, c.fields)
	for _, f := range failures {
		c.fail(f.Code, f.Description, f.Field...)
	}
	c.fields = fields
	if len(c.failures) > 0 {
		return nil
	}
	if err := tx.checkUniqueName(c); err != nil {
		return err
	}
	return tx.prepareActive(c, old)
}

// functionRow is the row of Functions().
// Source: chapter on authentication, section 7.4.
var functionRow = &collection{
	noun: "Function",
	fields: []field{
		nameField,
		{name: "body", typ: typeQuery, required: true},
		{name: "role", typ: typeRole},
		dataField, permissionsField,
	},
	keeps:   []string{"name"},
	prepare: prepareFunction,
	after:   enterSchema,
	deleted: leaveSchema,
}

func prepareFunction(tx *tx, c *change) error {
	if body, ok := c.given.Get("body"); ok && body.Kind() == value.KindString {
		return c.refuse(query.SchemaValidationFailed, "Invalid type provided for field `body`.")
	}
	if err := tx.checkRoles(c); err != nil {
		return err
	}
	if err := tx.checkReadable(c); err != nil {
		return err
	}
	return tx.checkUniqueName(c)
}

// enterSchema puts a new or changed object into the schema.
func enterSchema(tx *tx, _ *change, doc *value.Document) error {
	d, err := tx.own.Change(doc.Ref, doc)
	if err != nil {
		return err
	}
	tx.setSchema(d)
	return nil
}

// leaveSchema takes a deleted object out of the schema.
func leaveSchema(tx *tx, c *change) error {
	d, err := tx.own.Change(c.Ref, nil)
	if err != nil {
		return err
	}
	tx.setSchema(d)
	return nil
}

// checkUniqueName refuses a name that another object of the kind has.
func (tx *tx) checkUniqueName(c *change) error {
	v, _ := c.fields.Get("name")
	name, ok := v.(value.String)
	if !ok || len(c.failures) > 0 {
		return nil
	}
	id, taken := tx.own.Lookup(c.Ref.Class, string(name))
	switch {
	case !taken || id == c.Ref.ID:
		return nil
	case c.Verb == query.Create:
		noun := c.row.noun
		if c.Ref.Class == value.AccessProviders {
			noun = "other"
		}
		return c.refuse(query.InstanceAlreadyExists, noun+" already exists.")
	}
	return c.refuse(query.InstanceNotUnique, "document is not unique.")
}
