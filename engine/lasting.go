package engine

import (
	"context"

	"github.com/fawndb/fawn/engine/txn"
	"github.com/fawndb/fawn/query/value"
)

// lastingNames are the names that a result's refs have, beyond the end of its
// transaction.
type lastingNames struct {
	db    *DB
	scope value.Scope
	tx    *tx // the schemas of the transaction; its snapshot is closed
}

// lasting returns the names as the transaction leaves them, committed at ts.
func (tx *tx) lasting(ts int64) value.Names {
	kept := *tx
	kept.now = max(ts+1, tx.now)
	return &lastingNames{db: tx.db, scope: tx.session.scope, tx: &kept}
}

// Scope implements value.Names.
func (n *lastingNames) Scope() value.Scope { return n.scope }

// Parent implements value.Names.
func (n *lastingNames) Parent(s value.Scope) (value.Ref, bool) {
	if d, ok := n.tx.schemas[s]; ok {
		return d.Ref, s != 0
	}
	if d, ok := n.db.catalog.At(s, n.tx.now); ok {
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
	d, ok := n.tx.schemas[r.Scope]
	if !ok {
		d, ok = n.db.catalog.At(r.Scope, n.tx.now)
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
	tx := &tx{db: n.db, ctx: context.Background(), t: txn.New(snap, false), now: snap.Time(), session: n.tx.session}
	defer tx.close()
	f(tx)
}
