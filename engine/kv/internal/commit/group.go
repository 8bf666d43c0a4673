package commit

import (
	"bytes"
	"encoding/binary"
	"iter"

	"github.com/google/btree"

	"github.com/fawndb/fawn/engine/kv"
)

// Group is the batches that are written together. Its writes are merged in
// the order of their keys; where two batches write one key the later wins.
// It is valid during Writer.Write only.
type Group struct {
	state   uint64
	last    int64
	writes  *btree.BTreeG[*kv.Write]
	probe   kv.Write // the key that is looked for
	members []member
	refused []*request // valid when they came, not beside the members
}

// member is a batch that was found to be valid, and its time.
type member struct {
	*request
	ts int64
}

// degree of the tree of writes: a group seldom has more than a few hundred.
const degree = 16

func newGroup() *Group {
	return &Group{writes: btree.NewG(degree, func(a, b *kv.Write) bool {
		return bytes.Compare(a.Key, b.Key) < 0
	})}
}

// State is the number of the state that the group makes, one more than that
// of the state before.
func (g *Group) State() uint64 { return g.state }

// Last is the time of the group's last commit, which the store keeps with it.
func (g *Group) Last() int64 { return g.last }

// Writes yields the merged writes, stamped, in the order of their keys. The
// bytes belong to the callers of Commit: a store that keeps them past Write
// copies them.
func (g *Group) Writes() iter.Seq[*kv.Write] {
	return func(yield func(*kv.Write) bool) { g.writes.Ascend(yield) }
}

// touches reports whether a batch of the group wrote what b read.
func (g *Group) touches(b *kv.Batch) bool {
	if g.writes.Len() == 0 {
		return false
	}
	for _, key := range b.Keys {
		g.probe.Key = key
		if g.writes.Has(&g.probe) {
			return true
		}
	}
	for _, r := range b.Ranges {
		found := false
		g.probe.Key = r.Lo
		g.writes.AscendGreaterOrEqual(&g.probe, func(w *kv.Write) bool {
			found = r.Hi == nil || bytes.Compare(w.Key, r.Hi) < 0
			return false
		})
		if found {
			return true
		}
	}
	return false
}

// add takes r into the group as the commit of time ts.
func (g *Group) add(r *request, ts int64) {
	for i := range r.batch.Writes {
		w := &r.batch.Writes[i]
		stamp(w, ts)
		g.writes.ReplaceOrInsert(w)
	}
	g.members = append(g.members, member{r, ts})
	g.last = ts
}

// reset empties g; it then refers to nothing of a batch.
func (g *Group) reset() {
	g.writes.Clear(true)
	g.probe.Key = nil
	clear(g.members)
	g.members = g.members[:0]
	clear(g.refused)
	g.refused = g.refused[:0]
}

// stamp writes ts where w asks for it.
func stamp(w *kv.Write, ts int64) {
	for _, at := range w.KeyStamps {
		binary.BigEndian.PutUint64(w.Key[at:], ^uint64(ts))
	}
	for _, at := range w.KeyTimes {
		binary.BigEndian.PutUint64(w.Key[at:], uint64(ts))
	}
	for _, at := range w.ValueStamps {
		binary.BigEndian.PutUint64(w.Value[at:], uint64(ts))
	}
}
