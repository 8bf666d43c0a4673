package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// TestTokenOptions: what cannot be stored is an error, not left out.
func TestTokenOptions(t *testing.T) {
	db := newSandbox(t)
	ctx := context.Background()
	db.root(`Do(CreateCollection({ name: "users" }), Create(Ref(Collection("users"), "1"), { credentials: { password: "p" } }))`)
	who := db.ref(`Ref(Collection("users"), "1")`)
	var wrong *value.TypeError
	for _, o := range []engine.TokenOptions{
		{Data: map[string]any{"f": func() {}}},
		{Data: map[string]any{"n": uint64(1 << 63)}},
	} {
		if _, err := db.CreateToken(ctx, db.RootSecret(), who, o); !errors.As(err, &wrong) {
			t.Errorf("CreateToken(%v): %v", o, err)
		}
		if _, err := db.Login(ctx, db.RootSecret(), who, "p", o); !errors.As(err, &wrong) {
			t.Errorf("Login(%v): %v", o, err)
		}
	}
	if n := db.root(`Count(Tokens())`); n != value.Long(0) {
		t.Errorf("%v tokens", n)
	}
	ends := time.Date(2024, 5, 2, 0, 0, 0, 0, time.UTC)
	data := map[string]any{"device": "phone", "n": int64(5), "tags": []any{"a", 1.5}, "of": who}
	token, err := db.CreateToken(ctx, db.RootSecret(), who, engine.TokenOptions{Data: data, TTL: ends})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data, token.Data); diff != "" {
		t.Errorf("data: %s", diff)
	}
	if token.TTL == nil || !token.TTL.Equal(ends) {
		t.Errorf("ttl: %v, want %v", token.TTL, ends)
	}
}

// TestVerify: what a secret stands for, and that it ends at once.
func TestVerify(t *testing.T) {
	db := newSandbox(t)
	ctx := context.Background()
	db.root(`Do(
		CreateCollection({ name: "users" }), Create(Ref(Collection("users"), "1"), { data: { admin: true } }),
		CreateRole({ name: "all", membership: { resource: Collection("users") } }),
		CreateRole({ name: "admins", membership: { resource: Collection("users"), predicate: Query((me) => Select(["data", "admin"], Get(me))) } }),
		CreateDatabase({ name: "child" }))`)
	who := db.ref(`Ref(Collection("users"), "1")`)
	token, err := db.CreateToken(ctx, db.RootSecret(), who, engine.TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var key engine.Token
	res, err := db.Query(ctx, db.RootSecret(), `CreateKey({ role: "server" })`, nil)
	if err == nil {
		err = res.Decode(&key)
	}
	if err != nil {
		t.Fatal(err)
	}
	child := db.text(`Select("secret", CreateKey({ role: "admin", database: Database("child") }))`)
	id, ok := secret.ParseGlobalID(db.text(`Select("global_id", Get(Database("child")))`))
	if !ok {
		t.Fatal("the database has no global id")
	}
	for _, test := range []struct {
		name, secret string
		want         engine.Verified
	}{
		{"token", token.Secret, engine.Verified{Token: token.Ref, Instance: who, Roles: []string{"all", "admins"}}},
		{"key", key.Secret, engine.Verified{Token: key.Ref, Role: "server"}},
		{"key of a child", child, engine.Verified{Database: 1, GlobalID: id, Role: "admin"}},
		{"root", db.RootSecret(), engine.Verified{Role: "admin"}},
		{"root as a role", db.RootSecret() + ":@role/all", engine.Verified{Roles: []string{"all"}}},
		{"key as a document", key.Secret + ":@doc/users/1", engine.Verified{Token: key.Ref, Instance: who, Roles: []string{"all", "admins"}}},
	} {
		got, err := db.Verify(ctx, test.secret)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	db.root(`Delete(Ref(Collection("users"), "1"))`)
	for _, secret := range []string{token.Secret, key.Secret + ":@doc/users/1", "", ":", key.Secret + ":x:admin"} {
		if _, err := db.Verify(ctx, secret); !errors.Is(err, engine.ErrUnauthorized) {
			t.Errorf("Verify(%q): %v", secret, err)
		}
	}
	if _, err := db.Logout(ctx, token.Secret, false); code(err) != query.Unauthorized {
		t.Errorf("Logout of a dead token: %v", err)
	}
}

// FuzzVerify: nobody gets in with a text that does not begin with a secret.
func FuzzVerify(f *testing.F) {
	db := newSandbox(f)
	db.root(`Do(CreateCollection({ name: "users" }), Create(Ref(Collection("users"), "1"), {}), CreateRole({ name: "r" }), CreateDatabase({ name: "d" }))`)
	secrets := []string{
		"root", db.RootSecret(),
		db.text(`Select("secret", CreateKey({ role: "admin" }))`),
		db.text(`Select("secret", Create(Tokens(), { instance: Ref(Collection("users"), "1") }))`),
	}
	for _, s := range secrets {
		for _, scope := range []string{"", ":", ":admin", ":d:server", ":@role/r", ":@doc/users/1", ":@doc/users/2", ":x:y:z"} {
			f.Add(s + scope)
			f.Add(s[1:] + scope)
			f.Add(s[:len(s)-1] + scope)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := db.Verify(context.Background(), text)
		secret, _, _ := strings.Cut(text, ":")
		switch known := slices.Contains(secrets, secret); {
		case err == nil && !known:
			t.Errorf("%q got in", text)
		case err != nil && !errors.Is(err, engine.ErrUnauthorized):
			t.Errorf("%q: %v", text, err)
		case err != nil && text == secret && known:
			t.Errorf("%q did not get in", text)
		}
	})
}
