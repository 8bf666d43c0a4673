package engine

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
)

// formatVersion is the layout of the file that this code writes and reads. No
// other is read.
const formatVersion = 3

// Facts about the file, in space m.
const (
	metaFormat    = "format"    // uvarint
	metaCollation = "collation" // the version of the order of strings in index keys
	metaRoot      = "root"      // digest of the generated root secret
)

// format checks that a store holds a database this code understands, or makes
// a new one in an empty store.
func (db *DB) format() error {
	snap, err := db.store.Snapshot()
	if err != nil {
		return fmt.Errorf("read the format: %w", err)
	}
	defer snap.Close()
	empty, err := checkFormat(snap)
	if err != nil {
		return err
	}
	if err := db.ids.start(snap); err != nil {
		return fmt.Errorf("read the last id: %w", err)
	}
	if !empty {
		return nil
	}
	return db.writeMeta(snap,
		kv.Write{Key: metaKey(metaFormat), Value: binary.AppendUvarint(nil, formatVersion)},
		kv.Write{Key: metaKey(metaCollation), Value: []byte(value.CollationVersion())})
}

// checkFormat reports whether a store is empty. If it is not, it must be a
// database.
func checkFormat(snap kv.Snapshot) (empty bool, err error) {
	version, err := snap.Get(metaKey(metaFormat))
	if err != nil {
		return false, fmt.Errorf("read the format: %w", err)
	}
	if version == nil {
		it := snap.Scan(nil, nil, false)
		defer it.Close()
		if it.Next() {
			return false, fmt.Errorf("%w: the store holds something else", ErrFormat)
		}
		if err := it.Err(); err != nil {
			return false, fmt.Errorf("read the format: %w", err)
		}
		return true, nil
	}
	if n, size := binary.Uvarint(version); size <= 0 || n != formatVersion {
		return false, fmt.Errorf("%w: the file has format %d, this version reads %d", ErrFormat, n, formatVersion)
	}
	return false, nil
}

// openRoot sets the root secret: the one given for this run, else the one that
// the file has the digest of, else a new one.
func (db *DB) openRoot() error {
	if db.options.RootSecret != "" {
		db.root = digest(db.options.RootSecret)
		return nil
	}
	snap, err := db.store.Snapshot()
	if err != nil {
		return fmt.Errorf("read the root secret: %w", err)
	}
	defer snap.Close()
	stored, err := snap.Get(metaKey(metaRoot))
	if err != nil {
		return fmt.Errorf("read the root secret: %w", err)
	}
	if stored != nil {
		db.root = append([]byte(nil), stored...)
		return nil
	}
	id, err := db.ids.next(db.now())
	if err != nil {
		return err
	}
	s, err := secret.New(secret.Parts{Kind: secret.Key, ID: id}, db.options.Random)
	if err != nil {
		return err
	}
	if err := db.writeMeta(snap, kv.Write{Key: metaKey(metaRoot), Value: digest(s)}); err != nil {
		return err
	}
	db.initial, db.root = s, digest(s)
	return nil
}

// writeMeta writes facts about the file. It closes snap, which they follow
// from: a commit may wait for open snapshots.
func (db *DB) writeMeta(snap kv.Snapshot, facts ...kv.Write) error {
	since := snap.Time()
	snap.Close()
	if _, err := db.commit(context.Background(), &kv.Batch{Since: since, Writes: facts}, false); err != nil {
		return fmt.Errorf("make a new database: %w", err)
	}
	return nil
}

func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
