package engine

import (
	"bytes"

	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// indexID is an index of a user or of the system.
type indexID struct {
	scope  value.Scope
	number uint32
}

type entryCount struct{ live, removed int64 }

// allDocuments checks every document with its history and its entries.
func (c *checker) allDocuments() error {
	c.expected = map[indexID]*entryCount{}
	classes, err := c.classes()
	if err != nil {
		return err
	}
	for _, class := range classes {
		c.enter(class.Scope)
		from := class
		for {
			const chunk = 1024
			refs, err := refsFrom(source{c.tx}.Scan, from, chunk+1)
			if err != nil {
				return err
			}
			for _, r := range refs[:min(chunk, len(refs))] {
				if err := c.document(r); err != nil {
					return err
				}
			}
			if len(refs) <= chunk {
				break
			}
			from = refs[chunk]
		}
	}
	return nil
}

// classes returns the classes that have documents, as refs with the id 0, less
// those that wait to be swept.
func (c *checker) classes() ([]value.Ref, error) {
	var out []value.Ref
	seen := map[value.Ref]bool{}
	take := func(key []byte, size int) error {
		if len(key) != size {
			c.report("store", "%x is no key of a document", key)
			return nil
		}
		class := decodeRef(key[1:])
		if class.ID = 0; seen[class] {
			return nil
		}
		seen[class] = true
		swept, err := c.swept(class.Scope, class.Class)
		if err == nil && !swept && c.exists(class) {
			out = append(out, class)
		}
		return err
	}
	err := c.each([]byte{spaceLive}, func(key, _ []byte) error { return take(key, 1+refSize) })
	if err != nil {
		return nil, err
	}
	err = c.each([]byte{spaceHistory}, func(key, _ []byte) error { return take(key, 1+refSize+8) })
	return out, err
}

// exists reports whether there is the collection that documents are in.
func (c *checker) exists(class value.Ref) bool {
	d := c.scopes[class.Scope]
	if d == nil {
		c.report(databaseName(class.Scope), "it does not exist, but has documents")
		return false
	}
	_, ok := d.Collections.Numbered(int64(class.Class))
	if !ok && class.Class >= value.FirstUserClass {
		c.report(databaseName(class.Scope), "collection %d does not exist, but has documents", class.Class)
		return false
	}
	return true
}

// document checks a document, its history, and its entries in all indexes.
func (c *checker) document(r value.Ref) error {
	if err := c.tx.ctx.Err(); err != nil {
		return err
	}
	versions, ok, err := c.history(r)
	if err != nil || !ok {
		return err
	}
	definitions, err := c.tx.definitions(r)
	if err != nil {
		return err
	}
	for _, d := range definitions {
		if err := c.entriesOf(r, d, versions); err != nil {
			return err
		}
	}
	return nil
}

// history reads all versions of a document, oldest first. It is false when one
// cannot be read.
func (c *checker) history(r value.Ref) (out []index.Version, ok bool, err error) {
	ok = true
	prefix := historyPrefix(r)
	it := c.tx.t.Scan(prefix, after(prefix), true)
	defer it.Close()
	for it.Next() {
		if len(it.Key()) != historyStamp+8 {
			c.report(documentName(r), "the key %x is no version", it.Key())
			return nil, false, nil
		}
		v, fine := c.version(r, it.Value())
		if fine && v.TS != historyTime(it.Key()) {
			c.report(documentName(r), "a version of %d stands at %d", v.TS, historyTime(it.Key()))
			fine = false
		}
		out, ok = append(out, v), ok && fine
	}
	if err := it.Err(); err != nil {
		return nil, false, err
	}
	stored, err := c.tx.t.Get(liveKey(r))
	if err != nil || !ok {
		return nil, false, err
	}
	if stored == nil {
		if ok = out[len(out)-1].Doc == nil; !ok {
			c.report(documentName(r), "it is not live, but its history does not end with a deletion")
		}
		return out, ok, nil
	}
	v, ok := c.version(r, stored)
	if !ok || !c.newest(r, v, out) {
		return nil, false, nil
	}
	return append(out, v), true, c.live(r, stored)
}

// newest checks the live version against those before it.
func (c *checker) newest(r value.Ref, v index.Version, before []index.Version) bool {
	if v.Doc == nil {
		c.report(documentName(r), "the live version is a deletion")
		return false
	}
	if len(before) > 0 && v.TS <= before[len(before)-1].TS {
		c.report(documentName(r), "the live version of %d is not newer than the history up to %d", v.TS, before[len(before)-1].TS)
		return false
	}
	return true
}

// version decodes a version and checks it by itself.
func (c *checker) version(r value.Ref, b []byte) (index.Version, bool) {
	rec, err := decodeRecord(b)
	if err != nil {
		c.report(documentName(r), "a version cannot be read: %v", err)
		return index.Version{}, false
	}
	v := index.Version{TS: rec.TS}
	if rec.TS <= 0 || rec.TS >= c.tx.now {
		c.report(documentName(r), "a version has the time %d", rec.TS)
		return v, false
	}
	if rec.Tombstone {
		return v, true
	}
	v.Doc = rec.document(r)
	fields, err := v.Doc.Fields()
	if err != nil {
		c.report(documentName(r), "the version of %d cannot be read: %v", rec.TS, err)
		return v, false
	}
	ttl, _ := fields.Get("ttl")
	t, hasTTL := ttl.(value.Time)
	if hasTTL != rec.HasTTL || hasTTL && index.TTLOf(t) != rec.TTL {
		c.report(documentName(r), "the version of %d has one ttl in its fields and another in its head", rec.TS)
		return v, false
	}
	return v, true
}

// live checks what follows from a document that is live.
func (c *checker) live(r value.Ref, b []byte) error {
	rec, err := decodeRecord(b)
	if err != nil {
		return err
	}
	if rec.HasTTL {
		note, err := c.tx.t.Get(ttlKey(rec.TTL, r))
		if err != nil {
			return err
		}
		if note == nil {
			c.report(documentName(r), "nothing notes that it expires")
		}
	}
	if r.Class == value.Keys {
		place, err := c.tx.t.Get(keyKey(r.ID, r.Scope))
		if err != nil {
			return err
		}
		if place == nil {
			c.report(documentName(r), "the key has no place")
		}
	}
	if r.Class == value.Tokens {
		return c.secretOf(r, rec.fields)
	}
	return nil
}

// secretOf checks that a token can be found: by its digest, or by its seal.
func (c *checker) secretOf(r value.Ref, fields []byte) error {
	stored, err := stringField(fields, "hashed_secret")
	if err == nil && stored != nil {
		return nil
	}
	b, err := c.tx.t.Get(sealKey(r))
	if b == nil && err == nil {
		c.report(documentName(r), "it has no digest of a secret")
	}
	return err
}

// entriesOf looks for the entries that a document should have in an index.
func (c *checker) entriesOf(r value.Ref, d *index.Definition, versions []index.Version) error {
	if skip, err := c.outdated(d); skip || err != nil {
		return err
	}
	timeline, _, err := d.Timeline(versions, c.tx.env())
	if err != nil {
		return err
	}
	count := c.count(d)
	for i := range timeline {
		s := &timeline[i]
		want := s.Stored()
		have, err := c.tx.t.Get(want.Key)
		if err != nil {
			return err
		}
		state := "an entry"
		if s.Until != index.Live {
			state = "a past entry"
		}
		switch {
		case have != nil:
			if s.Until == index.Live {
				count.live++
			} else {
				count.removed++
			}
			if !sameEntry(have, want.Value, s.From == versions[0].TS) {
				c.report(indexName(d), "%s of %s is not as it should be", state, documentName(r))
			}
		default:
			waits, err := c.waits(d, r)
			if err != nil {
				return err
			}
			if !waits {
				c.report(indexName(d), "%s of %s is missing", state, documentName(r))
			}
		}
	}
	return nil
}

// sameEntry compares entries. That of a document's oldest version may be
// older than it: older versions may have been swept.
func sameEntry(have, want []byte, oldest bool) bool {
	if bytes.Equal(have, want) {
		return true
	}
	h, had, err := index.ReadHeader(have)
	if err != nil {
		return false
	}
	w, wanted, err := index.ReadHeader(want)
	if err != nil || h != w && (!oldest || h.TS > w.TS) || !sameCovered(had, wanted) {
		return false
	}
	h.TS = w.TS
	return h == w
}

// sameCovered compares covered values. A time that was pending when it was
// written has other bytes than the number that it became.
func sameCovered(had, wanted []byte) bool {
	if bytes.Equal(had, wanted) {
		return true
	}
	v, err := value.DecodeMsgpack(had)
	if err != nil {
		return false
	}
	had, err = value.AppendMsgpack(nil, v, nil)
	return err == nil && bytes.Equal(had, wanted)
}

func indexName(d *index.Definition) string {
	name := d.Name
	if name == "" {
		name = value.NativeName(value.Class(d.Number)) + " of the system"
	}
	return "index " + name + " of " + databaseName(d.Scope)
}

func (c *checker) count(d *index.Definition) *entryCount {
	id := indexID{d.Scope, d.Number}
	if c.expected[id] == nil {
		c.expected[id] = &entryCount{}
	}
	return c.expected[id]
}

// outdated reports whether the entries of an index will all be removed before
// anybody reads them.
func (c *checker) outdated(d *index.Definition) (bool, error) {
	if d.Ref().ID >= value.FirstIndex && c.unordered {
		return true, nil
	}
	b, err := c.tx.t.Get(buildKey(d.Ref()))
	if b == nil || err != nil {
		return false, err
	}
	state, err := decodeBuild(b)
	return err == nil && state.stage == stageClear, nil
}

// waits reports whether an index that is being built has not come to a
// document.
func (c *checker) waits(d *index.Definition, r value.Ref) (bool, error) {
	b, err := c.tx.t.Get(buildKey(d.Ref()))
	if b == nil || err != nil {
		return false, err
	}
	state, err := decodeBuild(b)
	if err != nil {
		return true, nil // unfinished reports it
	}
	if state.stage == stageEnded {
		return false, nil
	}
	at := value.Ref{Scope: r.Scope, Class: state.class, ID: state.id}
	return bytes.Compare(liveKey(r), liveKey(at)) >= 0, nil
}
