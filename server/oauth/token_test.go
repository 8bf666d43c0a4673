package oauth_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/server/oauth"
	"github.com/fawndb/fawn/server/tokens"
)

const badGrant = `{"error":"invalid_grant","error_description":"The refresh token is invalid, expired, used or revoked."}`

func TestRefresh(t *testing.T) {
	f := newFixture(t)
	first := f.issue(`,"scope":"read fql"`)
	if !strings.HasPrefix(first.Access, "at_") || !strings.HasPrefix(first.Refresh, "rt_") || len(first.Access) != 46 || first.Scope != "read fql" ||
		first.Expires != 3600 || first.Type != "Bearer" {
		t.Errorf("%+v", first)
	}
	if !f.queries(first.Access) || f.queries(first.Refresh) {
		t.Error("queries take the wrong secret")
	}
	second := f.pair(f.refresh(f.server, first.Refresh, ""))
	if f.active(first.Access) || f.active(first.Refresh) || !f.active(second.Access) || !f.active(second.Refresh) || second.Scope != "read fql" {
		t.Errorf("%+v", second)
	}
	narrow := f.pair(f.refresh(f.server, second.Refresh, "&scope=read"))
	if narrow.Scope != "read" || f.queries(narrow.Access) {
		t.Errorf("%+v", narrow)
	}
	if got := f.form("/oauth/introspect", f.server.basic(), "token="+narrow.Access); !strings.Contains(got.body, `"scope":"read",`) {
		t.Errorf("a narrower token: %v", got)
	}
	if got := f.form("/oauth/introspect", f.server.basic(), "token="+narrow.Refresh); !strings.Contains(got.body, `"scope":"read fql",`) {
		t.Errorf("its refresh token: %v", got)
	}
	f.want("more than was granted", f.refresh(f.server, narrow.Refresh, "&scope=read+write"), 400,
		`{"error":"invalid_scope","error_description":"The scope is malformed, or more than was granted."}`)
	wide := f.pair(f.refresh(f.server, narrow.Refresh, ""))
	if wide.Scope != "read fql" || !f.queries(wide.Access) {
		t.Errorf("%+v", wide)
	}
	f.Do(`Update(Ref(Tokens(), Select(["data", 0, "id"], Paginate(Documents(Tokens())))), { data: { scope: "read" } })`, nil)
	if f.queries(wide.Access) {
		t.Error("queries take a token that a query has taken the word from")
	}
	f.Forward(5 * time.Second)
	f.want("a stolen token", f.refresh(f.server, first.Refresh, ""), 400, badGrant)
	if f.active(wide.Access) || f.active(wide.Refresh) || f.count() != 0 {
		t.Error("the family outlives the theft")
	}
	want := []string{"token.created", "token.rotated", "token.rotated", "token.rotated", "token.reuse_detected"}
	if got := f.Audited(); !slices.Equal(got, want) {
		t.Errorf("audit: %v", got)
	}
	f.hidden(first, second, narrow, wide)
}

// hidden searches for the secrets of pairs, and of the keys.
func (f *fixture) hidden(pairs ...pair) {
	f.t.Helper()
	secrets := []string{f.server.secret, f.app.secret, f.public.secret}
	for _, p := range pairs {
		secrets = append(secrets, p.Access)
		if p.Refresh != "" {
			secrets = append(secrets, p.Refresh)
		}
	}
	f.Hidden(f.log.b.Bytes(), secrets...)
}

// TestRefreshRaces: of 64 with one refresh token one wins, and its pair works.
func TestRefreshRaces(t *testing.T) {
	f := newFixture(t)
	first := f.issue("")
	answers := make([]answer, 64)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() {
			answers[i] = f.form("/oauth/token", f.server.basic(), "grant_type=refresh_token&refresh_token="+first.Refresh,
				fmt.Sprintf("X-Forwarded-For: 198.51.100.%d", i))
		})
	}
	wait.Wait()
	var won []pair
	for _, a := range answers {
		if a.status == http.StatusOK {
			won = append(won, f.pair(a))
		} else {
			f.want("a loser", a, 400, badGrant)
		}
	}
	if len(won) != 1 || !f.active(won[0].Access) {
		t.Fatalf("%d won", len(won))
	}
	next := f.pair(f.refresh(f.server, won[0].Refresh, ""))
	f.Forward(5 * time.Second)
	f.want("afterwards", f.refresh(f.server, first.Refresh, ""), 400, badGrant)
	if f.active(next.Access) {
		t.Error("the family outlives the theft")
	}
}

// TestRefreshBound: a pair is its client's.
func TestRefreshBound(t *testing.T) {
	f := newFixture(t)
	bound := f.issue(`,"client_id":"` + f.app.id + `"`)
	free := f.issue("")
	f.want("another's", f.refresh(f.server, bound.Refresh, ""), 400, badGrant)
	next := f.pair(f.refresh(f.app, bound.Refresh, ""))
	if got := f.form("/oauth/introspect", f.server.basic(), "token="+next.Access); !strings.Contains(got.body,
		`"client_id":"`+f.app.id+`"`) || !strings.Contains(got.body, `"aud":"`+f.app.id+`"`) {
		t.Errorf("%v", got)
	}
	publicly := func(secret string) answer {
		return f.form("/oauth/token", "", "grant_type=refresh_token&client_id="+f.public.id+"&refresh_token="+secret)
	}
	f.want("a public client, nobody's", publicly(free.Refresh), 400, badGrant)
	f.want("a public client, another's", publicly(next.Refresh), 400, badGrant)
	own := f.issue(`,"client_id":"` + f.public.id + `"`)
	f.pair(publicly(own.Refresh))
	f.pair(f.refresh(f.app, next.Refresh, ""))
	f.pair(f.refresh(f.app, free.Refresh, ""))
	f.Forward(5 * time.Second)
	f.want("crossed, and spent", f.refresh(f.server, bound.Refresh, ""), 400, badGrant)
	if f.active(next.Access) {
		t.Error("a spent token of another's is no theft")
	}
}

// TestRefreshEnds: a pair ends when it is not used, and after all that.
func TestRefreshEnds(t *testing.T) {
	f := newFixture(t, func(o *oauth.Options) { o.Family = 40 * 24 * time.Hour })
	idle, used := f.issue(""), f.issue(`,"expires_in":120`)
	f.Forward(29 * 24 * time.Hour)
	used = f.pair(f.refresh(f.server, used.Refresh, ""))
	if used.Expires != 120 {
		t.Errorf("expires in %d", used.Expires)
	}
	f.Forward(24 * time.Hour)
	f.want("not used", f.refresh(f.server, idle.Refresh, ""), 400, badGrant)
	f.Forward(10*24*time.Hour - time.Minute)
	used = f.pair(f.refresh(f.server, used.Refresh, ""))
	if used.Expires > 60 || used.Expires < 55 {
		t.Errorf("at the end of its family it expires in %d", used.Expires)
	}
	f.Forward(time.Minute)
	f.want("too old", f.refresh(f.server, used.Refresh, ""), 400, badGrant)
}

func TestRefreshOfOtherDoors(t *testing.T) {
	f := newFixture(t)
	secret := "rt_" + strings.Repeat("x", 43)
	err := f.Update(t.Context(), func(tx *tokens.Tx) error {
		user, err := tx.SubjectOf("dfx/1", nil)
		if err != nil {
			return err
		}
		token, err := tx.NewToken(tokens.DfxUser, user.Ref)
		if err != nil {
			return err
		}
		token.Grant(tokens.Refresh, secret, time.Time{}, false)
		return tx.Put(token)
	})
	if err != nil {
		t.Fatal(err)
	}
	f.want("another door's", f.refresh(f.server, secret, ""), 400, badGrant)
	if !f.active(secret) {
		t.Error("it is gone")
	}
}

func TestOverlap(t *testing.T) {
	f := newFixture(t, func(o *oauth.Options) { o.Overlap = time.Minute })
	first := f.issue("")
	f.pair(f.refresh(f.server, first.Refresh, ""))
	if !f.active(first.Access) {
		t.Error("the old access token is dead")
	}
	f.Forward(time.Minute)
	if f.active(first.Access) {
		t.Error("the old access token lives on")
	}
}

func TestClientCredentials(t *testing.T) {
	f := newFixture(t)
	ask := func(c client, more string) answer {
		return f.form("/oauth/token", c.basic(), "grant_type=client_credentials"+more)
	}
	p := f.pair(ask(f.app, "&scope=read"))
	if p.Refresh != "" || p.Scope != "read" || p.Expires != 3600 {
		t.Errorf("%+v", p)
	}
	got := f.form("/oauth/introspect", f.server.basic(), "token="+p.Access)
	subject := f.Do(`Select(["data", 0], Map(Paginate(Documents(Collection("token_subjects"))), (s) => Select(["data", "key"], Get(s))))`, nil)
	if fmt.Sprint(subject) != f.app.id || !strings.Contains(got.body, `"client_id":"`+f.app.id+`"`) || !strings.Contains(got.body, `"sub":"token_subjects/`) {
		t.Errorf("%v, %v", subject, got)
	}
	f.pair(ask(f.app, ""))
	if n := f.Do(`Count(Documents(Collection("token_subjects")))`, nil); fmt.Sprint(n) != "1" {
		t.Errorf("%v subjects", n)
	}
	f.want("malformed scope", ask(f.app, `&scope=a%22b`), 400, `{"error":"invalid_scope","error_description":"The scope is malformed, or more than was granted."}`)
	f.want("a public client", f.form("/oauth/token", "", "grant_type=client_credentials&client_id="+f.public.id), 400,
		`{"error":"unauthorized_client","error_description":"A public client has no tokens of its own."}`)
	f.Do(`Update(Ref(Keys(), Var("id")), { data: { scope: "read write" } })`, map[string]any{"id": f.app.id})
	if p := f.pair(ask(f.app, "")); p.Scope != "read write" {
		t.Errorf("%+v", p)
	}
	f.want("more than it may have", ask(f.app, "&scope=fql"), 400, `{"error":"invalid_scope","error_description":"The scope is malformed, or more than was granted."}`)
	f.hidden(p)
}

// TestTokenErrors: the errors of the token endpoint.
func TestTokenErrors(t *testing.T) {
	f := newFixture(t)
	f.Do(`CreateDatabase({ name: "child" })`, nil)
	elsewhere := client{}
	elsewhere.id, elsewhere.secret = f.Key(`{ role: "server", database: Database("child") }`)
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	const denied = `{"error":"invalid_client"}`
	const twoWays = `{"error":"invalid_request","error_description":"The client authenticates in more than one way."}`
	grant := "grant_type=client_credentials"
	for _, tc := range []struct {
		name, authorization, form string
		status                    int
		body                      string
	}{
		{"no grant", f.app.basic(), "", 400, `{"error":"invalid_request","error_description":"The parameter grant_type is missing."}`},
		{"an empty grant", f.app.basic(), "grant_type=", 400, `{"error":"invalid_request","error_description":"The parameter grant_type is missing."}`},
		{
			"the password grant", f.app.basic(), "grant_type=password&username=ana&password=secret", 400,
			`{"error":"unsupported_grant_type","error_description":"The grant types are refresh_token and client_credentials."}`,
		},
		{"no token", f.app.basic(), "grant_type=refresh_token", 400, `{"error":"invalid_request","error_description":"The parameter refresh_token is missing."}`},
		{"an unknown token", f.app.basic(), "grant_type=refresh_token&refresh_token=rt_unknown", 400, badGrant},
		{"twice", f.app.basic(), grant + "&scope=a&scope=b", 400, `{"error":"invalid_request","error_description":"A parameter comes more than once."}`},
		{"broken", f.app.basic(), grant + "&scope=%zz", 400, `{"error":"invalid_request","error_description":"The form cannot be read."}`},
		{
			"too long", f.app.basic(), grant + "&scope=" + strings.Repeat("a", 64<<10), 413,
			`{"error":"invalid_request","error_description":"The body is longer than 64 KiB."}`,
		},
		{"two ways", f.app.basic(), grant + "&client_id=" + f.app.id + "&client_secret=" + f.app.secret, 400, twoWays},
		{"two names", f.app.basic(), grant + "&client_id=" + f.server.id, 400, `{"error":"invalid_request","error_description":"The client authenticates in more than one way."}`},
		{
			"named again", f.app.basic(), "grant_type=x&client_id=" + f.app.id, 400,
			`{"error":"unsupported_grant_type","error_description":"The grant types are refresh_token and client_credentials."}`,
		},
		{"nobody", "", grant, 401, denied},
		{"a wrong secret", client{f.app.id, f.server.secret}.basic(), grant, 401, denied},
		{"no such key", client{"1", "fnAunknown"}.basic(), grant, 401, denied},
		{"another database's", elsewhere.basic(), grant, 401, denied},
		{"not public", "", grant + "&client_id=" + f.app.id, 401, denied},
		{"a wrong secret in the form", "", grant + "&client_id=" + f.app.id + "&client_secret=" + f.server.secret, 401, denied},
		{"the root secret", "Bearer " + f.Secret(), grant, 401, denied},
		{"a scoped secret", "Bearer " + f.server.secret + ":client", grant, 401, denied},
		{"no base64", "Basic %%%", grant, 401, denied},
		{"no colon", basic(f.app.secret), grant, 401, denied},
		{"an empty bearer", "Bearer ", grant, 401, denied},
		{"another scheme", "Digest x", grant, 401, denied},
	} {
		got := f.form("/oauth/token", tc.authorization, tc.form)
		f.want(tc.name, got, tc.status, tc.body)
		scheme := "Basic"
		if strings.HasPrefix(tc.authorization, "Bearer") {
			scheme = "Bearer"
		}
		if challenge := got.header.Get("WWW-Authenticate"); (tc.status == 401) != strings.HasPrefix(challenge, scheme+` realm="tokens"`) {
			t.Errorf("%s: challenge %q", tc.name, challenge)
		}
		f.Forward(2 * time.Second) // the limit is another test's
	}
	for name, a := range map[string]string{
		"fauna's habit": basic(f.app.secret + ":"), "bearer": "bearer  " + f.app.secret, "basic": f.app.basic(),
	} {
		f.pair(f.form("/oauth/token", a, grant))
		_ = name
	}
	f.pair(f.form("/oauth/token", "", grant+"&client_id="+f.app.id+"&client_secret="+f.app.secret))
	f.want("JSON", f.send("POST", "/oauth/token", `{}`, "Content-Type: application/json"), 400,
		`{"error":"invalid_request","error_description":"The body must be a form: application/x-www-form-urlencoded."}`)
	got := f.send("GET", "/oauth/token", "")
	f.want("GET", got, 405, `{"error":"invalid_request","error_description":"Use POST."}`)
	if got.header.Get("Allow") != "POST" {
		t.Errorf("%v", got.header)
	}
	got = f.send("POST", "/oauth/token", grant, "Content-Type: application/x-www-form-urlencoded",
		"Authorization: "+f.app.basic(), "Authorization: "+f.app.basic())
	f.want("two headers", got, 400, twoWays)
	if got := f.send("GET", "/oauth/x", ""); got.status != 404 || got.header.Get("Content-Type") != "application/problem+json; charset=utf-8" {
		t.Errorf("%v", got)
	}
}
