// Package txn is one transaction over a store: a snapshot, the writes made so
// far, and a note of all that was read.
//
// Reads see the snapshot with the transaction's own writes over it. Batch
// gives what a store needs to commit: the writes, and the keys and ranges
// that must not have changed.
package txn

import (
	"bytes"

	"github.com/google/btree"

	"github.com/fawndb/fawn/engine/kv"
)

// Txn is a transaction. It is not safe for concurrent use, and not to be copied
// once it has begun.
type Txn struct {
	snap   kv.Snapshot
	writes *btree.BTreeG[*kv.Write] // nil until the first write
	size   int
	track  bool
	keys   [][]byte
	scans  []*Iterator
	room   counting // for the first scan
	stats  Stats
}

// Stats count what a transaction touched.
type Stats struct {
	BytesRead    int64 // keys and values of the entries read from the store
	BytesWritten int64 // keys and values of the writes, as they stand
	// ReadOps are pieces of 4096 bytes that were read, at least one for each
	// key looked for and for each scan.
	ReadOps int64
}

// New returns a transaction that has begun.
func New(snap kv.Snapshot, track bool) *Txn {
	t := new(Txn)
	t.Begin(snap, track)
	return t
}

// Begin makes the zero Txn a transaction over a snapshot, which it closes at
// its end. If track is set, reads are noted for Batch. A transaction that does
// not write saves that; it must not write.
func (t *Txn) Begin(snap kv.Snapshot, track bool) { t.snap, t.track = snap, track }

// Tracks reports whether reads are noted.
func (t *Txn) Tracks() bool { return t.track }

// Time is the snapshot's time.
func (t *Txn) Time() int64 { return t.snap.Time() }

// Stats returns the counts so far.
func (t *Txn) Stats() Stats {
	s := t.stats
	s.BytesWritten = int64(t.size)
	return s
}

// ResetStats begins counting anew.
func (t *Txn) ResetStats() { t.stats = Stats{} }

// readOp is how many bytes a read operation covers.
const readOp = 4096

func (t *Txn) read(bytes int) {
	t.stats.BytesRead += int64(bytes)
	t.stats.ReadOps += int64(max(1, (bytes+readOp-1)/readOp))
}

// Writes reports how many keys are written.
func (t *Txn) Writes() int {
	if t.writes == nil {
		return 0
	}
	return t.writes.Len()
}

// Size is the number of bytes of all writes.
func (t *Txn) Size() int { return t.size }

// Get returns the value of key as the transaction sees it, nil if there is
// none. It must not be changed, and is valid until the transaction ends. Nor
// must key be changed afterwards.
func (t *Txn) Get(key []byte) ([]byte, error) {
	if t.writes != nil {
		if w, ok := t.writes.Get(&kv.Write{Key: key}); ok {
			if w.Delete {
				return nil, nil
			}
			return w.Value, nil
		}
	}
	return t.GetBase(key)
}

// GetBase returns the value of key without the transaction's own writes. The
// key must not be changed afterwards.
func (t *Txn) GetBase(key []byte) ([]byte, error) {
	t.Depend(key)
	v, err := t.snap.Get(key)
	t.read(len(v))
	return v, err
}

// Depend notes that the transaction depends on a key without reading it. The
// key must not be changed afterwards.
func (t *Txn) Depend(key []byte) {
	if t.track {
		t.keys = append(t.keys, key)
	}
}

// Put writes a value. The slices must not be changed afterwards. The bytes at
// stamps are replaced by the commit's time when there is one; until then they
// should be zero.
func (t *Txn) Put(w kv.Write) {
	w.Delete = false
	t.set(&w)
}

// Delete removes a key.
func (t *Txn) Delete(key []byte) { t.set(&kv.Write{Key: key, Delete: true}) }

// Undo forgets what the transaction wrote to a key.
func (t *Txn) Undo(key []byte) {
	if t.writes == nil {
		return
	}
	if old, ok := t.writes.Delete(&kv.Write{Key: key}); ok {
		t.size -= len(old.Key) + len(old.Value)
	}
}

// Written returns the transaction's own write to key, if there is one.
func (t *Txn) Written(key []byte) (*kv.Write, bool) {
	if t.writes == nil {
		return nil, false
	}
	return t.writes.Get(&kv.Write{Key: key})
}

func (t *Txn) set(w *kv.Write) {
	if t.writes == nil {
		t.writes = btree.NewG(16, func(a, b *kv.Write) bool { return bytes.Compare(a.Key, b.Key) < 0 })
	}
	t.size += len(w.Key) + len(w.Value)
	if old, ok := t.writes.ReplaceOrInsert(w); ok {
		t.size -= len(old.Key) + len(old.Value)
	}
}

// Batch returns what is to be committed, and ends the transaction: its
// snapshot is released, because a store may have to wait for it.
func (t *Txn) Batch() *kv.Batch {
	defer t.snap.Close()
	b := &kv.Batch{Since: t.snap.Time(), Keys: t.keys}
	for _, it := range t.scans {
		if r, ok := it.visited(); ok {
			b.Ranges = append(b.Ranges, kv.Range{Lo: bytes.Clone(r.Lo), Hi: bytes.Clone(r.Hi)})
		}
	}
	if t.writes != nil {
		b.Writes = make([]kv.Write, 0, t.writes.Len())
		t.writes.Ascend(func(w *kv.Write) bool {
			b.Writes = append(b.Writes, *w)
			return true
		})
	}
	return b
}

// Close ends the transaction and releases its snapshot.
func (t *Txn) Close() { t.snap.Close() }

// Track begins to note reads; those before it are not part of the transaction.
func (t *Txn) Track() { t.track = true }
