package jwks

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query"
)

// TestRights pins what the bearer of a JWT may do and is told about itself,
// and that what its provider says is in force at once.
func TestRights(t *testing.T) {
	i := newIssuer(t)
	key := newKey(t)
	i.publish(public(key, "k1"))
	now := time.Unix(1_700_000_000, 0)
	clock := now.UnixMicro()
	db, err := engine.OpenStore(mem.New(mem.Options{Clock: func() int64 { clock++; return clock }}), engine.Options{
		Clock: func() time.Time { return now }, Keys: New(Options{AllowPrivate: true, TLS: i.trust()}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	run := func(secret, q string) *engine.Result {
		t.Helper()
		res, err := db.Query(context.Background(), secret, q, map[string]any{"uri": i.URL})
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		return res
	}
	const admin = ":app:admin"
	root := db.RootSecret()
	run(root, `CreateDatabase({ name: "app" })`)
	run(root+admin, `CreateCollection({ name: "posts" })`)
	run(root+admin, `Do(
		Create(Ref(Collection("posts"), "1"), { data: { owner: "alice" } }),
		CreateRole({ name: "owner", privileges: [{ resource: Collection("posts"), actions: {
			read: Query((ref) => Equals(Select(["data", "owner"], Get(ref)), CurrentIdentity())) } }] }),
		CreateRole({ name: "writer", privileges: [{ resource: Collection("posts"), actions: {
			create: Query((_) => ContainsStr(Select("scope", CurrentToken()), "w")) } }] }),
		CreateRole({ name: "deleter", privileges: [{ resource: Collection("posts"), actions: { delete: true } }] }))`)
	var audience string
	err = run(root+admin, `CreateAccessProvider({ name: "idp", issuer: "https://idp.example/", jwks_uri: Var("uri"), roles: [
		Role("owner"), "writer",
		{ role: "deleter", predicate: Query((claims) => Equals(Select("sub", claims), "bob")) },
		{ role: Role("deleter"), predicate: Query((claims) => Abort("no")) }] })`).Select(&audience, "audience")
	if err != nil {
		t.Fatal(err)
	}
	// of makes a JWT, signed without the name of the key.
	of := func(sub, scope string) string {
		claims := map[string]any{"iss": "https://idp.example/", "aud": audience, "scope": scope, "nbf": now.Unix() - 1}
		if sub != "" {
			claims["sub"] = sub
		}
		return sign(t, jose.RS384, key, "", claims)
	}
	const (
		get    = `Get(Ref(Collection("posts"), "1"))`
		create = `Create(Collection("posts"), { data: { owner: "carol" } })`
		remove = `Delete(Ref(Collection("posts"), "1"))`
	)
	try := func(what, secret, q string, want query.Code) {
		t.Helper()
		_, err := db.Query(context.Background(), secret, q, nil)
		got := query.Code(0)
		if errors.Is(err, engine.ErrUnauthorized) {
			got = query.Unauthorized
		} else if e := query.Decisive(err); e != nil {
			got = e.Code
		} else if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	for _, test := range []struct {
		sub, scope          string
		get, create, remove query.Code
	}{
		{"alice", "r", 0, query.PermissionDenied, query.PermissionDenied},
		{"carol", "rw", query.PermissionDenied, 0, query.PermissionDenied},
		{"", "w", query.PermissionDenied, 0, query.PermissionDenied}, // no identity: the predicate fails
		{"bob", "r", query.PermissionDenied, query.PermissionDenied, 0},
	} {
		token := of(test.sub, test.scope)
		try(test.sub+" reads", token, get, test.get)
		try(test.sub+" creates", token, create, test.create)
		try(test.sub+" deletes", token, remove, test.remove)
	}
	var about struct {
		Identity bool   `fauna:"identity"`
		Token    bool   `fauna:"token"`
		Scope    string `fauna:"scope"`
	}
	err = run(of("", "x"), `{ identity: HasCurrentIdentity(), token: HasCurrentToken(), scope: Select("scope", CurrentToken()) }`).Decode(&about)
	if err != nil || about.Identity || !about.Token || about.Scope != "x" {
		t.Errorf("got %+v, %v", about, err)
	}
	try("identity without sub", of("", "x"), `CurrentIdentity()`, query.MissingIdentity)
	try("sub", of("dave", "x"), `Equals(CurrentIdentity(), "dave")`, 0)

	// KeyFromSecret tells the database, to whoever may read it.
	ask := `KeyFromSecret("` + of("alice", "r") + `")`
	var database string
	if err := run(root, ask).Select(&database, "database", "id"); err != nil || database != "app" {
		t.Errorf("got %q, %v", database, err)
	}
	try("database of a JWT, unreadable", root+":server", ask, query.PermissionDenied)
	try("a JWT that is not good", root, `KeyFromSecret("ey.ey.ey")`, query.SecretNotFound)

	token := of("alice", "r")
	run(root+admin, `Update(Role("owner"), { privileges: [] })`)
	try("the privilege is gone", token, get, query.PermissionDenied)
	run(root+admin, `Update(AccessProvider("idp"), { roles: ["deleter"] })`)
	try("other roles", token, remove, query.InstanceNotFound)
	run(root+admin, `Delete(Role("deleter"))`)
	try("no role is left", token, `1`, query.Unauthorized)
	run(root+admin, `Update(AccessProvider("idp"), { roles: ["writer"] })`)
	try("another role", token, `1`, 0)
	run(root+admin, `Update(AccessProvider("idp"), { issuer: "https://other.example/" })`)
	try("another issuer", token, `1`, query.Unauthorized)
	run(root+admin, `Update(AccessProvider("idp"), { issuer: "https://idp.example/" })`)
	try("the issuer again", token, `1`, 0)
	run(root+admin, `Delete(AccessProvider("idp"))`)
	try("the provider is gone", token, `1`, query.Unauthorized)
	run(root+admin, `CreateAccessProvider({ name: "idp", issuer: "https://idp.example/", jwks_uri: Var("uri"), roles: "writer" })`)
	try("another provider", token, `1`, 0)
	run(root, `Delete(Database("app"))`)
	try("the database is gone", token, `1`, query.Unauthorized)
}
