package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query"
)

// TestFailingPredicates pins that a predicate that fails denies, whatever
// became of it, and that the log is told of it once, by name and without data.
func TestFailingPredicates(t *testing.T) {
	const data = "private-data"
	for _, test := range []struct {
		name, predicate, code string // code is "" if nothing failed
	}{
		{"false", `(ref) => false`, ""},
		{"not a boolean", `(ref) => 1`, ""},
		{"abort", `(ref) => Abort(Select(["data", "x"], Get(ref)))`, "transaction aborted"},
		{"missing value", `(ref) => Select(["data", Select(["data", "x"], Get(ref))], Get(ref))`, "value not found"},
		{"too many arguments", `(a, b, c) => true`, "invalid argument"},
		{"a write", `(ref) => Do(Update(ref, { data: { y: 1 } }), true)`, "invalid expression"},
		{"a call that writes", `(ref) => Call("writes", ref)`, "call error"},
		{"recursion", `(ref) => Call("loop", ref)`, "stack overflow"},
		{"no end", `(ref) => Call("long", ref)`, "bad request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{
				PasswordCost: cheap, MaxSteps: 100_000, Log: slog.New(slog.NewTextHandler(&log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			s := &sandbox{DB: db, t: t}
			t.Cleanup(func() { _ = db.Close() })
			s.root(`Do(CreateCollection({ name: "docs" }), Create(Ref(Collection("docs"), "1"), { data: { x: "` + data + `" } }))`)
			s.root(`CreateFunction({ name: "writes", role: "admin", body: Query((ref) => Do(Delete(ref), true)) })`)
			s.root(`CreateFunction({ name: "loop", body: Query((ref) => Call("loop", ref)) })`)
			s.root(`CreateFunction({ name: "long", body: Query((ref) => Let({ l: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }, Map(Var("l"), (_) => Map(Var("l"), (_) =>
				Map(Var("l"), (_) => Map(Var("l"), (_) => Map(Var("l"), (_) => Map(Var("l"), (_) => Get(ref))))))))) })`)
			s.root(`CreateRole({ name: "r", privileges: [{ resource: Collection("docs"), actions: { read: Query(` + test.predicate + `) } }] })`)
			key := s.text(`Select("secret", CreateKey({ role: "r" }))`)
			for range 3 {
				_, err := db.Query(context.Background(), key, `Get(Ref(Collection("docs"), "1"))`, nil)
				if code(err) != query.PermissionDenied {
					t.Errorf("got %v", err)
				}
			}
			got := log.String()
			if test.code == "" {
				if got != "" {
					t.Errorf("logged: %s", got)
				}
				return
			}
			if strings.Count(got, "\n") != 1 || !strings.Contains(got, `owner=r use=read code="`+test.code+`"`) {
				t.Errorf("logged: %s", got)
			}
			if strings.Contains(got, data) {
				t.Errorf("data in the log: %s", got)
			}
			s.root(`Update(Role("r"), { data: { changed: true } })`)
			if _, err := db.Query(context.Background(), key, `Get(Ref(Collection("docs"), "1"))`, nil); code(err) != query.PermissionDenied {
				t.Errorf("got %v", err)
			}
			if strings.Count(log.String(), "\n") != 2 {
				t.Errorf("not logged again after the role has changed: %s", log.String())
			}
		})
	}
}

// TestPredicateOutOfTime pins that a predicate ends with its query's time.
func TestPredicateOutOfTime(t *testing.T) {
	db := newSandbox(t)
	db.root(`CreateCollection({ name: "docs" })`)
	db.root(`Create(Ref(Collection("docs"), "1"), {})`)
	db.root(`CreateFunction({ name: "long", body: Query((n) => If(Equals(n, 0), true, And(Call("long", Subtract(n, 1)), Call("long", Subtract(n, 1))))) })`)
	db.root(`CreateRole({ name: "r", privileges: [{ resource: Collection("docs"), actions: { read: Query((ref) => Call("long", 60)) } }] })`)
	key := db.text(`Select("secret", CreateKey({ role: "r" }))`)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, err := db.Query(ctx, key, `Get(Ref(Collection("docs"), "1"))`, nil)
	if c := code(err); c != query.TimeOut && c != query.PermissionDenied {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestPredicateReadsTheSame reads pages of a set whose elements are filtered by
// a predicate that reads pages of the same set, in the same transaction.
func TestPredicateReadsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fawn.db")
	db, err := engine.Open(path, engine.Options{PasswordCost: cheap, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &sandbox{DB: db, t: t}
	s.root(`Do(CreateCollection({ name: "docs" }), CreateIndex({ name: "all", source: Collection("docs") }))`)
	for n := range 40 {
		s.root(fmt.Sprintf(`Create(Ref(Collection("docs"), %d), { data: { n: %d } })`, n+1, n+1))
	}
	s.root(`CreateRole({ name: "r", privileges: [
		{ resource: Index("all"), actions: { read: true } },
		{ resource: Collection("docs"), actions: { read: Query((ref) => And(
			Equals(Count(Select("data", Paginate(Match(Index("all")), { size: 50 }))), 40),
			Equals(Count(Select("data", Paginate(Documents(Collection("docs")), { size: 3, after: ref }))), Min(3, Subtract(41, Select(["data", "n"], Get(ref))))),
			Equals(Modulo(Select(["data", "n"], Get(ref)), 2), 0)
		)) } }
	] })`)
	key := s.text(`Select("secret", CreateKey({ role: "r" }))`)
	for _, test := range []struct{ query, want string }{
		{`Map(Select("data", Paginate(Match(Index("all")), { size: 50 })), (ref) => Select("id", ref))`, "2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 32 34 36 38 40"},
		{`Map(Select("data", Paginate(Match(Index("all")), { size: 3, before: Ref(Collection("docs"), 20) })), (ref) => Select("id", ref))`, "14 16 18"},
	} {
		res, err := db.Query(context.Background(), key, test.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		if err := res.Decode(&ids); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(ids, " "); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.query, got, test.want)
		}
	}
}
