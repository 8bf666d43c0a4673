package engine

import (
	"context"
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
	b, err := value.AppendMsgpack(index.AppendHeader(nil, rec.Header), fields, nil)
	if err != nil {
		return err
	}
	tx.t.Put(kv.Write{Key: liveKey(r), Value: b})
	return nil
}

// renewDigest replaces an imported hash of a secret by a digest, after the
// secret was used: later, and off the path of the request.
func (db *DB) renewDigest(r value.Ref, text string) {
	db.tasks.Add(1)
	go func() {
		defer db.tasks.Done()
		for range DefaultRetries {
			err := db.patchAlone(r, "hashed_secret", value.String(secret.Digest(text)))
			if !errors.Is(err, kv.ErrConflict) {
				return
			}
		}
	}()
}

// patchAlone patches a document in a transaction of its own.
func (db *DB) patchAlone(r value.Ref, name string, v value.Value) error {
	tx, err := db.open(db.ctx, &request{}, true)
	if err != nil {
		return err
	}
	defer tx.close()
	if err := tx.begun(&session{scope: r.Scope, builtin: roleServer}); err != nil {
		return err
	}
	if err := tx.patch(r, name, v); err != nil {
		return err
	}
	_, err = tx.commit(false)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
