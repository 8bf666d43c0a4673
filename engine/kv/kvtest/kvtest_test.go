package kvtest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/kvtest"
	"github.com/fawndb/fawn/engine/kv/mem"
)

// work does nine operations: two snapshots, two Gets, three Nexts, one Seek
// and one commit.
func work(s kv.Store) error {
	b := &kv.Batch{Writes: []kv.Write{{Key: []byte("a")}, {Key: []byte("b")}}}
	if _, err := s.Commit(context.Background(), b); err != nil {
		return err
	}
	empty, err := s.Snapshot()
	if err != nil {
		return err
	}
	empty.Close()
	snap, err := s.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	for _, key := range []string{"a", "absent"} {
		if _, err := snap.Get([]byte(key)); err != nil {
			return err
		}
	}
	it := snap.Scan(nil, nil, false)
	defer it.Close()
	for it.Next() {
		if it.Key() == nil || it.Value() == nil {
			return errors.New("an entry without key or value")
		}
	}
	if it.Err() == nil {
		it.Seek([]byte("b"))
	}
	if it.Err() != nil && (it.Next() || it.Key() != nil || it.Value() != nil) {
		return errors.New("a failed iterator moves on")
	}
	return it.Err()
}

func TestFail(t *testing.T) {
	fault := errors.New("fault")
	const operations = 9
	for n := 1; n <= operations+1; n++ {
		s := kvtest.Fail(mem.New(mem.Options{}), n, fault)
		err := work(s)
		if fails := n <= operations; errors.Is(err, fault) != fails || s.Failed() != fails {
			t.Errorf("at %d of %d: %v, failed %v", n, operations, err, s.Failed())
		}
		if err := work(s); n <= operations && err != nil {
			t.Errorf("at %d: after the failure: %v", n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCount(t *testing.T) {
	s := kvtest.Count(mem.New(mem.Options{}))
	if err := work(s); err != nil {
		t.Fatal(err)
	}
	if s.Gets() != 2 || s.Steps() != 4 || s.Reads() != 6 || s.Snapshots() != 2 {
		t.Errorf("%d gets, %d steps, %d reads, %d snapshots", s.Gets(), s.Steps(), s.Reads(), s.Snapshots())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
