package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
)

// newBloated makes a file of which most is free, and returns what it holds.
func newBloated(t *testing.T) (path string, want map[string]string) {
	t.Helper()
	path = newPath(t)
	s, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	want = map[string]string{}
	fill, drop := &kv.Batch{}, &kv.Batch{}
	for i := range 20_000 {
		key, val := fmt.Sprintf("%c%06d", 'a'+i%3, i), fmt.Sprintf("%01000d", i)
		fill.Writes = append(fill.Writes, kv.Write{Key: []byte(key), Value: []byte(val)})
		if i%20 == 0 {
			want[key] = val
		} else {
			drop.Writes = append(drop.Writes, kv.Write{Key: []byte(key), Delete: true})
		}
	}
	for _, b := range []*kv.Batch{fill, drop} {
		if _, err := s.Commit(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path, want
}

func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Verify(func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	out := map[string]string{}
	it := snap.Scan(nil, nil, false)
	defer it.Close()
	for it.Next() {
		out[string(it.Key())] = string(it.Value())
	}
	return out
}

func mustHold(t *testing.T, path string, want map[string]string) {
	t.Helper()
	got := contents(t, path)
	if len(got) != len(want) {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
	for k, v := range want {
		if got[k] != v {
			t.Fatalf("%s has %q", k, got[k])
		}
	}
}

func mustBeAlone(t *testing.T, path string) {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(list) != 1 {
		t.Errorf("beside the file there are %v, %v", list, err)
	}
}

func TestCompact(t *testing.T) {
	path, want := newBloated(t)
	copied := int64(0)
	before, after, err := bolt.Compact(context.Background(), path, func(n int64) {
		if n < copied {
			t.Errorf("progress went back from %d to %d", copied, n)
		}
		copied = n
	})
	if err != nil {
		t.Fatal(err)
	}
	if after > before/5 || copied < 1000*int64(len(want)) {
		t.Errorf("from %d to %d bytes, of which %d copied", before, after, copied)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > before/5 {
		t.Errorf("the file has %v, %v", info, err)
	}
	mustHold(t, path, want)
	mustBeAlone(t, path)
}

// TestCompactFails ends a compaction in several ways: the file stays as it is,
// and nothing stays beside it.
func TestCompactFails(t *testing.T) {
	path, want := newBloated(t)
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := bolt.Compact(ended, path, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("compacted after the end: %v", err)
	}
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := bolt.Compact(context.Background(), path, nil); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("compacted an open file: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, original) {
		t.Errorf("the file has changed: %v", err)
	}
	mustBeAlone(t, path)
	mustHold(t, path, want)
	if _, _, err := bolt.Compact(context.Background(), path+"x", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("compacted no file: %v", err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(damaged, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := bolt.Compact(context.Background(), damaged, nil); !errors.Is(err, kv.ErrDamaged) {
		t.Errorf("compacted something else: %v", err)
	}
	mustBeAlone(t, damaged)
}
