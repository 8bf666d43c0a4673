package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
	"github.com/fawndb/fawn/engine/kv/kvtest"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
)

// openFile opens the database in a file, and closes it when the test ends.
func openFile(t *testing.T, path string, o engine.Options) *engine.DB {
	t.Helper()
	o.NoSync = true
	db, err := engine.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil && !errors.Is(err, engine.ErrClosed) {
			t.Error(err)
		}
	})
	return db
}

// makeFile makes a database file.
func makeFile(t *testing.T, path string) {
	t.Helper()
	if err := openFile(t, path, engine.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
}

// put writes an entry into the store in a file.
func put(t *testing.T, path, key, value string) {
	t.Helper()
	store, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Commit(context.Background(), &kv.Batch{Writes: []kv.Write{{Key: []byte(key), Value: []byte(value)}}})
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
}

// changeRaw changes a file behind the back of the store.
func changeRaw(t *testing.T, path string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	raw, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(raw.Update(change), raw.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestRefusedFiles checks that a file that is no database of this version is
// refused in one line and left as it is.
func TestRefusedFiles(t *testing.T) {
	tests := map[string]struct {
		make func(t *testing.T, path string)
		want error
		text string
	}{
		"empty": {
			func(t *testing.T, path string) {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			kv.ErrDamaged, "it is empty",
		},
		"a text": {
			func(t *testing.T, path string) {
				if err := os.WriteFile(path, []byte(strings.Repeat("text\n", 10_000)), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			kv.ErrDamaged, "not a bbolt file",
		},
		"bbolt of another program": {
			func(t *testing.T, path string) {
				changeRaw(t, path, func(tx *bbolt.Tx) error {
					b, err := tx.CreateBucket([]byte("other"))
					return errors.Join(err, b.Put([]byte("k"), []byte("v")))
				})
			},
			kv.ErrDamaged, "another program",
		},
		"a newer store": {
			func(t *testing.T, path string) {
				makeFile(t, path)
				changeRaw(t, path, func(tx *bbolt.Tx) error {
					return tx.Bucket([]byte("fawn")).Put([]byte("format"), []byte{3})
				})
			},
			kv.ErrFormat, "another format: 3, this version reads 2",
		},
		"a store of something else": {
			func(t *testing.T, path string) { put(t, path, "k", "v") },
			engine.ErrFormat, "something else",
		},
		"a newer database": {
			func(t *testing.T, path string) {
				makeFile(t, path)
				put(t, path, "mformat", "\x04")
			},
			engine.ErrFormat, "the file has format 4, this version reads 3",
		},
		"an older database": {
			func(t *testing.T, path string) {
				makeFile(t, path)
				put(t, path, "mformat", "\x01")
			},
			engine.ErrFormat, "the file has format 1, this version reads 3",
		},
		"a database of no format": {
			func(t *testing.T, path string) {
				makeFile(t, path)
				put(t, path, "mformat", "")
			},
			engine.ErrFormat, "the file has format 0",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fawn.db")
			test.make(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range []engine.Options{{}, {RootSecret: "root"}} {
				db, err := engine.Open(path, o)
				if err == nil {
					t.Fatal("it opens", db.Close())
				}
				text := err.Error()
				if !errors.Is(err, test.want) || !strings.Contains(text, test.text) ||
					!strings.Contains(text, path) || strings.Contains(text, "\n") {
					t.Errorf("got %v, want %v: %s", err, test.want, test.text)
				}
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
				t.Errorf("the file was changed, %v", err)
			}
		})
	}
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fawn.db")
	makeFile(t, path)
	db := openFile(t, path, engine.Options{})
	if _, err := engine.Open(path, engine.Options{}); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("the second time: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	openFile(t, path, engine.Options{})
}

// TestClosed checks that a closed database says so, whatever is asked.
func TestClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fawn.db")
	makeFile(t, path)
	for name, db := range map[string]*engine.DB{"file": openFile(t, path, engine.Options{}), "memory": openMemory(t)} {
		t.Run(name, func(t *testing.T) {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			_, query := db.Query(ctx, db.RootSecret(), `Add(1, 2)`, nil)
			_, write := db.Query(ctx, db.RootSecret(), `CreateCollection({ name: "a" })`, nil)
			_, stranger := db.Query(ctx, "nobody", `1`, nil)
			_, read := db.Run(ctx, engine.Request{Secret: db.RootSecret(), ReadOnly: true, Decode: func() (ast.Expr, error) {
				return nil, errors.New("it is decoded")
			}})
			_, verify := db.Verify(ctx, db.RootSecret())
			for what, err := range map[string]error{
				"query": query, "write": write, "stranger": stranger, "read": read, "verify": verify, "close": db.Close(),
			} {
				if !errors.Is(err, engine.ErrClosed) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if db.Ready() == nil {
				t.Error("it is ready")
			}
		})
	}
}

func openMemory(t *testing.T) *engine.DB {
	t.Helper()
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// TestRootSecret checks which secrets are root's over several runs.
func TestRootSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fawn.db")
	known := map[string]string{"wrong": "wrong"}
	// Each run opens the file with a secret, and says who is root then.
	runs := []struct {
		given     string
		generated string // what a generated secret is known as; "" if there is none
		roots     []string
	}{
		{given: "given", roots: []string{"given"}},
		{generated: "first", roots: []string{"first"}},
		{roots: []string{"first"}},
		{given: "given", roots: []string{"given"}},
		{given: "other", roots: []string{"other"}},
		{roots: []string{"first"}},
	}
	for i, run := range runs {
		db := openFile(t, path, engine.Options{RootSecret: run.given})
		if run.given != "" {
			known[run.given] = run.given
		}
		secret := db.InitialSecret()
		if (secret != "") != (run.generated != "") || db.InitialSecret() != "" {
			t.Errorf("run %d: a secret is generated: %v", i, secret != "")
		}
		if secret != "" {
			known[run.generated] = secret
		}
		known[fmt.Sprintf("process %d", i)] = db.RootSecret()
		roots := append([]string{fmt.Sprintf("process %d", i)}, run.roots...)
		for name, secret := range known {
			_, err := db.Verify(context.Background(), secret)
			want := error(nil)
			if !contains(roots, name) {
				want = engine.ErrUnauthorized
			}
			if !errors.Is(err, want) {
				t.Errorf("run %d, secret %s: %v, want %v", i, name, err, want)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range known {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("the file has secret %s", name)
		}
	}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// TestOpenFails lets each operation of the making of a database fail, and
// checks that it is made whole the next time.
func TestOpenFails(t *testing.T) {
	fault := errors.New("fault")
	for _, root := range []string{"", "root"} {
		for n := 1; ; n++ {
			store := mem.New(mem.Options{})
			failing := kvtest.Fail(store, n, fault)
			db, err := engine.OpenStore(failing, engine.Options{RootSecret: root, SweepInterval: -1})
			if !failing.Failed() {
				if err != nil {
					t.Fatal(err)
				}
				if n < 4 {
					t.Errorf("only %d operations", n-1)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				break
			}
			if !errors.Is(err, fault) || strings.Contains(err.Error(), "\n") {
				t.Errorf("operation %d: %v", n, err)
			}
			if db, err = engine.OpenStore(store, engine.Options{RootSecret: root}); err != nil {
				t.Fatalf("after operation %d: %v", n, err)
			}
			if made := db.InitialSecret() != ""; made != (root == "") {
				t.Errorf("after operation %d a secret is generated: %v", n, made)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// late is a store whose next snapshots lie in the past, as they do while a
// group of commits is on its way to the disk.
type late struct {
	kv.Store
	left    atomic.Int64
	commits atomic.Int64
}

func (l *late) Snapshot() (kv.Snapshot, error) {
	snap, err := l.Store.Snapshot()
	if l.left.Add(-1) >= 0 {
		return lateSnapshot{snap}, err
	}
	return snap, err
}

func (l *late) Commit(ctx context.Context, b *kv.Batch) (int64, error) {
	l.commits.Add(1)
	return l.Store.Commit(ctx, b)
}

type lateSnapshot struct{ kv.Snapshot }

func (s lateSnapshot) Time() int64 { return s.Snapshot.Time() - time.Second.Microseconds() }

// TestLastSeen checks that a query does not run before what its caller has
// seen, and that it waits for a clock that is behind.
func TestLastSeen(t *testing.T) {
	store := &late{Store: mem.New(mem.Options{})}
	db, err := engine.OpenStore(store, engine.Options{SweepInterval: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	decode := func() (ast.Expr, error) { return engine.DecodeJSON([]byte("1")) }
	for _, test := range []struct {
		late    int64
		ahead   time.Duration
		commits int64
	}{{0, 0, 0}, {1, 0, 1}, {2, 0, 2}, {0, 5 * time.Millisecond, 0}, {1, 5 * time.Millisecond, 1}} {
		store.left.Store(test.late)
		store.commits.Store(0)
		seen := time.Now().Add(test.ahead).UnixMicro()
		res, err := db.Run(context.Background(), engine.Request{Secret: db.RootSecret(), LastSeen: seen, Decode: decode})
		if err != nil {
			t.Fatal(err)
		}
		if res.Time < seen || store.commits.Load() != test.commits {
			t.Errorf("%+v: time %d after %d, %d commits", test, res.Time, seen, store.commits.Load())
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err = db.Run(ctx, engine.Request{Secret: db.RootSecret(), LastSeen: 1 << 62, Decode: decode})
	if e := query.Decisive(err); e == nil || e.Code != query.TimeOut {
		t.Errorf("a time far ahead: %v", err)
	}
}
