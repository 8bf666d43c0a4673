package engine

import (
	"context"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// contended is the error of a query that has lost against others as often as
// it may. It names the document that it would have written, and another has,
// if that is what it lost for.
func (db *DB) contended(ctx context.Context, lost *kv.Batch) error {
	out := &query.Error{
		Code:        query.ContendedTransaction,
		Description: "Transaction was aborted due to detection of concurrent modification.",
	}
	tx, err := db.open(ctx, &request{}, false)
	if err != nil {
		return err
	}
	defer tx.close()
	for _, w := range lost.Writes {
		if w.Key[0] != spaceLive {
			continue
		}
		ref := decodeRef(w.Key[1:])
		changed, err := tx.changedSince(ref, w.Key, lost.Since)
		if err != nil {
			return err
		}
		if changed {
			out.Contended = &ref
			break
		}
	}
	return out
}

// changedSince reports whether a document has been written after a time.
func (tx *tx) changedSince(r value.Ref, key []byte, since int64) (bool, error) {
	b, err := tx.t.Get(key)
	if err != nil {
		return false, err
	}
	if b != nil {
		rec, err := decodeRecord(b)
		return rec.TS > since, err
	}
	// The newest in its history is then its deletion.
	past, err := tx.newest(r)
	return past != nil && past.TS > since, err
}
