package engine

import (
	"context"
	"errors"
	"maps"
	"math"
	"testing"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/kvtest"
)

// scripted is a session that touches everything: schema, documents, their
// indexes built at once and in the background, credentials and tokens.
var scripted = []string{
	`CreateCollection({name: "users"})`,
	`Create(Ref(Collection("users"), "1"), {data: {name: "ann", tags: ["a", "b"]}, credentials: {password: "p"}})`,
	`Create(Ref(Collection("users"), "2"), {data: {name: "bob"}, ttl: Time("2100-01-01T00:00:00Z")})`,
	`CreateIndex({name: "by_name", source: Collection("users"), terms: [{field: ["data", "name"]}], unique: true})`,
	`CreateIndex({name: "tags", source: {collection: Collection("users"), fields: {
		n: Query(Lambda("d", Select(["ref", "collection", "id"], Var("d"), "none")))}},
		values: [{field: ["data", "tags"]}, {field: ["ref", "collection", "id"]}, {binding: "n"}]})`,
	`Update(Ref(Collection("users"), "1"), {data: {name: "Ann", tags: ["b", "c"]}})`,
	`Let({t: Login(Ref(Collection("users"), "1"), {password: "p"})}, Identify(Ref(Collection("users"), "1"), "p"))`,
	`Paginate(Match(Index("by_name"), "bob"))`,
	`Paginate(Match(Index("tags")))`,
	`Do(Delete(Ref(Collection("users"), "2")), Create(Ref(Collection("users"), "2"), {data: {name: "bo"}}))`,
	`CreateDatabase({name: "inner"})`,
	`CreateKey({database: Database("inner"), role: "admin"})`,
	`Delete(Ref(Collection("users"), "1"))`,
	`Delete(Index("by_name"))`,
	`Delete(Database("inner"))`,
	`Delete(Collection("users"))`,
}

// TestFailEverywhere fails every operation of the store in turn during a
// session. The query that meets it must say so, or not have needed it; what is
// left must be sound, and go on.
func TestFailEverywhere(t *testing.T) {
	for name, atOnce := range map[string]int{"at once": 0, "in the background": -1} {
		t.Run("indexes "+name, func(t *testing.T) {
			healthy := failAt(t, atOnce, math.MaxInt, nil)
			for n := 1; ; n++ {
				left := failAt(t, atOnce, n, healthy)
				if t.Failed() {
					t.Fatalf("after the failure of operation %d", n)
				}
				if left != nil {
					break
				}
			}
		})
	}
}

// failAt plays the session with a fault at the n-th operation, or none, and
// then goes on with the store. It returns what the store has if the fault was
// not reached. healthy is that of a session without fault.
func failAt(t *testing.T, atOnce, n int, healthy map[byte]int) map[byte]int {
	t.Helper()
	fault := errors.New("fault")
	clock := newTestClock()
	o := testOptions(clock)
	o.BuildAtOnce, o.SweepInterval = atOnce, -1
	base := &gated{Store: newStore(clock)}
	defer func() { _ = base.Store.Close() }()
	f := kvtest.Fail(base, n, fault)
	db, err := OpenStore(f, o)
	if err != nil && !errors.Is(err, fault) {
		t.Fatalf("open: %v", err)
	}
	met := err != nil
	if err == nil {
		met = play(t, db, fault)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var left map[byte]int
	if !met {
		left = keysBySpace(t, base)
		if healthy != nil && !maps.Equal(left, healthy) {
			t.Errorf("nobody was told of the failure, but the store has %v, not %v", left, healthy)
		}
	}
	db = mustOpen(t, base, o)
	mustBuild(t, db)
	mustBeClean(t, base)
	if n%5 == 0 { // a second session finds its names taken, or not
		play(t, db, fault)
		mustBuild(t, db)
		if err := db.Sweep(context.Background()); err != nil {
			t.Error(err)
		}
		mustBeClean(t, base)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if f.Failed() {
		return nil
	}
	return left
}

// play runs the session and reports whether the fault was met, by a query or
// by a build.
func play(t *testing.T, db *DB, fault error) (met bool) {
	t.Helper()
	for _, q := range scripted {
		_, err := db.Query(context.Background(), "root", q, nil)
		met = met || errors.Is(err, fault)
		met = met || errors.Is(db.AwaitBuilds(context.Background()), fault)
	}
	return met
}

// keysBySpace counts the keys of a store.
func keysBySpace(t *testing.T, s kv.Store) map[byte]int {
	t.Helper()
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	out := map[byte]int{}
	it := snap.Scan(nil, nil, false)
	defer it.Close()
	for it.Next() {
		out[it.Key()[0]]++
	}
	return out
}
