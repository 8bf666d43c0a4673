package bolt

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
)

// TestUnknownFate lets the very last step of a write fail, after the new
// state has become visible: the store must refuse to go on until it is opened
// again.
func TestUnknownFate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.begin(s.file.Load(), true)
	if err != nil {
		t.Fatal(err)
	}
	state, disk := uint64(tx.ID()), errors.New("input/output error")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	s.recover(s.file.Load(), tx, state, disk)
	if _, err := s.Snapshot(); !errors.Is(err, disk) {
		t.Errorf("snapshot: %v", err)
	}
	b := &kv.Batch{Writes: []kv.Write{{Key: []byte("a")}}}
	if _, err := s.Commit(context.Background(), b); !errors.Is(err, disk) {
		t.Errorf("commit: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if s, err = Open(path, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(context.Background(), b); err != nil {
		t.Errorf("commit after opening again: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestFailedBefore lets a write fail before anything of it is visible: the
// store must go on.
func TestFailedBefore(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "test.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.begin(s.file.Load(), true)
	if err != nil {
		t.Fatal(err)
	}
	s.recover(s.file.Load(), tx, uint64(tx.ID()), errors.New("input/output error"))
	b := &kv.Batch{Writes: []kv.Write{{Key: []byte("a")}}}
	if _, err := s.Commit(context.Background(), b); err != nil {
		t.Errorf("commit: %v", err)
	}
	if _, err := s.Snapshot(); err != nil {
		t.Errorf("snapshot: %v", err)
	}
}
