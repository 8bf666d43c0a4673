package bolt

import (
	"bytes"
	"runtime/debug"

	"github.com/fawndb/fawn/engine/kv"
)

// snapshot is a kv.Snapshot; its view is nil once it is closed. It is not used
// again after that, so that a second Close can do no harm.
type snapshot struct {
	store *Store
	view  *view
	ts    int64
	room  iterator // for the first scan, which has taken it if used is set
	used  bool
}

func (s *snapshot) Time() int64 { return s.ts }

func (s *snapshot) Get(key []byte) (value []byte, err error) {
	if s.view == nil {
		return nil, kv.ErrClosed
	}
	if len(key) == 0 {
		return nil, nil
	}
	defer caught(&err, debug.SetPanicOnFault(true))
	t := &s.view.trees[s.view.tree(s.store.bucketOf(key))]
	if t.bucket == nil {
		return nil, nil
	}
	if t.get == nil {
		t.get = t.bucket.Cursor()
	}
	k, v := t.get.Seek(key)
	if !bytes.Equal(k, key) {
		return nil, nil
	}
	return v, checkEntry(k, v)
}

func (s *snapshot) Scan(lo, hi []byte, reverse bool) kv.Iterator {
	it := &s.room
	if s.used {
		it = new(iterator)
	}
	s.used = true
	*it = iterator{snap: s, lo: lo, hi: hi, reverse: reverse}
	return it
}

func (s *snapshot) Close() {
	if s.view == nil {
		return
	}
	s.view.file.views.put(s.view)
	s.view = nil
}

// checkEntry refuses what no commit has written, before anybody reads beyond
// the end of a damaged file.
func checkEntry(key, value []byte) error {
	if len(key) > kv.MaxKey || len(value) > kv.MaxValue || value == nil {
		return damaged("an entry has a key of %d bytes, a value of %d", len(key), len(value))
	}
	return nil
}
