package bolt

import (
	"bytes"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
)

// iterator is a kv.Iterator: a cursor of bbolt that goes from one space to
// the next.
type iterator struct {
	snap    *snapshot
	lo, hi  []byte
	reverse bool

	started    bool
	id         byte          // the present space
	cursor     *bbolt.Cursor // of the present space, if that exists
	key, value []byte        // the present entry; the key is nil at the end
	err        error
}

func (it *iterator) Next() (ok bool) {
	if !it.ready() {
		return false
	}
	defer it.caught(debug.SetPanicOnFault(true))
	switch {
	case !it.started && it.reverse:
		return it.before(it.hi)
	case !it.started:
		return it.from(it.lo)
	case it.key == nil:
		return false
	case it.reverse:
		return it.settle(it.cursor.Prev())
	}
	return it.settle(it.cursor.Next())
}

func (it *iterator) Seek(key []byte) (ok bool) {
	if !it.ready() {
		return false
	}
	defer it.caught(debug.SetPanicOnFault(true))
	if !it.reverse {
		if bytes.Compare(key, it.lo) < 0 {
			key = it.lo
		}
		return it.from(key)
	}
	switch {
	case it.hi != nil && bytes.Compare(key, it.hi) > 0:
		key = it.hi
	case key == nil:
		key = []byte{} // the start of all keys: to before, nil is their end
	}
	return it.before(key)
}

func (it *iterator) Key() []byte   { return it.key }
func (it *iterator) Value() []byte { return it.value }
func (it *iterator) Err() error    { return it.err }

func (it *iterator) Close() {
	if it.snap != nil && it.snap.tx != nil {
		it.release()
	}
	*it = iterator{err: it.err}
}

// ready reports whether the iterator can move.
func (it *iterator) ready() bool {
	if it.err == nil && (it.snap == nil || it.snap.tx == nil) {
		it.end(kv.ErrClosed)
	}
	return it.err == nil
}

// caught ends the iterator if bbolt has met a damaged page.
func (it *iterator) caught(before bool) {
	debug.SetPanicOnFault(before)
	if p := recover(); p != nil {
		it.end(damagedBy(p))
	}
}

// end leaves the iterator without an entry. err is nil at a true end.
func (it *iterator) end(err error) bool {
	it.key, it.value, it.err = nil, nil, err
	return false
}

// from moves to the first entry at or after key.
func (it *iterator) from(key []byte) bool {
	var id byte
	if len(key) > 0 {
		id = key[0]
	}
	if !it.enter(id) {
		return it.settle(nil, nil)
	}
	return it.settle(it.cursor.Seek(key))
}

// before moves to the last entry before key; nil is the end of all keys.
func (it *iterator) before(key []byte) bool {
	switch {
	case key == nil:
		if !it.enter(0xff) {
			return it.settle(nil, nil)
		}
		return it.settle(it.cursor.Last())
	case len(key) == 0:
		it.started = true
		return it.end(nil)
	case !it.enter(key[0]):
		return it.settle(nil, nil)
	}
	if k, _ := it.cursor.Seek(key); k == nil {
		return it.settle(it.cursor.Last())
	}
	return it.settle(it.cursor.Prev())
}

// settle takes the entry that the cursor has found, or, if there is none, the
// next one of another space. It stops at the bound of the scan.
func (it *iterator) settle(key, value []byte) bool {
	for key == nil {
		if !it.leave() {
			return it.end(nil)
		}
		if it.reverse {
			key, value = it.cursor.Last()
		} else {
			key, value = it.cursor.First()
		}
	}
	if it.reverse {
		if bytes.Compare(key, it.lo) < 0 {
			return it.end(nil)
		}
	} else if it.hi != nil && bytes.Compare(key, it.hi) >= 0 {
		return it.end(nil)
	}
	if err := checkEntry(key, value); err != nil {
		return it.end(err)
	}
	it.key, it.value = key, value
	return true
}

// enter makes id the present space, and reports whether it exists.
func (it *iterator) enter(id byte) bool {
	if it.started && it.id == id && it.cursor != nil {
		return true
	}
	it.release()
	it.started, it.id = true, id
	sp := it.snap.space(id)
	if sp.bucket == nil {
		return false
	}
	if it.cursor, sp.idle = sp.idle, nil; it.cursor == nil {
		it.cursor = sp.bucket.Cursor()
	}
	return true
}

// release leaves the cursor to the next iterator over the same space.
func (it *iterator) release() {
	if it.cursor != nil {
		it.snap.space(it.id).idle = it.cursor
		it.cursor = nil
	}
}

// leave enters the next space in the direction of the scan that exists, and
// reports whether there is one that may hold keys within the bounds.
func (it *iterator) leave() bool {
	if it.reverse {
		if it.id == 0 || (len(it.lo) > 0 && it.id <= it.lo[0]) {
			return false
		}
	} else if it.id == 0xff || (it.hi != nil && bytes.Compare(it.hi, []byte{it.id + 1}) <= 0) {
		return false
	}
	id, ok := nextSpace(it.snap.tx.Cursor(), it.id, it.reverse)
	return ok && it.enter(id)
}

// nextSpace returns the first space after id, or the last before it, among
// the buckets that c lists.
func nextSpace(c *bbolt.Cursor, id byte, reverse bool) (next byte, ok bool) {
	step := c.Next
	var name []byte
	if reverse {
		step = c.Prev
		if name, _ = c.Seek([]byte{id}); name == nil {
			name, _ = c.Last()
		} else {
			name, _ = c.Prev()
		}
	} else {
		name, _ = c.Seek([]byte{id + 1})
	}
	for len(name) > 1 { // not a space
		name, _ = step()
	}
	if name == nil {
		return 0, false
	}
	return name[0], true
}
