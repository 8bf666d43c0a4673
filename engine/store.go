package engine

import (
	"fmt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Sizes of what is stored. Source: chapter on documents, section 1.16.
const (
	maxVersion     = 8 << 20  // bytes of one version of a document
	maxTransaction = 16 << 20 // bytes of all writes of a query
	writeOp        = 1024     // bytes of a write operation
)

// store writes the document that a change makes, its index entries, and the
// version it takes the place of. It returns the new version, whose time is
// pending.
//
// The live document is the newest version. Only what is no longer live is
// put into history, so that a new document costs one record and reading live
// data never meets dead data.
func (tx *tx) store(c *change) (*value.Document, error) {
	h := index.Header{}
	if v, ok := c.fields.Get("ttl"); ok {
		if t, ok := v.(value.Time); ok {
			h.TTL, h.HasTTL = index.TTLOf(t), true
		}
	}
	doc := value.NewDocument(c.Ref, 0, c.fields)
	before := tx.t.Size()
	if err := tx.reviveOld(c); err != nil {
		return nil, err
	}
	if err := tx.reindex(c, doc); err != nil {
		return nil, err
	}
	rec := index.AppendHeader(make([]byte, 0, 256), h)
	stamps := []int{index.HeaderStamp}
	rec, err := value.AppendMsgpack(rec, c.fields, &stamps)
	if err != nil {
		return nil, fmt.Errorf("engine: store: %w", err)
	}
	if len(rec) > maxVersion {
		return nil, tooLarge("Version bytes (%d) exceeds threshold (%d)", len(rec), maxVersion)
	}
	key := liveKey(c.Ref)
	if err := tx.supersede(c.Ref, key, c.old == nil && !c.WithID); err != nil {
		return nil, err
	}
	tx.t.Put(kv.Write{Key: key, Value: rec, ValueStamps: stamps})
	if h.HasTTL {
		tx.t.Put(kv.Write{Key: ttlKey(h.TTL, c.Ref), Value: []byte{}})
	}
	tx.writeOps += max(1, int64(tx.t.Size()-before+writeOp-1)/writeOp)
	return doc, tx.checkSize()
}

// reviveOld finds the version that a new life of a document takes the place of
// when that has expired but is still there, with its entries.
func (tx *tx) reviveOld(c *change) error {
	if c.old != nil || !c.WithID {
		return nil
	}
	b, err := tx.t.Get(liveKey(c.Ref))
	if b == nil || err != nil {
		return err
	}
	rec, err := decodeRecord(b)
	if err == nil {
		c.old = rec.document(c.Ref)
	}
	return err
}

func (tx *tx) checkSize() error {
	if n := tx.t.Size(); n > maxTransaction {
		return tooLarge("Transaction exceeded limit: got %d bytes, limit %d bytes", n, maxTransaction)
	}
	return nil
}

func tooLarge(format string, args ...any) error {
	return &query.Refusal{Code: query.BadRequest, Description: fmt.Sprintf(format, args...), Place: query.Nowhere}
}

// supersede moves the present version of a document into history, unless this
// transaction made it. A new document (fresh) has none.
func (tx *tx) supersede(r value.Ref, key []byte, fresh bool) error {
	if fresh {
		return nil
	}
	current, _, err := tx.present(key)
	if err != nil {
		return err
	}
	if current == nil {
		// Deleted by this transaction, if at all: the deletion never was.
		tx.t.Undo(historyKey(r, 0))
		return nil
	}
	rec, err := decodeRecord(current)
	if err != nil {
		return err
	}
	if rec.TS != 0 {
		tx.t.Put(kv.Write{Key: historyKey(r, rec.TS), Value: append([]byte(nil), current...)})
	}
	return tx.dropTTL(r, current)
}

// present returns what the transaction sees under a key, and what its
// snapshot has there; either may be nil.
func (tx *tx) present(key []byte) (now, base []byte, err error) {
	if base, err = tx.t.GetBase(key); err != nil {
		return nil, nil, err
	}
	now = base
	if w, ok := tx.t.Written(key); ok {
		if now = w.Value; w.Delete {
			now = nil
		}
	}
	return now, base, nil
}

// drop deletes a key; what the snapshot does not have is forgotten.
func (tx *tx) drop(key, base []byte) {
	if base == nil {
		tx.t.Undo(key)
	} else {
		tx.t.Delete(key)
	}
}

// dropTTL removes the note under which the sweeper would find a version.
func (tx *tx) dropTTL(r value.Ref, rec []byte) error {
	if rec == nil {
		return nil
	}
	old, err := decodeRecord(rec)
	if err == nil && old.HasTTL {
		tx.t.Delete(ttlKey(old.TTL, r))
	}
	return err
}

// unstore deletes a document with its index entries. Its versions stay in
// history, with the deletion as the last.
func (tx *tx) unstore(r value.Ref, old *value.Document) error {
	if err := tx.reindex(&change{Change: query.Change{Verb: query.Delete, Ref: r}, old: old}, nil); err != nil {
		return err
	}
	if err := tx.release(r); err != nil {
		return err
	}
	key := liveKey(r)
	_, base, err := tx.present(key)
	if err != nil {
		return err
	}
	if err := tx.supersede(r, key, false); err != nil {
		return err
	}
	tx.drop(key, base)
	if old.TS == 0 {
		// Made and deleted in the same query: it never was, unless it took
		// the place of another version.
		was, err := tx.newest(r)
		if err != nil || was == nil || was.Tombstone {
			return err
		}
	}
	tx.t.Put(kv.Write{
		Key: historyKey(r, 0), KeyStamps: []int{historyStamp},
		Value: index.AppendHeader(nil, index.Header{Tombstone: true}), ValueStamps: []int{index.HeaderStamp},
	})
	return tx.checkSize()
}

// release frees what a document has beside itself.
func (tx *tx) release(r value.Ref) error {
	if row := collections[min(r.Class, value.FirstUserClass)]; row.released != nil {
		return row.released(tx, r)
	}
	return nil
}

// newest returns the newest version in a document's history, nil if there is
// none.
func (tx *tx) newest(r value.Ref) (*record, error) {
	prefix := historyPrefix(r)
	it := tx.t.Scan(prefix, after(prefix), false)
	defer it.Close()
	if !it.Next() {
		return nil, it.Err()
	}
	rec, err := decodeRecord(it.Value())
	return &rec, err
}

// reindex brings the index entries of a document from its old version to the
// new one; nil doc is none.
func (tx *tx) reindex(c *change, doc *value.Document) error {
	definitions, err := tx.definitions(c.Ref)
	if err != nil {
		return err
	}
	for _, d := range definitions {
		before, err := tx.entries(d, c.old)
		if err != nil && !isRefusal(err) { // an old version that was refused has none
			return err
		}
		now, err := tx.entries(d, doc)
		if err != nil {
			return err
		}
		changes := index.Diff(before, now)
		for _, e := range changes.Removed {
			if err := tx.removeEntry(e.Key); err != nil {
				return err
			}
		}
		for _, e := range changes.Added {
			if err := tx.addEntry(d, c, e); err != nil {
				return err
			}
		}
		for _, e := range changes.Kept {
			if err := tx.keepEntry(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// definitions returns the indexes that may have entries of their own of a
// document: the system's own and the user's.
func (tx *tx) definitions(r value.Ref) ([]*index.Definition, error) {
	sch := tx.own
	if r.Scope != sch.Scope {
		var err error
		if sch, err = tx.schemaOf(r.Scope); err != nil {
			return nil, err
		}
	}
	covering := sch.Covering(r.Class)
	own := schema.SystemIndex(r.Scope, r.Class)
	out := make([]*index.Definition, 0, len(covering)+1)
	if own != nil {
		out = append(out, own)
	}
	for _, i := range covering {
		if !i.Definition.Shares() {
			out = append(out, i.Definition)
		}
	}
	return out, nil
}

func (tx *tx) entries(d *index.Definition, doc *value.Document) ([]index.Entry, error) {
	if doc == nil {
		return nil, nil
	}
	list, err := d.Entries(doc, tx.env())
	if err != nil {
		return nil, fmt.Errorf("engine: index: %w", err)
	}
	return list, nil
}

// removeEntry takes a live entry out of an index. It goes into the index's
// history, unless this transaction made it.
func (tx *tx) removeEntry(key []byte) error {
	current, base, err := tx.present(key)
	if err != nil || current == nil {
		return err
	}
	h, _, err := index.ReadHeader(current)
	if err != nil {
		return fmt.Errorf("engine: index: %w", err)
	}
	if b, _, err := index.ReadHeader(base); err == nil && b.TS == h.TS {
		current = base // with the ttl that it had, not one of this query
	}
	if h.TS != 0 {
		past, stamp := index.RemovedKey(key, 0)
		tx.t.Put(kv.Write{Key: past, KeyStamps: []int{stamp}, Value: append([]byte(nil), current...)})
	}
	tx.drop(key, base)
	return nil
}

// addEntry puts an entry into an index, unless a unique one has it.
func (tx *tx) addEntry(d *index.Definition, c *change, e index.Entry) error {
	if d.Unique {
		if err := tx.checkUnique(c, d, e); err != nil {
			return err
		}
	}
	past, _ := index.RemovedKey(e.Key, 0)
	if w, ok := tx.t.Written(past); ok && e.Covers(w.Value) {
		// Removed by this query: it is as if it had stayed.
		h, _, err := index.ReadHeader(w.Value)
		if err != nil {
			return fmt.Errorf("engine: index: %w", err)
		}
		tx.t.Undo(past)
		e = e.Since(h.TS)
	}
	tx.putEntry(e)
	return nil
}

func (tx *tx) putEntry(e index.Entry) {
	tx.t.Put(kv.Write{
		Key: e.Key, Value: e.Value,
		KeyStamps: e.KeyStamps, KeyTimes: e.KeyTimes, ValueStamps: e.ValueStamps,
	})
}

// keepEntry gives an entry that stays the ttl and the values of the new
// version.
func (tx *tx) keepEntry(e index.Entry) error {
	b, err := tx.t.Get(e.Key)
	if b == nil || err != nil {
		return err // not there yet: the index is being built
	}
	h, _, err := index.ReadHeader(b)
	if err != nil {
		return fmt.Errorf("engine: index: %w", err)
	}
	tx.putEntry(e.Since(h.TS))
	return nil
}

// checkUnique refuses an entry of an index whose terms and values another live document
// has.
func (tx *tx) checkUnique(c *change, d *index.Definition, e index.Entry) error {
	prefix := e.Key[:e.Tuple]
	it := tx.t.Scan(prefix, after(prefix), false)
	defer it.Close()
	for it.Next() {
		if d.OwnerOf(it.Key()) == c.Ref {
			continue
		}
		if ok, err := tx.counts(d, it.Key(), it.Value()); err != nil {
			return err
		} else if ok {
			return c.refuse(query.InstanceNotUnique, "document is not unique.")
		}
	}
	return it.Err()
}

// counts reports whether a live entry of a unique index counts: it does not
// when its document has expired, or its collection is gone.
func (tx *tx) counts(d *index.Definition, key, stored []byte) (bool, error) {
	h, _, err := index.ReadHeader(stored)
	if err != nil {
		return false, fmt.Errorf("engine: index: %w", err)
	}
	if h.Expired(tx.now) {
		return false, nil
	}
	return tx.reachable(d.OwnerOf(key))
}
