package engine_test

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// TestStrictIdentity: the option takes away what an identity without a role
// may do beyond the baseline, and its permissions.
func TestStrictIdentity(t *testing.T) {
	for _, strict := range []bool{false, true} {
		db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{PasswordCost: cheap, StrictIdentity: strict})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		ctx := context.Background()
		run := func(secret, q string) error {
			_, err := db.Query(ctx, secret, q, nil)
			return err
		}
		if err := run(db.RootSecret(), `Do(CreateCollection({ name: "users" }), CreateCollection({ name: "open", permissions: { create: "public" } }),
			Create(Ref(Collection("users"), "1"), {}))`); err != nil {
			t.Fatal(err)
		}
		res, err := db.Query(ctx, db.RootSecret(), `Select("secret", Create(Tokens(), { instance: Ref(Collection("users"), "1") }))`, nil)
		if err != nil {
			t.Fatal(err)
		}
		var secret string
		if err := res.Decode(&secret); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{`Get(CurrentIdentity())`, `Create(Collection("open"), {})`} {
			if denied := code(run(secret, q)) == query.PermissionDenied; denied != strict {
				t.Errorf("strict %v: %s: denied is %v", strict, q, denied)
			}
		}
		if err := run(secret, `Get(CurrentToken())`); err != nil {
			t.Errorf("strict %v: its own token: %v", strict, err)
		}
	}
}

// TestReadOnlyRequests: signing in and out is a write, telling who one is is
// none.
func TestReadOnlyRequests(t *testing.T) {
	db := newSandbox(t)
	for q, want := range map[string]string{
		`Login(Collections(), {})`: "Call performs a write, which is not allowed in get requests.",
		`Logout(true)`:             "Call performs a write, which is not allowed in get requests.",
		`NewId()`:                  "Call performs a write, which is not allowed in get requests.",
		`Call("f", 1)`:             "Call performs a write, which is not allowed in get requests.",
		`HasCurrentIdentity()`:     "",
		`HasCurrentToken()`:        "",
		`Identify(Keys(), "x")`:    "",
		`Count(Tokens())`:          "",
	} {
		_, err := db.Run(context.Background(), engine.Request{
			Secret: "root", ReadOnly: true, Where: "get requests",
			Decode: func() (ast.Expr, error) {
				parsed, err := db.Parse(q)
				if err != nil {
					return nil, err
				}
				return parsed.Expr, nil
			},
		})
		got := ""
		if e := query.Decisive(err); e != nil {
			got = e.Description
		}
		if got != want {
			t.Errorf("%s: got %q, want %q (%v)", q, got, want, err)
		}
	}
}

// TestLastCollection: a database can only ever have so many collections.
func TestLastCollection(t *testing.T) {
	db := newSandbox(t)
	db.do(`CreateCollection({ name: "first" })`)
	first := db.ref(`Collection("first")`).ID
	// As if all but one had been made, and deleted.
	next := binary.BigEndian.AppendUint64(nil, uint64(first)+31744-1)
	snap, err := db.store.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	since := snap.Time()
	snap.Close()
	_, err = db.store.Commit(context.Background(), &kv.Batch{
		Since: since, Writes: []kv.Write{{Key: []byte("n\x00\x00\x00\x00collection"), Value: next}},
	})
	if err != nil {
		t.Fatal(err)
	}
	db.do(`CreateCollection({ name: "last" })`)
	_, err = db.Query(context.Background(), "root", `CreateCollection({ name: "more" })`, nil)
	if e := query.Decisive(err); e == nil || e.Code != query.BadRequest || e.Description != "Maximum sequential ID reached." {
		t.Errorf("one more: %v", err)
	}
}

// TestDeepDatabases: databases nest 64 deep, are seen from the top, and go
// with what is above them.
func TestDeepDatabases(t *testing.T) {
	const depth = 64
	db := newSandbox(t)
	path, ref := "", ""
	for range depth {
		secret := "root"
		if path != "" {
			secret += ":" + strings.TrimPrefix(path, "/") + ":admin"
		}
		db.as(secret, `CreateDatabase({ name: "a" })`, nil)
		path += "/a"
		if ref == "" {
			ref = `Database("a")`
		} else {
			ref = `Database("a", ` + ref + `)`
		}
	}
	deepest := "root:" + path[1:] + ":admin"
	db.as(deepest, `Do(CreateCollection({ name: "c" }), Create(Ref(Collection("c"), "1"), {}))`, nil)
	secret, _ := db.as(deepest, `Select("secret", Create(Tokens(), { instance: Ref(Collection("c"), "1") }))`, nil).(value.String)
	if got := db.root(`Exists(Ref(Collection("c", ` + ref + `), "1"))`); got != value.Boolean(true) {
		t.Errorf("from the top: %v", got)
	}
	if got := db.as(string(secret), `HasCurrentIdentity()`, nil); got != value.Boolean(true) {
		t.Errorf("the token: %v", got)
	}
	db.root(`Delete(Database("a"))`)
	for _, s := range []string{string(secret), deepest} {
		if _, err := db.Query(context.Background(), s, `1`, nil); code(err) != query.Unauthorized {
			t.Errorf("after: %v", err)
		}
	}
}
