package tokens_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/tokens"
)

// guess is a try of ana's password.
func (f *fixture) guess(password string) error {
	return f.Login(context.Background(), tokens.Login{
		Account: "test/ana", Password: password,
		Find:   func(tx *tokens.Tx) (*value.Document, error) { return tx.UserNamed("ana") },
		Accept: func(*tokens.Tx, *value.Document) error { return nil },
	})
}

// TestLogin: what becomes of tries, and that each is in the audit.
func TestLogin(t *testing.T) {
	f := newFixture(t)
	want := []string{"login.ok"}
	if err := f.guess("secret"); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		want = append(want, "login.failed")
		if err := f.guess("wrong"); !errors.Is(err, tokens.ErrCredentials) {
			t.Fatal(err)
		}
	}
	for _, password := range []string{"secret", "wrong"} {
		want = append(want, "login.locked")
		if err := f.guess(password); !errors.Is(err, tokens.ErrCredentials) {
			t.Fatal(err)
		}
	}
	f.Forward(15 * time.Minute)
	want = append(want, "login.ok")
	if err := f.guess("secret"); err != nil {
		t.Fatal(err)
	}
	f.Do(`Update(Var("who"), { data: { isActive: false } })`, map[string]any{"who": f.ana})
	want = append(want, "login.failed")
	if err := f.guess("secret"); !errors.Is(err, tokens.ErrCredentials) {
		t.Fatal(err)
	}
	if got := f.Audited(); !slices.Equal(got, want) {
		t.Errorf("audit:\ngot  %v\nwant %v", got, want)
	}
}

// TestLockedTakesTime: a locked account cannot be told from a wrong password by
// how long the answer takes, which is the time of one hash.
func TestLockedTakesTime(t *testing.T) {
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{PasswordCost: password.Cost{Memory: 16 << 10, Time: 2, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	s, err := tokens.New(t.Context(), db, tokens.Options{})
	if err != nil {
		t.Fatal(err)
	}
	try := func() time.Duration {
		began := time.Now()
		err := s.TryPassword(t.Context(), "test/ana", "wrong", tokens.Origin{}, func(ctx context.Context) error {
			return s.Update(ctx, func(tx *tokens.Tx) error {
				if _, err := tx.Password(nil, "wrong"); err != nil {
					return err
				}
				return tokens.ErrCredentials
			})
		})
		if !errors.Is(err, tokens.ErrCredentials) {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	wrong := time.Hour
	for range 5 {
		wrong = min(wrong, try())
	}
	for range 3 {
		if locked := try(); locked < wrong/2 {
			t.Errorf("locked: %v, wrong: %v", locked, wrong)
		}
	}
}

// TestPatience: who has to wait for too long is told so, and not counted.
func TestPatience(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ended := false
	err := f.TryPassword(context.Background(), "test/ana", "secret", tokens.Origin{}, func(ctx context.Context) error {
		<-ctx.Done()
		ended = true
		return ctx.Err()
	})
	if !errors.Is(err, tokens.ErrBusy) || !ended {
		t.Errorf("%v, %v", err, ended)
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	err = tokens.Patiently(gone, func(ctx context.Context) error { return ctx.Err() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a client that is gone: %v", err)
	}
}
