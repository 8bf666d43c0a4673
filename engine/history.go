package engine

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// past is one version of a document as the store has it: the newest one under
// the key of the live document unless it is a deletion, all others in history.
type past struct {
	record
	key    []byte // nil while it is not stored
	stored []byte // header and fields
}

// time orders versions: a pending one is the newest.
func (p past) time() int64 {
	if p.TS == 0 {
		return math.MaxInt64
	}
	return p.TS
}

// version returns the version as the timeline of an index takes it.
func (p past) version(r value.Ref) index.Version {
	v := index.Version{TS: p.TS}
	if !p.Tombstone {
		v.Doc = p.document(r)
	}
	return v
}

// rewrite inserts a version into the history of a document, or removes one.
// Source: chapter on documents, section 1.11.
func (tx *tx) rewrite(c *change) (value.Value, error) {
	if err := tx.checkRewrite(c); err != nil {
		return nil, err
	}
	old, err := tx.pasts(c.Ref)
	if err != nil {
		return nil, err
	}
	at, found := slices.BinarySearchFunc(old, c.TS, func(p past, ts int64) int { return cmp.Compare(p.time(), ts) })
	if c.Verb == query.Remove {
		if found && old[at].Tombstone == (c.Action == "delete") {
			err = tx.setHistory(c, old, slices.Delete(slices.Clone(old), at, at+1))
		}
		return value.Null{}, err
	}
	fresh, err := tx.inserted(c)
	if err != nil {
		return nil, err
	}
	if found {
		changed := slices.Clone(old)
		changed[at] = fresh
		err = tx.setHistory(c, old, changed)
	} else {
		err = tx.setHistory(c, old, slices.Insert(slices.Clone(old), at, fresh))
	}
	return insertion(c), err
}

// checkRewrite refuses refs whose history cannot be rewritten, callers who may
// not, and times to come.
func (tx *tx) checkRewrite(c *change) error {
	verb, allowed := "insert", c.Ref.Class >= value.FirstUserClass || c.Ref.Class == value.Keys && !c.Ref.Native()
	if c.Verb == query.Remove {
		verb, allowed = "remove", c.Ref.Class >= value.FirstUserClass
	}
	if !allowed {
		return c.refuse(query.InvalidArgument, "Cannot "+verb+" event for specified ref.")
	}
	if err := tx.checkTarget(c); err != nil {
		return err
	}
	if err := tx.checkRefs(c); err != nil {
		return err
	}
	if ok, err := tx.mayRewrite(c); err != nil {
		return err
	} else if !ok {
		return query.Denied(query.AtForm)
	}
	if c.Verb == query.Insert && c.TS > tx.now {
		return c.refuse(query.InvalidWriteTime, "Cannot write outside of snapshot time.")
	}
	return nil
}

func (tx *tx) mayRewrite(c *change) (bool, error) {
	return tx.may(schema.ActionHistoryWrite, c.Ref.Scope, c.Ref.Class, func(*value.Lambda) value.Value {
		return value.Array{c.Ref, value.TimeFromMicros(c.TS), value.String(c.Action), c.Params}
	})
}

// inserted makes the version that an insert brings.
func (tx *tx) inserted(c *change) (past, error) {
	if c.Action == "delete" {
		return deletionOf(c.TS), nil
	}
	c.Params = c.Params.Without("credentials")
	if err := tx.validate(c); err != nil {
		return past{}, err
	}
	// A time that is still pending cannot be part of the past.
	return versionOf(c.TS, value.Resolve(c.fields, tx.now).(value.Object))
}

// deletionOf returns the version that a deletion is.
func deletionOf(ts int64) past {
	h := index.Header{TS: ts, Tombstone: true}
	return past{record: record{Header: h}, stored: index.AppendHeader(nil, h)}
}

// versionOf returns the version of a time with fields in which nothing is
// pending. The error is a refusal when it is too large.
func versionOf(ts int64, fields value.Object) (past, error) {
	h := index.Header{TS: ts}
	if v, ok := fields.Get("ttl"); ok {
		if t, ok := v.(value.Time); ok {
			h.TTL, h.HasTTL = index.TTLOf(t), true
		}
	}
	stored := index.AppendHeader(make([]byte, 0, 256), h)
	head := len(stored)
	stored, err := value.AppendMsgpack(stored, fields, nil)
	if err != nil {
		return past{}, fmt.Errorf("engine: store: %w", err)
	}
	if len(stored) > maxVersion {
		return past{}, tooLarge("Version bytes (%d) exceeds threshold (%d)", len(stored), maxVersion)
	}
	return past{record: record{h, stored[head:]}, stored: stored}, nil
}

// insertion is the event that an insert returns.
func insertion(c *change) *value.Event {
	e := &value.Event{TS: c.TS, Action: "delete", Document: c.Ref, Data: value.Null{}}
	if c.Action != "delete" {
		e.Action = "create"
		if data, ok := c.fields.Get("data"); ok {
			e.Data = data
		}
	}
	return e
}

// pasts returns all versions of a document, oldest first.
func (tx *tx) pasts(r value.Ref) ([]past, error) {
	var out []past
	add := func(key, b []byte) error {
		rec, err := decodeRecord(b)
		out = append(out, past{rec, append([]byte(nil), key...), b})
		return err
	}
	prefix := historyPrefix(r)
	it := tx.t.Scan(prefix, after(prefix), true)
	defer it.Close()
	for it.Next() {
		if err := add(it.Key(), it.Value()); err != nil {
			return nil, err
		}
	}
	if err := it.Err(); err != nil {
		return nil, err
	}
	key := liveKey(r)
	live, err := tx.t.Get(key)
	if err != nil || live == nil {
		return out, err
	}
	err = add(key, live)
	return out, err
}

// setHistory is replaceHistory within the limits of a query.
func (tx *tx) setHistory(c *change, old, fresh []past) error {
	if err := tx.replaceHistory(c, old, fresh); err != nil {
		return err
	}
	return tx.checkSize()
}

// replaceHistory gives a document other versions, and its indexes the entries
// that follow of them, present and past.
func (tx *tx) replaceHistory(c *change, old, fresh []past) error {
	if len(old) == 0 {
		return tx.putHistory(c, fresh)
	}
	before, after := make(map[string][]byte, len(old)), placed(c.Ref, fresh)
	for _, p := range old {
		before[string(p.key)] = p.stored
	}
	for key := range before {
		if _, stays := after[key]; !stays {
			if err := tx.clear([]byte(key)); err != nil {
				return err
			}
		}
	}
	for key, stored := range after {
		if was, ok := before[key]; !ok || !bytes.Equal(was, stored) {
			tx.t.Put(kv.Write{Key: []byte(key), Value: bytes.Clone(stored)})
		}
	}
	if err := tx.moveTTL(c.Ref, before, after); err != nil {
		return err
	}
	definitions, err := tx.definitions(c.Ref)
	if err != nil {
		return err
	}
	for _, d := range definitions {
		if err := tx.setTimeline(d, c.Ref, old, fresh); err != nil {
			return err
		}
	}
	if c.row.lives != nil {
		c.row.lives(tx, c.Ref, after[string(liveKey(c.Ref))] != nil)
	}
	return nil
}

// putHistory is replaceHistory for a document that is new.
func (tx *tx) putHistory(c *change, fresh []past) error {
	for i := range fresh {
		tx.t.Put(kv.Write{Key: placeOf(c.Ref, fresh, i), Value: fresh[i].stored})
	}
	definitions, err := tx.definitions(c.Ref)
	if err != nil {
		return err
	}
	for _, d := range definitions {
		if err := tx.putTimeline(d, c.Ref, fresh); err != nil {
			return err
		}
	}
	last := &fresh[len(fresh)-1]
	if !last.Tombstone && last.HasTTL {
		tx.t.Put(kv.Write{Key: ttlKey(last.TTL, c.Ref), Value: []byte{}})
	}
	if c.row.lives != nil {
		c.row.lives(tx, c.Ref, !last.Tombstone)
	}
	return nil
}

// putTimeline writes the entries of the history of a new document in an index.
func (tx *tx) putTimeline(d *index.Definition, r value.Ref, fresh []past) error {
	if len(fresh) == 1 {
		entries, err := tx.entries(d, fresh[0].version(r).Doc)
		for _, e := range entries {
			tx.putEntry(e)
		}
		return err
	}
	stretches, refused, err := tx.stretches(d, r, fresh)
	if err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	for i := range stretches {
		tx.putEntry(stretches[i].Stored())
	}
	return nil
}

// placed returns versions by the keys under which they belong.
func placed(r value.Ref, list []past) map[string][]byte {
	out := make(map[string][]byte, len(list))
	for i, p := range list {
		out[string(placeOf(r, list, i))] = p.stored
	}
	return out
}

// placeOf is the key under which a version of a list belongs.
func placeOf(r value.Ref, list []past, i int) []byte {
	if i == len(list)-1 && !list[i].Tombstone {
		return liveKey(r)
	}
	return historyKey(r, list[i].TS)
}

// clear removes a key from the transaction's sight.
func (tx *tx) clear(key []byte) error {
	_, base, err := tx.present(key)
	if err != nil {
		return err
	}
	tx.drop(key, base)
	return nil
}

// moveTTL brings the note under which the sweeper finds a document from one
// live version to the other.
func (tx *tx) moveTTL(r value.Ref, before, after map[string][]byte) error {
	key := liveKey(r)
	live := after[string(key)]
	if err := tx.dropTTL(r, before[string(key)]); err != nil || live == nil {
		return err
	}
	rec, err := decodeRecord(live)
	if err == nil && rec.HasTTL {
		tx.t.Put(kv.Write{Key: ttlKey(rec.TTL, r), Value: []byte{}})
	}
	return err
}

// setTimeline writes the difference between the entries that two histories of
// a document have in an index. It writes what it can, and then returns the
// refusal of what it cannot.
func (tx *tx) setTimeline(d *index.Definition, r value.Ref, old, fresh []past) error {
	before, _, err := tx.timeline(d, r, old)
	if err != nil {
		return err
	}
	after, refused, err := tx.timeline(d, r, fresh)
	if err != nil {
		return err
	}
	if err := tx.replaceEntries(before, after); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	return nil
}

// replaceEntries puts stored entries in the place of others, both by key.
func (tx *tx) replaceEntries(before, after map[string]index.Entry) error {
	for key := range before {
		if _, stays := after[key]; !stays {
			if err := tx.clear([]byte(key)); err != nil {
				return err
			}
		}
	}
	for key, e := range after {
		if was, ok := before[key]; !ok || !bytes.Equal(was.Value, e.Value) {
			tx.putEntry(e)
		}
	}
	return nil
}

// timeline returns the entries of a history in an index as they are stored,
// by key, and the refusal of a version that can have none.
func (tx *tx) timeline(d *index.Definition, r value.Ref, list []past) (map[string]index.Entry, *query.Refusal, error) {
	stretches, refused, err := tx.stretches(d, r, list)
	if err != nil {
		return nil, nil, err
	}
	out := make(map[string]index.Entry, len(stretches))
	for _, s := range stretches {
		e := s.Stored()
		out[string(e.Key)] = e
	}
	return out, refused, nil
}

// stretches returns the entries of a history in an index, and the refusal of a
// version that can have none.
func (tx *tx) stretches(d *index.Definition, r value.Ref, list []past) ([]index.Stretch, *query.Refusal, error) {
	versions := make([]index.Version, len(list))
	for i, p := range list {
		versions[i] = p.version(r)
	}
	out, refused, err := d.Timeline(versions, tx.env())
	if err != nil {
		return nil, nil, fmt.Errorf("engine: index: %w", err)
	}
	return out, refused, nil
}
