// Package tokenstest gives the tests of the doors token services of a scratch
// database, with a clock that they move.
package tokenstest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/tokens"
)

// Fixture is token services of a scratch database.
type Fixture struct {
	*tokens.Service
	// Path is that of the database file.
	Path string
	t    testing.TB
	now  atomic.Int64 // microseconds
}

// Start is when the clock of a fixture begins.
var Start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// New returns a fixture, whose issuer is https://tokens.example.com; edit may
// change the options.
func New(t testing.TB, edit ...func(*tokens.Options)) *Fixture {
	t.Helper()
	dir := t.TempDir()
	f := &Fixture{t: t, Path: filepath.Join(dir, "fawn.db")}
	f.now.Store(Start.UnixMicro())
	db, err := engine.Open(f.Path, engine.Options{
		Clock: f.Clock, NoSync: true, PasswordCost: password.Cost{Memory: 8, Time: 1, Lanes: 1}, SweepInterval: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	ring, err := tokens.OpenRing(filepath.Join(dir, "fawn.keys"), f.Clock(), tokens.RingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o := tokens.Options{Issuer: "https://tokens.example.com", Ring: ring}
	for _, e := range edit {
		e(&o)
	}
	if f.Service, err = tokens.New(context.Background(), db, o); err != nil {
		t.Fatal(err)
	}
	return f
}

// Clock is the time of the fixture, which goes on by itself a microsecond each
// time it is asked.
func (f *Fixture) Clock() time.Time { return time.UnixMicro(f.now.Add(1)).UTC() }

// Forward moves the time of the database, which may be a little ahead of the
// clock, and behind it while a commit from before is on its way.
func (f *Fixture) Forward(d time.Duration) {
	f.t.Helper()
	then := f.at() + d.Microseconds()
	f.now.Store(then)
	for f.at() < then {
		runtime.Gosched()
	}
}

// at is the time of the database, in microseconds.
func (f *Fixture) at() (now int64) {
	f.t.Helper()
	err := f.View(context.Background(), func(tx *tokens.Tx) error {
		now = tx.Now()
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return now
}

// Do runs a query as an admin that must succeed.
func (f *Fixture) Do(q string, args map[string]any) value.Value {
	f.t.Helper()
	res, err := f.DB().Query(context.Background(), f.Secret(), q, args)
	if err != nil {
		f.t.Fatalf("%s: %v", q, err)
	}
	return value.Resolve(res.Value, res.Time)
}

// User makes a user with data and a password, and returns the ref.
func (f *Fixture) User(data map[string]any, password string) value.Ref {
	f.t.Helper()
	v := f.Do(`Select("ref", Create(Collection("users"), { data: Var("data"), credentials: { password: Var("password") } }))`,
		map[string]any{"data": data, "password": password})
	return v.(value.Ref)
}

// Audited returns the names of the events in the audit, in their order.
func (f *Fixture) Audited() []string {
	f.t.Helper()
	v := f.Do(`Select("data", Map(Paginate(Documents(Collection("token_audit")), { size: 10000 }), (e) => Select(["data", "event"], Get(e))))`, nil)
	var out []string
	if err := value.Decode(v, nil, &out); err != nil {
		f.t.Fatal(err)
	}
	return out
}

// Holds reports whether the database file, or the ring, has a text in it.
func (f *Fixture) Holds(text string) bool {
	f.t.Helper()
	dir := filepath.Dir(f.Path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			f.t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}

// Closed returns services whose database is closed: every operation fails.
func Closed(t testing.TB) *tokens.Service {
	t.Helper()
	db, err := engine.Open(filepath.Join(t.TempDir(), "fawn.db"), engine.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := tokens.New(context.Background(), db, tokens.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}
