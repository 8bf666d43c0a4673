package mem

import "github.com/fawndb/fawn/engine/kv"

// snapshot is a kv.Snapshot; its tree is nil once it is closed.
type snapshot struct {
	tree *tree
	ts   int64
}

func (s *snapshot) Time() int64 { return s.ts }

func (s *snapshot) Close() { s.tree = nil }

func (s *snapshot) Get(key []byte) ([]byte, error) {
	if s.tree == nil {
		return nil, kv.ErrClosed
	}
	e, _ := s.tree.Get(entry{key: key})
	return e.value, nil
}

func (s *snapshot) Scan(lo, hi []byte, reverse bool) kv.Iterator {
	return &iterator{snap: s, lo: lo, hi: hi, reverse: reverse}
}
