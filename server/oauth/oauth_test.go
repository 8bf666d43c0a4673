package oauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/oauth"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

const inactive = `{"active":false}`

func TestIntrospection(t *testing.T) {
	f := newFixture(t, func(o *oauth.Options) { o.Introspections = 20 })
	f.Do(`CreateRole({ name: "reader", privileges: [{ resource: Tokens(), actions: { read: true } }] })`, nil)
	var reader client
	reader.id, reader.secret = f.Key(`{ role: Role("reader") }`)
	p := f.issue(`,"scope":"read"`)
	const denied = `{"error":"invalid_client"}`
	for name, tc := range map[string]struct {
		authorization, form string
		status              int
		body, challenge     string
	}{
		"unknown":              {f.server.basic(), "token=anything-else", 200, inactive, ""},
		"a key":                {f.server.basic(), "token=" + f.app.secret, 200, inactive, ""},
		"malformed":            {f.server.basic(), "token=%00", 200, inactive, ""},
		"a wrong hint":         {f.server.basic(), "token=anything-else&token_type_hint=access_token", 200, inactive, ""},
		"no token":             {f.server.basic(), "token=", 400, `{"error":"invalid_request","error_description":"The parameter token is missing."}`, ""},
		"nobody":               {"", "token=" + p.Access, 401, denied, `Basic realm="tokens"`},
		"a wrong secret":       {client{f.server.id, f.app.secret}.basic(), "token=" + p.Access, 401, denied, `Basic realm="tokens"`},
		"a token":              {"Bearer " + p.Access, "token=" + p.Access, 401, denied, `Bearer realm="tokens", error="invalid_token", error_description="The access token is invalid or expired"`},
		"no right":             {f.app.basic(), "token=" + p.Access, 401, denied, `Basic realm="tokens"`},
		"no right as a bearer": {"Bearer " + f.app.secret, "token=" + p.Access, 401, denied, `Bearer realm="tokens", error="insufficient_scope"`},
		"a public client":      {"", "token=" + p.Access + "&client_id=" + f.public.id, 401, denied, `Basic realm="tokens"`},
	} {
		got := f.form("/oauth/introspect", tc.authorization, tc.form)
		f.want(name, got, tc.status, tc.body)
		if c := got.header.Get("WWW-Authenticate"); c != tc.challenge {
			t.Errorf("%s: challenge %s", name, c)
		}
		if got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, got.header)
		}
	}
	for _, a := range []string{"Bearer " + f.server.secret, reader.basic()} {
		if got := f.form("/oauth/introspect", a, "token="+p.Access); !strings.HasPrefix(got.body, `{"active":true,"scope":"read","username":"ana","token_type":"Bearer","exp":`) {
			t.Errorf("%v", got)
		}
	}
	for range 20 {
		f.form("/oauth/introspect", reader.basic(), "token=x")
	}
	got := f.form("/oauth/introspect", reader.basic(), "token=x")
	f.want("too many", got, 429, `{"error":"temporarily_unavailable","error_description":"Too many requests."}`)
	if got.header.Get("Retry-After") == "" || f.form("/oauth/introspect", f.server.basic(), "token=x").status != 200 {
		t.Errorf("%v", got.header)
	}
	f.hidden(p)
}

func TestRevocation(t *testing.T) {
	f := newFixture(t)
	revoke := func(c client, token, more string) answer {
		return f.form("/oauth/revoke", c.basic(), "token="+token+more)
	}
	gone := func(name string, got answer) {
		t.Helper()
		f.want(name, got, 200, "")
		if got.header.Get("Content-Length") != "0" {
			t.Errorf("%s: %v", name, got.header)
		}
	}
	p := f.issue("")
	gone("an access token", revoke(f.server, p.Access, "&token_type_hint=refresh_token"))
	if f.active(p.Access) || !f.active(p.Refresh) {
		t.Error("more than the access token is gone, or less")
	}
	p2 := f.pair(f.refresh(f.server, p.Refresh, ""))
	gone("again", revoke(f.server, p.Access, ""))
	gone("spent", revoke(f.server, p.Refresh, ""))
	if !f.active(p2.Access) {
		t.Error("a spent token takes the pair with it")
	}
	gone("a refresh token", revoke(f.server, p2.Refresh, "&token_type_hint=nonsense"))
	if f.active(p2.Access) || f.count() != 0 {
		t.Error("the pair is left")
	}
	gone("unknown", revoke(f.server, "anything-else", ""))
	gone("malformed", revoke(f.server, "%00", ""))
	own := f.pair(f.form("/oauth/token", f.app.basic(), "grant_type=client_credentials"))
	gone("the only secret", revoke(f.app, own.Access, ""))
	if f.count() != 0 {
		t.Error("a token without secrets is left")
	}
	fauna := string(f.Do(`Select("secret", Create(Tokens(), { instance: Ref(Collection("users"), Var("id")) }))`, map[string]any{"id": f.ana}).(value.String))
	gone("a token of Fauna", revoke(f.server, fauna, ""))
	if f.queries(fauna) {
		t.Error("it still opens queries")
	}
	f.want("a key", revoke(f.server, f.app.secret, ""), 400, `{"error":"unsupported_token_type","error_description":"A key is deleted by a query."}`)
	f.want("no token", f.form("/oauth/revoke", f.server.basic(), ""), 400, `{"error":"invalid_request","error_description":"The parameter token is missing."}`)
	f.want("nobody", f.form("/oauth/revoke", "", "token="+p.Access), 401, `{"error":"invalid_client"}`)
	f.want("a wrong client", revoke(client{f.app.id, "x"}, p.Access, ""), 401, `{"error":"invalid_client"}`)
	bound := f.issue(`,"client_id":"` + f.server.id + `"`)
	const other = `{"error":"unauthorized_client","error_description":"The token belongs to another client."}`
	f.want("another client's", revoke(f.app, bound.Access, ""), 400, other)
	f.want("a public client", f.form("/oauth/revoke", "", "client_id="+f.public.id+"&token="+bound.Access), 400, other)
	if !f.active(bound.Access) {
		t.Error("it is gone all the same")
	}
	gone("by a server", revoke(f.server, bound.Refresh, ""))
	public := f.issue(`,"client_id":"` + f.public.id + `"`)
	gone("a public client's own", f.form("/oauth/revoke", "", "client_id="+f.public.id+"&token="+public.Refresh))
	want := []string{
		"token.created", "token.revoked", "token.rotated", "token.revoked", "token.created", "token.revoked", "token.revoked", "client.denied",
		"token.created", "client.denied", "client.denied", "token.revoked", "token.created", "token.revoked",
	}
	if got := f.Audited(); !slices.Equal(got, want) {
		t.Errorf("audit: %v", got)
	}
	f.hidden(p, p2, own, bound, public, pair{Access: fauna})
}

func TestIssue(t *testing.T) {
	f := newFixture(t)
	instance := `"instance":{"collection":"users","id":"` + f.ana + `"}`
	issue := func(authorization, body string, header ...string) answer {
		if authorization != "" {
			header = append(header, "Authorization: "+authorization)
		}
		return f.send(http.MethodPost, "/tokens/issue", body, header...)
	}
	bearer := "Bearer " + f.server.secret
	p := f.pair(issue(bearer, `{`+instance+`,"permissions":{"createA":true,"n":1},"more":1}`))
	got := f.form("/oauth/introspect", f.server.basic(), "token="+p.Access)
	if p.Refresh != "" || p.Scope != "" || !strings.Contains(got.body, `"permissions":{"createA":true,"n":1}`) || !strings.Contains(got.body, `"scope":"createA"`) {
		t.Errorf("%+v, %v", p, got)
	}
	for name, tc := range map[string]struct {
		authorization, body string
		status              int
		code, pointers      string
	}{
		"no key":            {"", `{}`, 401, "invalid_client", ""},
		"a wrong key":       {bearer[:46] + "x", `{}`, 401, "invalid_client", ""},
		"a token":           {"Bearer " + p.Access, `{}`, 401, "invalid_client", ""},
		"another role":      {f.app.basic(), `{` + instance + `}`, 403, "role_missing", ""},
		"no JSON":           {bearer, `{`, 400, "invalid_body", ""},
		"an array":          {bearer, `[]`, 400, "invalid_body", ""},
		"no instance":       {bearer, `{}`, 400, "invalid_member", "#/instance"},
		"half an instance":  {bearer, `{"instance":{"collection":"users"}}`, 400, "invalid_member", "#/instance"},
		"wrong members":     {bearer, `{"instance":1,"scope":"a\"b","permissions":[],"expires_in":59,"refresh":"x","client_id":1}`, 400, "invalid_member", "#/instance #/scope #/permissions #/expires_in #/refresh #/client_id"},
		"too long":          {bearer, `{` + instance + `,"expires_in":86401}`, 400, "invalid_member", "#/expires_in"},
		"a fraction":        {bearer, `{` + instance + `,"expires_in":60.5}`, 400, "invalid_member", "#/expires_in"},
		"an unknown client": {bearer, `{` + instance + `,"client_id":"1"}`, 400, "invalid_member", "#/client_id"},
		"no document":       {bearer, `{"instance":{"collection":"users","id":"12"}}`, 404, "instance_not_found", ""},
		"no collection":     {bearer, `{"instance":{"collection":"none","id":"12"}}`, 404, "instance_not_found", ""},
		"no id":             {bearer, `{"instance":{"collection":"users","id":"x"}}`, 404, "instance_not_found", ""},
		"a system's":        {bearer, `{"instance":{"collection":"keys","id":"` + f.app.id + `"}}`, 404, "instance_not_found", ""},
		"too large":         {bearer, `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "invalid_request", ""},
	} {
		got := issue(tc.authorization, tc.body)
		var problem struct {
			Type, Code, Instance string
			Status               int
			Errors               []struct{ Pointer string }
		}
		if err := json.Unmarshal([]byte(got.body), &problem); err != nil {
			t.Fatal(err)
		}
		var pointers []string
		for _, e := range problem.Errors {
			pointers = append(pointers, e.Pointer)
		}
		if got.status != tc.status || problem.Status != tc.status || problem.Code != tc.code || strings.Join(pointers, " ") != tc.pointers ||
			got.header.Get("Content-Type") != "application/problem+json; charset=utf-8" || problem.Instance != "/requests/"+got.header.Get("X-Request-Id") {
			t.Errorf("%s: %v", name, got)
		}
		if (tc.status == 401 || tc.status == 403) != (got.header.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: %v", name, got.header)
		}
	}
	if got := issue(bearer, "a=b", "Content-Type: application/x-www-form-urlencoded"); got.status != 415 {
		t.Errorf("a form: %v", got)
	}
	if f.count() != 1 {
		t.Error("a refused order has made a token")
	}
	for range 300 {
		issue("Bearer fnAunknown-secret", `{}`)
	}
	if got := issue("Bearer fnAunknown-secret", `{}`); got.status != 429 || got.header.Get("Retry-After") == "" {
		t.Errorf("too many unknown secrets: %v", got)
	}
	f.pair(issue(bearer, `{`+instance+`}`))
	f.hidden(p)
}

func TestAudit(t *testing.T) {
	f := newFixture(t)
	_, admin := f.Key(`{ role: "admin" }`)
	p := f.issue("")
	for range 3 {
		p = f.pair(f.refresh(f.server, p.Refresh, ""))
	}
	read := func(query, secret string) (answer, tokens.Events) {
		got := f.send("GET", "/tokens/audit"+query, "", "Authorization: Bearer "+secret, "User-Agent: test")
		var events tokens.Events
		if err := json.Unmarshal([]byte(got.body), &events); err != nil {
			t.Fatal(err)
		}
		return got, events
	}
	_, all := read("", admin)
	first := all.Events[0]
	if len(all.Events) != 4 || all.After != "" || first.Event.Event != "token.created" || first.Actor != "keys/"+f.server.id ||
		first.Subject != "users/"+f.ana || first.Facade != "oauth" || first.Kind != "oauth" || first.Address != "192.0.2.1" || first.RequestID == "" || first.Outcome != "ok" {
		t.Errorf("%+v", all)
	}
	_, some := read("?event=token.rotated&limit=2", admin)
	if len(some.Events) != 2 || some.Events[0].ID != all.Events[1].ID || some.After != all.Events[2].ID {
		t.Errorf("%+v", some)
	}
	_, rest := read("?limit=2&after="+some.After, admin)
	if len(rest.Events) != 1 || rest.Events[0].ID != all.Events[3].ID || rest.After != "" {
		t.Errorf("%+v", rest)
	}
	for query, status := range map[string]int{"?limit=0": 400, "?limit=1001": 400, "?limit=x": 400, "?after=x": 400, "?after=-1": 400} {
		if got, _ := read(query, admin); got.status != status {
			t.Errorf("%s: %v", query, got)
		}
	}
	if got, _ := read("", f.server.secret); got.status != 403 {
		t.Errorf("a server: %v", got)
	}
	if got, _ := read("", "fnAunknown-secret"); got.status != 401 {
		t.Errorf("a stranger: %v", got)
	}
}

func TestMetadata(t *testing.T) {
	f := newFixture(t, func(o *oauth.Options) { o.Scopes = []string{"read", "fql"} })
	f.want("metadata", f.send("GET", "/.well-known/oauth-authorization-server", ""), 200, `{"issuer":"https://tokens.example.com",`+
		`"token_endpoint":"https://tokens.example.com/oauth/token","introspection_endpoint":"https://tokens.example.com/oauth/introspect",`+
		`"revocation_endpoint":"https://tokens.example.com/oauth/revoke","jwks_uri":"https://tokens.example.com/.well-known/jwks.json",`+
		`"grant_types_supported":["refresh_token","client_credentials"],"response_types_supported":["none"],`+
		`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"],`+
		`"introspection_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"],`+
		`"revocation_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"],"scopes_supported":["read","fql"]}`)
	if got := f.form("/oauth/token", f.app.basic(), "grant_type=client_credentials&scope=write"); got.status != 400 {
		t.Errorf("a scope that is not supported: %v", got)
	}
}

// TestKeys: a JWT is verified with what the server publishes.
func TestKeys(t *testing.T) {
	f := newFixture(t)
	jwt, err := f.Ring().Sign(map[string]any{"a": 1}, f.Clock())
	if err != nil {
		t.Fatal(err)
	}
	got := f.send("GET", "/.well-known/jwks.json", "")
	if got.header.Get("Content-Type") != "application/json; charset=utf-8" || got.header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("%v", got.header)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(got.body), &set); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() || strings.Contains(got.body, `"d"`) {
		t.Fatalf("%v, %v", err, got)
	}
	signed, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := signed.Verify(set.Key(signed.Signatures[0].Header.KeyID)[0]); err != nil || string(b) != `{"a":1}` {
		t.Errorf("%s, %v", b, err)
	}
	again := f.send("GET", "/.well-known/jwks.json", "", "If-None-Match: "+got.header.Get("ETag"))
	if again.status != 304 || again.body != "" {
		t.Errorf("%v", again)
	}
	if got := f.send("GET", "/.well-known/jwks.json", "", "Accept: application/jwk-set+json"); got.header.Get("Content-Type") != "application/jwk-set+json" {
		t.Errorf("%v", got.header)
	}
	if err := f.Ring().Rotate(f.Clock()); err != nil {
		t.Fatal(err)
	}
	if got := f.send("GET", "/.well-known/jwks.json", "", "If-None-Match: "+got.header.Get("ETag")); strings.Count(got.body, `"kid"`) != 2 {
		t.Errorf("a new key is not published: %v", got)
	}
}

func TestCrossOrigin(t *testing.T) {
	f := newFixture(t)
	for origin, want := range map[string]string{"https://app.example.com": "https://app.example.com", "https://evil.example.com": ""} {
		got := f.form("/oauth/revoke", f.server.basic(), "token=x", "Origin: "+origin)
		if got.header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%s: %v", origin, got.header)
		}
	}
}

// TestClientLibrary: golang.org/x/oauth2 is a client.
func TestClientLibrary(t *testing.T) {
	f := newFixture(t)
	s := httptest.NewServer(f.door)
	defer s.Close()
	ctx := context.Background()
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		own := clientcredentials.Config{
			ClientID: f.app.id, ClientSecret: f.app.secret, TokenURL: s.URL + "/oauth/token", Scopes: []string{"read", "fql"}, AuthStyle: style,
		}
		token, err := own.Token(ctx)
		if err != nil || !f.queries(token.AccessToken) || token.Type() != "Bearer" || time.Until(token.Expiry) < 50*time.Minute {
			t.Fatalf("%+v, %v", token, err)
		}
		first := f.issue("")
		config := oauth2.Config{
			ClientID: f.server.id, ClientSecret: f.server.secret, Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/oauth/token", AuthStyle: style},
		}
		renewed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: first.Refresh}).Token()
		if err != nil || !f.active(renewed.AccessToken) || renewed.RefreshToken == first.Refresh {
			t.Fatalf("%+v, %v", renewed, err)
		}
		// A token is no key.
		res, err := own.Client(ctx).PostForm(s.URL+"/oauth/introspect", url.Values{"token": {renewed.AccessToken}})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(res.Body); res.StatusCode != 401 || err != nil || string(b) != `{"error":"invalid_client"}` {
			t.Errorf("%d %s, %v", res.StatusCode, b, err)
		}
		res.Body.Close()
		_, err = config.TokenSource(ctx, &oauth2.Token{RefreshToken: first.Refresh}).Token()
		if e, ok := err.(*oauth2.RetrieveError); !ok || e.ErrorCode != "invalid_grant" { //nolint:errorlint // as its documentation says
			t.Errorf("%v", err)
		}
	}
}

// TestStoreFailure: a client learns that it must try again, the log no secret.
func TestStoreFailure(t *testing.T) {
	f := newFixture(t)
	p := f.issue("")
	var err error
	if f.door, err = oauth.New(tokenstest.Closed(t), door.Options{Log: slog.New(slog.NewTextHandler(&f.log, nil))}, oauth.Options{}); err != nil {
		t.Fatal(err)
	}
	for path, form := range map[string]string{
		"/oauth/revoke": "token=" + p.Access, "/oauth/introspect": "token=" + p.Access, "/oauth/token": "grant_type=refresh_token&refresh_token=" + p.Refresh,
	} {
		got := f.form(path, f.server.basic(), form)
		f.want(path, got, 503, `{"error":"temporarily_unavailable","error_description":"Try again."}`)
		if got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	if got := f.send("POST", "/tokens/issue", `{}`, "Authorization: Bearer "+f.server.secret); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("%v", got)
	}
	if f.log.b.Len() == 0 {
		t.Error("the log is told nothing")
	}
	f.hidden(p)
}

// TestHeaderInjection: what a client sends comes back in no header.
func TestHeaderInjection(t *testing.T) {
	f := newFixture(t)
	for _, text := range []string{"a%0d%0aX-Evil:+1", "a%22,+error%3D%22", "%C3%A4"} {
		for _, form := range []string{
			"grant_type=" + text, "grant_type=client_credentials&scope=" + text, "grant_type=refresh_token&refresh_token=" + text,
			"token=" + text, "client_id=" + text + "&token=x",
		} {
			for _, path := range []string{"/oauth/token", "/oauth/introspect", "/oauth/revoke"} {
				got := f.form(path, "", form)
				for name, values := range got.header {
					if strings.Contains(fmt.Sprint(name, values), "Evil") || strings.Contains(fmt.Sprint(values), "\n") {
						t.Errorf("%s %s: %v", path, form, got.header)
					}
				}
				f.Forward(2 * time.Second)
			}
		}
	}
}
