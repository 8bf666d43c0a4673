package engine_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// public makes a user with the password "right", an index of users by email
// that everybody may read, and returns a key of the role client.
func (s *sandbox) public() (key string) {
	s.t.Helper()
	s.root(`CreateCollection({ name: "users" })`)
	s.root(`Do(
		Create(Ref(Collection("users"), "1"), { data: { email: "alice" }, credentials: { password: "right" } }),
		CreateIndex({ name: "by_email", source: Collection("users"), terms: [{ field: ["data", "email"] }], permissions: { read: "public" } }))`)
	return s.text(`Select("secret", CreateKey({ role: "client" }))`)
}

const alice = `Ref(Collection("users"), "1")`

// tries asks n times whether somebody has a password.
func (s *sandbox) tries(key, who, password string, n int) (last bool) {
	s.t.Helper()
	for range n {
		last = s.as(key, `Identify(`+who+`, "`+password+`")`, nil) == value.Value(value.Boolean(true))
	}
	return last
}

// TestLoginLimit pins that the public, with a key of the role client, cannot
// go on trying passwords of one identity, however it is named and whatever
// else the query does, and that nobody else is held back.
func TestLoginLimit(t *testing.T) {
	db := newSandbox(t)
	key := db.public()
	wrong := func() {
		t.Helper()
		if _, err := db.Query(context.Background(), key, `Login(`+alice+`, { password: "wrong" })`, nil); code(err) != query.AuthenticationFailed {
			t.Fatalf("got %v", err)
		}
	}
	wrong()
	if db.tries(key, `Match(Index("by_email"), "alice")`, "wrong", 1) {
		t.Error("a wrong password is right")
	}
	if _, err := db.Query(context.Background(), key, `Do(Identify(`+alice+`, "wrong"), Abort("no"))`, nil); code(err) != query.TransactionAborted {
		t.Errorf("got %v", err)
	}
	// One query that tries the same password twice has tried it once.
	db.as(key, `[Identify(`+alice+`, "wrong"), Identify(`+alice+`, "wrong")]`, nil)
	if !db.tries(key, alice, "right", 1) {
		t.Fatal("locked after four")
	}
	for range 5 {
		wrong() // the right password has begun anew
	}
	if _, err := db.Query(context.Background(), key, `Login(`+alice+`, { password: "right" })`, nil); code(err) != query.AuthenticationFailed {
		t.Errorf("the right password while it is locked: got %v", err)
	}
	for what, q := range map[string]string{
		"Identify": `Identify(` + alice + `, "right")`,
		"by a set": `Identify(Match(Index("by_email"), "alice"), "right")`,
		"a union":  `Identify(Union(Match(Index("by_email"), "bob"), Match(Index("by_email"), "alice")), "right")`,
		"again":    `Identify(` + alice + `, "right")`,
	} {
		if got := db.as(key, q, nil); got != value.Value(value.Boolean(false)) {
			t.Errorf("%s: got %v while it is locked", what, got)
		}
	}
	server := db.text(`Select("secret", CreateKey({ role: "server" }))`)
	if !db.tries(server, alice, "right", 1) || !db.tries(db.RootSecret(), alice, "right", 1) {
		t.Error("keys of applications are limited")
	}
	db.forward(15*time.Minute - time.Second)
	if db.tries(key, alice, "right", 1) {
		t.Error("unlocked too early")
	}
	db.forward(time.Second)
	if db.tries(key, alice, "wrong", 5); db.tries(key, alice, "right", 1) {
		t.Error("not locked again")
	}
	db.forward(15 * time.Minute)
	if db.tries(key, alice, "right", 1) {
		t.Error("the second lock is no longer than the first")
	}
	if db.forward(15 * time.Minute); !db.tries(key, alice, "right", 1) {
		t.Error("locked for ever")
	}
}

// TestLoginLimitOfNobody pins that identities that are not there are counted
// too: a lock says nothing about who exists.
func TestLoginLimitOfNobody(t *testing.T) {
	db := newSandbox(t)
	key := db.public()
	for _, who := range []string{`Ref(Collection("users"), "2")`, `Match(Index("by_email"), "bob")`, `Match(Index("by_email"), "carol")`} {
		before := db.kept()["c"]
		db.tries(key, who, "wrong", 6)
		if got := db.kept()["c"] - before; got != 1 {
			t.Errorf("%s: %d counters", who, got)
		}
	}
}

// TestLoginLimitTogether pins that many guesses at once count like one after
// the other.
func TestLoginLimitTogether(t *testing.T) {
	db := newSandbox(t)
	key := db.public()
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() { db.tries(key, alice, fmt.Sprint("guess ", n), 1) })
	}
	all.Wait()
	if db.tries(key, alice, "right", 1) {
		t.Error("not locked")
	}
	if db.forward(15 * time.Minute); !db.tries(key, alice, "right", 1) {
		t.Error("what came while it was locked has counted")
	}
}

// TestLoginLimitOfStreams pins that a stream's query counts as any other.
func TestLoginLimitOfStreams(t *testing.T) {
	db := newSandbox(t)
	key := db.public()
	parsed, err := db.Parse(`If(Identify(` + alice + `, "wrong"), ` + alice + `, Collection("users"))`)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_, err := db.Subscribe(context.Background(), engine.Request{Secret: key, Expr: parsed.Expr}, engine.StreamFields{})
		if err == nil {
			t.Fatal("the stream of a collection is open")
		}
	}
	if db.tries(key, alice, "right", 1) {
		t.Error("not locked")
	}
}

// TestLoginLimitOfTransactions pins that the queries of a transaction of Go
// code count as any other, whether it ends well or not.
func TestLoginLimitOfTransactions(t *testing.T) {
	db := newSandbox(t)
	key := db.public()
	no := errors.New("no")
	for n := range 5 {
		try := func(tx *engine.Transaction) error {
			if _, err := tx.Query(`Identify(`+alice+`, "wrong")`, nil); err != nil {
				return err
			}
			return no
		}
		var err error
		if n%2 == 0 {
			_, err = db.Update(context.Background(), key, try)
		} else {
			err = db.View(context.Background(), key, try)
		}
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
	}
	if db.tries(key, alice, "right", 1) {
		t.Error("not locked")
	}
}

// TestLimitSurvives pins that a lock outlives the process.
func TestLimitSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db := openFile(t, path, engine.Options{PasswordCost: cheap})
	fail := func() (limiter.Outcome, error) { return limiter.Counted, errors.New("no") }
	for range 5 {
		if err := db.Limit(context.Background(), 0, "alice", limiter.Passwords, fail); err == nil {
			t.Fatal("the error of the try is lost")
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openFile(t, path, engine.Options{PasswordCost: cheap})
	for key, locked := range map[string]bool{"alice": true, "bob": false} {
		err := db.Limit(context.Background(), 0, key, limiter.Passwords, func() (limiter.Outcome, error) {
			return limiter.Ignored, nil
		})
		if errors.As(err, new(*limiter.Locked)) != locked {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

// TestLimitKeepsWhatIsCounted pins that a caller who goes away is counted, and
// that a failing store is an error.
func TestLimitKeepsWhatIsCounted(t *testing.T) {
	db := newSandbox(t)
	ctx, cancel := context.WithCancel(context.Background())
	err := db.Limit(ctx, 0, "alice", limiter.Passwords, func() (limiter.Outcome, error) {
		cancel()
		return limiter.Counted, nil
	})
	if err != nil || db.kept()["c"] != 1 {
		t.Errorf("got %v, %d counters", err, db.kept()["c"])
	}
	closed := openFile(t, filepath.Join(t.TempDir(), "db"), engine.Options{})
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := closed.Limit(context.Background(), 0, "alice", limiter.Passwords, func() (limiter.Outcome, error) {
		return limiter.Counted, nil
	}); err == nil {
		t.Error("counted in a store that is closed")
	}
}

// TestCountersAreSwept pins that counters go when they count for nothing, and
// with their database.
func TestCountersAreSwept(t *testing.T) {
	db := newSandbox(t)
	count := func() (limiter.Outcome, error) { return limiter.Counted, nil }
	short := limiter.Policy{Limit: 3, Window: time.Minute}
	for n := range 300 {
		if err := db.Limit(context.Background(), 0, fmt.Sprint(n), short, count); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Limit(context.Background(), 0, "long", limiter.Passwords, count); err != nil {
		t.Fatal(err)
	}
	sweep := func(want int) {
		t.Helper()
		if err := db.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := db.kept()["c"]; got != want {
			t.Errorf("%d counters, want %d", got, want)
		}
	}
	sweep(301)
	db.forward(time.Minute)
	sweep(1)
	db.forward(15 * time.Minute)
	sweep(0)

	db.root(`CreateDatabase({ name: "child" })`)
	key := db.text(`Select("secret", CreateKey({ role: "server", database: Database("child") }))`)
	child, err := db.Verify(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Limit(context.Background(), child.Database, "alice", limiter.Passwords, count); err != nil {
		t.Fatal(err)
	}
	sweep(1)
	db.root(`Delete(Database("child"))`)
	sweep(0)
}

// TestLoginLimitOption pins that the limit can be another, or none.
func TestLoginLimitOption(t *testing.T) {
	for _, test := range []struct {
		name  string
		limit int
		want  bool // whether the right password is right after 10 wrong ones
	}{{"none", -1, true}, {"20", 20, true}, {"2", 2, false}} {
		t.Run(test.name, func(t *testing.T) {
			p := limiter.Policy{Limit: test.limit, Window: time.Hour}
			db := openFile(t, filepath.Join(t.TempDir(), "db"), engine.Options{PasswordCost: cheap, LoginLimit: p})
			s := &sandbox{DB: db, t: t}
			key := s.public()
			if s.tries(key, alice, "wrong", 10); s.tries(key, alice, "right", 1) != test.want {
				t.Errorf("after 10 wrong ones the right one is %v", !test.want)
			}
		})
	}
}
