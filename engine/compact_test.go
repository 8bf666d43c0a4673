package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/bolt"
)

// TestCompact shrinks a file while queries write to it and a stream listens.
func TestCompact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fawn.db")
	db, err := engine.Open(path, engine.Options{PasswordCost: cheap, HistoryDays: -1})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	do := func(q string) {
		t.Helper()
		if _, err := db.Query(ctx, db.RootSecret(), q, map[string]any{"text": strings.Repeat("x", 50_000)}); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	do(`CreateCollection({ name: "c" })`)
	do(`CreateIndex({ name: "all", source: Collection("c"), values: [{ field: ["data", "n"] }] })`)
	do(`Create(Ref(Collection("c"), 1), { data: { n: 0 } })`)
	// Versions of before the time that is kept are still there; large ones
	// that were written again within a query leave nothing behind but room.
	do(`Foreach([` + numbers(100, 150) + `], (n) => Create(Ref(Collection("c"), n), { data: { text: Var("text") } }))`)
	do(`Foreach([` + numbers(100, 150) + `], (n) => Remove(Ref(Collection("c"), n), Select("ts", Get(Ref(Collection("c"), n))), "create"))`)
	var writer sync.WaitGroup
	stop := make(chan struct{})
	written := 0
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			_, err := db.Query(ctx, db.RootSecret(),
				`Update(Ref(Collection("c"), 1), { data: { n: Add(1, Select(["data", "n"], Get(Ref(Collection("c"), 1)))) } })`, nil)
			if err != nil {
				t.Error(err)
				return
			}
			written++
		}
	})
	before, after, err := db.Compact(ctx, nil)
	if info, e := os.Stat(path); err != nil || e != nil || after > before/2 || info.Size() < after {
		t.Errorf("from %d to %d bytes, %v, %v", before, after, err, e)
	}
	var second error
	if _, _, err := db.Compact(ctx, func(int64) { _, _, second = db.Compact(ctx, nil) }); err != nil {
		t.Error(err)
	}
	if !errors.Is(second, engine.ErrCompacting) {
		t.Errorf("compacted twice at once: %v", second)
	}
	close(stop)
	writer.Wait()
	var n int
	res, err := db.Query(ctx, db.RootSecret(), `Select(0, Paginate(Match("all"), { before: null, size: 1 }))`, nil)
	if err == nil {
		err = res.Decode(&n)
	}
	if n != written || err != nil {
		t.Errorf("%d updates were answered, the document has %d, %v", written, n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.Compact(ctx, nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("compacted a closed database: %v", err)
	}
	store, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Check(ctx, store, func(f engine.Finding) { t.Error(f) }); err != nil {
		t.Error(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// TestCompactWithoutFile: a database in memory needs no compaction.
func TestCompactWithoutFile(t *testing.T) {
	if before, after, err := newSandbox(t).Compact(context.Background(), nil); before != 0 || after != 0 || err != nil {
		t.Errorf("%d, %d, %v", before, after, err)
	}
}
