package engine

import (
	"errors"
	"slices"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

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
	w := kv.Write{Key: liveKey(r)}
	var stamps *[]int
	if mine, ok := tx.t.Written(w.Key); ok && !mine.Delete {
		// The version has no time yet: it is this transaction's own.
		w.ValueStamps = []int{index.HeaderStamp}
		stamps = &w.ValueStamps
	}
	head := index.AppendHeader(nil, rec.Header)
	if w.Value, err = value.AppendMsgpack(head, fields.With(name, v), stamps); err != nil {
		return err
	}
	if err := tx.patchEntries(r, w.Value); err != nil {
		return err
	}
	tx.t.Put(w)
	return nil
}

// patchEntries gives a document the entries that it would have if its live
// version had always been another.
func (tx *tx) patchEntries(r value.Ref, stored []byte) error {
	definitions, err := tx.definitions(r)
	if err != nil || len(definitions) == 0 {
		return err
	}
	old, err := tx.pasts(r)
	if err != nil {
		return err
	}
	rec, err := decodeRecord(stored)
	if err != nil {
		return err
	}
	fresh := slices.Clone(old)
	fresh[len(fresh)-1] = past{rec, liveKey(r), stored}
	for _, d := range definitions {
		if err := tx.setTimeline(d, r, old, fresh); err != nil {
			return err
		}
	}
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
