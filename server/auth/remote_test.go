package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/oauth"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// served is a server of tokens that counts how often it is asked.
type served struct {
	*tokenstest.Fixture
	*httptest.Server
	asked  atomic.Int32
	key    string
	user   value.Ref
	status int // of its answers, 0 for the true ones
}

func newServed(t *testing.T) *served {
	t.Helper()
	s := &served{Fixture: tokenstest.New(t)}
	d, err := oauth.New(s.Fixture.Service, door.Options{Limits: door.NewLimits(s.Clock)}, oauth.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if s.status != 0 {
			http.Redirect(w, r, "https://elsewhere.example.com/", s.status)
			return
		}
		d.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	_, s.key = s.Key(`{ role: "server" }`)
	s.user = s.User(map[string]any{"username": "ana"}, "secret")
	return s
}

// token makes a token of Fauna, and returns its secret.
func (s *served) token(more string) string {
	v := s.Do(`Select("secret", Create(Tokens(), { instance: Var("user")`+more+` }))`, map[string]any{"user": s.user})
	return string(v.(value.String))
}

// TestVerifiers: the embedded and the remote verifier say the same.
func TestVerifiers(t *testing.T) {
	s := newServed(t)
	remote := auth.NewRemote(s.URL, s.key)
	ctx := context.Background()
	secret := s.token(`, ttl: TimeAdd(Now(), 1, "hour"), data: { scope: "read write", permissions: { createA: true, n: 1, o: { a: [] } } }`)
	here, err := s.Verify(ctx, secret)
	if err != nil {
		t.Fatal(err)
	}
	here.ExpiresAt = here.ExpiresAt.Truncate(time.Second) // as exp has it
	there, err := remote.Verify(ctx, secret)
	if err != nil || !reflect.DeepEqual(here, there) || here.User != "ana" || len(here.Scopes) != 3 {
		t.Errorf("%v\n%+v\n%+v", err, here, there)
	}
	refresh := "rt_" + strings.Repeat("r", 43)
	err = s.Update(ctx, func(tx *tokens.Tx) error {
		user, err := tx.SubjectOf("oauth/1", nil)
		if err != nil {
			return err
		}
		token, err := tx.NewToken(tokens.OAuth, user.Ref)
		if err != nil {
			return err
		}
		token.Grant(tokens.Refresh, refresh, time.Time{}, false)
		return tx.Put(token)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "x", "unknown-secret-of-nobody", refresh, s.key, strings.Repeat("x", 5000)} {
		for name, v := range map[string]auth.Verifier{"embedded": s, "remote": remote} {
			if _, err := v.Verify(ctx, bad); !errors.Is(err, auth.ErrInactive) {
				t.Errorf("%s, %.10s: %v", name, bad, err)
			}
		}
	}
}

func TestRemoteCache(t *testing.T) {
	s := newServed(t)
	now := tokenstest.Start
	remote := func(ttl time.Duration, n int) (verify func(secret string) error) {
		r := auth.NewRemote(s.URL+"/oauth/introspect", s.key)
		r.Clock = func() time.Time { return now }
		var err error
		h := auth.Protect(r, auth.Cache(ttl, n), auth.ErrorWriter(func(_ http.ResponseWriter, _ *http.Request, refused auth.Refusal) {
			err = errors.New(fmt.Sprint(refused.Status))
		}))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { err = nil }))
		return func(secret string) error {
			h.ServeHTTP(httptest.NewRecorder(), request("GET /\nAuthorization: Bearer "+secret))
			return err
		}
	}
	asks := func(name string, want int32, do func()) {
		t.Helper()
		before := s.asked.Load()
		do()
		if got := s.asked.Load() - before; got != want {
			t.Errorf("%s: asked %d times, want %d", name, got, want)
		}
	}
	secret, verify := s.token(""), remote(10*time.Second, 10)
	asks("a good one", 1, func() {
		for range 3 {
			if err := verify(secret); err != nil {
				t.Error(err)
			}
		}
		now = now.Add(10*time.Second - 1)
		_ = verify(secret)
	})
	asks("after its time", 1, func() { now = now.Add(1); _ = verify(secret) })
	asks("a bad one", 2, func() {
		for range 3 {
			if err := verify("unknown-secret-of-nobody"); err == nil {
				t.Error("it passes")
			}
		}
		now = now.Add(2 * time.Second)
		_ = verify("unknown-secret-of-nobody")
	})
	asks("guesses drive out no good one", 100, func() {
		for i := range 100 {
			_ = verify(fmt.Sprint("unknown-secret-of-nobody", i))
		}
		_ = verify(secret)
	})
	short := s.token(`, ttl: TimeAdd(Now(), 3, "seconds")`)
	now = tokenstest.Start
	verify = remote(10*time.Second, 10)
	asks("one that expires", 2, func() {
		_ = verify(short)
		now = now.Add(2 * time.Second)
		_ = verify(short)
		now = now.Add(2 * time.Second)
		_ = verify(short)
	})
	verify = remote(time.Hour, 10)
	asks("at most 30 seconds", 2, func() {
		_ = verify(secret)
		now = now.Add(30 * time.Second)
		_ = verify(secret)
	})
	verify = remote(0, 10)
	asks("no cache", 2, func() { _ = verify(secret); _ = verify(secret) })
	s.Do(`Delete(Select(["data", 0], Paginate(Tokens())))`, nil)
	verify = remote(10*time.Second, 10)
	for _, status := range []int{302, 401, 500} {
		s.status = status
		if err := verify(secret); err == nil || err.Error() != "503" {
			t.Errorf("the server answers %d: %v", status, err)
		}
	}
	if _, err := auth.NewRemote("::", s.key).Verify(t.Context(), secret); err == nil || errors.Is(err, auth.ErrInactive) ||
		strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), s.key) {
		t.Errorf("no URL: %v", err)
	}
}
