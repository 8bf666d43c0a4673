package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
)

// fawn runs a command line and returns what it prints.
func fawn(args ...string) (string, error) {
	var out bytes.Buffer
	cmd := command()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(context.Background())
	return out.String(), err
}

// newFile makes a database file with an index.
func newFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := engine.Open(path, engine.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`CreateCollection({name: "a"})`,
		`CreateIndex({name: "by_x", source: Collection("a"), terms: [{field: ["data", "x"]}]})`,
		`Create(Ref(Collection("a"), "1"), {data: {x: 1}})`,
	} {
		if _, err := db.Query(context.Background(), db.RootSecret(), q, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckAndCompact(t *testing.T) {
	path := newFile(t)
	for _, args := range [][]string{{"check", path}, {"compact", path}, {"check", path}} {
		if out, err := fawn(args...); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	store, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := store.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	it := snap.Scan([]byte("i"), []byte("j"), false)
	if !it.Next() {
		t.Fatal("the index has no entry")
	}
	key := bytes.Clone(it.Key())
	it.Close()
	snap.Close()
	if _, err := store.Commit(context.Background(), &kv.Batch{Writes: []kv.Write{{Key: key, Delete: true}}}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := fawn("check", path)
	if err == nil || !strings.Contains(out, "index by_x of database 0: an entry of document 1024/1 of database 0 is missing") {
		t.Errorf("checked a damaged file: %v\n%s", err, out)
	}
	if _, err := fawn("check", path+"x"); err == nil {
		t.Error("checked no file")
	}
}
