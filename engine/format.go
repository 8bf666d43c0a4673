package engine

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
)

// formatVersion is the layout of the file that this code writes and reads.
const formatVersion = 1

// Facts about the file, in space m.
const (
	metaFormat    = "format"    // uvarint
	metaCollation = "collation" // the version of the order of strings in index keys
	metaRoot      = "root"      // digest of the generated root secret
)

// format checks that a store holds a database this code understands, or makes
// a new one in an empty store. It sets the root secret.
func (db *DB) format() error {
	snap, err := db.store.Snapshot()
	if err != nil {
		return fmt.Errorf("read the format: %w", err)
	}
	defer snap.Close()
	db.ids.start(snap.Time())
	version, err := snap.Get(metaKey(metaFormat))
	if err != nil {
		return fmt.Errorf("read the format: %w", err)
	}
	if version == nil {
		it := snap.Scan(nil, nil, false)
		defer it.Close()
		if it.Next() {
			return fmt.Errorf("%w: the store holds something else", ErrFormat)
		}
		return db.initialise(snap)
	}
	if n, size := binary.Uvarint(version); size <= 0 || n == 0 || n > formatVersion {
		return fmt.Errorf("%w: the file has format %d, this version reads up to %d", ErrFormat, n, formatVersion)
	}
	if db.options.RootSecret != "" {
		db.root[0] = digest(db.options.RootSecret)
		return nil
	}
	stored, err := snap.Get(metaKey(metaRoot))
	if err != nil {
		return fmt.Errorf("read the format: %w", err)
	}
	if stored == nil {
		return db.makeRootSecret(snap, nil)
	}
	db.root[0] = append([]byte(nil), stored...)
	return nil
}

func (db *DB) initialise(snap kv.Snapshot) error {
	writes := []kv.Write{
		{Key: metaKey(metaFormat), Value: binary.AppendUvarint(nil, formatVersion)},
		{Key: metaKey(metaCollation), Value: []byte(value.CollationVersion())},
	}
	if db.options.RootSecret != "" {
		db.root[0] = digest(db.options.RootSecret)
		_, err := db.commit(context.Background(), &kv.Batch{Since: snap.Time(), Writes: writes}, false)
		return err
	}
	return db.makeRootSecret(snap, writes)
}

// makeRootSecret generates the root secret of a file that has none, and
// writes its digest together with writes.
func (db *DB) makeRootSecret(snap kv.Snapshot, writes []kv.Write) error {
	id, err := db.ids.next(db.now())
	if err != nil {
		return err
	}
	s, err := secret.New(secret.Parts{Kind: secret.Key, ID: id}, db.options.Random)
	if err != nil {
		return err
	}
	writes = append(writes, kv.Write{Key: metaKey(metaRoot), Value: digest(s)})
	if _, err := db.commit(context.Background(), &kv.Batch{Since: snap.Time(), Writes: writes}, false); err != nil {
		return fmt.Errorf("write the format: %w", err)
	}
	db.initial, db.root[0] = s, digest(s)
	return nil
}

func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
