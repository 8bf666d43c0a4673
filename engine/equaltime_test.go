package engine_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/engine/password"
)

// TestFailedLoginsTakeAlike pins that every login that fails hashes one
// password, whatever was wrong, so that it takes the same time. argon2id
// allocates the memory that its cost says, and nothing else here does.
func TestFailedLoginsTakeAlike(t *testing.T) {
	cost := password.Cost{Memory: 16 << 10, Time: 1, Lanes: 1}
	const hash = 16 << 20 // bytes
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{
		PasswordCost: cost, LoginLimit: limiter.Policy{Limit: 2, Window: limiter.Passwords.Window}, SweepInterval: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &sandbox{DB: db, t: t}
	client := s.public()
	s.root(`Do(
		Create(Ref(Collection("users"), "2"), {}), Create(Ref(Collection("users"), "3"), {}),
		Create(Credentials(), { instance: Ref(Collection("users"), "3") }),
		Create(Ref(Collection("users"), "4"), { credentials: { password: "x" } }), Delete(Ref(Collection("users"), "4")))`)
	s.tries(client, `Ref(Collection("users"), "77")`, "x", 1) // the dummy is made once
	for _, test := range []struct{ name, who, password string }{
		{"a wrong password", alice, `"wrong"`},
		{"again", alice, `"wrong again"`},
		{"locked", alice, `"right"`},
		{"no password", `Ref(Collection("users"), "2")`, `null`},
		{"no credentials", `Ref(Collection("users"), "2")`, `"x"`},
		{"credentials without a password", `Ref(Collection("users"), "3")`, `"x"`},
		{"deleted", `Ref(Collection("users"), "4")`, `"x"`},
		{"never there", `Ref(Collection("users"), "99")`, `"x"`},
		{"an empty set", `Match(Index("by_email"), "nobody")`, `"x"`},
		{"a set", `Match(Index("by_email"), "alice")`, `"x"`},
	} {
		for who, secret := range map[string]string{"client": client, "server": s.RootSecret() + ":server"} {
			if who == "server" && test.name == "locked" {
				continue // nobody is, for servers
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := db.Query(context.Background(), secret, `Login(`+test.who+`, { password: `+test.password+` })`, nil)
			runtime.ReadMemStats(&after)
			if err == nil || err.Error() != "authentication failed: The document was not found or provided password was incorrect." {
				t.Errorf("%s, %s: got %v", who, test.name, err)
			}
			if n := float64(after.TotalAlloc-before.TotalAlloc) / hash; n < 1 || n >= 2 {
				t.Errorf("%s, %s: %.1f hashes", who, test.name, n)
			}
		}
	}
}
