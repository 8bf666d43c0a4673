package bolt

import (
	"sync"

	"go.etcd.io/bbolt"
)

// view is a state of the store as bbolt reads it: a transaction, and what was
// met in it. Snapshots of one state use a view one after the other, because
// to begin and to find the buckets takes longer than most reads.
type view struct {
	file  *file
	tx    *bbolt.Tx
	trees []tree // those met so far
	room  [4]tree
}

// tree is a bucket and its cursors, which bbolt would make anew for every Get.
type tree struct {
	name   string
	bucket *bbolt.Bucket // nil if there is none
	get    *bbolt.Cursor
	idle   *bbolt.Cursor // of an iterator that was closed
}

// newView returns a view of a file, which it releases at its end.
func newView(f *file, tx *bbolt.Tx) *view {
	v := &view{file: f, tx: tx}
	v.trees = v.room[:0]
	return v
}

// tree returns the place in trees of the bucket called name.
func (v *view) tree(name []byte) int {
	for i := range v.trees {
		if v.trees[i].name == string(name) {
			return i
		}
	}
	v.trees = append(v.trees, tree{name: string(name), bucket: v.tx.Bucket(name)})
	return len(v.trees) - 1
}

func (v *view) end() {
	_ = v.tx.Rollback() // cannot fail: the transaction is open
	v.file.release()
}

// Bounds of the views that are kept.
const (
	maxViews = 16
	maxTrees = 32 // of a view: they are looked through one after the other
)

// views are those that no snapshot uses. Some may be of a state that has
// passed. They are dropped before each write, so that the pages that they see
// can be used again.
type views struct {
	mu   sync.Mutex
	idle []*view
	// full says that none are kept: to map a file that has outgrown its map,
	// bbolt waits for all transactions to end.
	full bool
}

// take returns a view, nil if there is none.
func (vs *views) take() *view {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	n := len(vs.idle) - 1
	if n < 0 {
		return nil
	}
	v := vs.idle[n]
	vs.idle[n], vs.idle = nil, vs.idle[:n]
	return v
}

// put keeps a view for the next snapshot, or ends it.
func (vs *views) put(v *view) {
	vs.mu.Lock()
	kept := !vs.full && len(vs.idle) < maxViews && len(v.trees) <= maxTrees
	if kept {
		vs.idle = append(vs.idle, v)
	}
	vs.mu.Unlock()
	if !kept {
		v.end()
	}
}

// drop ends all views. keep says whether others may be kept from now on.
func (vs *views) drop(keep bool) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	for _, v := range vs.idle {
		v.end()
	}
	clear(vs.idle)
	vs.idle, vs.full = vs.idle[:0], !keep
}
