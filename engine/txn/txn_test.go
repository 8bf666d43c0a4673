package txn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// sorted is a snapshot over a sorted list, for these tests.
type sorted struct{ keys []string }

func (s *sorted) Time() int64 { return 1 }
func (s *sorted) Close()      {}
func (s *sorted) Get(key []byte) ([]byte, error) {
	i := sort.SearchStrings(s.keys, string(key))
	if i < len(s.keys) && s.keys[i] == string(key) {
		return []byte("base"), nil
	}
	return nil, nil
}

func (s *sorted) Scan(lo, hi []byte, reverse bool) kv.Iterator {
	it := &sortedIterator{s: s, lo: sort.SearchStrings(s.keys, string(lo)), hi: len(s.keys), reverse: reverse}
	if hi != nil {
		it.hi = sort.SearchStrings(s.keys, string(hi))
	}
	it.at = it.lo - 1
	if reverse {
		it.at = it.hi
	}
	return it
}

type sortedIterator struct {
	s          *sorted
	lo, hi, at int
	reverse    bool
}

func (it *sortedIterator) Next() bool {
	if it.reverse {
		it.at--
	} else {
		it.at++
	}
	return it.ok()
}
func (it *sortedIterator) Fill(keys, values [][]byte) int { return kv.FillByNext(it, keys, values) }
func (it *sortedIterator) ok() bool                       { return it.at >= it.lo && it.at < it.hi }
func (it *sortedIterator) Seek(key []byte) bool {
	it.at = sort.SearchStrings(it.s.keys, string(key))
	if it.reverse {
		it.at = min(it.at, it.hi) - 1
	} else {
		it.at = max(it.at, it.lo)
	}
	return it.ok()
}
func (it *sortedIterator) Key() []byte   { return []byte(it.s.keys[it.at]) }
func (it *sortedIterator) Value() []byte { return []byte("base") }
func (it *sortedIterator) Err() error    { return nil }
func (it *sortedIterator) Close()        {}

func key(n int) []byte { return fmt.Appendf(nil, "%03d", n) }

// TestModel walks random transactions in both directions, with seeks, and
// compares them with a plain map.
func TestModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		base := &sorted{}
		model := map[string]string{}
		for n := range 30 {
			if r.IntN(2) == 0 {
				base.keys = append(base.keys, string(key(n)))
				model[string(key(n))] = "base"
			}
		}
		tx := New(base, true)
		for range r.IntN(20) {
			k := key(r.IntN(30))
			switch r.IntN(3) {
			case 0:
				tx.Put(kv.Write{Key: k, Value: []byte("own")})
				model[string(k)] = "own"
			case 1:
				tx.Delete(k)
				delete(model, string(k))
			case 2:
				tx.Undo(k)
				delete(model, string(k))
				if v, _ := base.Get(k); v != nil {
					model[string(k)] = "base"
				}
			}
		}
		lo, hi := key(r.IntN(30)), key(r.IntN(30))
		reverse := r.IntN(2) == 0
		var want []string
		for k, v := range model {
			if k >= string(lo) && k < string(hi) {
				want = append(want, k+v)
			}
		}
		sort.Strings(want)
		if reverse {
			sort.Sort(sort.Reverse(sort.StringSlice(want)))
		}
		it := tx.Scan(lo, hi, reverse)
		if r.IntN(2) == 0 {
			at := key(r.IntN(30))
			i := sort.Search(len(want), func(i int) bool {
				if reverse {
					return want[i][:3] < string(at)
				}
				return want[i][:3] >= string(at)
			})
			want = want[i:]
			if got := it.Seek(at); got != (len(want) > 0) {
				t.Fatalf("Seek(%s) = %v, want %v", at, got, want)
			}
			if len(want) > 0 {
				if got := string(it.Key()) + string(it.Value()); got != want[0] {
					t.Fatalf("after Seek: %s, want %s", got, want[0])
				}
				want = want[1:]
			}
		}
		for _, w := range want {
			if !it.Next() {
				t.Fatalf("ended before %s", w)
			}
			if got := string(it.Key()) + string(it.Value()); got != w {
				t.Fatalf("got %s, want %s", got, w)
			}
		}
		if it.Next() {
			t.Fatalf("one more: %s", it.Key())
		}
		for _, rg := range tx.Batch().Ranges {
			if bytes.Compare(rg.Lo, lo) < 0 {
				t.Fatalf("range %q begins before the scan", rg)
			}
		}
	}
}

// TestVisited pins which ranges a walk depends on.
func TestVisited(t *testing.T) {
	base := &sorted{keys: []string{"b", "d", "f"}}
	for _, test := range []struct {
		name    string
		reverse bool
		seek    string
		steps   int
		want    string
	}{
		{"forward, one", false, "", 1, `["a","b\x00")`},
		{"forward, all", false, "", 9, `["a","z")`},
		{"forward, seek", false, "c", 0, `["c","d\x00")`},
		{"backward, one", true, "", 1, `["f","z")`},
		{"backward, all", true, "", 9, `["a","z")`},
		{"backward, seek", true, "e", 1, `["b","e\x00")`},
	} {
		t.Run(test.name, func(t *testing.T) {
			tx := New(base, true)
			it := tx.Scan([]byte("a"), []byte("z"), test.reverse)
			if test.seek != "" {
				it.Seek([]byte(test.seek))
			}
			for range test.steps {
				it.Next()
			}
			r := tx.Batch().Ranges[0]
			if got := fmt.Sprintf("[%q,%q)", r.Lo, r.Hi); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestUntracked pins that a transaction that does not write sees and counts
// what one that does would, and depends on nothing.
func TestUntracked(t *testing.T) {
	var stats [2]Stats
	for i, track := range []bool{true, false} {
		tx := New(&sorted{keys: []string{"b", "d", "f"}}, track)
		if _, err := tx.Get([]byte("b")); err != nil {
			t.Fatal(err)
		}
		it := tx.Scan([]byte("a"), []byte("e"), false)
		if !it.Next() || string(it.Key()) != "b" || !it.Next() || string(it.Key()) != "d" || it.Next() {
			t.Errorf("track %v: stands on %q", track, it.Key())
		}
		it.Close()
		it.Close()
		back := tx.Scan([]byte("a"), nil, true)
		if !back.Seek([]byte("e")) || string(back.Key()) != "d" {
			t.Errorf("track %v: backward on %q", track, back.Key())
		}
		back.Close()
		stats[i] = tx.Stats()
		if b := tx.Batch(); (len(b.Keys)+len(b.Ranges) > 0) != track {
			t.Errorf("track %v: depends on %q and %q", track, b.Keys, b.Ranges)
		}
	}
	if stats[0] != stats[1] {
		t.Errorf("got %+v, want %+v", stats[1], stats[0])
	}
}
