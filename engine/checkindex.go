package engine

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// allEntries looks for entries that no document has: where an index has as
// many entries as it should, and all of those, there are none.
func (c *checker) allEntries() error {
	for _, space := range []byte{index.SpaceEntry, index.SpaceRemoved} {
		it := c.tx.t.Scan([]byte{space}, []byte{space + 1}, false)
		defer it.Close()
		for ok := it.Next(); ok; {
			if len(it.Key()) < 9 {
				c.report("store", "%x is no key of an entry", it.Key())
				ok = it.Next()
				continue
			}
			id := indexID{value.Scope(be32(it.Key()[1:])), be32(it.Key()[5:])}
			if err := c.index(space, id); err != nil {
				return err
			}
			ok = it.Seek(after(appendClass([]byte{space}, id.scope, value.Class(id.number))))
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	return nil
}

// index checks the entries of one index in one space.
func (c *checker) index(space byte, id indexID) error {
	swept, err := c.swept(id.scope, value.Class(id.number))
	if swept || err != nil {
		return err
	}
	d := c.definition(id)
	if d == nil {
		c.report(databaseName(id.scope), "there are entries of index %d, which does not exist", id.number)
		return nil
	}
	if skip, err := c.outdated(d); skip || err != nil {
		return err
	}
	prefix := appendClass([]byte{space}, id.scope, value.Class(id.number))
	n := int64(0)
	if err := c.each(prefix, func([]byte, []byte) error { n++; return nil }); err != nil {
		return err
	}
	want := c.count(d).live
	if space == index.SpaceRemoved {
		want = c.count(d).removed
	}
	if n == want {
		return nil
	}
	return c.each(prefix, func(key, _ []byte) error { return c.entry(d, key) })
}

func (c *checker) definition(id indexID) *index.Definition {
	sch := c.scopes[id.scope]
	if sch == nil {
		return nil
	}
	if i, ok := sch.Indexes.Numbered(int64(id.number)); ok {
		return i.Definition
	}
	return schema.SystemIndex(id.scope, value.Class(id.number))
}

// entry reports an entry that its document does not have.
func (c *checker) entry(d *index.Definition, key []byte) error {
	c.enter(d.Scope)
	live, removed := key, int64(0)
	if key[0] == index.SpaceRemoved && len(key) >= 8 {
		live = key[:len(key)-8]
		removed = int64(^binary.BigEndian.Uint64(key[len(live):]))
	}
	if len(live) < d.MinEntry() {
		c.report(indexName(d), "%x is no key of an entry", key)
		return nil
	}
	r := d.OwnerOf(live)
	if gone, err := c.ownerGone(r); gone || err != nil {
		return err
	}
	oldest, timeline, err := c.timeline(d, r)
	if err != nil {
		if isDamage(err) { // reported with the document
			return nil
		}
		return err
	}
	for i := range timeline {
		if bytes.Equal(timeline[i].Stored().Key, key) {
			return nil
		}
	}
	switch {
	case removed == 0:
		c.report(indexName(d), "an entry of %s should not be there: %x", documentName(r), key)
	case oldest != 0 && removed > oldest || removed >= c.tx.minimumTime(r.Scope, r.Class):
		c.report(indexName(d), "a past entry of %s should not be there: %x", documentName(r), key)
	}
	return nil
}

// timeline returns the entries that a document should have, and the time of
// its oldest version, 0 if it has none.
func (c *checker) timeline(d *index.Definition, r value.Ref) (oldest int64, out []index.Stretch, err error) {
	list, err := c.tx.pasts(r)
	if err != nil {
		return 0, nil, err
	}
	versions := make([]index.Version, len(list))
	for i, p := range list {
		versions[i] = p.version(r)
	}
	if len(versions) > 0 {
		oldest = versions[0].TS
	}
	out, _, err = d.Timeline(versions, c.tx.env())
	return oldest, out, err
}

// ownerGone reports whether the collection of a document waits to be swept.
func (c *checker) ownerGone(r value.Ref) (bool, error) {
	if r.Class < value.FirstUserClass {
		return false, nil
	}
	return c.swept(r.Scope, r.Class)
}

// ttls checks that every note of a ttl is that of a live document.
func (c *checker) ttls() error {
	return c.each([]byte{spaceTTL}, func(key, _ []byte) error {
		if len(key) != 1+8+refSize {
			c.report("store", "%x is no note of a ttl", key)
			return nil
		}
		r, ttl := decodeRef(key[9:]), int64(be64(key[1:])^1<<63)
		if swept, err := c.swept(r.Scope, r.Class); swept || err != nil {
			return err
		}
		b, err := c.tx.t.Get(liveKey(r))
		if err != nil {
			return err
		}
		rec, err := decodeRecord(b)
		if err != nil || !rec.HasTTL || rec.TTL != ttl {
			c.report(documentName(r), "a note says that it expires at %d", ttl)
		}
		return nil
	})
}

// places checks that every place of a key is that of a live one.
func (c *checker) places() error {
	return c.each([]byte{spaceKey}, func(key, _ []byte) error {
		if len(key) != 13 {
			c.report("store", "%x is no place of a key", key)
			return nil
		}
		r := value.Ref{Scope: value.Scope(be32(key[9:])), Class: value.Keys, ID: int64(be64(key[1:]))}
		if c.garbage[r.Scope] {
			return nil
		}
		b, err := c.tx.t.Get(liveKey(r))
		if b == nil && err == nil {
			c.report(documentName(r), "there is a place of the key, but no key")
		}
		return err
	})
}

// counters checks that numbers will not be given twice.
func (c *checker) counters() error {
	next := func(s value.Scope, kind string, used uint64) error {
		b, err := c.tx.t.Get(append(scopeKey(spaceNext, s), kind...))
		if err != nil {
			return err
		}
		if len(b) != 8 || be64(b) <= used {
			c.report(databaseName(s), "the next number of its kind %s is %x, but %d is taken", kind, b, used)
		}
		return nil
	}
	highest := value.Scope(0)
	for s := range c.scopes {
		highest = max(highest, s)
		for kind, class := range map[string]value.Class{"collection": value.Collections, "index": value.Indexes} {
			used, ok, err := c.lastID(s, class)
			if err == nil && ok {
				err = next(s, kind, uint64(used))
			}
			if err != nil {
				return err
			}
		}
	}
	if highest == 0 {
		return nil
	}
	return next(0, "scope", uint64(highest))
}

// lastID returns the highest id that a document of a class ever had.
func (c *checker) lastID(s value.Scope, class value.Class) (id int64, ok bool, err error) {
	for _, space := range []byte{spaceLive, spaceHistory} {
		prefix := appendClass([]byte{space}, s, class)
		it := c.tx.t.Scan(prefix, after(prefix), true)
		if it.Next() {
			id, ok = max(id, decodeRef(it.Key()[1:]).ID), true
		}
		err := it.Err()
		it.Close()
		if err != nil {
			return 0, false, err
		}
	}
	return id, ok, nil
}

// unfinished checks the state of builds.
func (c *checker) unfinished() error {
	return c.each([]byte{spaceBuild}, func(key, val []byte) error {
		if len(key) != 9 {
			c.report("store", "%x is no build of an index", key)
			return nil
		}
		s, number := value.Scope(be32(key[1:])), be32(key[5:])
		if c.garbage[s] {
			return nil
		}
		if _, err := decodeBuild(val); err != nil {
			c.report(databaseName(s), "the state of the build of index %d cannot be read", number)
		}
		if c.definition(indexID{s, number}) == nil {
			c.report(databaseName(s), "index %d is being built, but does not exist", number)
		}
		return nil
	})
}

// isDamage reports whether what was read cannot be understood.
func isDamage(err error) bool {
	return errors.Is(err, index.ErrDamaged) || errors.Is(err, value.ErrDamaged)
}
