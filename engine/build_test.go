package engine

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// gated is a store whose commits can be made to fail or to wait. It stays open
// when a database is closed, so that another can be opened on it.
type gated struct {
	kv.Store
	mu     sync.Mutex
	before func(b *kv.Batch) error
}

func (g *gated) Commit(ctx context.Context, b *kv.Batch) (int64, error) {
	g.mu.Lock()
	f := g.before
	g.mu.Unlock()
	if f != nil {
		if err := f(b); err != nil {
			return 0, err
		}
	}
	return g.Store.Commit(ctx, b)
}

func (g *gated) Close() error { return nil }

func (g *gated) set(f func(b *kv.Batch) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.before = f
}

// isBuild reports whether a batch is a step of a build, not the creation of an
// index.
func isBuild(b *kv.Batch) bool {
	build, creation := false, false
	for _, w := range b.Writes {
		build = build || w.Key[0] == spaceBuild
		creation = creation || w.Key[0] == spaceNext
	}
	return build && !creation
}

// newGated opens a database with n documents in collection many on a gated store.
func newGated(t *testing.T, n int) (*gated, *testClock, Options) {
	t.Helper()
	clock := newTestClock()
	g := &gated{Store: newStore(clock)}
	o := testOptions(clock)
	db, err := OpenStore(g, o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, db, `CreateCollection({name: "many"})`)
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	_, err = db.Query(context.Background(), "root",
		`Foreach(Var("list"), (i) => Create(Ref(Collection("many"), i), {data: {x: Modulo(i, 10)}}))`, map[string]any{"list": list})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return g, clock, o
}

func mustOpen(t *testing.T, s kv.Store, o Options) *DB {
	t.Helper()
	db, err := OpenStore(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func mustBuild(t *testing.T, db *DB) {
	t.Helper()
	if err := db.AwaitBuilds(context.Background()); err != nil {
		t.Fatal(err)
	}
}

const createByX = `CreateIndex({name: "by_x", source: Collection("many"), terms: [{field: ["data", "x"]}]})`

// isActive reports the active field of an index as its document has it.
func isActive(t *testing.T, db *DB) string {
	t.Helper()
	return run(t, db, `Select("active", Get(Index("by_x")))`)
}

// TestBuildInBackground builds an index while writers write.
func TestBuildInBackground(t *testing.T) {
	g, _, o := newGated(t, 2000)
	hold := make(chan struct{})
	g.set(func(b *kv.Batch) error {
		if isBuild(b) {
			<-hold
		}
		return nil
	})
	db := mustOpen(t, g, o)
	created := run(t, db, `%s`, createByX)
	var doc struct{ Active bool }
	if err := json.Unmarshal([]byte(created), &doc); err != nil || doc.Active {
		t.Fatalf("the new index is active: %s, %v", created, err)
	}
	_, err := db.Query(context.Background(), "root", `Paginate(Match(Index("by_x"), 3))`, nil)
	if e := query.Decisive(err); e == nil || e.Description != "Index 'by_x' is not active." {
		t.Fatalf("match on an index that is being built: %v", err)
	}
	// What is written meanwhile: new documents, changed ones, deleted ones,
	// before and behind where the build is.
	run(t, db, `Do(Create(Ref(Collection("many"), "5000"), {data: {x: 3}}), Update(Ref(Collection("many"), "7"), {data: {x: 3}}),
		Update(Ref(Collection("many"), "1993"), {data: {x: 4}}), Delete(Ref(Collection("many"), "1983")),
		Update(Ref(Collection("many"), "1973"), {ttl: Time("2100-01-01T00:00:00Z")}))`)
	builds, err := db.Builds()
	if err != nil || len(builds) != 1 || builds[0].Name != "by_x" || builds[0].Err != nil {
		t.Fatalf("builds: %v, %v", builds, err)
	}
	close(hold)
	mustBuild(t, db)
	if got := run(t, db, `Count(Match(Index("by_x"), 3))`); got != "200" {
		t.Errorf("the index has %s documents, want 200", got)
	}
	if got := isActive(t, db); got != "true" {
		t.Errorf("when it is built, active is %s", got)
	}
	if got := run(t, db, `Count(Events(Index("by_x")))`); got != "2" {
		t.Errorf("the index has %s versions, want 2", got)
	}
	if builds, err := db.Builds(); err != nil || len(builds) != 0 {
		t.Errorf("builds at the end: %v, %v", builds, err)
	}
	mustBeClean(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBuildUnderLoad builds an index over documents that writers change all the
// time: both come to their ends, and agree.
func TestBuildUnderLoad(t *testing.T) {
	g, _, o := newGated(t, 1000)
	db := mustOpen(t, g, o)
	run(t, db, `%s`, createByX)
	built := make(chan error, 1)
	go func() { built <- db.AwaitBuilds(context.Background()) }()
	ended := make(chan struct{})
	var writers sync.WaitGroup
	written := [2]int{}
	for w := range written {
		writers.Go(func() {
			for ; ; written[w]++ {
				select {
				case <-ended:
					return
				default:
				}
				q := `Update(Ref(Collection("many"), Var("id")), {data: {x: Var("x")}})`
				_, err := db.Query(context.Background(), "root", q, map[string]any{
					"id": written[w] * 37 % 1000, "x": written[w] % 10,
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	if err := <-built; err != nil {
		t.Error(err)
	}
	close(ended)
	writers.Wait()
	if got := isActive(t, db); got != "true" {
		t.Errorf("when it is built, active is %s", got)
	}
	total := `Sum(Map([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], (x) => Count(Match(Index("by_x"), x))))`
	if got := run(t, db, "%s", total); got != "1000" {
		t.Errorf("the index has %s documents, want 1000; %v were written", got, written)
	}
	mustBeClean(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBuildAfterRestart stops a build in the middle: the next Open goes on
// where it was.
func TestBuildAfterRestart(t *testing.T) {
	g, _, o := newGated(t, 1000)
	broken := errors.New("broken")
	steps := 0
	g.set(func(b *kv.Batch) error {
		if isBuild(b) {
			if steps++; steps > 2 {
				return broken
			}
		}
		return nil
	})
	db := mustOpen(t, g, o)
	run(t, db, `%s`, createByX)
	if err := db.AwaitBuilds(context.Background()); !errors.Is(err, broken) {
		t.Fatalf("the build ended with %v", err)
	}
	builds, err := db.Builds()
	if err != nil || len(builds) != 1 || builds[0].Done != 2*buildBatch || builds[0].Total != 1000 || !errors.Is(builds[0].Err, broken) {
		t.Fatalf("builds: %+v, %v", builds, err)
	}
	mustBeClean(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	steps = 0
	g.set(func(b *kv.Batch) error {
		if isBuild(b) {
			steps++
		}
		return nil
	})
	db = mustOpen(t, g, o)
	mustBuild(t, db)
	if steps != 2 {
		t.Errorf("the rest took %d steps, want 2", steps)
	}
	if got := run(t, db, `Count(Match(Index("by_x"), 3))`); got != "100" {
		t.Errorf("the index has %s documents, want 100", got)
	}
	mustBeClean(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBuildDeleted deletes an index while it is built, and makes another of
// the same name in the same query.
func TestBuildDeleted(t *testing.T) {
	g, _, o := newGated(t, 1000)
	reached, hold := make(chan struct{}, 100), make(chan struct{})
	g.set(func(b *kv.Batch) error {
		if isBuild(b) && len(b.Writes) > 10 {
			reached <- struct{}{}
			<-hold
		}
		return nil
	})
	db := mustOpen(t, g, o)
	run(t, db, `%s`, createByX)
	<-reached
	run(t, db, `Do(Delete(Index("by_x")), %s)`, strings.Replace(createByX, `"x"`, `"y"`, 1))
	close(hold)
	mustBuild(t, db)
	if got := run(t, db, `[Count(Match(Index("by_x"), 3)), Select("active", Get(Index("by_x")))]`); got != "[0,true]" {
		t.Errorf("the second index has %s", got)
	}
	mustBeClean(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBuildAtOnce pins which indexes are active in the answer.
func TestBuildAtOnce(t *testing.T) {
	for _, test := range []struct {
		name      string
		documents int
		option    int
		params    string
		want      bool
	}{
		{"empty", 0, -1, "", true},
		{"small", 100, 0, "", true},
		{"large", 200, 0, "", false},
		{"large, wanted", 200, 0, "active: true, ", true},
		{"large, at once", 200, math.MaxInt, "", true},
		{"small, in the background", 100, -1, "active: false, ", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			g, _, o := newGated(t, test.documents)
			o.BuildAtOnce = test.option
			db := mustOpen(t, g, o)
			created := run(t, db, `Select("active", %s)`, strings.Replace(createByX, `name:`, test.params+`name:`, 1))
			if created != strconv.FormatBool(test.want) {
				t.Errorf("the answer says active %s, want %v", created, test.want)
			}
			if got := run(t, db, `Select("active", Update(Index("by_x"), {active: false}))`); test.want && got != "true" {
				t.Errorf("an active index was made inactive")
			}
			mustBuild(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestRecollate opens a file whose strings were ordered by another version:
// with entries under keys that this version would not make.
func TestRecollate(t *testing.T) {
	g, clock, o := newGated(t, 1000)
	db := mustOpen(t, g, o)
	fill(t, db, clock, newRand(t), 100)
	run(t, db, `CreateDatabase({name: "inner"})`)
	run(t, db, `CreateKey({database: Database("inner"), role: "admin"})`)
	mustBuild(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	damaged := &kv.Batch{Writes: []kv.Write{{Key: metaKey(metaCollation), Value: []byte("another order")}}}
	for _, space := range []byte{'i', 'j'} {
		key, val := firstKey(t, g, string(rune(space)), func(key, _ []byte) bool {
			return int64(be32(key[5:])) >= value.FirstIndex
		})
		damaged.Writes = append(damaged.Writes, kv.Write{Key: key, Delete: true})
		key[10] ^= 1
		damaged.Writes = append(damaged.Writes, kv.Write{Key: key, Value: val})
	}
	if _, err := g.Commit(context.Background(), damaged); err != nil {
		t.Fatal(err)
	}
	if list := findings(t, g); len(list) != 1 || !strings.Contains(list[0], `ordered by "another order"`) {
		t.Fatalf("before Open: %v", list)
	}
	// The first attempt is cut short after each of its first commits.
	broken := errors.New("broken")
	for stop := 1; stop <= 5; stop++ {
		n := 0
		g.set(func(*kv.Batch) error {
			if n++; n > stop {
				return broken
			}
			return nil
		})
		if _, err := OpenStore(g, o); !errors.Is(err, broken) {
			t.Fatalf("opened with a store that is broken after %d commits: %v", stop, err)
		}
		mustBeClean(t, g)
	}
	g.set(nil)
	db = mustOpen(t, g, o)
	mustBeClean(t, g)
	builds, err := db.Builds()
	if err != nil {
		t.Error(err)
	}
	for _, b := range builds {
		if !b.Ended { // those that have ended tell of duplicates, which were inserted
			t.Errorf("a build after Open: %+v", b)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
