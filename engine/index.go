package engine

import (
	"math"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// smallIndex is up to how many versions of documents an index is built by the
// transaction that creates it. Source: chapter on documents, section 3.9.
const smallIndex = 128

// prepareActive decides where a new index is built, and whether an index can
// be read: when it is built, or as soon as its creator wants it. What is once
// active stays so.
func (tx *tx) prepareActive(c *change, old value.Object) error {
	given, _ := c.given.Get("active")
	wanted := given == value.Value(value.Boolean(true))
	if old != nil {
		was, _ := old.Get("active")
		c.fields = c.fields.With("active", value.Boolean(wanted || was == value.Value(value.Boolean(true))))
		return nil
	}
	d, err := schema.Define(c.Ref, c.fields)
	if err != nil {
		return err
	}
	if d.Shares() {
		c.fields = c.fields.With("active", value.Boolean(true))
		return nil
	}
	small, err := tx.holdsAtMost(sourcesOf(tx.own, d), tx.db.options.BuildAtOnce)
	c.background = !small
	c.fields = c.fields.With("active", value.Boolean(wanted || small))
	return err
}

// holdsAtMost reports whether classes have no more than limit versions of
// documents, deletions counted.
func (tx *tx) holdsAtMost(classes []value.Class, limit int) (bool, error) {
	if limit == math.MaxInt {
		return true, nil
	}
	limit = max(limit, 0)
	n := 0
	for _, class := range classes {
		for _, space := range []byte{spaceLive, spaceHistory} {
			lo := appendClass([]byte{space}, tx.own.Scope, class)
			it := tx.t.Scan(lo, after(lo), false)
			for n <= limit && it.Next() {
				n++
			}
			err := it.Err()
			it.Close()
			if err != nil || n > limit {
				return false, err
			}
		}
	}
	return true, nil
}

// enterIndex puts an index into the schema, and, when it is new, the documents
// that exist into the index, with all their history: now or in the
// background.
func enterIndex(tx *tx, c *change, doc *value.Document) error {
	if err := enterSchema(tx, c, doc); err != nil || c.Verb != query.Create {
		return err
	}
	i, ok := tx.own.Indexes.Numbered(doc.Ref.ID)
	if !ok || i.Definition.Shares() {
		return nil
	}
	if c.background {
		tx.t.Put(kv.Write{Key: buildKey(doc.Ref), Value: (&build{}).encode()})
		tx.builds = true
		return nil
	}
	classes := sourcesOf(tx.own, i.Definition)
	class, id := value.Class(0), int64(0)
	for {
		refs, err := tx.documentsFrom(classes, class, id, buildBatch+1)
		if err != nil {
			return err
		}
		for _, ref := range refs[:min(buildBatch, len(refs))] {
			if err := tx.buildOne(i.Definition, ref); err != nil {
				return err
			}
		}
		if len(refs) <= buildBatch {
			return tx.checkSize()
		}
		class, id = refs[buildBatch].Class, refs[buildBatch].ID
	}
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
	if err := tx.forbid("Cannot cause deletion of backing index"); err != nil {
		return err
	}
	if err := tx.forgetBuild(c.Ref); err != nil {
		return err
	}
	key := appendClass([]byte{spaceGarbage}, tx.own.Scope, value.Class(c.Ref.ID))
	tx.t.Put(kv.Write{Key: key, Value: []byte{}})
	return leaveSchema(tx, c)
}
