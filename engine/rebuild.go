package engine

import (
	"fmt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// buildState returns the state of an index's build, nil if there is none or
// the index is gone.
func (tx *tx) buildState(r value.Ref) (*build, *schema.Index, error) {
	b, err := tx.t.Get(buildKey(r))
	if b == nil || err != nil || tx.own.Deleted {
		return nil, nil, err
	}
	i, ok := tx.own.Indexes.Numbered(r.ID)
	if !ok {
		return nil, nil, nil
	}
	state, err := decodeBuild(b)
	return state, i, err
}

// forgetBuild ends the build of an index that is gone.
func (tx *tx) forgetBuild(r value.Ref) error {
	b, err := tx.t.Get(buildKey(r))
	if b != nil {
		tx.t.Delete(buildKey(r))
	}
	return err
}

// clearIndex removes old entries of an index that is built anew.
func (tx *tx) clearIndex(r value.Ref, state *build) error {
	const limit = 4096
	n := 0
	for _, space := range []byte{index.SpaceEntry, index.SpaceRemoved} {
		prefix := appendClass([]byte{space}, r.Scope, value.Class(r.ID))
		it := tx.t.Scan(prefix, after(prefix), false)
		for ; n < limit && it.Next(); n++ {
			tx.t.Delete(it.Key())
		}
		err := it.Err()
		it.Close()
		if err != nil {
			return err
		}
	}
	if n < limit {
		state.stage = stageRebuild
		tx.t.Put(kv.Write{Key: buildKey(r), Value: state.encode()})
	}
	return nil
}

// openBuilds goes on with the builds that stand in the store: in the
// background with those of new indexes, and at once with those of indexes that
// could be read before.
func (db *DB) openBuilds() error {
	if err := db.recollate(); err != nil {
		return err
	}
	if err := db.finishRebuilds(); err != nil {
		return err
	}
	refs, err := db.unbuilt()
	if len(refs) > 0 {
		db.wakeBuilder()
	}
	return err
}

// recollate notes that all indexes of users must be built anew, if the file
// has its strings in another order than this version. Nobody reads them before
// that is done. Indexes of the system have no strings in their keys.
func (db *DB) recollate() error {
	snap, err := db.store.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	have, err := snap.Get(metaKey(metaCollation))
	if err != nil || string(have) == value.CollationVersion() {
		return err
	}
	writes := []kv.Write{{Key: metaKey(metaCollation), Value: []byte(value.CollationVersion())}}
	class := value.Indexes
	it := snap.Scan([]byte{spaceLive}, []byte{spaceLive + 1}, false)
	defer it.Close()
	for ok := it.Next(); ok; {
		r := decodeRef(it.Key()[1:])
		switch {
		case r.Class == class:
			writes = append(writes, kv.Write{Key: buildKey(r), Value: (&build{stage: stageClear}).encode()})
			ok = it.Next()
		case r.Class < class:
			ok = it.Seek(appendClass([]byte{spaceLive}, r.Scope, class))
		default:
			ok = it.Seek(appendClass([]byte{spaceLive}, r.Scope+1, 0))
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	batch := &kv.Batch{Since: snap.Time(), Writes: writes}
	it.Close()
	snap.Close()
	_, err = db.commit(db.ctx, batch, false)
	return err
}

// finishRebuilds carries out the builds that recollate has noted. If it is cut
// short, the next Open goes on with them.
func (db *DB) finishRebuilds() error {
	refs, err := db.unbuilt()
	if err != nil {
		return err
	}
	for _, r := range refs {
		for {
			rebuilt, err := db.rebuilt(r)
			if err != nil {
				return err
			}
			if rebuilt {
				break
			}
			if err := db.buildStep(r); err != nil {
				return fmt.Errorf("engine: rebuild: %w", err)
			}
		}
	}
	return nil
}

// rebuilt reports whether an index is not, or no longer, built anew.
func (db *DB) rebuilt(r value.Ref) (bool, error) {
	snap, err := db.store.Snapshot()
	if err != nil {
		return false, err
	}
	defer snap.Close()
	b, err := snap.Get(buildKey(r))
	if b == nil || err != nil {
		return true, err
	}
	state, err := decodeBuild(b)
	return err == nil && (state.stage == stageNew || state.stage == stageEnded), err
}
