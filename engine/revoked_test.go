package engine_test

import (
	"context"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query"
)

// interrupted is a store that does something before its next commit.
type interrupted struct {
	kv.Store
	before func()
}

func (s *interrupted) Commit(ctx context.Context, b *kv.Batch) (int64, error) {
	if f := s.before; f != nil {
		s.before = nil
		f()
	}
	return s.Store.Commit(ctx, b)
}

// TestRevokedMeanwhile: who sent a query, and what it may do, is part of what
// the query has read. A right that ends before the commit was none.
func TestRevokedMeanwhile(t *testing.T) {
	for _, test := range []struct {
		name, revoke string
		want         query.Code // 0: it goes through
	}{
		{"nothing", `1`, 0},
		{"something else", `Create(Collection("other"), {})`, 0},
		{"the token", `Delete(Ref(Tokens(), "1"))`, query.Unauthorized},
		{"its secret", `Replace(Ref(Tokens(), "1"), { instance: Ref(Collection("users"), "1") })`, query.Unauthorized},
		{"its identity", `Delete(Ref(Collection("users"), "1"))`, query.Unauthorized},
		{"the collection of its identity", `Delete(Collection("users"))`, query.Unauthorized},
		{"the role", `Delete(Role("r"))`, query.PermissionDenied},
		{"the privilege", `Update(Role("r"), { privileges: [] })`, query.PermissionDenied},
		{"the membership", `Update(Ref(Collection("users"), "1"), { data: { active: false } })`, query.PermissionDenied},
		{"what a predicate reads", `Update(Ref(Collection("other"), "1"), { data: { open: false } })`, query.PermissionDenied},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := &interrupted{Store: mem.New(mem.Options{})}
			db, err := engine.OpenStore(store, engine.Options{PasswordCost: cheap})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			ctx := context.Background()
			run := func(q string) *engine.Result {
				t.Helper()
				res, err := db.Query(ctx, db.RootSecret(), q, nil)
				if err != nil {
					t.Fatal(err)
				}
				return res
			}
			run(`Do(CreateCollection({ name: "users" }), CreateCollection({ name: "posts" }), CreateCollection({ name: "other" }),
				Create(Ref(Collection("users"), "1"), { data: { active: true } }),
				Create(Ref(Collection("other"), "1"), { data: { open: true } }),
				CreateRole({ name: "r",
					membership: { resource: Collection("users"), predicate: Query((me) => Select(["data", "active"], Get(me))) },
					privileges: [{ resource: Collection("posts"), actions: {
						create: Query((_) => Select(["data", "open"], Get(Ref(Collection("other"), "1")))) } }] }))`)
			var secret string
			token := run(`Select("secret", Create(Ref(Tokens(), "1"), { instance: Ref(Collection("users"), "1") }))`)
			if err := token.Decode(&secret); err != nil {
				t.Fatal(err)
			}
			store.before = func() { run(test.revoke) }
			_, err = db.Query(ctx, secret, `Create(Collection("posts"), {})`, nil)
			if got := code(err); got != test.want || err != nil && got == 0 {
				t.Errorf("got %v, want %v", err, test.want)
			}
			var made int
			if err := run(`Count(Documents(Collection("posts")))`).Decode(&made); err != nil || (made == 1) != (test.want == 0) {
				t.Errorf("%d posts (%v)", made, err)
			}
		})
	}
}
