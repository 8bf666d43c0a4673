package commit

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// group returns a group of one batch that writes keys at ts.
func group(ts int64, keys ...string) *Group {
	b := &kv.Batch{}
	for _, k := range keys {
		b.Writes = append(b.Writes, kv.Write{Key: []byte(k)})
	}
	g := newGroup()
	g.add(&request{batch: b}, ts)
	return g
}

// reads returns a batch that has read key at since.
func reads(since int64, key string) *kv.Batch {
	return &kv.Batch{Since: since, Keys: [][]byte{[]byte(key)}}
}

func TestLogForgets(t *testing.T) {
	for name, limit := range map[string]func(l *log){
		"keys":  func(l *log) { l.limits.keys = 4 },
		"bytes": func(l *log) { l.limits.bytes = 8 },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(100)
			limit(l)
			for i := range int64(5) {
				l.add(group(110+10*i, fmt.Sprintf("k%d", i), fmt.Sprintf("l%d", i)))
			}
			// Left are the commits of 140 and 150, so all after 130.
			for _, c := range []struct {
				since int64
				key   string
				want  bool
			}{
				{150, "k4", false},
				{149, "k4", true},
				{149, "k3", false},
				{140, "k3", false},
				{139, "k3", true},
				{139, "k2", false},
				{130, "absent", false},
				{129, "absent", true},
				{100, "absent", true},
			} {
				if _, got := l.changed(reads(c.since, c.key), nil); got != c.want {
					t.Errorf("%q read at %d has changed: %v, want %v", c.key, c.since, got, c.want)
				}
			}
			if _, changed := l.changed(&kv.Batch{Since: 0}, nil); changed {
				t.Error("a batch that has read nothing has a conflict")
			}
			// The newest group is kept even if it is too large alone.
			l.add(group(160, "a", "b", "c", "d", "e", "f", "g", "h", "i"))
			if _, changed := l.changed(reads(150, "x"), nil); changed {
				t.Error("a large group touches what it has not written")
			}
			if _, changed := l.changed(reads(150, "h"), nil); !changed {
				t.Error("a large group does not touch what it has written")
			}
		})
	}
}

// TestLogSeen checks a batch in two steps, as the queue does.
func TestLogSeen(t *testing.T) {
	l := newLog(100)
	l.limits.keys = 2
	l.add(group(110, "a"))
	b := reads(105, "b")
	seen, changed := l.changed(b, nil)
	if changed {
		t.Fatal("nothing has changed yet")
	}
	if _, changed := l.changed(b, seen); changed {
		t.Error("nothing new has come")
	}
	l.add(group(120, "c"))
	if _, changed := l.changed(b, seen); changed {
		t.Error("what came new does not touch it")
	}
	if _, changed := l.changed(reads(105, "a"), seen); changed {
		t.Error("what was seen is looked at again")
	}
	l.add(group(130, "b"))
	if _, changed := l.changed(b, seen); !changed {
		t.Error("what came new touches it")
	}
	if _, changed := l.changed(reads(105, "x"), seen); !changed {
		t.Error("what was seen has been forgotten, and what came between with it")
	}
}

// TestLogModel compares the log with a list of all writes.
func TestLogModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	key := func() string { return fmt.Sprintf("%c%c", 'a'+r.IntN(20), 'a'+r.IntN(20)) }
	l := newLog(0)
	written := map[string]int64{}
	for ts := int64(10); ts < 3000; ts += 10 {
		keys := []string{key(), key()}
		l.add(group(ts, keys...))
		for _, k := range keys {
			written[k] = ts
		}
		since := max(1, ts-int64(r.IntN(300)))
		lo, hi := key(), key()
		b := &kv.Batch{Since: since, Ranges: []kv.Range{{Lo: []byte(lo), Hi: []byte(hi)}}}
		if r.IntN(10) == 0 {
			b.Ranges[0].Hi, hi = nil, "\xff"
		}
		want := false
		for k, at := range written {
			want = want || (at > since && k >= lo && k < hi)
		}
		if _, got := l.changed(b, nil); got != want {
			t.Fatalf("at %d: %q to %q read at %d has changed: %v, want %v", ts, lo, hi, since, got, want)
		}
		k := key()
		if _, got := l.changed(reads(since, k), nil); got != (written[k] > since) {
			t.Fatalf("at %d: %q read at %d has changed: %v, want %v", ts, k, since, got, !got)
		}
	}
}
