package txn

import (
	"bytes"

	"github.com/fawndb/fawn/engine/kv"
)

// Iterator walks the entries of a range in one direction: those of the
// snapshot merged with the transaction's writes as they are at each step.
type Iterator struct {
	t       *Txn
	lo, hi  []byte
	reverse bool
	base    kv.Iterator
	baseOK  bool // base stands on an entry that was not passed yet
	primed  bool
	done    bool
	last    []byte // key of the present entry
	key     []byte
	value   []byte
	from    []byte
	// low..high are the keys that were looked at, both included; toEnd says
	// that the scan's upper bound was reached instead of high.
	low, high []byte
	toEnd     bool
	seen      bool
	bytes     int // of the entries read from the store
	closed    bool
	err       error
}

// Scan returns an iterator over the keys k with lo <= k < hi, nil hi being
// the end of all keys. It stands before the first entry, or, in reverse,
// behind the last. Its keys and values are valid until the transaction ends.
func (t *Txn) Scan(lo, hi []byte, reverse bool) kv.Iterator {
	base := t.snap.Scan(lo, hi, reverse)
	if !t.track {
		it := &t.room
		if it.Iterator != nil {
			it = new(counting)
		}
		it.Iterator, it.t = base, t
		return it
	}
	it := &Iterator{t: t, lo: lo, hi: hi, reverse: reverse, base: base}
	t.scans = append(t.scans, it)
	return it
}

// counting is an iterator of a transaction that does not write: that of the
// snapshot, whose entries are counted.
type counting struct {
	kv.Iterator
	t     *Txn // nil once it is closed
	bytes int
}

// Next moves to the next entry.
func (it *counting) Next() bool { return it.count(it.Iterator.Next()) }

// Seek moves as that of Iterator does.
func (it *counting) Seek(key []byte) bool { return it.count(it.Iterator.Seek(key)) }

// Fill moves as that of the snapshot's does.
func (it *counting) Fill(keys, values [][]byte) int {
	n := it.Iterator.Fill(keys, values)
	for i := range keys[:n] {
		it.bytes += len(keys[i]) + len(values[i])
	}
	return n
}

func (it *counting) count(ok bool) bool {
	if ok {
		it.bytes += len(it.Key()) + len(it.Value())
	}
	return ok
}

// Close releases the iterator.
func (it *counting) Close() {
	if it.t == nil {
		return
	}
	it.Iterator.Close()
	it.t.read(it.bytes)
	it.t = nil
}

// Next moves to the next entry.
func (it *Iterator) Next() bool {
	if it.done {
		return false
	}
	if !it.primed {
		it.start(nil)
		it.baseOK, it.primed = it.base.Next(), true
	}
	return it.settle()
}

// Fill moves over several entries.
func (it *Iterator) Fill(keys, values [][]byte) int { return kv.FillByNext(it, keys, values) }

// Seek moves to the first entry at or after key, in reverse to the last one
// strictly before it, within the bounds of the scan.
func (it *Iterator) Seek(key []byte) bool {
	it.done = false
	it.start(key)
	it.primed = true
	it.baseOK = it.base.Seek(key)
	if it.reverse {
		it.last = key
		if it.hi != nil && bytes.Compare(key, it.hi) > 0 {
			it.last = it.hi
		}
	} else {
		it.last = nil
		it.from = key
		if bytes.Compare(key, it.lo) < 0 {
			it.from = it.lo
		}
	}
	return it.settle()
}

// start notes where a walk begins: at key, or, when it is nil, at the scan's
// near bound.
func (it *Iterator) start(key []byte) {
	if key == nil && it.reverse {
		it.toEnd = true
	} else if key == nil {
		key = it.lo
	}
	it.reach(key)
}

// reach notes that everything up to key was looked at.
func (it *Iterator) reach(key []byte) {
	if key == nil {
		return
	}
	if !it.seen || it.low == nil || bytes.Compare(key, it.low) < 0 {
		it.low = key
	}
	if !it.seen || bytes.Compare(key, it.high) > 0 {
		it.high = key
	}
	it.seen = true
}

// end notes that the walk came to the scan's far bound.
func (it *Iterator) end() {
	it.done, it.seen = true, true
	if it.reverse {
		it.low = it.lo
	} else {
		it.toEnd = true
	}
}

// visited returns the range of the keys that were looked at.
func (it *Iterator) visited() (kv.Range, bool) {
	r := kv.Range{Lo: it.low, Hi: it.hi}
	if bytes.Compare(r.Lo, it.lo) < 0 {
		r.Lo = it.lo
	}
	if !it.toEnd {
		r.Hi = append(bytes.Clone(it.high), 0)
	}
	return r, it.seen
}

// settle puts the nearer of the snapshot's next entry and the transaction's
// own next write into key and value, passing over what was deleted.
func (it *Iterator) settle() bool {
	for {
		w := it.nextWrite()
		if !it.baseOK {
			if err := it.base.Err(); err != nil {
				it.err, it.done = err, true
				return false
			}
		}
		switch {
		case w == nil && !it.baseOK:
			it.end()
			return false
		case w == nil || it.baseOK && it.before(it.base.Key(), w.Key):
			it.take(it.base.Key(), it.base.Value())
			it.baseOK = it.base.Next()
			return true
		default:
			if it.baseOK && bytes.Equal(it.base.Key(), w.Key) {
				it.baseOK = it.base.Next()
			}
			it.last, it.from = w.Key, nil
			it.reach(w.Key)
			if !w.Delete {
				it.key, it.value = w.Key, w.Value
				return true
			}
		}
	}
}

func (it *Iterator) take(key, value []byte) {
	it.key, it.value, it.last, it.from = key, value, key, nil
	it.reach(key)
	it.bytes += len(key) + len(value)
}

func (it *Iterator) before(a, b []byte) bool {
	if it.reverse {
		return bytes.Compare(a, b) > 0
	}
	return bytes.Compare(a, b) < 0
}

// nextWrite finds the transaction's first write beyond the present entry.
func (it *Iterator) nextWrite() *kv.Write {
	if it.t.writes == nil {
		return nil
	}
	var found *kv.Write
	if it.reverse {
		bound := it.last
		if bound == nil {
			bound = it.hi
		}
		pick := func(w *kv.Write) bool {
			if bound != nil && bytes.Compare(w.Key, bound) >= 0 {
				return true
			}
			if bytes.Compare(w.Key, it.lo) >= 0 {
				found = w
			}
			return false
		}
		if bound == nil {
			it.t.writes.Descend(pick)
		} else {
			it.t.writes.DescendLessOrEqual(&kv.Write{Key: bound}, pick)
		}
		return found
	}
	bound := it.last
	if bound == nil {
		bound = it.from
	}
	if bound == nil {
		bound = it.lo
	}
	it.t.writes.AscendGreaterOrEqual(&kv.Write{Key: bound}, func(w *kv.Write) bool {
		if it.last != nil && bytes.Equal(w.Key, it.last) {
			return true
		}
		if it.hi == nil || bytes.Compare(w.Key, it.hi) < 0 {
			found = w
		}
		return false
	})
	return found
}

// Key returns the present entry's key, valid until the transaction ends.
func (it *Iterator) Key() []byte { return it.key }

// Value returns the present entry's value, valid until the transaction ends.
func (it *Iterator) Value() []byte { return it.value }

// Err returns the error that ended the iteration.
func (it *Iterator) Err() error { return it.err }

// Close releases the iterator. What it visited stays noted.
func (it *Iterator) Close() {
	if it.closed {
		return
	}
	it.base.Close()
	it.t.read(it.bytes)
	it.done, it.closed = true, true
}
