package engine

import (
	"context"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query/value"
)

// lastingNames are the names that a result's refs have, beyond the end of its
// transaction. They keep nothing else of it.
type lastingNames struct {
	db      *DB
	scope   value.Scope
	schemas map[value.Scope]*schema.Database // those that the transaction has changed
	now     int64
}

// lasting returns the names as the transaction leaves them, committed at ts.
func (tx *tx) lasting(ts int64) lastingNames {
	return lastingNames{db: tx.db, scope: tx.session.scope, schemas: tx.schemas, now: max(ts+1, tx.now)}
}

// Scope implements value.Names.
func (n *lastingNames) Scope() value.Scope { return n.scope }

// Parent implements value.Names.
func (n *lastingNames) Parent(s value.Scope) (value.Ref, bool) {
	if d, ok := n.schemas[s]; ok {
		return d.Ref, s != 0
	}
	if d, ok := n.db.catalog.At(s, n.now); ok {
		return d.Ref, s != 0
	}
	var ref value.Ref
	found := false
	n.look(func(tx *tx) { ref, found = tx.Parent(s) })
	return ref, found
}

// Name implements value.Names.
func (n *lastingNames) Name(r value.Ref) (string, bool) {
	if r.Native() {
		name := value.NativeName(value.Class(r.ID))
		return name, name != ""
	}
	d, ok := n.schemas[r.Scope]
	if !ok {
		d, ok = n.db.catalog.At(r.Scope, n.now)
	}
	if ok {
		if name, ok := d.Name(r.Class, r.ID); ok {
			return name, true
		}
	}
	name, found := "", false
	n.look(func(tx *tx) { name, found = tx.Name(r) })
	return name, found
}

// look opens a snapshot for a name that is not at hand: that of something
// deleted.
func (n *lastingNames) look(f func(tx *tx)) {
	snap, err := n.db.store.Snapshot()
	if err != nil {
		return
	}
	tx := &tx{db: n.db, ctx: context.Background(), now: snap.Time(), session: &session{scope: n.scope}}
	tx.t.Begin(snap, false)
	defer tx.close()
	f(tx)
}
