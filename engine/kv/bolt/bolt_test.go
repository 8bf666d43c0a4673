package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
	"github.com/fawndb/fawn/engine/kv/kvtest"
)

func TestStore(t *testing.T) {
	for name, opt := range map[string]bolt.Options{
		"plain":      {},
		"ascending":  {Spaces: map[byte]bolt.Space{'a': {Ascending: true}, 'k': {Ascending: true, Prefix: 2}}, NoSync: true},
		"many trees": {Spaces: manyTrees(), NoSync: true},
		"no lead":    {Lead: -1, NoSync: true},
		"stopped":    {Clock: func() int64 { return 1_000_000 }, NoSync: true},
	} {
		t.Run(name, func(t *testing.T) {
			kvtest.Run(t, func(t *testing.T) kv.Store { return open(t, newPath(t), opt) })
		})
	}
}

// manyTrees gives keys a bucket for each of their beginnings of 1 to 4 bytes.
func manyTrees() map[byte]bolt.Space {
	spaces := map[byte]bolt.Space{}
	for id := range 256 {
		spaces[byte(id)] = bolt.Space{Prefix: uint8(1 + id%4)}
	}
	spaces['f'] = bolt.Space{Prefix: 99} // with which the name of the header begins
	return spaces
}

// newPath is the path of a store that does not exist yet.
func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") }

// open opens the store at path, which must succeed, and closes it at the end
// of the test.
func open(t testing.TB, path string, opt bolt.Options) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// put commits one entry and returns the time.
func put(t testing.TB, s kv.Store, key, value string) int64 {
	t.Helper()
	ts, err := s.Commit(context.Background(), entry(key, value))
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// entry is a batch that writes one entry.
func entry(key, value string) *kv.Batch {
	return &kv.Batch{Writes: []kv.Write{{Key: []byte(key), Value: []byte(value)}}}
}

// dump returns all entries as "key=value", or the error that ended the scan.
func dump(s kv.Store) (entries []string, err error) {
	snap, err := s.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	it := snap.Scan(nil, nil, false)
	defer it.Close()
	for it.Next() {
		entries = append(entries, fmt.Sprintf("%s=%s", it.Key(), it.Value()))
	}
	return entries, it.Err()
}

func TestReopen(t *testing.T) {
	path := newPath(t)
	var want []string
	var last int64
	clock := int64(5_000_000)
	for round := range 4 {
		clock -= 1_000_000 // each time the machine's clock is further back
		s := open(t, path, bolt.Options{Clock: func() int64 { return clock }})
		if got, err := dump(s); err != nil || !slices.Equal(got, want) {
			t.Fatalf("round %d: %q, %v, want %q", round, got, err, want)
		}
		snap, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if snap.Time() <= last {
			t.Errorf("a snapshot of %d after a commit of %d", snap.Time(), last)
		}
		snap.Close()
		old := &kv.Batch{Since: last - 1, Keys: [][]byte{[]byte("absent")}}
		if _, err := s.Commit(context.Background(), old); round > 0 && !errors.Is(err, kv.ErrConflict) {
			t.Errorf("a batch that has read before the store was opened: %v", err)
		}
		for i := range 3 {
			ts := put(t, s, fmt.Sprintf("%c%d", 'a'+round, i), strings.Repeat("v", i))
			if ts <= last {
				t.Errorf("a commit of %d after one of %d", ts, last)
			}
			last = ts
			want = append(want, fmt.Sprintf("%c%d=%s", 'a'+round, i, strings.Repeat("v", i)))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAscending writes many entries in order: pages that are filled up must
// make a file that is much smaller. They are filled where the space is said to
// ascend, although each commit also writes an earlier key, and where all keys of
// a commit come behind those before.
func TestAscending(t *testing.T) {
	size := func(opt bolt.Options, again bool) (pages int64) {
		path := newPath(t)
		opt.NoSync = true
		s := open(t, path, opt)
		for i := range 100 {
			b := &kv.Batch{}
			if again {
				b.Writes = append(b.Writes, kv.Write{Key: []byte("a"), Value: []byte{}})
			}
			for j := range 100 {
				key := fmt.Appendf(nil, "a%08d", 100*i+j)
				b.Writes = append(b.Writes, kv.Write{Key: key, Value: make([]byte, 200)})
			}
			if _, err := s.Commit(context.Background(), b); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		err = db.View(func(tx *bbolt.Tx) error {
			stats := tx.Bucket([]byte("a")).Stats()
			pages = int64(stats.LeafPageN)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return pages
	}
	half := size(bolt.Options{}, true)
	said := size(bolt.Options{Spaces: map[byte]bolt.Space{'a': {Ascending: true}}}, true)
	seen := size(bolt.Options{}, false)
	if max(said, seen)*10 > half*6 {
		t.Errorf("%d and %d pages filled up, %d half empty", said, seen, half)
	}
}

// TestNewFile checks that nothing but the store is left in its folder.
func TestNewFile(t *testing.T) {
	path := newPath(t)
	s := open(t, path, bolt.Options{})
	put(t, s, "a", "1")
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("the folder has %v, %v", files, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if info.Size() > 512<<10 {
		t.Errorf("a store of one entry has %d bytes", info.Size())
	}
	if _, err := bolt.Open(filepath.Join(path, "below", "it"), bolt.Options{}); err == nil {
		t.Error("a store below a file was opened")
	}
	if _, err := bolt.Open(filepath.Join(filepath.Dir(path), "no", "folder"), bolt.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a store in no folder: %v", err)
	}
}
