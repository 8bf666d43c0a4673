package kvtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// words are the entries of the read tests, in several spaces, one of which
// holds a key of one byte and one an empty value.
var words = []string{"a", "aa", "ab", "b1", "b2", "b3", "b5", "d", "d\x00", "d\xff", "\xff", "\xff\xff"}

// fill writes words, each with itself in capitals as the value; "aa" is empty.
func fill(t *testing.T, s kv.Store) {
	t.Helper()
	b := &kv.Batch{}
	for _, w := range words {
		b.Writes = append(b.Writes, put(w, capitals(w)))
	}
	commit(t, s, b)
}

func capitals(word string) string {
	if word == "aa" {
		return ""
	}
	return strings.ToUpper(word)
}

func testGet(t *testing.T, s kv.Store) {
	fill(t, s)
	snap := snapshot(t, s)
	defer snap.Close()
	for _, w := range words {
		got, err := snap.Get([]byte(w))
		if err != nil || got == nil || string(got) != capitals(w) {
			t.Errorf("Get(%q) = %q, %v; nil is %v", w, got, err, got == nil)
		}
	}
	for _, absent := range []string{"", "\x00", "A", "a\x00", "b", "b4", "c", "e", "\xff\xff\xff"} {
		if got, err := snap.Get([]byte(absent)); got != nil || err != nil {
			t.Errorf("Get(%q) = %q, %v, want nothing", absent, got, err)
		}
	}
}

func testScan(t *testing.T, s kv.Store) {
	fill(t, s)
	snap := snapshot(t, s)
	defer snap.Close()
	bounds := append([]string{"-", "", "\x00", "b", "b4", "c", "d\x01", "e", "\xff\x00", "\xff\xff\xff"}, words...)
	for _, lo := range bounds {
		for _, hi := range bounds {
			var want []pair
			for _, w := range words {
				if (lo == "-" || w >= lo) && (hi == "-" || w < hi) {
					want = append(want, pair{w, capitals(w)})
				}
			}
			if got := rest(t, snap.Scan(bound(lo), bound(hi), false)); !slices.Equal(got, want) {
				t.Errorf("Scan(%q, %q) = %q, want %q", lo, hi, got, want)
			}
			slices.Reverse(want)
			if got := rest(t, snap.Scan(bound(lo), bound(hi), true)); !slices.Equal(got, want) {
				t.Errorf("reverse Scan(%q, %q) = %q, want %q", lo, hi, got, want)
			}
		}
	}
}

func testSeek(t *testing.T, s kv.Store) {
	fill(t, s)
	snap := snapshot(t, s)
	defer snap.Close()
	for _, c := range []struct {
		lo, hi  string
		reverse bool
		seeks   string // "key=entry entry.": seek, then what it and Next give; "." is the end
	}{
		{"-", "-", false, "b2=b2 b3 b5 d"},
		{"-", "-", false, "=a aa a=a aa ab b1"},
		{"-", "-", false, "b4=b5 c=d b=b1 b2"},
		{"-", "-", false, "e=\xff \xff\xff . \xff\xff\xff=. aa=aa"},
		{"ab", "b5", false, "a=ab b1 b3=b3 . b5=. z=. b1=b1 b2 b3 ."},
		{"b", "c", false, "a=b1 b2 b3 b5 . c=."},
		{"b9", "c", false, "a=. b9=. d=."},
		{"-", "-", true, "b2=b1 ab aa a . b4=b3"},
		{"-", "-", true, "=. \xff\xff\xff=\xff\xff \xff d\xff"},
		{"-", "-", true, "e=d\xff d\x00 d b5 c=b5 a=. a\x00=a ."},
		{"ab", "b5", true, "z=b3 b5=b3 b2 b2=b1 ab . ab=. a=. b1=ab ."},
		{"b", "c", true, "z=b5 b3 b2 b1 . b=."},
		{"b9", "c", true, "z=. b9=."},
	} {
		it := snap.Scan(bound(c.lo), bound(c.hi), c.reverse)
		for _, step := range strings.Fields(c.seeks) {
			key, want, seek := strings.Cut(step, "=")
			var ok bool
			if seek {
				ok = it.Seek([]byte(key))
			} else {
				want, ok = step, it.Next()
			}
			got := "."
			if ok {
				got = string(it.Key())
				if string(it.Value()) != capitals(got) {
					t.Errorf("%+v: at %q: %q has the value %q", c, step, got, it.Value())
				}
			} else if it.Key() != nil {
				t.Errorf("%+v: at %q: the key is %q, want none", c, step, it.Key())
			}
			if got != want {
				t.Errorf("%+v: at %q: got %q", c, step, got)
			}
		}
		if err := it.Err(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		it.Close()
		it.Close()
	}
	if it := snap.Scan(nil, nil, true); it.Seek(nil) {
		t.Errorf("in reverse there is %q before the empty key", it.Key())
	}
}

// testScanLong walks far enough to leave any page or buffer of a store, in
// both directions, beside deleted entries.
func testScanLong(t *testing.T, s kv.Store) {
	const n = 3000
	key := func(i int) string { return fmt.Sprintf("k%06d", i) }
	var want []pair
	b, holes := &kv.Batch{}, &kv.Batch{}
	for i := range n {
		b.Writes = append(b.Writes, put(key(i), strings.Repeat("v", i%40)))
		if i%7 == 3 || i/500 == 2 {
			holes.Writes = append(holes.Writes, del(key(i)))
		} else {
			want = append(want, pair{key(i), strings.Repeat("v", i%40)})
		}
	}
	commit(t, s, b)
	commit(t, s, holes)
	snap := snapshot(t, s)
	defer snap.Close()
	if got := rest(t, snap.Scan([]byte("k"), []byte("l"), false)); !slices.Equal(got, want) {
		t.Errorf("forward: %d entries, want %d", len(got), len(want))
	}
	slices.Reverse(want)
	if got := rest(t, snap.Scan([]byte("k"), []byte("l"), true)); !slices.Equal(got, want) {
		t.Errorf("backward: %d entries, want %d", len(got), len(want))
	}
	// Two iterators of one snapshot do not disturb each other, or Get.
	one, two := snap.Scan(nil, nil, false), snap.Scan(nil, nil, true)
	for i := range len(want) {
		_, err := snap.Get([]byte(key(i)))
		if !one.Next() || !two.Next() || err != nil {
			t.Fatalf("step %d: %v, %v, %v", i, one.Err(), two.Err(), err)
		}
		if string(one.Key()) != want[len(want)-1-i].key || string(two.Key()) != want[i].key {
			t.Fatalf("step %d: %q and %q", i, one.Key(), two.Key())
		}
	}
	one.Close()
	two.Close()
}

// testIsolation checks that a snapshot stays what it was, its slices too.
func testIsolation(t *testing.T, s kv.Store) {
	empty := snapshot(t, s)
	commit(t, s, writes(put("a", "1"), put("b", "1")))
	before := snapshot(t, s)
	held, _ := before.Get([]byte("a"))
	for i := range 50 {
		commit(t, s, writes(put("a", fmt.Sprint(i)), del("b"), put(fmt.Sprint("c", i), "x")))
	}
	after := snapshot(t, s)
	if got := all(t, empty); len(got) != 0 {
		t.Errorf("the first snapshot has %q", got)
	}
	if got, want := all(t, before), []pair{{"a", "1"}, {"b", "1"}}; !slices.Equal(got, want) {
		t.Errorf("the second snapshot has %q, want %q", got, want)
	}
	if string(held) != "1" {
		t.Errorf("a value that was read turned into %q", held)
	}
	if got := all(t, after); len(got) != 51 || got[0] != (pair{"a", "49"}) {
		t.Errorf("the last snapshot has %q", got)
	}
	for _, snap := range []kv.Snapshot{empty, before, after} {
		snap.Close()
		snap.Close()
	}
}
