package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// Finding is something wrong in a store.
type Finding struct {
	// Where is the object: "database 3", "document 1024/42 of database 0",
	// "index spells_by_name of database 0".
	Where string
	// What is wrong with it.
	What string
}

// String is the finding in one line.
func (f Finding) String() string { return f.Where + ": " + f.What }

// Check compares everything in a store that follows from its documents with
// the documents: entries of indexes, past ones included, the order of history,
// notes of ttl, places of keys, seals of tokens, numbers and global ids of databases, counters.
// It calls found for everything that does not agree, reads one snapshot, and
// changes nothing. The error is that of the store, or of ctx.
//
// It does not report what waits to be swept, nor entries that an index has not
// got yet because it is being built.
func Check(ctx context.Context, store kv.Store, found func(Finding)) error {
	db := &DB{store: store, options: Options{}.withDefaults(), catalog: schema.NewCatalog()}
	db.ctx, db.stop = context.WithCancel(ctx)
	defer db.stop()
	tx, err := db.open(ctx, &request{}, false)
	if err != nil {
		return err
	}
	c := &checker{
		tx:      tx,
		found:   found,
		scopes:  map[value.Scope]*schema.Database{},
		garbage: map[value.Scope]bool{},
	}
	defer c.tx.close()
	for _, step := range []func() error{
		c.facts, c.databases, c.globals, c.allDocuments, c.allEntries, c.ttls, c.places, c.seals, c.counters,
		c.tries, c.unfinished,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// checker is one check of a store.
type checker struct {
	tx    *tx
	found func(Finding)
	// scopes are the databases that exist; garbage are those that wait to be
	// swept.
	scopes  map[value.Scope]*schema.Database
	garbage map[value.Scope]bool
	// unordered says that the indexes of users are ordered by another version.
	unordered bool
	// expected counts the entries that indexes should have.
	expected map[indexID]*entryCount
}

func (c *checker) report(where, what string, args ...any) {
	c.found(Finding{Where: where, What: fmt.Sprintf(what, args...)})
}

func databaseName(s value.Scope) string { return "database " + strconv.FormatUint(uint64(s), 10) }

func documentName(r value.Ref) string {
	return fmt.Sprintf("document %d/%d of %s", r.Class, r.ID, databaseName(r.Scope))
}

// each calls f with every entry whose key begins with prefix.
func (c *checker) each(prefix []byte, f func(key, val []byte) error) error {
	it := c.tx.t.Scan(prefix, after(prefix), false)
	defer it.Close()
	for it.Next() {
		if err := c.tx.ctx.Err(); err != nil {
			return err
		}
		if err := f(it.Key(), it.Value()); err != nil {
			return err
		}
	}
	return it.Err()
}

// spaces are all that a store may have.
const spaces = string(rune(spaceBuild)) + string(rune(spaceCounter)) + string(rune(spaceLive)) +
	string(rune(spaceSeal)) + string(rune(spaceDigest)) + string(rune(spaceGlobal)) +
	string(rune(spaceHistory)) + string(rune(index.SpaceEntry)) + string(rune(index.SpaceRemoved)) +
	string(rune(spaceKey)) + string(rune(spaceMeta)) + string(rune(spaceNext)) + string(rune(spaceScope)) +
	string(rune(spaceTTL)) + string(rune(spaceSchema)) + string(rune(spaceGarbage))

// facts checks that there are no other spaces, and what is said of the file.
func (c *checker) facts() error {
	lo := []byte{0}
	for _, space := range []byte(spaces + "\xff") {
		it := c.tx.t.Scan(lo, []byte{space}, false)
		if it.Next() {
			c.report("store", "key %x is in no known space", it.Key())
		}
		err := it.Err()
		it.Close()
		if err != nil {
			return err
		}
		lo = []byte{space + 1}
	}
	b, err := c.tx.t.Get(metaKey(metaFormat))
	if err != nil {
		return err
	}
	if n, size := binary.Uvarint(b); size <= 0 || n != formatVersion {
		c.report("store", "its format is %x, not %d", b, formatVersion)
	}
	order, err := c.tx.t.Get(metaKey(metaCollation))
	if c.unordered = err == nil && string(order) != value.CollationVersion(); c.unordered {
		c.report("store", "strings are ordered by %q, this version orders by %q: open it to build its indexes anew",
			order, value.CollationVersion())
	}
	return err
}

// databases finds the databases and loads their schemas.
func (c *checker) databases() error {
	err := c.each([]byte{spaceGarbage}, func(key, _ []byte) error {
		if len(key) == 5 {
			c.garbage[value.Scope(be32(key[1:]))] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	list := []value.Scope{0}
	err = c.each([]byte{spaceScope}, func(key, val []byte) error {
		if len(key) != 5 || len(val) < scopeSize || len(val)%8 != scopeSize%8 {
			c.report("store", "%x is no number of a database", key)
		} else if s := value.Scope(be32(key[1:])); s != 0 {
			list = append(list, s)
		}
		return nil
	})
	for _, s := range list {
		if err != nil {
			return err
		}
		c.tx.own, c.tx.session = nil, &session{scope: s, builtin: roleServer}
		if loadErr := c.tx.begun(c.tx.session); loadErr != nil {
			c.report(databaseName(s), "its schema cannot be read: %v", loadErr)
			err = c.tx.ctx.Err()
			continue
		}
		c.scopes[s] = c.tx.own
	}
	return err
}

// globals checks that databases, their documents, numbers and global ids agree.
func (c *checker) globals() error {
	for s, d := range c.scopes {
		if err := c.leads(s, d); err != nil {
			return err
		}
		if s == 0 {
			continue
		}
		if err := c.database(s, d); err != nil {
			return err
		}
	}
	return c.each([]byte{spaceGlobal}, func(key, val []byte) error {
		switch {
		case len(key) != 9 || len(val) != 4:
			c.report("store", "%x is no global id", key)
		case c.scopes[value.Scope(be32(val))] == nil:
			c.report("store", "the global id %x leads to %s, which does not exist", key[1:], databaseName(value.Scope(be32(val))))
		case !slices.Contains(globalIDs(c.scopes[value.Scope(be32(val))]), be64(key[1:])):
			c.report(databaseName(value.Scope(be32(val))), "the global id %x leads to it too", key[1:])
		}
		return nil
	})
}

// leads checks that the global ids of a database lead to it; that of the root
// is no key.
func (c *checker) leads(s value.Scope, d *schema.Database) error {
	for _, id := range globalIDs(d) {
		if id == 0 && s == 0 {
			continue
		}
		b, err := c.tx.t.Get(globalKey(id))
		if err != nil {
			return err
		}
		if len(b) != 4 || value.Scope(be32(b)) != s {
			c.report(databaseName(s), "its global id leads to %x", b)
		}
	}
	return nil
}

// database checks a database by itself.
func (c *checker) database(s value.Scope, d *schema.Database) error {
	if c.scopes[d.Parent] == nil {
		c.report(databaseName(s), "there is no %s, which it is in", databaseName(d.Parent))
	}
	rec, ok, err := c.tx.record(d.Ref)
	if err != nil && !isDamage(err) {
		return err
	}
	if err != nil || !ok {
		c.report(databaseName(s), "it has no document")
		return nil
	}
	text, err := stringField(rec.fields, "global_id")
	if id, ok := secret.ParseGlobalID(string(text)); err != nil || !ok || id != d.GlobalID {
		c.report(databaseName(s), "its document has the global id %q", text)
	}
	return nil
}

// tries checks that counters of tries can be read.
func (c *checker) tries() error {
	return c.each([]byte{spaceCounter}, func(key, val []byte) error {
		if _, err := limiter.Decode(val); err != nil || len(key) != counterSize {
			c.report("store", "%x is no counter of tries", key)
		}
		return nil
	})
}

// swept reports whether a class of documents waits to be swept.
func (c *checker) swept(s value.Scope, class value.Class) (bool, error) {
	if c.garbage[s] {
		return true, nil
	}
	b, err := c.tx.t.Get(appendClass([]byte{spaceGarbage}, s, class))
	return b != nil, err
}

// enter makes a database the present one.
func (c *checker) enter(s value.Scope) {
	c.tx.own, c.tx.begin = c.scopes[s], c.scopes[s]
	c.tx.session = &session{scope: s, builtin: roleServer}
	c.tx.rights = &rights{builtin: roleServer}
}
