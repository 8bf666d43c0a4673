package engine

import (
	"context"
	"errors"
	"testing"

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
	fault := errors.New("fault")
	for _, atOnce := range []int{0, -1} {
		for n, silent := 1, 0; ; n++ {
			clock := newTestClock()
			o := testOptions(clock)
			o.BuildAtOnce = atOnce
			base := &gated{Store: newStore(clock)}
			f := kvtest.Fail(base, n, fault)
			db, err := OpenStore(f, o)
			if err != nil && !errors.Is(err, fault) {
				t.Fatalf("operation %d: Open: %v", n, err)
			}
			met := err != nil
			if err == nil {
				met = play(t, db, fault)
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if f.Failed() && !met {
				silent++
				t.Logf("operation %d failed, and nobody was told", n)
			}
			db = mustOpen(t, base, o)
			mustBuild(t, db)
			mustBeClean(t, base)
			if !f.Failed() {
				for _, q := range scripted {
					_, _ = db.Query(context.Background(), "root", q, nil)
				}
				mustBeClean(t, base)
			}
			if err := errors.Join(db.Close(), base.Store.Close()); err != nil {
				t.Fatal(err)
			}
			if t.Failed() {
				t.Fatalf("after the failure of operation %d", n)
			}
			if !f.Failed() {
				t.Logf("%d operations, %d silent", n-1, silent)
				break
			}
		}
	}
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
