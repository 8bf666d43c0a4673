package mem

import (
	"bytes"

	"github.com/fawndb/fawn/engine/kv"
)

// iterator is a kv.Iterator. The tree can only be walked in one go, so the
// iterator fetches a few entries at a time, and more each time.
type iterator struct {
	snap    *snapshot
	lo, hi  []byte
	reverse bool

	started bool
	fetched []entry
	at      int  // fetched[at] is the present entry, if there is one
	last    bool // nothing lies beyond fetched
	err     error
}

// Entries fetched at first, and at most.
const (
	fetchFirst = 8
	fetchMost  = 256
)

func (it *iterator) Next() bool {
	switch {
	case it.at+1 < len(it.fetched):
		it.at++
		return true
	case !it.started && it.reverse:
		return it.fetch(it.hi, false)
	case !it.started:
		return it.fetch(it.lo, true)
	case it.last:
		it.at = len(it.fetched)
		return false
	}
	return it.fetch(it.fetched[len(it.fetched)-1].key, false)
}

func (it *iterator) Seek(key []byte) bool {
	switch {
	case !it.reverse && bytes.Compare(key, it.lo) < 0:
		key = it.lo
	case it.reverse && it.hi != nil && bytes.Compare(key, it.hi) > 0:
		key = it.hi
	case key == nil:
		key = []byte{} // the start of all keys: to fetch, nil is their end
	}
	it.fetched = it.fetched[:0]
	return it.fetch(key, !it.reverse)
}

func (it *iterator) Fill(keys, values [][]byte) int { return kv.FillByNext(it, keys, values) }

func (it *iterator) Key() []byte   { return it.present().key }
func (it *iterator) Value() []byte { return it.present().value }
func (it *iterator) Err() error    { return it.err }
func (it *iterator) Close()        { *it = iterator{started: true, last: true, err: it.err} }

func (it *iterator) present() entry {
	if it.at < len(it.fetched) {
		return it.fetched[it.at]
	}
	return entry{}
}

// fetch takes the next entries from pivot on, with pivot itself only if
// inclusive is set, and stands on the first. In reverse, a nil pivot is the
// end of all keys.
func (it *iterator) fetch(pivot []byte, inclusive bool) bool {
	want := min(max(fetchFirst, 2*len(it.fetched)), fetchMost)
	it.started, it.last, it.at = true, true, 0
	it.fetched = it.fetched[:0]
	if it.snap == nil || it.snap.tree == nil {
		it.err = kv.ErrClosed
		return false
	}
	visit := func(e entry) bool {
		switch {
		case !inclusive && pivot != nil && bytes.Equal(e.key, pivot):
			return true
		case it.outside(e.key):
			return false
		}
		it.fetched = append(it.fetched, e)
		it.last = len(it.fetched) < want
		return it.last
	}
	switch {
	case !it.reverse:
		it.snap.tree.AscendGreaterOrEqual(entry{key: pivot}, visit)
	case pivot == nil:
		it.snap.tree.Descend(visit)
	default:
		it.snap.tree.DescendLessOrEqual(entry{key: pivot}, visit)
	}
	return len(it.fetched) > 0
}

// outside reports whether key lies beyond the bound that the iterator moves
// towards.
func (it *iterator) outside(key []byte) bool {
	if it.reverse {
		return bytes.Compare(key, it.lo) < 0
	}
	return it.hi != nil && bytes.Compare(key, it.hi) >= 0
}
