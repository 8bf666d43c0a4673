package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/engine/txn"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// tx is the transaction of one run of one query. It is the query's Host.
type tx struct {
	db  *DB
	ctx context.Context //nolint:containedctx // a tx is one run of one query
	t   txn.Txn
	now int64 // the snapshot's time, microseconds
	req *request

	session *session
	room    session // for the session of a token, or of the root
	set     index.Room
	caller  rights  // the session's
	rights  *rights // the present ones
	// schemas are those of the databases that the transaction has changed;
	// begin is the schema of its own database as it began.
	schemas map[value.Scope]*schema.Database
	begin   *schema.Database
	own     *schema.Database
	depends []value.Scope
	// writeOps are pieces of 1024 bytes of documents with their entries.
	writeOps int64
	// builds says that there will be an index to build.
	builds bool
	// leads are global ids that were given anew, with where they lead.
	leads map[uint64]value.Scope
}

// request is one query of a caller, over all its runs.
type request struct {
	secret  string // of whoever runs it
	limited limited
	// hashes remembers what was hashed, so that a query that is run again
	// does not hash again.
	hashes map[hashed]string
	checks map[hashed]bool
	tries  tries
	lost   *kv.Batch // of the last run, if it has lost against others
}

// hashed is what a password was hashed for: nothing, to store it, or a stored
// hash, and the counter of whoever it was tried for, if tries are counted.
type hashed struct{ stored, password, counter string }

// remember keeps what a check found for later runs.
func (r *request) remember(key hashed, ok bool) {
	if r.checks == nil {
		r.checks = map[hashed]bool{}
	}
	r.checks[key] = ok
}

// open begins a transaction. Reads are noted only if it may write.
func (db *DB) open(ctx context.Context, req *request, writes bool) (*tx, error) {
	snap, err := db.store.Snapshot()
	if errors.Is(err, kv.ErrClosed) {
		return nil, ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	tx := txs.Get().(*tx)
	tx.db, tx.ctx, tx.now, tx.req = db, ctx, snap.Time(), req
	tx.t.Begin(snap, writes)
	return tx, nil
}

// close ends the transaction; what was not committed is forgotten.
func (tx *tx) close() { tx.t.Close() }

// txs are transactions at rest: empty, and worth keeping for their memory.
var txs = sync.Pool{New: func() any { return new(tx) }}

// recycle closes a transaction that nobody refers to any more.
func (done *tx) recycle() {
	done.close()
	*done = tx{}
	txs.Put(done)
}

// admit begins a transaction of whoever presents a secret.
func (db *DB) admit(ctx context.Context, req *request, secret string, writes bool) (*tx, error) {
	tx, err := db.open(ctx, req, writes)
	if err != nil {
		return nil, err
	}
	if err := tx.enter(secret); err != nil {
		tx.close()
		return nil, err
	}
	return tx, nil
}

// enter authenticates a secret and takes on its rights.
func (tx *tx) enter(secret string) error {
	s, err := tx.authenticate(secret)
	if err != nil {
		return err
	}
	return tx.begun(s)
}

// track begins anew as the transaction of a query that writes: who sent it is
// part of what it has read.
func (tx *tx) track(secret string) error {
	tx.t.Track()
	tx.session, tx.begin, tx.own = nil, nil, nil
	return tx.enter(secret)
}

// begun takes on the rights of a session.
func (tx *tx) begun(s *session) error {
	tx.session = s
	sch, err := tx.schemaOf(s.scope)
	if err != nil {
		return err
	}
	tx.begin, tx.own = sch, sch
	tx.rights, err = tx.rightsOf(s)
	return err
}

// commit makes the transaction's writes durable and returns their time. A
// transaction without writes has its snapshot's time.
func (tx *tx) commit(alone bool) (int64, error) {
	if tx.t.Writes() == 0 {
		return tx.now, nil
	}
	for s := range tx.schemas {
		tx.t.Put(kv.Write{Key: scopeKey(spaceSchema, s), Value: make([]byte, 8), ValueStamps: []int{0}})
	}
	b := tx.t.Batch()
	if len(tx.schemas) > 0 {
		b.Publish = func(ts int64) {
			for _, d := range tx.schemas {
				tx.db.catalog.Publish(d, ts)
			}
		}
		b.Retract = func(ts int64) {
			for s := range tx.schemas {
				tx.db.catalog.Retract(s, ts)
			}
		}
	}
	ts, err := tx.db.commit(tx.ctx, b, alone)
	if err != nil {
		tx.req.lost = b
		return ts, err
	}
	if tx.builds {
		tx.db.wakeBuilder()
	}
	for id, s := range tx.leads {
		tx.db.scopes.Store(id, s)
	}
	return ts, nil
}

// schemaOf returns the schema of a database as the transaction sees it. A
// transaction that writes depends on every schema it looked at.
func (tx *tx) schemaOf(s value.Scope) (*schema.Database, error) {
	if tx.own != nil && tx.own.Scope == s {
		return tx.own, nil
	}
	if d, ok := tx.schemas[s]; ok {
		return d, nil
	}
	if tx.t.Tracks() && !slices.Contains(tx.depends, s) {
		tx.depends = append(tx.depends, s)
		tx.t.Depend(scopeKey(spaceSchema, s))
	}
	if d, ok := tx.db.catalog.At(s, tx.now); ok {
		return d, nil
	}
	return tx.loadSchema(s)
}

// setSchema takes on a changed schema.
func (tx *tx) setSchema(d *schema.Database) {
	if tx.schemas == nil {
		tx.schemas = map[value.Scope]*schema.Database{}
	}
	tx.schemas[d.Scope] = d
	if d.Scope == tx.session.scope {
		tx.own = d
	}
}

// loadSchema reads a database's schema from its documents.
func (tx *tx) loadSchema(s value.Scope) (*schema.Database, error) {
	d := &schema.Database{Scope: s}
	v, err := tx.t.GetBase(scopeKey(spaceScope, s))
	if err != nil {
		return nil, err
	}
	d.Deleted = s != 0 && v == nil
	decodeScope(v, d)
	if v, err = tx.t.GetBase(scopeKey(spaceSchema, s)); err != nil {
		return nil, err
	}
	if len(v) == 8 {
		d.Version = int64(be64(v))
	}
	version := d.Version
	for _, c := range []value.Class{
		value.Databases, value.Collections, value.Indexes, value.Functions, value.Roles, value.AccessProviders,
	} {
		if d, err = tx.loadClass(d, c); err != nil {
			return nil, fmt.Errorf("engine: schema: %w", err)
		}
	}
	d.Version = version
	tx.db.catalog.Add(d)
	return d, nil
}

// loadClass reads the documents of one kind of schema object.
func (tx *tx) loadClass(d *schema.Database, c value.Class) (*schema.Database, error) {
	lo := appendClass([]byte{spaceLive}, d.Scope, c)
	it := tx.t.Scan(lo, after(lo), false)
	defer it.Close()
	builder := schema.NewBuilder(d)
	for it.Next() {
		rec, err := decodeRecord(it.Value())
		if err != nil {
			return nil, err
		}
		ref := decodeRef(it.Key()[1:])
		doc := rec.document(ref)
		if c == value.Databases {
			child, err := tx.child(ref, doc)
			if err != nil {
				return nil, err
			}
			builder.Child(child)
			continue
		}
		if err := builder.Add(ref, doc); err != nil {
			return nil, err
		}
		if c == value.Collections {
			floor, err := tx.historyFloor(ref)
			if err != nil {
				return nil, err
			}
			builder.Floor(value.Class(ref.ID), floor)
		}
	}
	if err := it.Err(); err != nil {
		return nil, err
	}
	return builder.Database(), nil
}
