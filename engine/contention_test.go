package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
)

// onBothStores runs a test on a database in memory and on one in a file.
func onBothStores(t *testing.T, test func(t *testing.T, db *engine.DB)) {
	t.Run("mem", func(t *testing.T) { test(t, newSandbox(t).DB) })
	t.Run("bolt", func(t *testing.T) {
		db, err := engine.Open(filepath.Join(t.TempDir(), "test.db"), engine.Options{
			RootSecret: "root", NoSync: true, SweepInterval: -1,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		test(t, db)
	})
}

// ask runs a query that must succeed and decodes its value.
func ask[T any](t *testing.T, db *engine.DB, q string) T {
	t.Helper()
	var out T
	res, err := db.Query(context.Background(), "root", q, nil)
	if err == nil {
		err = res.Decode(&out)
	}
	if err != nil {
		t.Errorf("%s: %v", q, err)
	}
	return out
}

// TestIncrements lets many writers count in one document: every one of them
// succeeds, the last attempt alone, and none is lost.
func TestIncrements(t *testing.T) {
	onBothStores(t, func(t *testing.T, db *engine.DB) {
		ask[any](t, db, `CreateCollection({ name: "c" })`)
		ask[any](t, db, `Create(Ref(Collection("c"), 1), { data: { n: 0 } })`)
		const writers, rounds = 16, 20
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range rounds {
					ask[any](t, db, `Let({ r: Ref(Collection("c"), 1) }, Update(Var("r"), { data: { n: Add(1, Select(["data", "n"], Get(Var("r")))) } }))`)
				}
			})
		}
		wg.Wait()
		if n := ask[int](t, db, `Select(["data", "n"], Get(Ref(Collection("c"), 1)))`); n != writers*rounds {
			t.Errorf("counted %d, want %d", n, writers*rounds)
		}
		if n := ask[int](t, db, `Count(Events(Ref(Collection("c"), 1)))`); n != writers*rounds+1 {
			t.Errorf("%d versions, want %d", n, writers*rounds+1)
		}
	})
}

// TestContended checks that a caller who sets the number of retries gets the
// conflict.
func TestContended(t *testing.T) {
	onBothStores(t, func(t *testing.T, db *engine.DB) {
		ask[any](t, db, `CreateCollection({ name: "c" })`)
		ask[any](t, db, `Create(Ref(Collection("c"), 1), { data: { n: 0 } })`)
		e, err := db.Parse(`Let({ r: Ref(Collection("c"), 1) }, Update(Var("r"), { data: { n: Add(1, Select(["data", "n"], Get(Var("r")))) } }))`)
		if err != nil {
			t.Fatal(err)
		}
		none := 0
		var done, contended atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 20 {
					_, err := db.Run(context.Background(), engine.Request{Secret: "root", Expr: e.Expr, Retries: &none})
					var fault *query.Error
					switch {
					case err == nil:
						done.Add(1)
					case errors.As(err, &fault) && fault.Code == query.ContendedTransaction:
						contended.Add(1)
						if fault.Contended == nil || fault.Contended.ID != 1 {
							t.Errorf("it names %v", fault.Contended)
						}
					default:
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := ask[int64](t, db, `Select(["data", "n"], Get(Ref(Collection("c"), 1)))`); n != done.Load() || n == 0 {
			t.Errorf("counted %d; %d succeeded, %d were contended", n, done.Load(), contended.Load())
		}
	})
}

// TestWriteSkew lets writers that saw an empty range each add to it: only one
// may.
func TestWriteSkew(t *testing.T) {
	for _, c := range []struct{ name, set string }{
		{"match", `Match("by_k", "x")`},
		{"documents", `Documents(Collection("c"))`},
		{"range", `Range(Match("all"), "x", "x")`},
		{"union", `Union(Match("by_k", "x"), Match("by_k", "y"))`},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBothStores(t, func(t *testing.T, db *engine.DB) {
				ask[any](t, db, `Do(CreateCollection({ name: "c" }),
					CreateIndex({ name: "by_k", source: Collection("c"), terms: [{ field: ["data", "k"] }] }),
					CreateIndex({ name: "all", source: Collection("c"), values: [{ field: ["data", "k"] }] }))`)
				for range 10 {
					var wg sync.WaitGroup
					for range 8 {
						wg.Go(func() {
							ask[any](t, db, `If(IsEmpty(`+c.set+`), Create(Collection("c"), { data: { k: "x" } }), null)`)
						})
					}
					wg.Wait()
					if n := ask[int](t, db, `Count(Match("by_k", "x"))`); n != 1 {
						t.Fatalf("%d documents, want one", n)
					}
					ask[any](t, db, `Delete(Select("ref", Get(Match("by_k", "x"))))`)
				}
			})
		})
	}
}

// TestUniqueTogether lets writers claim the same unique value at the same
// time: one gets it, the others are refused.
func TestUniqueTogether(t *testing.T) {
	onBothStores(t, func(t *testing.T, db *engine.DB) {
		ask[any](t, db, `Do(CreateCollection({ name: "c" }),
			CreateIndex({ name: "once", source: Collection("c"), terms: [{ field: ["data", "k"] }], unique: true }))`)
		var won, refused atomic.Int64
		const rounds, writers = 20, 8
		for i := range rounds {
			var wg sync.WaitGroup
			for range writers {
				wg.Go(func() {
					_, err := db.Query(context.Background(), "root",
						`Create(Collection("c"), { data: { k: Var("k") } })`, map[string]any{"k": i})
					e := query.Decisive(err)
					switch {
					case err == nil:
						won.Add(1)
					case e != nil && e.Code == query.InstanceNotUnique:
						refused.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		if won.Load() != rounds || refused.Load() != rounds*(writers-1) {
			t.Errorf("%d won, %d were refused", won.Load(), refused.Load())
		}
		if n := ask[int](t, db, `Count(Documents(Collection("c")))`); n != rounds {
			t.Errorf("%d documents, want %d", n, rounds)
		}
	})
}
