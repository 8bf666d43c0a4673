package bolt

import (
	"bytes"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
)

// snapshot is a kv.Snapshot; its tx is nil once it is closed. It is not used
// again after that, so that a second Close can do no harm.
type snapshot struct {
	file   *file
	tx     *bbolt.Tx
	ts     int64
	spaces []space // those met so far
	room   [4]space
}

// space is a bucket and a cursor, which bbolt would make anew for every Get.
type space struct {
	id     byte
	bucket *bbolt.Bucket // nil if there is none
	get    *bbolt.Cursor
	idle   *bbolt.Cursor // of an iterator that was closed
}

func newSnapshot(f *file, tx *bbolt.Tx, ts int64) *snapshot {
	s := &snapshot{file: f, tx: tx, ts: ts}
	s.spaces = s.room[:0]
	return s
}

func (s *snapshot) Time() int64 { return s.ts }

func (s *snapshot) Get(key []byte) (value []byte, err error) {
	if s.tx == nil {
		return nil, kv.ErrClosed
	}
	if len(key) == 0 {
		return nil, nil
	}
	defer caught(&err, debug.SetPanicOnFault(true))
	sp := s.space(key[0])
	if sp.bucket == nil {
		return nil, nil
	}
	if sp.get == nil {
		sp.get = sp.bucket.Cursor()
	}
	k, v := sp.get.Seek(key)
	if !bytes.Equal(k, key) {
		return nil, nil
	}
	return v, checkEntry(k, v)
}

func (s *snapshot) Scan(lo, hi []byte, reverse bool) kv.Iterator {
	return &iterator{snap: s, lo: lo, hi: hi, reverse: reverse}
}

func (s *snapshot) Close() {
	if s.tx == nil {
		return
	}
	_ = s.tx.Rollback() // cannot fail: the transaction is open
	s.file.release()
	*s = snapshot{ts: s.ts}
}

// space returns the space of keys that begin with id. It is valid until the
// next call.
func (s *snapshot) space(id byte) *space {
	for i := range s.spaces {
		if s.spaces[i].id == id {
			return &s.spaces[i]
		}
	}
	s.spaces = append(s.spaces, space{id: id, bucket: s.tx.Bucket([]byte{id})})
	return &s.spaces[len(s.spaces)-1]
}

// checkEntry refuses what no commit has written, before anybody reads beyond
// the end of a damaged file.
func checkEntry(key, value []byte) error {
	if len(key) > kv.MaxKey || len(value) > kv.MaxValue || value == nil {
		return damaged("an entry has a key of %d bytes, a value of %d", len(key), len(value))
	}
	return nil
}
