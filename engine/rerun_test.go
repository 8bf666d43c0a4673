package engine_test

import (
	"context"
	"crypto/rand"
	"sync/atomic"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/kvtest"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query/value"
)

// salts counts the salts that are drawn from it.
type salts struct{ n atomic.Int64 }

func (s *salts) Read(p []byte) (int, error) {
	if len(p) == 16 {
		s.n.Add(1)
	}
	return rand.Read(p)
}

// TestRerunHashesOnce: a query that is run again after a conflict remembers
// what it hashed.
func TestRerunHashesOnce(t *testing.T) {
	store, random := kvtest.Lose(mem.New(mem.Options{})), &salts{}
	db, err := engine.OpenStore(store, engine.Options{PasswordCost: cheap, Random: random})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ctx := context.Background()
	run := func(q string, runs int64) *engine.Result {
		t.Helper()
		store.Next(runs)
		res, err := db.Query(ctx, db.RootSecret(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		if int64(res.Stats.Retries) != runs {
			t.Fatalf("%s: run again %d times, want %d", q, res.Stats.Retries, runs)
		}
		return res
	}
	run(`CreateCollection({ name: "users" })`, 0)
	before := random.n.Load()
	run(`Create(Ref(Collection("users"), "1"), { credentials: { password: "sekrit" } })`, 5)
	if n := random.n.Load() - before; n != 1 {
		t.Errorf("hashed %d times", n)
	}
	res := run(`Login(Ref(Collection("users"), "1"), { password: "sekrit" })`, 5)
	var token engine.Token
	if err := res.Decode(&token); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Verify(ctx, token.Secret); err != nil {
		t.Errorf("the secret of the last run: %v", err)
	}
	if res := run(`Count(Tokens())`, 0); res.Value != value.Long(1) {
		t.Errorf("%v tokens", res.Value)
	}
}
