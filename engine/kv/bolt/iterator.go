package bolt

import (
	"bytes"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
)

// iterator is a kv.Iterator: a cursor of bbolt that goes from one bucket to
// the next.
type iterator struct {
	snap    *snapshot
	lo, hi  []byte
	reverse bool

	started    bool
	bucket     string        // the name of the present bucket
	tree       int           // its place in the view
	cursor     *bbolt.Cursor // of the present bucket, if that exists
	key, value []byte        // the present entry; the key is nil at the end
	err        error
}

func (it *iterator) Next() (ok bool) {
	if !it.ready() {
		return false
	}
	defer it.caught(debug.SetPanicOnFault(true))
	return it.step()
}

// step is Next, without its guard.
func (it *iterator) step() bool {
	switch {
	case !it.started && it.reverse:
		return it.before(it.hi)
	case !it.started:
		return it.from(it.lo)
	case it.key == nil:
		return false
	}
	return it.settle(it.move())
}

// Fill sets its guard once for all entries, and, unless the scan has just begun,
// compares with its bound once: the first entries are often all there are.
func (it *iterator) Fill(keys, values [][]byte) (n int) {
	if len(keys) == 0 || !it.ready() {
		return 0
	}
	defer it.caught(debug.SetPanicOnFault(true))
	filled, fresh := 0, !it.started
	if fresh {
		if !it.step() {
			return 0
		}
		keys[0], values[0], filled = it.key, it.value, 1
	}
	return it.within(keys, values, it.more(keys, values, filled, fresh))
}

// more fills keys from n on, up to the end of what the cursor has, and returns
// how many are filled. each says that every one is compared with the bound.
func (it *iterator) more(keys, values [][]byte, n int, each bool) int {
	for it.key != nil && n < len(keys) {
		key, value := it.move()
		if each || key == nil || checkEntry(key, value) != nil {
			if !it.settle(key, value) {
				break
			}
			key, value = it.key, it.value
		}
		keys[n], values[n] = key, value
		n++
	}
	return n
}

// within returns how many of the filled entries lie within the bound, and stands
// on the last of them.
func (it *iterator) within(keys, values [][]byte, filled int) (n int) {
	for n = filled; n > 0 && it.beyond(keys[n-1]); n-- {
	}
	switch {
	case n < filled:
		it.end(nil)
	case n > 0 && it.key != nil:
		it.key, it.value = keys[n-1], values[n-1]
	}
	return n
}

// move moves the cursor in the direction of the scan.
func (it *iterator) move() (key, value []byte) {
	if it.reverse {
		return it.cursor.Prev()
	}
	return it.cursor.Next()
}

// beyond reports whether key lies behind the bound that the scan moves
// towards.
func (it *iterator) beyond(key []byte) bool {
	if it.reverse {
		return bytes.Compare(key, it.lo) < 0
	}
	return it.hi != nil && bytes.Compare(key, it.hi) >= 0
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
	if it.snap != nil && it.snap.view != nil {
		it.release()
	}
	*it = iterator{err: it.err}
}

// ready reports whether the iterator can move.
func (it *iterator) ready() bool {
	if it.err == nil && (it.snap == nil || it.snap.view == nil) {
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
	if !it.enter(it.snap.store.bucketOf(key)) {
		return it.settle(nil, nil)
	}
	return it.settle(it.cursor.Seek(key))
}

// before moves to the last entry before key; nil is the end of all keys.
func (it *iterator) before(key []byte) bool {
	switch {
	case key == nil:
		c := it.snap.view.tx.Cursor()
		last, _ := c.Last()
		if last = skipHeader(last, c.Prev); last == nil || !it.enter(last) {
			return it.end(nil)
		}
		return it.settle(it.cursor.Last())
	case len(key) == 0:
		it.started = true
		return it.end(nil)
	case !it.enter(it.snap.store.bucketOf(key)):
		return it.settle(nil, nil)
	}
	if k, _ := it.cursor.Seek(key); k == nil {
		return it.settle(it.cursor.Last())
	}
	return it.settle(it.cursor.Prev())
}

// settle takes the entry that the cursor has found, or, if there is none, the
// next one of another bucket. It stops at the bound of the scan.
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
	if it.beyond(key) {
		return it.end(nil)
	}
	if err := checkEntry(key, value); err != nil {
		return it.end(err)
	}
	it.key, it.value = key, value
	return true
}

// enter makes the bucket called name the present one, and reports whether it
// exists.
func (it *iterator) enter(name []byte) bool {
	if it.cursor != nil && it.bucket == string(name) {
		return true
	}
	it.release()
	it.tree = it.snap.view.tree(name)
	t := &it.snap.view.trees[it.tree]
	it.started, it.bucket = true, t.name
	if t.bucket == nil {
		return false
	}
	if it.cursor, t.idle = t.idle, nil; it.cursor == nil {
		it.cursor = t.bucket.Cursor()
	}
	return true
}

// release leaves the cursor to the next iterator over the same bucket.
func (it *iterator) release() {
	if it.cursor != nil {
		it.snap.view.trees[it.tree].idle = it.cursor
		it.cursor = nil
	}
}

// leave enters the next bucket in the direction of the scan, and reports
// whether there is one that may hold keys within the bounds.
func (it *iterator) leave() bool {
	if it.reverse && it.bucket <= string(it.lo) || !it.reverse && it.hi != nil && it.reaches(it.hi) {
		return false
	}
	next := it.neighbour()
	return next != nil && it.enter(next)
}

// reaches reports whether no bucket behind the present one has keys before hi:
// hi begins with its name, or is the first key that no longer does.
func (it *iterator) reaches(hi []byte) bool {
	n := len(it.bucket)
	if n == 0 || n < int(it.snap.store.prefix[it.bucket[0]]) || len(hi) < n {
		return false // the bucket of one short key, with which others begin
	}
	if len(hi) > n || hi[n-1] == it.bucket[n-1] {
		return string(hi[:n]) == it.bucket
	}
	return string(hi[:n-1]) == it.bucket[:n-1] && hi[n-1] == it.bucket[n-1]+1
}

// neighbour returns the name of the bucket that comes next in the direction of
// the scan, nil if there is none.
func (it *iterator) neighbour() []byte {
	c := it.snap.view.tx.Cursor()
	name, _ := c.Seek([]byte(it.bucket))
	switch {
	case it.reverse && name == nil:
		name, _ = c.Last()
	case it.reverse:
		name, _ = c.Prev()
	case string(name) == it.bucket:
		name, _ = c.Next()
	}
	if it.reverse {
		return skipHeader(name, c.Prev)
	}
	return skipHeader(name, c.Next)
}

// skipHeader returns the name of a bucket, or of the one after it if it is the
// header.
func skipHeader(name []byte, step func() ([]byte, []byte)) []byte {
	if bytes.Equal(name, header) {
		name, _ = step()
	}
	return name
}
