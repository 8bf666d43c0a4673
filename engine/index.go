package engine

import (
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// enterIndex puts an index into the schema, and, when it is new, the documents
// that exist into the index, with all their history.
func enterIndex(tx *tx, c *change, doc *value.Document) error {
	if err := enterSchema(tx, c, doc); err != nil || c.Verb != query.Create {
		return err
	}
	i, ok := tx.own.Indexes.Numbered(doc.Ref.ID)
	if !ok {
		return nil
	}
	classes := i.Definition.Classes()
	if i.Definition.Wildcard() {
		for _, collection := range tx.own.Collections.All() {
			classes = append(classes, collection.Class)
		}
	}
	for _, class := range classes {
		if err := tx.build(i.Definition, class); err != nil {
			return err
		}
	}
	return tx.checkSize()
}

// build gives every document of a class its entries in a new index.
func (tx *tx) build(d *index.Definition, class value.Class) error {
	seen := map[int64]bool{}
	for _, space := range []byte{spaceLive, spaceHistory} {
		lo := appendClass([]byte{space}, d.Scope, class)
		it := tx.t.Scan(lo, after(lo), false)
		defer it.Close()
		for it.Next() {
			ref := decodeRef(it.Key()[1:])
			if seen[ref.ID] {
				continue
			}
			seen[ref.ID] = true
			if err := tx.buildOne(d, ref); err != nil {
				return err
			}
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	return nil
}

// buildOne writes all entries that a document ever had in an index.
func (tx *tx) buildOne(d *index.Definition, r value.Ref) error {
	versions, err := tx.pasts(r)
	if err != nil {
		return err
	}
	return tx.setTimeline(d, r, nil, versions)
}

// leaveIndex takes an index out of the schema. Its entries are removed from
// the store later.
func leaveIndex(tx *tx, c *change) error {
	key := appendClass([]byte{spaceGarbage}, tx.own.Scope, value.Class(c.Ref.ID))
	tx.t.Put(kv.Write{Key: key, Value: []byte{}})
	return leaveSchema(tx, c)
}
