package oauth_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/oauth"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// fixture is the door to a scratch database with a user and some keys.
type fixture struct {
	*tokenstest.Fixture
	t    testing.TB
	door *oauth.Door
	log  locked
	ana  string // id of a user
	// The keys: one for all, one of its own rights, one without a secret.
	server, app, public client
}

// client is a key.
type client struct{ id, secret string }

// basic is how a client authenticates.
func (c client) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(c.id)+":"+url.QueryEscape(c.secret)))
}

// locked is a log that a test reads.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func newFixture(t testing.TB, edit ...func(*oauth.Options)) *fixture {
	t.Helper()
	f := &fixture{Fixture: tokenstest.New(t), t: t}
	var o oauth.Options
	for _, e := range edit {
		e(&o)
	}
	var err error
	f.door, err = oauth.New(f.Service, door.Options{
		Log: slog.New(slog.NewTextHandler(&f.log, nil)), Limits: door.NewLimits(f.Clock), Proxies: []string{"192.0.2.1"},
		Origins: []string{"https://app.example.com"},
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	f.ana = fmt.Sprint(f.User(map[string]any{"username": "ana"}, "secret").ID)
	f.server.id, f.server.secret = f.Key(`{ role: "server" }`)
	f.app.id, f.app.secret = f.Key(`{ role: "client" }`)
	f.public.id, f.public.secret = f.Key(`{ role: "client", data: { public: true } }`)
	return f
}

// answer is what the door has said.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) String() string { return fmt.Sprint(a.status, " ", a.body) }

// send sends a request; header is lines of names and values.
func (f *fixture) send(method, path, body string, header ...string) answer {
	f.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, line := range header {
		name, v, _ := strings.Cut(line, ": ")
		r.Header.Add(name, v)
	}
	w := httptest.NewRecorder()
	f.door.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// form posts a form for a client, "" for none.
func (f *fixture) form(path, authorization, form string, header ...string) answer {
	f.t.Helper()
	header = append(header, "Content-Type: application/x-www-form-urlencoded")
	if authorization != "" {
		header = append(header, "Authorization: "+authorization)
	}
	return f.send(http.MethodPost, path, form, header...)
}

// pair is what an answer gives.
type pair struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Scope   string
}

func (f *fixture) pair(a answer) (p pair) {
	f.t.Helper()
	if a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" {
		f.t.Fatalf("%v, %v", a, a.header)
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		f.t.Fatal(err)
	}
	return p
}

// issue makes a pair for the user; more are members of the order.
func (f *fixture) issue(more string) pair {
	f.t.Helper()
	return f.pair(f.send(http.MethodPost, "/tokens/issue",
		`{"instance":{"collection":"users","id":"`+f.ana+`"},"refresh":true`+more+`}`, "Authorization: Bearer "+f.server.secret))
}

func (f *fixture) refresh(c client, secret, more string) answer {
	f.t.Helper()
	return f.form("/oauth/token", c.basic(), "grant_type=refresh_token&refresh_token="+secret+more)
}

// active reports whether a secret is one of a live token.
func (f *fixture) active(secret string) bool {
	f.t.Helper()
	return f.form("/oauth/introspect", f.server.basic(), "token="+secret).body != `{"active":false}`
}

// want fails the test if an answer is another.
func (f *fixture) want(name string, got answer, status int, body string) {
	f.t.Helper()
	if got.status != status || got.body != body {
		f.t.Errorf("%s:\ngot  %v\nwant %d %s", name, got, status, body)
	}
}

// queries reports whether a secret opens queries.
func (f *fixture) queries(secret string) bool {
	f.t.Helper()
	_, err := f.DB().Query(f.t.Context(), secret, `CurrentIdentity()`, nil)
	return err == nil
}

// count is how many documents Tokens() has.
func (f *fixture) count() int64 {
	f.t.Helper()
	return int64(f.Do(`Count(Tokens())`, nil).(value.Long))
}
