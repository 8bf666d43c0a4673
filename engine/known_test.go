package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine/kv/kvtest"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// knownHouse is a database with a user in a child database, and a token of hers.
type knownHouse struct {
	*DB
	t      *testing.T
	child  string // secret of the child database
	secret string
	reads  func() int64
	later  time.Duration // by which the clock is set forward
}

func newKnownHouse(t *testing.T) *knownHouse {
	t.Helper()
	h := &knownHouse{t: t}
	clock := func() time.Time { return time.Now().Add(h.later) }
	counted := kvtest.Count(mem.New(mem.Options{Clock: func() int64 { return clock().UnixMicro() }}))
	db, err := OpenStore(counted, Options{
		PasswordCost: password.Cost{Memory: 8, Time: 1, Lanes: 1}, SweepInterval: -1, Clock: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h.DB, h.reads, h.child = db, counted.Reads, db.RootSecret()
	h.run(`CreateDatabase({ name: "child" })`)
	h.child += ":child:admin"
	h.run(`Do(CreateCollection({ name: "users" }), Create(Ref(Collection("users"), "1"), {}), Create(Ref(Collection("users"), "2"), {}))`)
	res := h.run(`Select("secret", Create(Ref(Tokens(), "7"), { instance: Ref(Collection("users"), "1") }))`)
	if err := res.Decode(&h.secret); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *knownHouse) run(q string) *Result {
	h.t.Helper()
	res, err := h.Query(context.Background(), h.child, q, nil)
	if err != nil {
		h.t.Fatalf("%s: %v", q, err)
	}
	return res
}

// verified returns the id of the secret's instance, 0 if the secret is refused.
func (h *knownHouse) verified() int64 {
	h.t.Helper()
	v, err := h.Verify(context.Background(), h.secret)
	if err != nil && !errors.Is(err, ErrUnauthorized) {
		h.t.Fatal(err)
	}
	return v.Instance.ID
}

// TestKnownSecret checks that a secret that comes again is not looked up again,
// and that whatever ends it, or gives it to another, is seen by the next query.
func TestKnownSecret(t *testing.T) {
	const token = `Ref(Tokens(), "7")`
	for _, test := range []struct {
		name, q string
		as      func(h *knownHouse) string // the secret that runs q, the child's unless given
		want    int64                      // the instance afterwards
		reads   bool                       // whether it must be looked up again
	}{
		{name: "nothing", q: `1`, want: 1},
		{name: "another document", q: `Update(Ref(Collection("users"), "2"), { data: { n: 1 } })`, want: 1},
		{name: "another token", q: `Create(Tokens(), { instance: Ref(Collection("users"), "1") })`, want: 1},
		{name: "its data", q: `Update(` + token + `, { data: { n: 1 } })`, want: 1, reads: true},
		{name: "data of its instance", q: `Update(Ref(Collection("users"), "1"), { data: { n: 1 } })`, want: 1, reads: true},
		{name: "another instance", q: `Update(` + token + `, { instance: Ref(Collection("users"), "2") })`, want: 2, reads: true},
		{name: "the token is deleted", q: `Delete(` + token + `)`},
		{name: "it loses its secret", q: `Replace(` + token + `, { instance: Ref(Collection("users"), "1") })`},
		{name: "it is logged out", q: `Logout(false)`, as: func(h *knownHouse) string { return h.secret }},
		{name: "all are logged out", q: `Logout(true)`, as: func(h *knownHouse) string { return h.secret }},
		{name: "it expires", q: `Update(` + token + `, { ttl: TimeAdd(Now(), 1, "hour") })`, reads: true},
		{name: "its instance expires", q: `Update(Ref(Collection("users"), "1"), { ttl: TimeAdd(Now(), 1, "hour") })`, reads: true},
		{name: "its instance is deleted", q: `Delete(Ref(Collection("users"), "1"))`},
		{name: "its collection is deleted", q: `Delete(Collection("users"))`},
		{name: "its database is deleted", q: `Delete(Database("child"))`, as: func(h *knownHouse) string { return h.RootSecret() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newKnownHouse(t)
			for range 2 {
				if h.verified() != 1 {
					t.Fatal("the secret is not good")
				}
			}
			if test.as != nil {
				h.child = test.as(h)
			}
			h.run(test.q)
			before := h.reads()
			got := h.verified()
			if read := h.reads() > before; got == 1 && read != test.reads {
				t.Errorf("it was looked up again: %v, want %v", read, test.reads)
			}
			h.later = 2 * time.Hour
			if got := h.verified(); got != test.want {
				t.Errorf("its instance is now %d, want %d", got, test.want)
			}
		})
	}
}

// TestKnownTooLate lets a query authenticate in a snapshot from before the end
// of a token: what it learns there holds for no later one.
func TestKnownTooLate(t *testing.T) {
	h := newKnownHouse(t)
	tx, err := h.open(context.Background(), &request{}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.close()
	h.run(`Delete(Ref(Tokens(), "7"))`)
	for range 2 {
		if err := tx.enter(h.secret); err != nil {
			t.Fatalf("in the snapshot before: %v", err)
		}
		if h.verified() != 0 {
			t.Fatal("the secret is still good")
		}
	}
}

// TestKnownBesideRevoking lets many verify while tokens end: whoever asks after
// the end was answered is refused.
func TestKnownBesideRevoking(t *testing.T) {
	h := newKnownHouse(t)
	for range 50 {
		h.verified()
		revoked := make(chan struct{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for range 200 {
					late := false
					select {
					case <-revoked:
						late = true
					default:
					}
					if _, err := h.Verify(context.Background(), h.secret); err == nil && late {
						t.Error("good after its end")
					}
				}
			})
		}
		h.run(`Delete(Ref(Tokens(), "7"))`)
		close(revoked)
		readers.Wait()
		res := h.run(`Select("secret", Create(Ref(Tokens(), "7"), { instance: Ref(Collection("users"), "1") }))`)
		if err := res.Decode(&h.secret); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKnownOthers: who sends a query stays who that is, whosever secrets the
// query asks about.
func TestKnownOthers(t *testing.T) {
	h := newKnownHouse(t)
	h.child = h.RootSecret()
	h.run(`Do(CreateCollection({ name: "users" }), Create(Ref(Collection("users"), "1"), {}))`)
	if err := h.run(`Select("secret", Create(Tokens(), { instance: Ref(Collection("users"), "1") }))`).Decode(&h.secret); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		res, err := h.Query(context.Background(), h.child, `[KeyFromSecret(Var("other")), HasCurrentIdentity(), HasCurrentToken()]`,
			map[string]any{"other": h.secret})
		if err != nil {
			t.Fatal(err)
		}
		list, _ := res.Value.(value.Array)
		if len(list) != 3 || list[1] != value.Value(value.Boolean(false)) || list[2] != value.Value(value.Boolean(false)) {
			t.Errorf("the caller has become another: %v", list)
		}
	}
}

// TestKnownUncommitted: a token that a query made, looked at, and gave up, never
// was.
func TestKnownUncommitted(t *testing.T) {
	h := newKnownHouse(t)
	_, err := h.Query(context.Background(), h.child, `Let({ secret: Select("secret", Create(Tokens(), { instance: Ref(Collection("users"), "1") })) },
		Do(KeyFromSecret(Var("secret")), Abort(Var("secret"))))`, nil)
	e := query.Decisive(err)
	if e == nil || e.Code != query.TransactionAborted {
		t.Fatal(err)
	}
	h.secret = e.Description
	if h.verified() != 0 {
		t.Errorf("a secret that was never committed is good: %s", h.secret)
	}
}
