package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strconv"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// SeedVar is the environment variable that sets the seed of the random test,
// a decimal number, to repeat a run.
const SeedVar = "KVTEST_SEED"

// model is a store of the plainest kind.
type model struct {
	entries map[string]string
	written map[string]int64 // time of the last commit that wrote a key
}

// testModel does random things to a store and to a model of it.
func testModel(t *testing.T, s kv.Store) {
	seed := rand.Uint64()
	if v := os.Getenv(SeedVar); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatalf("%s: %v", SeedVar, err)
		}
	}
	t.Logf("%s=%d", SeedVar, seed)
	r := run{
		t: t, s: s, rand: rand.New(rand.NewPCG(seed, 0)),
		model: model{entries: map[string]string{}, written: map[string]int64{}},
	}
	for range 600 {
		switch n := r.rand.IntN(10); {
		case n < 4:
			r.commit()
		case n < 6:
			r.open()
		case n < 7:
			r.close()
		default:
			r.compare()
		}
		if t.Failed() {
			return
		}
	}
	for len(r.held) > 0 {
		r.compare()
		r.close()
	}
}

// run is one random test. held are the open snapshots, each with what it must
// show for ever.
type run struct {
	t     *testing.T
	s     kv.Store
	rand  *rand.Rand
	model model
	held  []held
}

type held struct {
	snap    kv.Snapshot
	entries map[string]string
	keys    []string
}

// key returns a key out of a few hundred, long and short, in four spaces.
func (r *run) key() string {
	space := []string{"\x00", "a", "b", "\xff"}[r.rand.IntN(4)]
	switch r.rand.IntN(12) {
	case 0:
		return space
	case 1:
		return space + string(bytes.Repeat([]byte{byte(r.rand.IntN(3))}, r.rand.IntN(600)))
	}
	return fmt.Sprintf("%s%c%c", space, 'a'+r.rand.IntN(8), r.rand.IntN(8))
}

// bound returns a bound of a range; "-" stands for nil.
func (r *run) bound() string {
	if r.rand.IntN(8) == 0 {
		return "-"
	}
	return r.key()
}

// commit commits a random batch that has read at some recent time, and
// expects a conflict exactly if the model does.
func (r *run) commit() {
	b := &kv.Batch{Since: now(r.t, r.s)}
	if len(r.held) > 0 && r.rand.IntN(2) == 0 {
		b.Since = r.held[r.rand.IntN(len(r.held))].snap.Time()
	}
	for range r.rand.IntN(3) {
		b.Keys = append(b.Keys, []byte(r.key()))
	}
	if r.rand.IntN(3) == 0 {
		b.Ranges = append(b.Ranges, kv.Range{Lo: bound(r.bound()), Hi: bound(r.bound())})
	}
	written := map[string]bool{}
	for range r.rand.IntN(20) {
		w := kv.Write{Key: []byte(r.key()), Delete: r.rand.IntN(4) == 0}
		if written[string(w.Key)] {
			continue
		}
		written[string(w.Key)] = true
		if !w.Delete {
			w.Value = bytes.Repeat([]byte{byte(r.rand.IntN(256))}, r.rand.IntN(400))
		}
		b.Writes = append(b.Writes, w)
	}
	want := r.model.conflict(b)
	ts, err := r.s.Commit(context.Background(), b)
	if errors.Is(err, kv.ErrConflict) != want || (err != nil && !want) {
		r.t.Fatalf("commit: %v, want a conflict: %v", err, want)
	}
	if err == nil {
		r.model.apply(b, ts)
	}
}

func (m *model) conflict(b *kv.Batch) bool {
	for key, ts := range m.written {
		if ts <= b.Since {
			continue
		}
		for _, k := range b.Keys {
			if key == string(k) {
				return true
			}
		}
		for _, r := range b.Ranges {
			if key >= string(r.Lo) && (r.Hi == nil || key < string(r.Hi)) {
				return true
			}
		}
	}
	return false
}

func (m *model) apply(b *kv.Batch, ts int64) {
	for _, w := range b.Writes {
		m.written[string(w.Key)] = ts
		if w.Delete {
			delete(m.entries, string(w.Key))
		} else {
			m.entries[string(w.Key)] = string(w.Value)
		}
	}
}

// open takes a snapshot.
func (r *run) open() {
	if len(r.held) < 6 {
		entries := maps.Clone(r.model.entries)
		r.held = append(r.held, held{snapshot(r.t, r.s), entries, slices.Sorted(maps.Keys(entries))})
	}
}

// close closes a snapshot.
func (r *run) close() {
	if len(r.held) > 0 {
		i := r.rand.IntN(len(r.held))
		r.held[i].snap.Close()
		r.held = slices.Delete(r.held, i, i+1)
	}
}

// compare reads a snapshot in some way and compares.
func (r *run) compare() {
	if len(r.held) == 0 {
		return
	}
	h := r.held[r.rand.IntN(len(r.held))]
	for range 10 {
		key := r.key()
		got, err := h.snap.Get([]byte(key))
		want, there := h.entries[key]
		if err != nil || (got != nil) != there || string(got) != want {
			r.t.Fatalf("Get(%q) = %q, %v, want %q, %v", key, got, err, want, there)
		}
	}
	lo, hi, reverse := r.bound(), r.bound(), r.rand.IntN(2) == 0
	it := h.snap.Scan(bound(lo), bound(hi), reverse)
	defer it.Close()
	walk := newWalk(h.keys, lo, hi, reverse)
	for range 40 {
		var got bool
		switch r.rand.IntN(5) {
		case 0:
			key := r.key()
			got = it.Seek([]byte(key))
			walk.seek(key)
		case 1:
			got = r.fill(it, h.entries, walk)
		default:
			got = it.Next()
			walk.next()
		}
		if want := walk.at(); got != (want != "") || string(it.Key()) != want || string(it.Value()) != h.entries[want] {
			r.t.Fatalf("scan of %q to %q, reverse %v: at %q, want %q", lo, hi, reverse, it.Key(), want)
		}
	}
}

// fill moves over several entries, compares all but the last of them, and
// reports whether the iterator stands on one.
func (r *run) fill(it kv.Iterator, entries map[string]string, walk *walk) bool {
	keys, values := make([][]byte, 1+r.rand.IntN(20)), make([][]byte, 20)
	n := it.Fill(keys, values[:len(keys)])
	for i := range n {
		walk.next()
		if want := walk.at(); string(keys[i]) != want || string(values[i]) != entries[want] {
			r.t.Fatalf("entry %d of %d, reverse %v: %q, want %q", i, n, walk.reverse, keys[i], want)
		}
	}
	if n < len(keys) {
		walk.next()
	}
	return n == len(keys)
}

// walk is the model of an iterator: a place in a sorted list.
type walk struct {
	keys    []string // within the bounds, ascending
	reverse bool
	place   int // len(keys) or -1 at the end
}

func newWalk(keys []string, lo, hi string, reverse bool) *walk {
	w := &walk{reverse: reverse, place: -1}
	for _, k := range keys {
		if (lo == "-" || k >= lo) && (hi == "-" || k < hi) {
			w.keys = append(w.keys, k)
		}
	}
	if reverse {
		w.place = len(w.keys)
	}
	return w
}

func (w *walk) next() {
	if w.reverse {
		w.place = max(w.place-1, -1)
	} else {
		w.place = min(w.place+1, len(w.keys))
	}
}

func (w *walk) seek(key string) {
	w.place = sort.SearchStrings(w.keys, key)
	if w.reverse {
		w.place--
	}
}

func (w *walk) at() string {
	if w.place < 0 || w.place >= len(w.keys) {
		return ""
	}
	return w.keys[w.place]
}
