package forward_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/forward"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// fixture is the door to a scratch database with a user who has a bearer.
type fixture struct {
	*tokenstest.Fixture
	t    testing.TB
	door *forward.Door
	log  bytes.Buffer
	ana  value.Ref
	id   string // of the bearer
}

const bearer = "3f1c2b9a-6d0e-4c57-9a41-0b8e7d2f5a10"

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{Fixture: tokenstest.New(t), t: t}
	var err error
	f.door, err = forward.New(f.Service, door.Options{
		Limits: door.NewLimits(f.Clock), Origins: []string{"https://app.example.com"}, Log: slog.New(slog.NewTextHandler(&f.log, nil)),
	}, forward.Options{
		Policies:  map[string]forward.Policy{"api": {Policy: auth.Policy{Permissions: []string{"createA"}}}, "no": {Policy: auth.Policy{Scopes: []string{"no"}}}},
		Redirects: []string{"https://app.example.com/login"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.ana = f.User(map[string]any{"username": "Ana \"100%\" Ä\r\nX-Evil: 1"}, "secret")
	err = f.Update(t.Context(), func(tx *tokens.Tx) error {
		token, err := tx.NewToken(tokens.MonoBearer, f.ana)
		if err != nil {
			return err
		}
		token.Grant(tokens.Access, bearer, time.Time{}, false)
		token.Data = value.Object{
			{Name: "scope", Value: value.String("read write")},
			{Name: "permissions", Value: value.Object{{Name: "createA", Value: value.Boolean(true)}, {Name: "no", Value: value.Boolean(false)}}},
		}
		token.Member.Num, token.Sealed = 5, value.Object{{Name: tokens.UserID, Value: value.Long(1)}}
		f.id = token.ID()
		return tx.Put(token)
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ask sends a request of a proxy; header is lines of names and values.
func (f *fixture) ask(method, target string, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader("a body that nobody reads"))
	for _, line := range header {
		name, v, _ := strings.Cut(line, ": ")
		r.Header.Add(name, v)
	}
	w := httptest.NewRecorder()
	f.door.ServeHTTP(w, r)
	return w
}

// TestIdentity: the headers of a request that passes, all of them in any case.
func TestIdentity(t *testing.T) {
	f := newFixture(t)
	w := f.ask("GET", "/auth/forward", "Authorization: Bearer "+bearer)
	user := "Ana%20\"100%25\"%20%C3%84%0D%0AX-Evil:%201"
	for name, want := range map[string]string{
		"X-Auth-Subject": "users/" + fmt.Sprint(f.ana.ID), "X-Auth-User": user, "Remote-User": user, "X-Auth-Token-Id": f.id,
		"X-Auth-Kind": "mono.bearer", "X-Auth-Scope": "read write createA", "X-Auth-Permissions": `{"createA":true,"no":false}`,
		"X-Auth-Expires": "", "X-Auth-Userid": "1", "X-Auth-Tokenid": "5", "Content-Length": "0", "X-Evil": "",
	} {
		values, ok := w.Header()[name]
		if strings.Join(values, "|") != want || ok != (name != "X-Evil") {
			t.Errorf("%s: %q, want %q", name, values, want)
		}
	}
	if w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	fauna := string(f.Do(`Select("secret", Create(Tokens(), { instance: Select("ref", Create(Collection("users"), {})), ttl: Time("2026-03-02T00:00:00.5Z") }))`, nil).(value.String))
	w = f.ask("HEAD", "/auth/forward", "Authorization: Bearer "+fauna)
	for name, want := range map[string]string{
		"X-Auth-User": "", "Remote-User": "", "X-Auth-Kind": "fauna", "X-Auth-Scope": "", "X-Auth-Permissions": "", "X-Auth-Expires": "1772409600",
		"X-Auth-Userid": "", "X-Auth-Tokenid": "",
	} {
		if values, ok := w.Header()[name]; !ok || len(values) != 1 || values[0] != want {
			t.Errorf("%s: %q, want %q", name, values, want)
		}
	}
	f.Hidden(f.log.Bytes(), bearer, fauna)
}

const (
	none    = `Bearer realm="tokens"`
	invalid = `Bearer realm="tokens", error="invalid_token", error_description="The access token is invalid or expired"`
)

// TestDecisions: what passes, and how the rest is refused.
func TestDecisions(t *testing.T) {
	f := newFixture(t)
	const good = "Authorization: Bearer " + bearer
	for _, tc := range []struct {
		name, target string
		header       string // lines
		status       int
		challenge    string
	}{
		{"a permission", "/auth/forward?permission=createA", good, 200, ""},
		{"no token", "/auth/forward?permission=createA", "", 401, none},
		{"a permission that is missing", "/auth/forward?permission=createB", good, 403, `Bearer realm="tokens", error="insufficient_scope", scope="createB"`},
		{"a permission that is false", "/auth/forward?permission=no", good, 403, `Bearer realm="tokens", error="insufficient_scope", scope="no"`},
		{"all permissions", "/auth/forward?permission=createA&permission=no", good, 403, `Bearer realm="tokens", error="insufficient_scope", scope="createA no"`},
		{"words", "/auth/forward?scope=read+write&kind=mono.bearer", good, 200, ""},
		{"a word that is missing", "/auth/forward?scope=read+delete&realm=a%22%0d%0ab", good, 403, `Bearer realm="ab", error="insufficient_scope", scope="read delete"`},
		{"one of the kinds", "/auth/forward?kind=oauth&kind=mono.bearer", good, 200, ""},
		{"another kind", "/auth/forward?kind=oauth", good, 403, `Bearer realm="tokens", error="insufficient_scope"`},
		{"an unknown token", "/auth/forward", "Authorization: Bearer unknown-token-of-nobody", 401, invalid},
		{"a malformed token", "/auth/forward", "Authorization: Bearer \x01", 401, invalid},
		{"an empty token", "/auth/forward", "Authorization: Bearer ", 401, invalid},
		{"two tokens", "/auth/forward", good + "\n" + good, 401, invalid},
		{"another scheme", "/auth/forward", "Authorization: Basic eDp5", 401, none},
		{"a long token", "/auth/forward", "Authorization: Bearer " + strings.Repeat("x", 10000), 401, invalid},
		{"a cookie", "/auth/forward?cookie=s", "Cookie: s=" + bearer, 200, ""},
		{"a cookie that is not asked for", "/auth/forward", "Cookie: s=" + bearer, 401, none},
		{"a bearer before a cookie", "/auth/forward?cookie=s", "Authorization: Bearer unknown-token-of-nobody\nCookie: s=" + bearer, 401, invalid},
		{"a cookie of another page", "/auth/forward?cookie=s", "X-Forwarded-Method: POST\nOrigin: https://evil.example.com\nCookie: s=" + bearer, 403, none},
		{"of another page to nginx", "/auth/forward?cookie=s", "X-Original-Method: POST\nOrigin: https://evil.example.com\nCookie: s=" + bearer, 403, none},
		{"of its own page", "/auth/forward?cookie=s", "X-Forwarded-Method: POST\nX-Forwarded-Host: shop.example.com\nOrigin: https://shop.example.com\nCookie: s=" + bearer, 200, ""},
		{"of an allowed page", "/auth/forward?cookie=s", "X-Forwarded-Method: POST\nOrigin: https://app.example.com\nCookie: s=" + bearer, 200, ""},
		{"a policy", "/auth/forward/p/api", good, 200, ""},
		{"a policy and the client's path and query", "/auth/forward/p/api/x/y?permission=createB&scope=z", good, 200, ""},
		{"a policy that refuses", "/auth/forward/p/no/x?scope=read", good, 403, `Bearer realm="tokens", error="insufficient_scope", scope="no"`},
		{"the client's query", "/auth/forward/x?permission=createB", good, 200, ""},
		{"an unknown policy", "/auth/forward/p/typo", good, 500, ""},
		{"an unknown parameter", "/auth/forward?permissions=createA", good, 500, ""},
		{"a broken query", "/auth/forward?permission=%zz", good, 500, ""},
		{"a browser", "/auth/forward?redirect=https://app.example.com/login", "Accept: text/html,*/*", 302, none},
		{"no browser", "/auth/forward?redirect=https://app.example.com/login", "Accept: application/json", 401, none},
		{"a browser without the right", "/auth/forward?redirect=https://app.example.com/login&scope=z", "Accept: text/html\n" + good, 403, `Bearer realm="tokens", error="insufficient_scope", scope="z"`},
		{"to elsewhere", "/auth/forward?redirect=https://evil.example.com/login", "Accept: text/html", 401, none},
	} {
		var lines []string
		if tc.header != "" {
			lines = strings.Split(tc.header, "\n")
		}
		for _, method := range []string{"GET", "POST", "PROPFIND"} {
			if method == "POST" && strings.Contains(tc.header, "Cookie") {
				continue // what the proxy says of the method is another case
			}
			w := f.ask(method, tc.target, lines...)
			if w.Code != tc.status || w.Header().Get("WWW-Authenticate") != tc.challenge {
				t.Errorf("%s: %s: %d %s", tc.name, method, w.Code, w.Header().Get("WWW-Authenticate"))
			}
			if (w.Code == 200) != (w.Header().Get("X-Auth-Subject") != "") || (w.Code == 302) != (w.Header().Get("Location") != "") {
				t.Errorf("%s: %v", tc.name, w.Header())
			}
			if w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json; charset=utf-8" {
				t.Errorf("%s: %v", tc.name, w.Header())
			}
		}
	}
}

// TestProxies: the requests that each proxy makes.
func TestProxies(t *testing.T) {
	f := newFixture(t)
	const good = "Authorization: Bearer " + bearer
	for name, tc := range map[string]struct {
		method, target string
		header         []string
	}{
		"nginx":   {"GET", "/auth/forward?permission=createA", []string{"X-Original-URI: /api/1?scope=z", "X-Original-Method: DELETE"}},
		"Traefik": {"GET", "/auth/forward?permission=createA", []string{"X-Forwarded-Method: PUT", "X-Forwarded-Proto: https", "X-Forwarded-Host: app.example.com", "X-Forwarded-Uri: /a?scope=z", "X-Forwarded-For: 203.0.113.9"}},
		"Caddy":   {"GET", "/auth/forward?permission=createA", []string{"X-Forwarded-Method: PUT", "X-Forwarded-Uri: /a?scope=z", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: app.example.com"}},
		"Envoy":   {"DELETE", "/auth/forward/p/api/a/b?scope=z", []string{"X-Forwarded-For: 203.0.113.9", "Content-Length: 0"}},
	} {
		for token, status := range map[string]int{good: 200, "X-Nothing: 1": 401, good + "0": 401} {
			if w := f.ask(tc.method, tc.target, append(tc.header, token)...); w.Code != status {
				t.Errorf("%s: %d, want %d", name, w.Code, status)
			}
		}
	}
}

// TestScanning: who tries many tokens is refused otherwise, a good one passes.
func TestScanning(t *testing.T) {
	f := newFixture(t)
	for i := range 300 {
		if w := f.ask("GET", "/auth/forward", fmt.Sprint("Authorization: Bearer unknown-token-of-nobody-", i)); w.Code != 401 {
			t.Fatalf("%d: %d", i, w.Code)
		}
	}
	if w := f.ask("GET", "/auth/forward", "Authorization: Bearer unknown-token-of-nobody"); w.Code != 403 {
		t.Errorf("%d", w.Code)
	}
	if w := f.ask("GET", "/auth/forward", "Authorization: Bearer "+bearer); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	f.Do(`Delete(Ref(Tokens(), Var("id")))`, map[string]any{"id": f.id})
	f.Forward(time.Minute)
	if w := f.ask("GET", "/auth/forward", "Authorization: Bearer "+bearer); w.Code != 401 {
		t.Errorf("revoked: %d", w.Code)
	}
}

func TestStoreFailure(t *testing.T) {
	f := newFixture(t)
	var err error
	if f.door, err = forward.New(tokenstest.Closed(t), door.Options{Log: slog.New(slog.NewTextHandler(&f.log, nil))}, forward.Options{}); err != nil {
		t.Fatal(err)
	}
	w := f.ask("GET", "/auth/forward", "Authorization: Bearer "+bearer)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if log := f.log.String(); log == "" || strings.Contains(log, bearer) {
		t.Errorf("log: %s", log)
	}
}

func TestOptions(t *testing.T) {
	s := tokenstest.New(t)
	for _, o := range []forward.Options{
		{Policies: map[string]forward.Policy{"": {}}},
		{Policies: map[string]forward.Policy{"a/b": {}}},
		{Policies: map[string]forward.Policy{"a": {Redirect: "https://evil.example.com"}}},
	} {
		if _, err := forward.New(s.Service, door.Options{}, o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
