package engine

import (
	"errors"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Ready reports whether queries can be answered.
func (db *DB) Ready() error {
	snap, err := db.store.Snapshot()
	if err != nil {
		return err
	}
	snap.Close()
	return nil
}

// patch sets one field of a document quietly: without a new time, without
// history. It is for hashes that are renewed.
func (tx *tx) patch(r value.Ref, name string, v value.Value) error {
	rec, ok, err := tx.record(r)
	if err != nil || !ok {
		return err
	}
	doc := rec.document(r)
	fields, err := doc.Fields()
	if err != nil {
		return err
	}
	changed := value.NewDocument(r, rec.TS, fields.With(name, v))
	c := &change{Change: query.Change{Verb: query.Update, Ref: r}, old: doc}
	if err := tx.reindex(c, changed); err != nil {
		return err
	}
	fields, err = changed.Fields()
	if err != nil {
		return err
	}
	w := kv.Write{Key: liveKey(r)}
	var stamps *[]int
	if mine, ok := tx.t.Written(w.Key); ok && !mine.Delete {
		// The version has no time yet: it is this transaction's own.
		w.ValueStamps = []int{index.HeaderStamp}
		stamps = &w.ValueStamps
	}
	if w.Value, err = value.AppendMsgpack(index.AppendHeader(nil, rec.Header), fields, stamps); err != nil {
		return err
	}
	tx.t.Put(w)
	return nil
}

// renewDigest replaces the imported hash of a secret by a digest, after the
// secret was used: later, and off the path of the request. It stays as it is
// if that fails: the next use tries again.
func (db *DB) renewDigest(r value.Ref, imported, text string) {
	if _, running := db.renewing.LoadOrStore(r, true); running {
		return
	}
	db.tasks.Go(func() {
		defer db.renewing.Delete(r)
		for range DefaultRetries {
			if err := db.replaceHash(r, imported, secret.Digest(text)); !errors.Is(err, kv.ErrConflict) {
				return
			}
		}
	})
}

// replaceHash replaces the hash of a secret by another, in a transaction of
// its own, unless it has been replaced meanwhile.
func (db *DB) replaceHash(r value.Ref, old, hash string) error {
	tx, err := db.open(db.ctx, &request{}, true)
	if err != nil {
		return err
	}
	defer tx.close()
	if err := tx.begun(&session{scope: r.Scope, builtin: roleServer}); err != nil {
		return err
	}
	rec, ok, err := tx.record(r)
	if err != nil || !ok {
		return err
	}
	stored, err := stringField(rec.fields, "hashed_secret")
	if err != nil || string(stored) != old {
		return err
	}
	if err := tx.patch(r, "hashed_secret", value.String(hash)); err != nil {
		return err
	}
	_, err = tx.commit(false)
	return err
}
