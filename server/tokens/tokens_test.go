package tokens_test

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// fixture is services with a user.
type fixture struct {
	*tokenstest.Fixture
	t   *testing.T
	ana value.Ref
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{Fixture: tokenstest.New(t), t: t}
	f.ana = f.User(map[string]any{"username": "Ana", "email": "ana@example.com", "org": "acme", "phone": "+15550100"}, "secret")
	return f
}

// pair makes a token of OAuth with an access and a refresh secret.
func (f *fixture) pair() (access, refresh string) {
	f.t.Helper()
	err := f.Update(context.Background(), func(tx *tokens.Tx) error {
		t, err := tx.NewToken(tokens.OAuth, f.ana)
		if err != nil {
			return err
		}
		access, refresh, err = f.grant(tx, t)
		if err != nil {
			return err
		}
		return tx.Put(t)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return access, refresh
}

func (f *fixture) grant(tx *tokens.Tx, t *tokens.Token) (access, refresh string, err error) {
	if access, err = f.Opaque("at_"); err != nil {
		return "", "", err
	}
	if refresh, err = f.Opaque("rt_"); err != nil {
		return "", "", err
	}
	t.TTL = tx.At().Add(tokens.OAuth.Refresh)
	t.Grant(tokens.Access, access, tx.At().Add(tokens.OAuth.Access), false)
	t.Grant(tokens.Refresh, refresh, t.TTL, false)
	return access, refresh, nil
}

// rotate exchanges a refresh secret; with a pair the access secret must match.
func (f *fixture) rotate(refresh, access string) (newAccess, newRefresh string, err error) {
	err = f.Rotate(context.Background(), tokens.Rotation{
		Refresh: refresh, Access: access, Pair: access != "",
		Mint: func(tx *tokens.Tx, t *tokens.Token) (err error) {
			newAccess, newRefresh, err = f.grant(tx, t)
			return err
		},
	})
	return newAccess, newRefresh, err
}

func (f *fixture) resolves(secret string, want tokens.Role) bool {
	f.t.Helper()
	_, err := f.Resolve(context.Background(), tokens.Presented{Secret: secret, Want: want})
	if err != nil && !errors.Is(err, auth.ErrInactive) {
		f.t.Fatal(err)
	}
	return err == nil
}

func TestResolve(t *testing.T) {
	f := newFixture(t)
	access, refresh := f.pair()
	if !f.resolves(access, tokens.Access) || !f.resolves(refresh, tokens.Refresh) || !f.resolves(refresh, "") {
		t.Error("a new pair does not resolve")
	}
	if f.resolves(access, tokens.Refresh) || f.resolves(refresh, tokens.Access) {
		t.Error("a secret is good for what it is not for")
	}
	for _, s := range []string{"", "short", strings.Repeat("x", 5000), "0123456789 0123456789", access + "x", access + "\x00"} {
		if f.resolves(s, "") {
			t.Errorf("%.20q resolves", s)
		}
	}
	fauna := f.Do(`Select("secret", Create(Tokens(), { instance: Var("who"), data: { scope: "read" } }))`, map[string]any{"who": f.ana})
	r, err := f.Resolve(context.Background(), tokens.Presented{Secret: string(fauna.(value.String)), Want: tokens.Access})
	if err != nil || r.Token.Member.Kind != tokens.Fauna || r.Path != "users/"+strings.TrimPrefix(r.Path, "users/") {
		t.Errorf("a token of Fauna: %+v, %v", r, err)
	}
	key := f.Do(`Select("secret", CreateKey({ role: "server" }))`, nil)
	if f.resolves(string(key.(value.String)), "") {
		t.Error("a key resolves")
	}
	f.Forward(tokens.OAuth.Access)
	if f.resolves(access, "") || !f.resolves(refresh, "") {
		t.Error("the access secret does not expire by itself")
	}
	f.Do(`Update(Var("who"), { data: { isActive: false } })`, map[string]any{"who": f.ana})
	if f.resolves(refresh, "") {
		t.Error("a secret of a disabled user resolves")
	}
	f.Do(`Update(Var("who"), { data: { isActive: true } })`, map[string]any{"who": f.ana})
	if !f.resolves(refresh, "") {
		t.Error("a secret of an enabled user does not resolve")
	}
	f.Do(`Delete(Var("who"))`, map[string]any{"who": f.ana})
	if f.resolves(refresh, "") {
		t.Error("a secret of a deleted user resolves")
	}
}

func TestRotate(t *testing.T) {
	f := newFixture(t)
	access, refresh := f.pair()
	if _, _, err := f.rotate(refresh, "at_"+strings.Repeat("x", 43)); !errors.Is(err, tokens.ErrMismatch) || !f.resolves(access, "") {
		t.Errorf("another access secret: %v", err)
	}
	if _, _, err := f.rotate(access, ""); !errors.Is(err, tokens.ErrInvalid) {
		t.Errorf("an access secret: %v", err)
	}
	access2, refresh2, err := f.rotate(refresh, access)
	if err != nil || f.resolves(access, "") || f.resolves(refresh, "") || !f.resolves(access2, "") {
		t.Fatalf("rotation: %v", err)
	}
	f.Forward(4 * time.Second)
	if _, _, err := f.rotate(refresh, ""); !errors.Is(err, tokens.ErrInvalid) || !f.resolves(refresh2, "") {
		t.Errorf("sent twice: %v", err)
	}
	f.Forward(time.Second)
	if _, _, err := f.rotate(refresh, ""); !errors.Is(err, tokens.ErrReused) || f.resolves(access2, "") || f.resolves(refresh2, "") {
		t.Errorf("reused: %v", err)
	}
	want := []string{"token.mismatch", "token.rotated", "token.reuse_detected"}
	if got := f.Audited(); !slices.Equal(got, want) {
		t.Errorf("audit: %v", got)
	}
}

// TestRotatePair: an extra access secret is no half of the pair.
func TestRotatePair(t *testing.T) {
	f := newFixture(t)
	access, refresh := f.pair()
	extra := "at_" + strings.Repeat("e", 43)
	err := f.Update(context.Background(), func(tx *tokens.Tx) error {
		r, err := tx.Resolve(tokens.Presented{Secret: access, Want: tokens.Access})
		if err != nil {
			return err
		}
		r.Token.Grant(tokens.Access, extra, r.Expires, false)
		return tx.Put(r.Token)
	})
	if err != nil || !f.resolves(extra, tokens.Access) {
		t.Fatalf("an extra secret does not resolve: %v", err)
	}
	if _, _, err := f.rotate(refresh, extra); !errors.Is(err, tokens.ErrMismatch) {
		t.Errorf("an extra secret: %v", err)
	}
	if _, _, err := f.rotate(refresh, access); err != nil || f.resolves(extra, "") {
		t.Errorf("an extra secret outlives the pair: %v", err)
	}
}

func TestDigits(t *testing.T) {
	f := newFixture(t)
	for range 1000 {
		if d, err := f.Digits(); err != nil || len(d) != 6 || d[0] == '0' {
			t.Fatalf("%q, %v", d, err)
		}
	}
}

func TestCreateUser(t *testing.T) {
	f := newFixture(t)
	err := f.Update(context.Background(), func(tx *tokens.Tx) error {
		for _, password := range []string{"", "correct horse"} {
			ref, err := tx.CreateUser(map[string]any{"org": "acme"}, password)
			if err != nil {
				return err
			}
			user, err := tx.Get(ref)
			if err != nil {
				return err
			}
			if ok, err := tx.Password(user, "correct horse"); ok != (password != "") || err != nil {
				t.Errorf("password %q: %v, %v", password, ok, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRotateRaces: of many with one secret, one succeeds, and its pair works.
func TestRotateRaces(t *testing.T) {
	f := newFixture(t)
	_, refresh := f.pair()
	var wins atomic.Int32
	var access string
	var wait sync.WaitGroup
	for range 64 {
		wait.Go(func() {
			a, _, err := f.rotate(refresh, "")
			switch {
			case err == nil:
				wins.Add(1)
				access = a
			case !errors.Is(err, tokens.ErrInvalid):
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if wins.Load() != 1 || !f.resolves(access, tokens.Access) {
		t.Errorf("%d won", wins.Load())
	}
}

// TestRotateRemembers: the last 32 spent secrets are known as such.
func TestRotateRemembers(t *testing.T) {
	f := newFixture(t)
	_, refresh := f.pair()
	all := []string{refresh}
	for range 34 {
		_, next, err := f.rotate(all[len(all)-1], "")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, next)
		f.Forward(time.Minute)
	}
	if _, _, err := f.rotate(all[1], ""); !errors.Is(err, tokens.ErrInvalid) {
		t.Errorf("the 33rd spent: %v", err)
	}
	if _, _, err := f.rotate(all[2], ""); !errors.Is(err, tokens.ErrReused) {
		t.Errorf("the 32nd spent: %v", err)
	}
}

func TestRotateEnds(t *testing.T) {
	f := newFixture(t)
	_, refresh := f.pair()
	for range 3 {
		f.Forward(29 * 24 * time.Hour)
		var err error
		if _, refresh, err = f.rotate(refresh, ""); err != nil {
			t.Fatal(err)
		}
	}
	f.Forward(3 * 24 * time.Hour) // the family is 90 days old
	if _, _, err := f.rotate(refresh, ""); !errors.Is(err, tokens.ErrInvalid) {
		t.Errorf("an old family: %v", err)
	}
	_, refresh = f.pair()
	f.Forward(tokens.OAuth.Refresh)
	if _, _, err := f.rotate(refresh, ""); !errors.Is(err, tokens.ErrInvalid) {
		t.Errorf("an expired secret: %v", err)
	}
}

func TestUsers(t *testing.T) {
	f := newFixture(t)
	err := f.Update(context.Background(), func(tx *tokens.Tx) error {
		for name, find := range map[string]func() (*value.Document, error){
			"name":  func() (*value.Document, error) { return tx.UserNamed("ANA") },
			"mail":  func() (*value.Document, error) { return tx.UserMailed("Ana@Example.com") },
			"phone": func() (*value.Document, error) { return tx.UserCalled("acme", "+15550100") },
		} {
			doc, err := find()
			if err != nil || doc == nil || doc.Ref != f.ana {
				t.Errorf("by %s: %v, %v", name, doc, err)
			}
		}
		nobody, err := tx.UserNamed("nobody")
		if err != nil || nobody != nil {
			t.Errorf("nobody: %v, %v", nobody, err)
		}
		ana, err := tx.UserNamed("ana")
		if err != nil {
			return err
		}
		for _, tc := range []struct {
			user     *value.Document
			password string
			want     bool
		}{{ana, "secret", true}, {ana, "wrong", false}, {nobody, "secret", false}} {
			if ok, err := tx.Password(tc.user, tc.password); ok != tc.want || err != nil {
				t.Errorf("password %s: %v, %v", tc.password, ok, err)
			}
		}
		first, err := tx.SubjectOf("eco/bob", map[string]any{"service": "eco", "key": "bob"})
		if err != nil {
			return err
		}
		second, err := tx.SubjectOf("eco/bob", nil)
		if err != nil || first.Ref != second.Ref {
			t.Errorf("subject: %v, %v, %v", first.Ref, second, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.User(map[string]any{"org": "acme"}, "other") // no name, no number: no two of them are alike
	f.User(map[string]any{"org": "acme"}, "other")
	access, _ := f.pair()
	if err := f.Update(context.Background(), func(tx *tokens.Tx) error { return tx.SetPassword(f.ana, "new") }); err != nil {
		t.Fatal(err)
	}
	if f.resolves(access, "") {
		t.Error("a token outlives the password")
	}
}

func TestRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fawn.keys")
	now := tokenstest.Start
	ring, err := tokens.OpenRing(path, now, tokens.RingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := ring.Sign(map[string]any{"a": 1}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Rotate(now); err != nil {
		t.Fatal(err)
	}
	kid := func(at time.Time) string {
		s, err := ring.Sign(map[string]any{}, at)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(s, ".")[0]
	}
	if n := len(ring.Public().Keys); n != 2 || kid(now.Add(10*time.Minute)) != strings.Split(first, ".")[0] || kid(now.Add(11*time.Minute)) == kid(now) {
		t.Errorf("%d keys; a new key signs at the wrong time", n)
	}
	again, err := tokens.OpenRing(path, now, tokens.RingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if payload, ok := again.Verify(first); !ok || string(payload) != `{"a":1}` {
		t.Errorf("payload %s, %v", payload, ok)
	}
	parts := strings.Split(first, ".")
	for _, s := range []string{"", "a.b.c", first + "x", parts[0] + "." + parts[1] + ".", "eyJhbGciOiJub25lIn0." + parts[1] + "."} {
		if _, ok := again.Verify(s); ok {
			t.Errorf("%.20q verifies", s)
		}
	}
	if err := again.Tend(now.Add(91 * 24 * time.Hour)); err != nil || len(again.Public().Keys) != 3 {
		t.Errorf("at the end of its period: %d keys, %v", len(again.Public().Keys), err)
	}
	if err := ring.Tend(now); err != nil || len(ring.Public().Keys) != 3 {
		t.Errorf("changed by another: %d keys, %v", len(ring.Public().Keys), err)
	}
	if err := tokens.RotateRing(path, now, tokens.RingOptions{Algorithm: "RS256"}); err != nil || ring.Tend(now) != nil || len(ring.Public().Keys) != 4 {
		t.Errorf("rotated by another: %d keys, %v", len(ring.Public().Keys), err)
	}
	later := now.Add(460 * 24 * time.Hour) // 90 days and a year have gone by since the first
	if err := ring.Rotate(later); err != nil || len(ring.Public().Keys) != 2 {
		t.Errorf("long after: %d keys, %v", len(ring.Public().Keys), err)
	}
	if err := tokens.RotateRing(path+"x", now, tokens.RingOptions{}); err == nil {
		t.Error("a ring that does not exist is rotated")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.OpenRing(path, now, tokens.RingOptions{}); err == nil || !strings.Contains(err.Error(), "others may read it") {
		t.Errorf("a ring that others may read: %v", err)
	}
}

// TestTendKeys: the audit is told of new keys, whoever made them.
func TestTendKeys(t *testing.T) {
	f := newFixture(t)
	tend := func(at time.Time) {
		t.Helper()
		if err := f.TendKeys(context.Background(), at); err != nil {
			t.Fatal(err)
		}
	}
	now := f.Clock()
	tend(now)
	if got := f.Audited(); len(got) != 0 {
		t.Errorf("audit: %v", got)
	}
	if err := tokens.RotateRing(filepath.Join(filepath.Dir(f.Path), "fawn.keys"), now, tokens.RingOptions{}); err != nil {
		t.Fatal(err)
	}
	tend(now)
	tend(now)
	tend(now.Add(91 * 24 * time.Hour))
	if got := f.Audited(); !slices.Equal(got, []string{"key.rotated", "key.rotated"}) || len(f.Ring().Public().Keys) != 3 {
		t.Errorf("audit: %v, %d keys", got, len(f.Ring().Public().Keys))
	}
}

// TestMAC: the vector of the chapter on token services, section 4.11.
func TestMAC(t *testing.T) {
	var key [32]byte
	for i := range key {
		key[i] = byte(i)
	}
	got := hex.EncodeToString(tokens.CodeMAC(key[:], []string{"dfx.code", "acme", "+15550100", "481920"}))
	if got != "9bfce36cfe0e0b37a81d7f70fa0693d95fea5fd7c56260e0d017eed5fa0dfbfd" {
		t.Error(got)
	}
}
