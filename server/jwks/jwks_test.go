package jwks

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query/value"
)

// issuer is a real HTTPS server that publishes keys.
type issuer struct {
	*httptest.Server
	requests atomic.Int64
	answer   atomic.Pointer[http.HandlerFunc]
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.requests.Add(1)
		(*i.answer.Load())(w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) handle(f http.HandlerFunc) { i.answer.Store(&f) }

// publish makes the issuer answer with these keys.
func (i *issuer) publish(keys ...jose.JSONWebKey) {
	i.handle(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: keys})
	})
}

func (i *issuer) trust() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(i.Certificate())
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(key *rsa.PrivateKey, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: kid}
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestKeys pins when keys are downloaded, and what is refused.
func TestKeys(t *testing.T) {
	i := newIssuer(t)
	now := time.Unix(1_700_000_000, 0)
	s := New(Options{AllowPrivate: true, TLS: i.trust(), Clock: func() time.Time { return now }})
	key := newKey(t)
	i.publish(public(key, "a"))
	keys := func(kid string) (int, error) {
		list, err := s.Keys(context.Background(), i.URL, kid)
		return len(list), err
	}
	expect := func(kid string, n int, requests int64) {
		t.Helper()
		got, err := keys(kid)
		if err != nil || got != n || i.requests.Load() != requests {
			t.Fatalf("%d keys, %v, after %d requests; want %d after %d", got, err, i.requests.Load(), n, requests)
		}
	}
	expect("a", 1, 1)
	expect("a", 1, 1) // kept
	i.publish(public(key, "a"), public(key, "b"))
	expect("b", 1, 1) // asked too short a time ago
	now = now.Add(patience)
	expect("b", 2, 2)
	now = now.Add(fresh)
	expect("", 2, 3)
	i.handle(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	now = now.Add(fresh)
	expect("", 2, 4) // still good for a while
	now = now.Add(lifetime)
	if _, err := keys(""); err == nil {
		t.Error("keys outlive their time")
	}
}

func TestRefusedAnswers(t *testing.T) {
	i := newIssuer(t)
	key := public(newKey(t), "a")
	for name, answer := range map[string]http.HandlerFunc{
		"garbage":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{")) },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) },
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			line := []byte(strings.Repeat(" ", 1<<16))
			for range 100 << 20 / len(line) {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		},
		"not modified": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{AllowPrivate: true, TLS: i.trust()})
			i.handle(answer)
			if keys, err := s.Keys(context.Background(), i.URL, ""); err == nil {
				t.Errorf("accepted: %v", keys)
			}
		})
	}
	t.Run("callers go", func(t *testing.T) {
		first, cancel := context.WithCancel(context.Background())
		second, leave := context.WithCancel(context.Background())
		s := New(Options{AllowPrivate: true, TLS: i.trust()})
		begun, goOn := make(chan struct{}), make(chan struct{})
		i.handle(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-goOn
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}})
		})
		var all sync.WaitGroup
		all.Go(func() {
			if keys, err := s.Keys(first, i.URL, ""); err != nil || len(keys) != 1 {
				t.Errorf("who began the download: %v, %v", keys, err)
			}
		})
		<-begun
		cancel()
		leave()
		if _, err := s.Keys(second, i.URL, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("who waits and goes: %v", err)
		}
		close(goOn)
		all.Wait()
	})
	for name, answer := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			i.handle(answer)
			before := i.requests.Load()
			s := New(Options{AllowPrivate: true, TLS: i.trust(), Timeout: 100 * time.Millisecond})
			began := time.Now()
			var all sync.WaitGroup
			for range 20 { // all wait for one download
				all.Go(func() {
					if _, err := s.Keys(context.Background(), i.URL, "k"); err == nil {
						t.Error("accepted")
					}
				})
			}
			all.Wait()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if n := i.requests.Load() - before; n > 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
	i.publish(key)
	if _, err := New(Options{TLS: i.trust()}).Keys(context.Background(), i.URL, ""); !errors.Is(err, errPrivate) {
		t.Errorf("private address: %v", err)
	}
	if _, err := New(Options{AllowPrivate: true}).Keys(context.Background(), strings.Replace(i.URL, "https", "http", 1), ""); err == nil {
		t.Error("plain http is accepted")
	}
	if _, err := New(Options{AllowPrivate: true}).Keys(context.Background(), i.URL, ""); err == nil {
		t.Error("an unknown certificate is accepted")
	}
}

// swap returns a JWT with the header and the signature of one and the claims
// of another.
func swap(one, another string) string {
	parts := strings.Split(one, ".")
	parts[1] = strings.Split(another, ".")[1]
	return strings.Join(parts, ".")
}

// TestSessions authenticates with JWTs of a real issuer.
func TestSessions(t *testing.T) {
	i := newIssuer(t)
	key, other := newKey(t), newKey(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.publish(public(key, "k1"), public(other, "k2"), jose.JSONWebKey{Key: &curve.PublicKey, KeyID: "k4"})
	now := time.Unix(1_700_000_000, 0)
	db, err := engine.OpenStore(mem.New(mem.Options{Clock: func() int64 { return now.UnixMicro() }}), engine.Options{
		Clock: func() time.Time { return now },
		Keys:  New(Options{AllowPrivate: true, TLS: i.trust()}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ctx := context.Background()
	run := func(secret, q string, args map[string]any) *engine.Result {
		t.Helper()
		res, err := db.Query(ctx, secret, q, args)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		return res
	}
	run(db.RootSecret(), `CreateDatabase({ name: "app" })`, nil)
	admin := db.RootSecret() + ":app:admin"
	run(admin, `CreateCollection({ name: "posts" })`, nil)
	for _, role := range []string{"reader", "writer"} {
		run(admin, `CreateRole({ name: Var("name"), privileges: [{ resource: Collection("posts"), actions: { read: true } }] })`,
			map[string]any{"name": role})
	}
	var audience string
	err = run(admin, `CreateAccessProvider({ name: "idp", issuer: "https://idp.example/", jwks_uri: Var("uri"), roles: [
		{ role: Role("reader"), predicate: Query((claims) => Equals(Select("scope", claims, ""), "read")) }] })`,
		map[string]any{"uri": i.URL}).Select(&audience, "audience")
	if err != nil {
		t.Fatal(err)
	}
	claims := func(change map[string]any) map[string]any {
		out := map[string]any{
			"iss": "https://idp.example/", "aud": []string{"another", audience}, "sub": "alice", "scope": "read",
			"exp": now.Unix() + 60, "nbf": now.Unix() - 60,
		}
		for name, v := range change {
			if v == nil {
				delete(out, name)
			} else {
				out[name] = v
			}
		}
		return out
	}
	good := sign(t, jose.RS256, key, "k1", claims(nil))
	var who string
	if err := run(good, `CurrentIdentity()`, nil).Decode(&who); err != nil || who != "alice" {
		t.Errorf("identity %q, %v", who, err)
	}
	var token map[string]any
	if err := run(good, `CurrentToken()`, nil).Decode(&token); err != nil || token["scope"] != "read" {
		t.Errorf("token %v, %v", token, err)
	}
	run(good, `Paginate(Documents(Collection("posts")))`, nil)
	if res := run(good, `[HasCurrentIdentity(), HasCurrentToken(), Logout(true)]`, nil); !value.Equal(res.Value,
		value.Array{value.Boolean(true), value.Boolean(true), value.Boolean(false)}) {
		t.Errorf("got %v", res.Value)
	}
	run(db.RootSecret(), `KeyFromSecret(Var("jwt"))`, map[string]any{"jwt": good})
	run(sign(t, jose.RS512, other, "k2", claims(nil)), `Now()`, nil)

	refused := map[string]string{
		"expired":                sign(t, jose.RS256, key, "k1", claims(map[string]any{"exp": now.Unix()})),
		"not yet valid":          sign(t, jose.RS256, key, "k1", claims(map[string]any{"nbf": now.Unix() + 1})),
		"issued by its audience": sign(t, jose.RS256, key, "k1", claims(map[string]any{"iss": audience})),
		"another audience":       sign(t, jose.RS256, key, "k1", claims(map[string]any{"aud": "another"})),
		"the root's audience":    sign(t, jose.RS256, key, "k1", claims(map[string]any{"aud": engine.DefaultAudience + "yyyyyyyyyyyyy"})),
		"two audiences":          sign(t, jose.RS256, key, "k1", claims(map[string]any{"aud": []string{audience, audience}})),
		"another issuer":         sign(t, jose.RS256, key, "k1", claims(map[string]any{"iss": "https://other.example/"})),
		"no issuer":              sign(t, jose.RS256, key, "k1", claims(map[string]any{"iss": nil})),
		"no role":                sign(t, jose.RS256, key, "k1", claims(map[string]any{"scope": "other"})),
		"wrong key":              sign(t, jose.RS256, other, "k1", claims(nil)),
		"unknown key":            sign(t, jose.RS256, key, "k3", claims(nil)),
		"no key named of two":    sign(t, jose.RS256, key, "", claims(nil)),
		"an elliptic curve":      sign(t, jose.ES256, curve, "k1", claims(nil)),
		"its key, as RSA":        sign(t, jose.RS256, key, "k4", claims(nil)),
		"other claims":           swap(good, sign(t, jose.RS256, key, "k1", claims(map[string]any{"sub": "bob"}))),
		"symmetric":              sign(t, jose.HS256, []byte(strings.Repeat("k", 32)), "k1", claims(nil)),
		"not signed":             "eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + ".",
		"two parts":              strings.Join(strings.Split(good, ".")[:2], "."),
		"garbage":                "ey.ey.ey",
		"with a scope":           good + ":admin",
		"very long":              good + strings.Repeat("A", 1<<20),
	}
	for name, token := range refused {
		if _, err := db.Query(ctx, token, `Now()`, nil); !errors.Is(err, engine.ErrUnauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
