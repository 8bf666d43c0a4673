package engine

import (
	"errors"
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
)

// store writes the document that a change makes, its index entries, and the
// version it takes the place of. It returns the new version, whose time is
// pending.
//
// The live document is the newest version. Only what is no longer live is
// put into history, so that a new document costs one record and reading live
// data never meets dead data.
func (tx *tx) store(c *change) (*value.Document, error) {
	ttl := int64(0)
	if v, ok := c.fields.Get("ttl"); ok {
		if t, ok := v.(value.Time); ok {
			ttl = t.MicrosUp()
		}
	}
	doc := value.NewDocument(c.Ref, 0, c.fields)
	if err := tx.reindex(c, doc, ttl); err != nil {
		return nil, err
	}
	rec := appendRecord(make([]byte, 0, 256), 0, ttl, false)
	stamps := []int{recordStamp}
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
	if ttl > 0 {
		tx.t.Put(kv.Write{Key: ttlKey(ttl, c.Ref), Value: []byte{}})
	}
	return doc, tx.checkSize()
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

// supersede moves the version that the snapshot has of a document into
// history, once in a transaction. A new document (fresh) has none.
func (tx *tx) supersede(r value.Ref, key []byte, fresh bool) error {
	if fresh {
		return nil
	}
	if w, ok := tx.t.Written(key); ok {
		return tx.dropTTL(r, w.Value)
	}
	base, err := tx.t.GetBase(key)
	if err != nil || base == nil {
		return err
	}
	rec, err := decodeRecord(base)
	if err != nil {
		return err
	}
	tx.t.Put(kv.Write{Key: historyKey(r, rec.ts), Value: append([]byte(nil), base...)})
	return tx.dropTTL(r, base)
}

// dropTTL removes the note under which the sweeper would find a version.
func (tx *tx) dropTTL(r value.Ref, rec []byte) error {
	if rec == nil {
		return nil
	}
	old, err := decodeRecord(rec)
	if err == nil && old.ttl > 0 {
		tx.t.Delete(ttlKey(old.ttl, r))
	}
	return err
}

// unstore deletes a document with its index entries. Its versions stay in
// history, with the deletion as the last.
func (tx *tx) unstore(r value.Ref, old *value.Document) error {
	if err := tx.reindex(&change{Change: query.Change{Verb: query.Delete, Ref: r}, old: old}, nil, 0); err != nil {
		return err
	}
	key := liveKey(r)
	base, err := tx.t.GetBase(key)
	if err != nil {
		return err
	}
	if err := tx.supersede(r, key, false); err != nil {
		return err
	}
	if base == nil {
		// Made and deleted in the same query: it never was.
		tx.t.Undo(key)
		return nil
	}
	tx.t.Delete(key)
	tx.t.Put(kv.Write{
		Key: historyKey(r, 0), KeyStamps: []int{historyStamp},
		Value: appendRecord(nil, 0, 0, true), ValueStamps: []int{recordStamp},
	})
	return tx.checkSize()
}

// The system's own indexes: the tokens, and the credentials, of an identity.
// Their numbers are those of the collections.
var (
	tokensByInstance      = index.System(value.Tokens, "instance", false)
	credentialsByInstance = index.System(value.Credentials, "instance", true)
)

// definitions returns the indexes that cover a class: the system's own and
// the user's.
func (tx *tx) definitions(c value.Class) []*schema.Index {
	covering := tx.own.Covering(c)
	switch c {
	case value.Tokens:
		return append([]*schema.Index{{Definition: tokensByInstance.In(tx.own.Scope)}}, covering...)
	case value.Credentials:
		return append([]*schema.Index{{Definition: credentialsByInstance.In(tx.own.Scope)}}, covering...)
	}
	return covering
}

// reindex brings the index entries of a document from its old version to the
// new one; nil doc is none.
func (tx *tx) reindex(c *change, doc *value.Document, ttl int64) error {
	for _, i := range tx.definitions(c.Ref.Class) {
		before, err := tx.entries(i.Definition, c.old)
		if err != nil {
			return err
		}
		now, err := tx.entries(i.Definition, doc)
		if err != nil {
			return err
		}
		removed, added, same := index.Diff(before, now)
		for _, e := range removed {
			if err := tx.removeEntry(e.Key); err != nil {
				return err
			}
		}
		for _, e := range added {
			if err := tx.addEntry(i.Definition, c, e, ttl); err != nil {
				return err
			}
		}
		for _, e := range same {
			if err := tx.keepEntry(e, ttl); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *tx) entries(d *index.Definition, doc *value.Document) ([]index.Entry, error) {
	if doc == nil {
		return nil, nil
	}
	list, err := index.Entries(d, doc, tx.bind)
	if err != nil {
		return nil, fmt.Errorf("engine: index: %w", err)
	}
	return list, nil
}

// bind evaluates an index binding. What fails yields nothing.
func (tx *tx) bind(l *value.Lambda, doc *value.Document) (value.Value, error) {
	v, err := query.Apply(tx.ctx, tx, l, doc, query.Options{Limited: true, Where: "index bindings"})
	if err != nil && query.IsErrors(err) {
		return value.Null{}, nil
	}
	return v, err
}

// removeEntry takes a live entry out of an index. What the snapshot had goes
// into the index's history.
func (tx *tx) removeEntry(key []byte) error {
	base, err := tx.t.GetBase(key)
	if err != nil {
		return err
	}
	if base == nil {
		tx.t.Undo(key)
		return nil
	}
	tx.t.Delete(key)
	past, stamp := index.PastKey(key)
	tx.t.Put(kv.Write{Key: past, KeyStamps: []int{stamp}, Value: append([]byte(nil), base...)})
	return nil
}

// addEntry puts an entry into an index, unless a unique one has it.
func (tx *tx) addEntry(d *index.Definition, c *change, e index.Entry, ttl int64) error {
	if d.Unique {
		if err := tx.checkUnique(c, e); err != nil {
			return err
		}
	}
	if w, ok := tx.t.Written(e.Key); ok && w.Delete {
		// Removed by this query: it is as if it had stayed.
		past, _ := index.PastKey(e.Key)
		tx.t.Undo(past)
		tx.t.Undo(e.Key)
		return tx.keepEntry(e, ttl)
	}
	v, stamps := e.Value(0, ttl)
	tx.t.Put(kv.Write{Key: e.Key, Value: v, ValueStamps: stamps})
	return nil
}

// keepEntry gives an entry that stays the ttl of the new version.
func (tx *tx) keepEntry(e index.Entry, ttl int64) error {
	b, err := tx.t.Get(e.Key)
	if err != nil {
		return err
	}
	ts, was, err := index.EntryTimes(b)
	if err != nil || was == ttl {
		return err
	}
	v, stamps := e.Value(ts, ttl)
	tx.t.Put(kv.Write{Key: e.Key, Value: v, ValueStamps: stamps})
	return nil
}

// checkUnique refuses an entry whose terms and values another live document
// has.
func (tx *tx) checkUnique(c *change, e index.Entry) error {
	prefix := e.Prefix()
	it := tx.t.Scan(prefix, after(prefix), false)
	defer it.Close()
	for it.Next() {
		_, ttl, err := index.EntryTimes(it.Value())
		if err != nil {
			return err
		}
		if ttl != 0 && ttl <= tx.now || index.EntryRef(it.Key()) == c.Ref {
			continue
		}
		return c.refuse(query.InstanceNotUnique, "document is not unique.")
	}
	return it.Err()
}

// firstOf returns the first document that one of the system's own indexes has
// for an identity, nil if there is none.
func (tx *tx) firstOf(i *index.SystemIndex, who value.Ref) (*value.Ref, error) {
	var found *value.Ref
	err := tx.eachOf(i, who, func(r value.Ref) error {
		found = &r
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return found, err
}

var errStop = errors.New("engine: stop")

// eachOf calls f with every live document that one of the system's own
// indexes has for an identity.
func (tx *tx) eachOf(i *index.SystemIndex, who value.Ref, f func(value.Ref) error) error {
	prefix, err := i.In(who.Scope).Prefix([]value.Value{who})
	if err != nil {
		return err
	}
	it := tx.t.Scan(prefix, after(prefix), false)
	defer it.Close()
	for it.Next() {
		_, ttl, err := index.EntryTimes(it.Value())
		if err != nil {
			return err
		}
		if ttl != 0 && ttl <= tx.now {
			continue
		}
		if err := f(index.EntryRef(it.Key())); err != nil {
			return err
		}
	}
	return it.Err()
}
