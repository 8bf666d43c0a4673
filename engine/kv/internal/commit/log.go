package commit

import (
	"bytes"
	"iter"
	"sort"
	"sync/atomic"

	"github.com/fawndb/fawn/engine/kv"
)

// Bounds of the log. At some thousand commits a second of some three writes
// each it reaches back several seconds; it takes a few MiB at most, unless
// one group alone is larger.
const (
	maxLogKeys  = 1 << 16
	maxLogBytes = 4 << 20
)

// log remembers which keys the last groups wrote, newest first. Its entries
// never change, so any goroutine may walk it; only the one that writes groups
// adds and forgets.
type log struct {
	newest atomic.Pointer[entry]
	oldest *entry
	keys   int // of all entries
	bytes  int
	limits struct{ keys, bytes int }
}

// entry is the keys that one group wrote.
type entry struct {
	after int64 // time of the last commit before the group
	last  int64 // time of the group's last commit
	keys  keyList
	older atomic.Pointer[entry] // nil when the rest is forgotten
	newer *entry
}

// newLog returns the log of a store whose last commit had the time last, and
// which remembers nothing of it.
func newLog(last int64) *log {
	e := &entry{after: last, last: last}
	l := &log{oldest: e}
	l.newest.Store(e)
	l.limits.keys, l.limits.bytes = maxLogKeys, maxLogBytes
	return l
}

// changed reports whether a commit after b.Since wrote what b read, or may
// have done so before the log begins. It looks at the entries newer than
// seen (nil for all), and returns the newest it has looked at.
func (l *log) changed(b *kv.Batch, seen *entry) (newest *entry, changed bool) {
	newest = l.newest.Load()
	if len(b.Keys) == 0 && len(b.Ranges) == 0 {
		return newest, false
	}
	for e := newest; e != nil; e = e.older.Load() {
		if e == seen || e.last <= b.Since {
			return newest, false
		}
		if e.keys.touches(b) {
			return newest, true
		}
		if e.after <= b.Since {
			return newest, false
		}
	}
	return newest, true // what came before is forgotten
}

// add remembers the writes of g, and forgets the oldest beyond the limits.
func (l *log) add(g *Group) {
	newest := l.newest.Load()
	e := &entry{after: newest.last, last: g.last, keys: newKeyList(g.writes.Len(), g.Writes())}
	e.older.Store(newest)
	newest.newer = e
	l.newest.Store(e)
	l.keys += e.keys.len()
	l.bytes += len(e.keys.data)
	for l.oldest != e && (l.keys > l.limits.keys || l.bytes > l.limits.bytes) {
		l.keys -= l.oldest.keys.len()
		l.bytes -= len(l.oldest.keys.data)
		l.oldest = l.oldest.newer
		l.oldest.older.Store(nil)
	}
}

// keyList is keys in their order, packed into one slice, so that the log is
// a few large objects and not many small ones.
type keyList struct {
	data []byte
	ends []uint32 // where each key ends in data; a batch is far below 4 GiB
}

func newKeyList(n int, writes iter.Seq[*kv.Write]) keyList {
	size := 0
	for w := range writes {
		size += len(w.Key)
	}
	l := keyList{data: make([]byte, 0, size), ends: make([]uint32, 0, n)}
	for w := range writes {
		l.data = append(l.data, w.Key...)
		l.ends = append(l.ends, uint32(len(l.data)))
	}
	return l
}

func (l keyList) len() int { return len(l.ends) }

func (l keyList) at(i int) []byte {
	lo := uint32(0)
	if i > 0 {
		lo = l.ends[i-1]
	}
	return l.data[lo:l.ends[i]]
}

// search returns the place of the first key at or after key.
func (l keyList) search(key []byte) int {
	return sort.Search(l.len(), func(i int) bool { return bytes.Compare(l.at(i), key) >= 0 })
}

// touches reports whether the list holds a key that b read.
func (l keyList) touches(b *kv.Batch) bool {
	for _, key := range b.Keys {
		if i := l.search(key); i < l.len() && bytes.Equal(l.at(i), key) {
			return true
		}
	}
	for _, r := range b.Ranges {
		if i := l.search(r.Lo); i < l.len() && (r.Hi == nil || bytes.Compare(l.at(i), r.Hi) < 0) {
			return true
		}
	}
	return false
}
