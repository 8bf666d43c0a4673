package bolt

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// newStore is a store in which writes need not be durable.
func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "test.db"), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func mustCommit(t *testing.T, s *Store, key string) {
	t.Helper()
	b := &kv.Batch{Writes: []kv.Write{{Key: []byte(key), Value: []byte(key)}}}
	if _, err := s.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// mustRead reads an entry in a snapshot of its own.
func mustRead(t *testing.T, s *Store, key string) {
	t.Helper()
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if v, err := snap.Get([]byte(key)); err != nil || string(v) != key {
		t.Errorf("%s is %q, %v", key, v, err)
	}
}

// TestViewIsKept reads in one snapshot after the other: they use one view, as
// long as nothing is written.
func TestViewIsKept(t *testing.T) {
	s := newStore(t)
	mustCommit(t, s, "a")
	mustRead(t, s, "a")
	kept := s.file.Load().views.idle[0]
	for range 3 {
		mustRead(t, s, "a")
		if len(s.file.Load().views.idle) != 1 || s.file.Load().views.idle[0] != kept {
			t.Fatalf("the view was not used again: %v", s.file.Load().views.idle)
		}
	}
	mustCommit(t, s, "b")
	if len(s.file.Load().views.idle) != 0 {
		t.Errorf("%d views outlived a commit", len(s.file.Load().views.idle))
	}
	mustRead(t, s, "b")
}

// TestStaleView lets a snapshot end after a commit that it does not see: the
// next one must see it.
func TestStaleView(t *testing.T) {
	s := newStore(t)
	mustCommit(t, s, "a")
	old, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	mustCommit(t, s, "b")
	if v, err := old.Get([]byte("b")); err != nil || v != nil {
		t.Errorf("a snapshot saw %q, %v", v, err)
	}
	old.Close()
	mustRead(t, s, "b")
}

// TestBoundsOfViews holds many snapshots at once, and meets many trees in one.
func TestBoundsOfViews(t *testing.T) {
	s := newStore(t)
	mustCommit(t, s, "a")
	var open []kv.Snapshot
	for range 2 * maxViews {
		snap, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, snap)
	}
	for _, snap := range open {
		snap.Close()
	}
	if n := len(s.file.Load().views.idle); n != maxViews {
		t.Errorf("%d views are kept", n)
	}
	s.file.Load().views.drop(true)
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxTrees + 1 {
		if _, err := snap.Get(fmt.Appendf(nil, "%c", i+1)); err != nil {
			t.Error(err)
		}
	}
	snap.Close()
	if n := len(s.file.Load().views.idle); n != 0 {
		t.Errorf("%d views with many trees are kept", n)
	}
}

// TestSmallMap writes a file that may outgrow its map: to grow that, bbolt
// waits for all transactions to end, so none may be kept open.
func TestSmallMap(t *testing.T) {
	s := newStore(t)
	s.file.Load().mapped = 0
	for i := range 5 {
		key := fmt.Sprint("k", i)
		mustCommit(t, s, key)
		mustRead(t, s, key)
		if n := len(s.file.Load().views.idle); n != 0 {
			t.Fatalf("%d views are kept", n)
		}
	}
}
