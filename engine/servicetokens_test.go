package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// mint makes a token of a service for a user, found under secrets; the first
// opens queries.
func (s *sandbox) mint(who value.Ref, secrets ...string) (ref value.Ref) {
	s.t.Helper()
	s.update(func(t *engine.Transaction) error {
		token, err := t.NewToken()
		if err != nil {
			return err
		}
		ref, token.Instance = token.Ref, who
		token.Service = value.Object{{Name: "name", Value: value.String("oauth")}, {Name: "kind", Value: value.String("oauth")}}
		token.Data = value.Object{{Name: "scope", Value: value.String("fql")}}
		token.Seal.State = value.Object{{Name: "used", Value: value.Long(1)}}
		for i, secret := range secrets {
			token.Seal.Keys = append(token.Seal.Keys, engine.SealKey{Digest: engine.DigestOf(secret), Opens: i == 0})
		}
		return t.PutToken(token)
	})
	return ref
}

func (s *sandbox) update(f func(t *engine.Transaction) error) {
	s.t.Helper()
	if _, err := s.Update(context.Background(), s.RootSecret(), f); err != nil {
		s.t.Fatal(err)
	}
}

// found returns the token under the digest of a secret, nil if there is none.
func (s *sandbox) found(secret string) (out *engine.ServiceToken) {
	s.t.Helper()
	err := s.View(context.Background(), s.RootSecret(), func(t *engine.Transaction) (err error) {
		out, err = t.TokenOf(engine.DigestOf(secret))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func newUser(t *testing.T) (*sandbox, value.Ref) {
	db := newSandbox(t)
	db.root(`Do(CreateCollection({ name: "users" }), Create(Ref(Collection("users"), "1"), {}))`)
	return db, db.ref(`Ref(Collection("users"), "1")`)
}

// TestServiceTokens: what queries see of a service's token, and what of it they
// may write.
func TestServiceTokens(t *testing.T) {
	db, who := newUser(t)
	ref := db.mint(who, "at_one", "rt_one")
	args := map[string]any{"token": ref, "who": who}
	visible := `Let({ t: Get(Var("token")) }, Equals(
		[Select("instance", Var("t")), Select("data", Var("t")), Select("service", Var("t"))],
		[Var("who"), %, { name: "oauth", kind: "oauth" }]))`
	if v := db.as("root", replace(visible, `{ scope: "fql" }`), args); v != value.Boolean(true) {
		t.Errorf("token: %v", db.as("root", `Get(Var("token"))`, args))
	}
	for _, q := range []string{
		`Select("hashed_secret", Get(Var("token")), "none")`,
		`Select("secret", Update(Var("token"), { data: { a: 1 }, service: { kind: "x" }, instance: Var("token"), hashed_secret: "x" }), "none")`,
		`Select("secret", Replace(Var("token"), { data: { b: 2 } }), "none")`,
	} {
		if v := db.as("root", q, args); v != value.String("none") {
			t.Errorf("%s: %v", q, v)
		}
	}
	if v := db.as("root", replace(visible, `{ b: 2 }`), args); v != value.Boolean(true) {
		t.Errorf("replaced token: %v", db.as("root", `Get(Var("token"))`, args))
	}
	if s := db.found("rt_one"); s == nil || s.Ref != ref || len(s.Seal.Keys) != 2 || len(s.Seal.State) != 1 {
		t.Errorf("after a replace: %+v", s)
	}
	if n := db.as("root", `Count(Tokens())`, nil); n != value.Long(1) {
		t.Errorf("%v tokens", n)
	}
}

// TestServiceTokenOpens: which of the secrets of a service's token queries take,
// and until when.
func TestServiceTokenOpens(t *testing.T) {
	db, who := newUser(t)
	ref := db.mint(who, "at_one", "rt_one")
	me := func(secret string) (value.Value, error) {
		res, err := db.Query(context.Background(), secret, `[CurrentIdentity(), CurrentToken()]`, nil)
		if err != nil {
			return nil, err
		}
		return res.Value, nil
	}
	if v, err := me("at_one"); err != nil || !value.Equal(v, value.Array{who, ref}) {
		t.Errorf("access: %v, %v", v, err)
	}
	if _, err := me("rt_one"); !errors.Is(err, engine.ErrUnauthorized) {
		t.Errorf("refresh: %v", err)
	}
	for _, tc := range []struct {
		scope string
		opens bool
	}{{"read", false}, {"fqls", false}, {"read fql", true}} {
		db.as("root", `Update(Var("t"), { data: { scope: Var("scope") } })`, map[string]any{"t": ref, "scope": tc.scope})
		if _, err := me("at_one"); errors.Is(err, engine.ErrUnauthorized) == tc.opens {
			t.Errorf("scope %q: %v", tc.scope, err)
		}
	}
	db.update(func(tx *engine.Transaction) error {
		token, err := tx.TokenOf(engine.DigestOf("rt_one"))
		if err != nil {
			return err
		}
		token.Seal.Keys[0].Expires = tx.Now() + time.Minute.Microseconds()
		return tx.PutToken(token)
	})
	if _, err := me("at_one"); err != nil {
		t.Errorf("before it expires: %v", err)
	}
	db.forward(time.Minute)
	if _, err := me("at_one"); !errors.Is(err, engine.ErrUnauthorized) {
		t.Errorf("after it has expired: %v", err)
	}
}

// TestSealsGo: a seal goes with its token, whatever removes that.
func TestSealsGo(t *testing.T) {
	for name, remove := range map[string]func(db *sandbox, ref value.Ref){
		"delete": func(db *sandbox, ref value.Ref) {
			db.as("root", `Delete(Var("t"))`, map[string]any{"t": ref})
		},
		"logout": func(db *sandbox, _ value.Ref) { db.as("at_one", `Logout(false)`, nil) },
		"all":    func(db *sandbox, _ value.Ref) { db.as("at_one", `Logout(true)`, nil) },
		"a service": func(db *sandbox, ref value.Ref) {
			db.update(func(tx *engine.Transaction) error { _, err := tx.DeleteToken(ref); return err })
		},
		"ttl": func(db *sandbox, ref value.Ref) {
			db.as("root", `Update(Var("t"), { ttl: TimeAdd(Now(), 1, "minute") })`, map[string]any{"t": ref})
			db.forward(time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, who := newUser(t)
			ref := db.mint(who, "at_one", "rt_one")
			remove(db, ref)
			if s := db.found("rt_one"); s != nil {
				t.Errorf("found: %+v", s)
			}
			if err := db.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			if n := db.keptIn("ef"); n != 0 {
				t.Errorf("%d keys are left", n)
			}
		})
	}
}

// TestSealedNames: a digest belongs to the token that took it last.
func TestSealedNames(t *testing.T) {
	db, who := newUser(t)
	first, second := db.mint(who, "a", "name"), db.mint(who, "b", "name")
	if s := db.found("name"); s == nil || s.Ref != second {
		t.Errorf("under the name: %+v", s)
	}
	if s := db.found("a"); s == nil || s.Ref != first || len(s.Seal.Keys) != 1 {
		t.Errorf("the first: %+v", s)
	}
}

// TestUpdate: transactions of Go code are whole, and serializable.
func TestUpdate(t *testing.T) {
	db, _ := newUser(t)
	ctx := context.Background()
	failed := errors.New("failed")
	_, err := db.Update(ctx, "root", func(tx *engine.Transaction) error {
		if _, err := tx.Query(`Create(Collection("users"), {})`, nil); err != nil {
			return err
		}
		return failed
	})
	if n := db.root(`Count(Documents(Collection("users")))`); !errors.Is(err, failed) || n != value.Long(1) {
		t.Errorf("%v, %v users", err, n)
	}
	// A query that fails in its middle has done nothing, whoever looks away.
	_, err = db.Update(ctx, "root", func(tx *engine.Transaction) error {
		_, _ = tx.Query(`Do(Create(Collection("users"), {}), Abort("no"))`, nil)
		return nil
	})
	if n := db.root(`Count(Documents(Collection("users")))`); code(err) != query.TransactionAborted || n != value.Long(1) {
		t.Errorf("a query that was aborted: %v, %v users", err, n)
	}
	_, err = db.Update(ctx, "root", func(tx *engine.Transaction) error {
		_, _ = tx.Query(`Get(Ref(Collection("users"), "404"))`, nil) // one that does not write may fail
		_, err := tx.Query(`Do(Create(Collection("users"), {}), null)`, nil)
		return err
	})
	if n := db.root(`Count(Documents(Collection("users")))`); err != nil || n != value.Long(2) {
		t.Errorf("a query that found nothing: %v, %v users", err, n)
	}
	db.root(`Do(Foreach(Paginate(Documents(Collection("users")), { size: 1 }), (u) => Delete(u)), null)`)
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			_, err := db.Update(ctx, "root", func(tx *engine.Transaction) error {
				v, err := tx.Query(`Count(Documents(Collection("users")))`, nil)
				if err != nil {
					return err
				}
				_, err = tx.Query(`Create(Collection("users"), { data: { n: Var("n") } })`, map[string]any{"n": v})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if v := db.root(`Count(Distinct(Map(Select("data", Paginate(Documents(Collection("users")))), (u) => Select(["data", "n"], Get(u), 0))))`); v != value.Long(17-1) && v != value.Long(17) {
		t.Errorf("%v different counts", v)
	}
	err = db.View(ctx, "root", func(tx *engine.Transaction) error {
		_, err := tx.Query(`Create(Collection("users"), {})`, nil)
		return err
	})
	if code(err) != query.InvalidArgument && err == nil {
		t.Errorf("a view that writes: %v", err)
	}
	if _, err := db.Update(ctx, "nobody", func(*engine.Transaction) error { return nil }); !errors.Is(err, engine.ErrUnauthorized) {
		t.Errorf("a stranger: %v", err)
	}
}

// TestNext: counters count from 1, by name and database, and only for admins.
func TestNext(t *testing.T) {
	db := newSandbox(t)
	ctx := context.Background()
	db.root(`Do(CreateDatabase({ name: "d" }), CreateKey({ role: "server" }))`)
	for _, tc := range []struct {
		secret, name string
		want         int64
	}{{"root", "a", 1}, {"root", "a", 2}, {"root", "b", 1}, {"root:d:admin", "a", 1}, {"root", "a", 3}} {
		_, err := db.Update(ctx, tc.secret, func(tx *engine.Transaction) error {
			n, err := tx.Next(tc.name)
			if n != tc.want {
				return fmt.Errorf("%d, want %d", n, tc.want)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s %s: %v", tc.secret, tc.name, err)
		}
	}
	_, err := db.Update(ctx, "root:server", func(tx *engine.Transaction) error {
		_, err := tx.Next("a")
		return err
	})
	if code(err) != query.PermissionDenied {
		t.Errorf("a server key: %v", err)
	}
}
