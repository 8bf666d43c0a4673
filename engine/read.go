package engine

import (
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Now implements query.Host.
func (tx *tx) Now() int64 { return tx.now }

// NewID implements query.Host.
func (tx *tx) NewID() (int64, error) { return tx.db.ids.next(tx.db.now()) }

// record reads the live version of a document with the transaction's own
// writes. It is false if there is none, or it has expired.
func (tx *tx) record(r value.Ref) (record, bool, error) {
	b, err := tx.t.Get(liveKey(r))
	if err != nil || b == nil {
		return record{}, false, err
	}
	rec, err := decodeRecord(b)
	if err != nil {
		return record{}, false, err
	}
	return rec, !rec.Expired(tx.now), nil
}

// isLive reports whether a document exists now.
func (tx *tx) isLive(r value.Ref) (bool, error) {
	_, ok, err := tx.record(r)
	return ok, err
}

// exists reports whether a document exists now, in a collection that does.
func (tx *tx) exists(r value.Ref) (bool, error) {
	if ok, err := tx.reachable(r); err != nil || !ok {
		return false, err
	}
	return tx.isLive(r)
}

// liveDatabase reports whether a database exists.
func (tx *tx) liveDatabase(s value.Scope) (bool, error) {
	if s == 0 {
		return true, nil
	}
	d, err := tx.schemaOf(s)
	return err == nil && !d.Deleted, err
}

// version reads the version of a document valid at a time; at 0 is the
// present.
func (tx *tx) version(r value.Ref, at int64) (*value.Document, error) {
	if at == 0 || at >= tx.now {
		rec, ok, err := tx.record(r)
		if err != nil || !ok {
			return nil, err
		}
		return rec.document(r), nil
	}
	if err := tx.retained(r, at); err != nil {
		return nil, err
	}
	// Own writes are not visible in the past: the snapshot's live version may
	// be what the transaction replaced.
	b, err := tx.t.GetBase(liveKey(r))
	if err != nil {
		return nil, err
	}
	if b != nil {
		rec, err := decodeRecord(b)
		if err != nil {
			return nil, err
		}
		if rec.TS <= at {
			if rec.Expired(tx.now) {
				return nil, nil
			}
			return rec.document(r), nil
		}
	}
	return tx.pastVersion(r, at)
}

// pastVersion reads history for the version valid at a time.
func (tx *tx) pastVersion(r value.Ref, at int64) (*value.Document, error) {
	prefix := historyPrefix(r)
	it := tx.t.Scan(historyKey(r, at), after(prefix), false)
	defer it.Close()
	if !it.Next() {
		return nil, it.Err()
	}
	rec, err := decodeRecord(it.Value())
	if err != nil || rec.Tombstone || rec.Expired(tx.now) {
		return nil, err
	}
	return rec.document(r), nil
}

// micros renders a time in microseconds as the language does.
func micros(ts int64) string { return value.TimeFromMicros(ts).String() }

// Get implements query.Host: the right to read comes before existence.
func (tx *tx) Get(r value.Ref, at int64) (*value.Document, error) {
	ok, err := tx.mayRead(r)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, query.Denied(query.AtForm)
	}
	if ok, err := tx.reachable(r); err != nil || !ok {
		return nil, err
	}
	return tx.version(r, at)
}

// reachable reports whether a document's collection and database exist:
// documents of deleted ones stay in the store until they are removed.
func (tx *tx) reachable(r value.Ref) (bool, error) {
	d, err := tx.schemaOf(r.Scope)
	if err != nil || d.Deleted {
		return false, err
	}
	if r.Class >= value.FirstUserClass {
		_, ok := d.Collections.Numbered(int64(r.Class))
		return ok, nil
	}
	return true, nil
}

// Function implements query.Host.
func (tx *tx) Function(r value.Ref, args value.Value) (*query.Body, error) {
	f, ok := tx.own.Functions.Numbered(r.ID)
	if !ok || r.Scope != tx.own.Scope {
		return nil, &query.Refusal{Code: query.InstanceNotFound, Description: "Function not found.", Place: query.AtVerb}
	}
	ok, err := tx.mayCall(f, r, args)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, query.Denied(query.AtForm)
	}
	return &query.Body{Lambda: f.Body, Enter: func() func() {
		old := tx.rights
		tx.rights = tx.functionRights(f, old)
		return func() { tx.rights = old }
	}}, nil
}

// mayCall reports whether the present rights allow calling a function.
func (tx *tx) mayCall(f *schema.Function, r value.Ref, args value.Value) (bool, error) {
	switch tx.rights.builtin {
	case roleAdmin, roleServer, rolePredicate:
		return true, nil
	case roleReadOnly, roleClient, noRole:
	}
	ok, err := tx.granted(schema.ActionCall, r, func(*value.Lambda) value.Value { return args })
	if ok || err != nil {
		return ok, err
	}
	return tx.rights.legacy && tx.permits(f.Permissions, "call"), nil
}

// functionRights are those in a function's body: the function's own role, or
// the caller's. A predicate's function may not do more than the predicate.
func (tx *tx) functionRights(f *schema.Function, caller *rights) *rights {
	if f.Role == nil {
		return caller
	}
	r := &rights{identity: caller.identity, anonymous: caller.anonymous}
	if name, ok := f.Role.(value.String); ok {
		if b, ok := builtinRoles[string(name)]; ok {
			r.builtin = b
			return r
		}
	}
	r.roles, r.anonymous = tx.namedRoles(f.Role), true
	return r
}
