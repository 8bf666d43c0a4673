package eco_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/eco"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

const legacyKey = "an old key of thirty-two letters"

// fixture is the door with a user and a key.
type fixture struct {
	*tokenstest.Fixture
	*eco.Eco
	t   *testing.T
	key string
	ana value.Ref
}

func newFixture(t *testing.T, o eco.Options) *fixture {
	t.Helper()
	f := &fixture{Fixture: tokenstest.New(t), t: t}
	o.LegacyKeys = []string{legacyKey}
	var err error
	f.Eco, err = eco.New(context.Background(), f.Service, door.Options{Limits: door.NewLimits(f.Clock)}, o)
	if err != nil {
		t.Fatal(err)
	}
	f.ana = f.User(map[string]any{"username": "Ana"}, "Passw0rd!")
	f.key = string(f.Do(`Select("secret", CreateKey({ role: "server" }))`, nil).(value.String))
	return f
}

func (f *fixture) send(method, path, body string, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, "https://tokens.example.com"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, e := range edit {
		e(r)
	}
	w := httptest.NewRecorder()
	f.Eco.ServeHTTP(w, r)
	return w
}

// cookies are those that an answer sets.
func cookies(w *httptest.ResponseRecorder) []*http.Cookie {
	return (&http.Response{Header: w.Header()}).Cookies()
}

func bearer(secret string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
}

func with(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value}) }
}

// body is that of an answer that must have a status.
func (f *fixture) body(w *httptest.ResponseRecorder, status int) string {
	f.t.Helper()
	if w.Code != status {
		f.t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	return w.Body.String()
}

// generate makes a pair over JSON.
func (f *fixture) generate(id string) (access, refresh string, expires int64) {
	f.t.Helper()
	var out [3]json.RawMessage
	if err := json.Unmarshal([]byte(f.body(f.send("POST", "/eco/tokens/generate", `{"_id":"`+id+`"}`, bearer(f.key)), 200)), &out); err != nil {
		f.t.Fatal(err)
	}
	for i, target := range []any{&access, &refresh, &expires} {
		if err := json.Unmarshal(out[i], target); err != nil {
			f.t.Fatal(err)
		}
	}
	return access, refresh, expires
}

func (f *fixture) checks(token, user string) string {
	f.t.Helper()
	return f.body(f.send("POST", "/eco/tokens/check", fmt.Sprintf(`{"token":%q,"userId":%q}`, token, user), bearer(f.key)), 200)
}

// TestBinding follows the examples of the binding to JSON.
func TestBinding(t *testing.T) {
	f := newFixture(t, eco.Options{})
	access, refresh, expires := f.generate("Alice")
	if want := tokenstest.Start.Add(7 * 24 * time.Hour).UnixMilli(); expires < want || expires > want+60_000 {
		t.Errorf("expires at %d, not about %d", expires, want)
	}
	for token, want := range map[string]string{refresh: "true", access: "false", "unknown": "false"} {
		if got := f.checks(token, "ALICE"); got != want {
			t.Errorf("check: %s, want %s", got, want)
		}
	}
	if got := f.checks(refresh, "bob"); got != "false" {
		t.Errorf("another's: %s", got)
	}
	_, second, _ := f.generate("alice")
	if f.checks(refresh, "alice") != "false" || f.checks(second, "alice") != "true" {
		t.Error("a second login does not take the place of the first")
	}
	for range 2 { // it may be removed twice
		if b := f.body(f.send("POST", "/eco/tokens/remove", fmt.Sprintf(`{"token":%q,"userId":"Alice"}`, second), bearer(f.key)), 204); b != "" {
			t.Errorf("remove: %s", b)
		}
	}
	if f.checks(second, "alice") != "false" {
		t.Error("a removed token is good")
	}
	list := f.body(f.send("GET", "/eco/tokens", "", bearer(f.key)), 200)
	if list != "[]" {
		t.Errorf("list: %s", list)
	}
}

func TestExpiry(t *testing.T) {
	f := newFixture(t, eco.Options{})
	_, refresh, expires := f.generate("alice")
	f.Forward(time.UnixMilli(expires).Sub(f.Clock()) - time.Second)
	if f.checks(refresh, "alice") != "true" {
		t.Error("it expires too early")
	}
	f.Forward(time.Second)
	if f.checks(refresh, "alice") != "false" {
		t.Error("it does not expire")
	}
	if list, err := f.GetAllTokens(context.Background()); err != nil || len(list) != 1 {
		t.Errorf("an expired record: %v, %v", list, err)
	}
	f.Forward(24 * time.Hour)
	if list, err := f.GetAllTokens(context.Background()); err != nil || len(list) != 0 {
		t.Errorf("an old record: %v, %v", list, err)
	}
}

// TestMigrate moves all records to another server, where they work.
func TestMigrate(t *testing.T) {
	f, other := newFixture(t, eco.Options{}), newFixture(t, eco.Options{})
	ctx := context.Background()
	_, anas, _ := f.generate("ana")
	_, bobs, _ := f.generate("bob")
	list := f.body(f.send("GET", "/eco/tokens", "", bearer(f.key)), 200)
	if !regexp.MustCompile(`^\[\{"_id":"\d+","userId":"ana","token":"sha256:[\w-]{43}","created_at":\d{13},"updated_at":\d{13},"expires_at":\d{13}\},\{`).MatchString(list) {
		t.Errorf("list: %s", list)
	}
	var records []json.RawMessage
	if err := json.Unmarshal([]byte(list), &records); err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, r := range records {
		other.body(other.send("POST", "/eco/tokens/migrate", string(r), bearer(other.key)), 204)
	}
	if other.checks(anas, "ana") != "true" || other.checks(bobs, "Bob") != "true" {
		t.Error("a migrated token is not good")
	}
	moved, err := other.GetAllTokens(ctx)
	if err != nil || len(moved) != 2 || moved[0].UserID != "ana" {
		t.Errorf("moved: %v, %v", moved, err)
	}
	now := f.Clock().UnixMilli()
	for _, tc := range []struct {
		token   string
		updated int64
		want    string
	}{{"older", now - 1000, "false"}, {"newer", now + 1000, "true"}, {"equal", now + 1000, "true"}} {
		err := other.MigrateToken(ctx, eco.Tokens{UserID: "ANA", Token: tc.token, CreatedAt: now - 5000, UpdatedAt: tc.updated})
		if err != nil {
			t.Error(err)
		}
		if got := other.checks(tc.token, "ana"); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.token, got, tc.want)
		}
	}
	other.body(other.send("POST", "/eco/tokens/migrate", `{"userId":"Bob","token":"raw-token","created_at":1772366400000,
		"updated_at":"2026-03-02T12:00:00.000Z","expires_at":1772971200000}`, bearer(other.key)), 204)
	if other.checks("raw-token", "bob") != "true" {
		t.Error("a raw token is not good")
	}
	if err := other.MigrateToken(ctx, eco.Tokens{UserID: "carl", Token: "old", ExpiresAt: 5}); err != nil || other.checks("old", "carl") != "false" {
		t.Errorf("an expired record: %v", err)
	}
}

func TestWrongCalls(t *testing.T) {
	f := newFixture(t, eco.Options{})
	client := string(f.Do(`Select("secret", CreateKey({ role: "client" }))`, nil).(value.String))
	for _, tc := range []struct {
		method, path, body, key string
		status                  int
		want                    string
	}{
		{"POST", "/generate", `{}`, f.key, 400, `{"pointer":"#/_id","detail":"It must be a string."}`},
		{"POST", "/generate", `{"_id":5}`, f.key, 400, `#/_id`},
		{"POST", "/generate", `{"_id":""}`, f.key, 400, `#/_id`},
		{"POST", "/generate", `{"_id":"` + strings.Repeat("x", 257) + `"}`, f.key, 400, `#/_id`},
		{"POST", "/generate", `[1]`, f.key, 400, `The body is no JSON object.`},
		{"POST", "/generate", ``, f.key, 400, `The body is no JSON object.`},
		{"POST", "/generate", `{"_id":"` + strings.Repeat("x", 70_000) + `"}`, f.key, 413, `The body is too large.`},
		{"POST", "/check", `{"token":"x"}`, f.key, 400, `#/userId`},
		{"POST", "/remove", `{"userId":"x"}`, f.key, 400, `#/token`},
		{"POST", "/migrate", `{"userId":"x","token":"y","expires_at":"soon"}`, f.key, 400, `#/expires_at`},
		{"POST", "/migrate", `{"userId":"x","token":"y","created_at":{}}`, f.key, 400, `#/created_at`},
		{"POST", "/migrate", `{"userId":"x","token":"sha256:short"}`, f.key, 400, `#/token`},
		{"POST", "/generate", `{"_id":"a"}`, "", 401, `invalid_client`},
		{"POST", "/generate", `{"_id":"a"}`, "fnAEnothing", 401, `invalid_client`},
		{"POST", "/generate", `{"_id":"a"}`, client, 403, `insufficient_role`},
		{"GET", "/nothing", ``, f.key, 404, `There is no such route.`},
		{"PUT", "/generate", `{}`, f.key, 404, `There is no such route.`},
	} {
		var edit []func(*http.Request)
		if tc.key != "" {
			edit = append(edit, bearer(tc.key))
		}
		res := f.send(tc.method, "/eco/tokens"+tc.path, tc.body, edit...)
		if got := f.body(res, tc.status); !strings.Contains(got, tc.want) {
			t.Errorf("%s %.40s: %s, want %s", tc.path, tc.body, got, tc.want)
		}
		if tc.status == 401 && res.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no challenge", tc.path)
		}
	}
}

// TestUnknownClients: keys that are none are counted, and told to the audit.
func TestUnknownClients(t *testing.T) {
	f := newFixture(t, eco.Options{})
	call := func(edit ...func(*http.Request)) *httptest.ResponseRecorder {
		return f.send("POST", "/eco/tokens/generate", `{"_id":"a"}`, edit...)
	}
	f.body(call(bearer(f.key), func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }), 400)
	f.body(call(func(r *http.Request) { r.SetBasicAuth("5", f.key) }), 401) // another key's id
	f.body(call(func(r *http.Request) { r.SetBasicAuth(f.key, "") }), 200)
	for range door.UnknownSecrets.Times - 1 {
		f.body(call(bearer("fnAEnothing")), 401)
	}
	if res := call(bearer("fnAEnothing")); res.Header().Get("Retry-After") != "60" {
		t.Errorf("%d: %v", res.Code, res.Header())
	}
	if events := slices.Compact(f.Audited()); !slices.Contains(events, "client.denied") {
		t.Errorf("audit: %v", events)
	}
}

const controllers = "/systemApi/auth/users"

// enter logs a user in.
func (f *fixture) enter() (access string, c *http.Cookie) {
	f.t.Helper()
	res := f.send("POST", controllers+"/login", `{"username":"ANA","password":"Passw0rd!"}`)
	access = payload(f.t, f.body(res, 200), true)
	if len(cookies(res)) != 1 {
		f.t.Fatalf("cookies: %v", cookies(res))
	}
	return access, cookies(res)[0]
}

// payload reads an answer of a controller.
func payload(t *testing.T, body string, success bool) string {
	t.Helper()
	var a struct {
		Success, Error bool
		Payload        string
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || a.Success != success || a.Error == success {
		t.Fatalf("%s: %v", body, err)
	}
	return a.Payload
}

func TestControllers(t *testing.T) {
	f := newFixture(t, eco.Options{})
	access, cookie := f.enter()
	if !strings.HasPrefix(cookie.Raw, "RefreshToken=ey") || !regexp.MustCompile(`; Path=/systemApi/auth/users; Expires=\w{3}, 08 Mar 2026 12:00:\d\d GMT; HttpOnly; Secure; SameSite=Strict$`).MatchString(cookie.Raw) {
		t.Errorf("cookie: %s", cookie.Raw)
	}
	claims := f.body(f.send("GET", controllers+"/isAuthenticated", "", bearer(access)), 200)
	for _, want := range []string{`"success":true`, `"_id":"ana"`, `"iat":1772366`, `"exp":17723`, `"use":"access"`} {
		if !strings.Contains(claims, want) {
			t.Errorf("claims %s lack %s", claims, want)
		}
	}
	res := f.send("PATCH", controllers+"/refreshToken", "", with(cookie))
	access2, cookie2 := payload(t, f.body(res, 200), true), cookies(res)[0]
	if access2 == access || cookie2.Value == cookie.Value {
		t.Error("a refresh changes nothing")
	}
	res = f.send("DELETE", controllers+"/logout", "", bearer(access2), with(cookie2))
	if got := f.body(res, 200); got != `{"success":true,"payload":"Logout successful"}` {
		t.Errorf("logout: %s", got)
	}
	if c := cookies(res)[0]; c.Value != "" || c.MaxAge >= 0 || c.Path != controllers {
		t.Errorf("cookie after logout: %s", c.Raw)
	}
	for _, secret := range []string{access, access2, cookie2.Value, "x"} {
		if got := f.body(f.send("GET", controllers+"/isAuthenticated", "", bearer(secret)), 401); got != `{"error":true,"payload":"Token Expired"}` {
			t.Errorf("after logout: %s", got)
		}
	}
}

func TestRefused(t *testing.T) {
	f := newFixture(t, eco.Options{})
	refresh := func(edit ...func(*http.Request)) string {
		t.Helper()
		res := f.send("PATCH", controllers+"/refreshToken", "", edit...)
		if len(cookies(res)) != 1 || cookies(res)[0].Value != "" {
			t.Errorf("cookies of a refusal: %v", cookies(res))
		}
		return payload(t, f.body(res, 403), false)
	}
	access, first := f.enter()
	foreign := func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.com") }
	for _, tc := range []struct {
		want string
		edit []func(*http.Request)
	}{
		{"Not authorized User.", nil},
		{"Not authorized User.", []func(*http.Request){with(first), foreign}},
		{"Invalid Refresh Token.", []func(*http.Request){with(&http.Cookie{Name: "RefreshToken", Value: "a.b.c"})}},
		{"Refresh Token Tampered.", []func(*http.Request){with(&http.Cookie{Name: "RefreshToken", Value: access})}},
	} {
		if got := refresh(tc.edit...); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
	}
	_, second := f.enter() // on another device
	if got := refresh(with(first)); got != "Refresh Token Tampered." {
		t.Errorf("the first device: %s", got)
	}
	if got := f.body(f.send("GET", controllers+"/isAuthenticated", "", bearer(access)), 200); got == "" {
		t.Error("the access token of the first device is dead")
	}
	res := f.send("PATCH", controllers+"/refreshToken", "", with(second))
	third := cookies(res)[0]
	f.body(res, 200)
	f.Forward(5 * time.Second)
	if got := refresh(with(second)); got != "Refresh Token Tampered." {
		t.Errorf("a token that was used: %s", got)
	}
	if got := refresh(with(third)); got != "Refresh Token Tampered." {
		t.Errorf("after a token was used twice: %s", got)
	}
	access, last := f.enter()
	f.Do(`Update(Var("who"), { data: { isActive: false } })`, map[string]any{"who": f.ana})
	if got := refresh(with(last)); got != "Not authorized User." {
		t.Errorf("a disabled user: %s", got)
	}
	if n := f.Do(`Count(Tokens())`, nil); n != value.Value(value.Long(0)) {
		t.Errorf("%v records of a disabled user", n)
	}
	if got := f.body(f.send("GET", controllers+"/isAuthenticated", "", bearer(access)), 401); got == "" {
		t.Error("a disabled user is authenticated")
	}
}

// TestDisabled: a disabled user is told so once, and is then a stranger.
func TestDisabled(t *testing.T) {
	f := newFixture(t, eco.Options{})
	access, _ := f.enter()
	f.Do(`Update(Var("who"), { data: { isActive: false } })`, map[string]any{"who": f.ana})
	if got := f.body(f.send("GET", controllers+"/isAuthenticated", "", bearer(access)), 400); got != `{"error":true,"payload":"Not a Valid user."}` {
		t.Errorf("%s", got)
	}
	f.body(f.send("GET", controllers+"/isAuthenticated", "", bearer(access)), 401)
}

func TestRefreshLegacy(t *testing.T) {
	f := newFixture(t, eco.Options{})
	sign := func(key string) *http.Cookie {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(key)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign([]byte(`{"_id":"ana"}`))
		if err != nil {
			t.Fatal(err)
		}
		s, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		if err := f.MigrateToken(context.Background(), eco.Tokens{UserID: "ana", Token: s}); err != nil {
			t.Fatal(err)
		}
		return &http.Cookie{Name: "RefreshToken", Value: s}
	}
	if got := payload(t, f.body(f.send("PATCH", controllers+"/refreshToken", "", with(sign("another key of thirty-two letters"))), 403), false); got != "Invalid Refresh Token." {
		t.Errorf("another key: %s", got)
	}
	payload(t, f.body(f.send("PATCH", controllers+"/refreshToken", "", with(sign(legacyKey))), 200), true)
}

// TestRefreshRaces: of many with one cookie, one wins, and its cookie works.
func TestRefreshRaces(t *testing.T) {
	f := newFixture(t, eco.Options{})
	_, cookie := f.enter()
	var mu sync.Mutex
	var won []*http.Cookie
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			res := f.send("PATCH", controllers+"/refreshToken", "", with(cookie))
			mu.Lock()
			defer mu.Unlock()
			if res.Code == http.StatusOK {
				won = append(won, cookies(res)[0])
			}
		})
	}
	wait.Wait()
	if len(won) != 1 {
		t.Fatalf("%d won", len(won))
	}
	f.body(f.send("PATCH", controllers+"/refreshToken", "", with(won[0])), 200)
}

func TestLoginFails(t *testing.T) {
	f := newFixture(t, eco.Options{})
	login := func(body string) *httptest.ResponseRecorder { return f.send("POST", controllers+"/login", body) }
	for body, status := range map[string]int{
		`{}`: 400, `{"username":"ana"}`: 400, `{"username":5,"password":"x"}`: 400, `x`: 400,
		`{"username":"ana","password":"` + strings.Repeat("x", 70_000) + `"}`: 413,
	} {
		payload(t, f.body(login(body), status), false)
	}
	failed := func(body string) {
		t.Helper()
		res := login(body)
		if got := payload(t, f.body(res, 200), false); got != "Invalid username or password" || len(cookies(res)) != 0 {
			t.Errorf("%s: %s", body, got)
		}
	}
	failed(`{"username":"nobody","password":"Passw0rd!"}`)
	for range 5 {
		failed(`{"username":"ana","password":"wrong"}`)
	}
	failed(`{"username":"ana","password":"Passw0rd!"}`) // it is locked
	f.Forward(15 * time.Minute)
	f.enter()
	for range 60 {
		f.send("POST", controllers+"/login", `{"username":"nobody","password":"x"}`)
	}
	res := login(`{"username":"ana","password":"Passw0rd!"}`)
	if payload(t, f.body(res, 429), false); res.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	strict := newFixture(t, eco.Options{StrictStatus: true})
	strict.body(strict.send("POST", controllers+"/login", `{"username":"ana","password":"wrong"}`), 401)
}

// TestSecretsStay searches what is kept for the secrets that were made.
func TestSecretsStay(t *testing.T) {
	f := newFixture(t, eco.Options{})
	access, cookie := f.enter()
	f.send("POST", controllers+"/login", `{"username":"ana","password":"wrong-password"}`)
	for _, secret := range []string{access, cookie.Value, "Passw0rd!", "wrong-password", f.key} {
		if f.Holds(secret) {
			t.Errorf("the file holds %.10s…", secret)
		}
	}
}

// TestClient runs the JavaScript class against the door.
func TestClient(t *testing.T) {
	f := newFixture(t, eco.Options{})
	server := httptest.NewServer(f.Eco)
	defer server.Close()
	dir := t.TempDir()
	client := f.body(f.send("GET", "/eco/tokens/client.mjs", ""), 200)
	for name, content := range map[string]string{"client.mjs": client, "sample.mjs": sample} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("node", "sample.mjs", server.URL+"/eco/tokens", f.key)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "done" {
		t.Fatalf("%v: %s", err, out)
	}
}

// sample is the use that the published page shows, and the rest of the class.
const sample = `
import assert from "node:assert";
import { TokenServices } from "./client.mjs";
const [url, key] = process.argv.slice(2);
const tokens = new TokenServices(url + "/", key);
const [accessToken, refreshToken, expiresAt] = await tokens.generateToken("Alice");
assert.equal(accessToken.split(".").length, 3);
assert.equal(typeof expiresAt, "number");
assert.equal(await tokens.checkToken(refreshToken, "alice"), true);
assert.equal(await tokens.checkToken(accessToken, "alice"), false);
const all = await tokens.getAllTokens();
assert.equal(all.length, 1);
assert.equal(await tokens.migrateToken({ ...all[0], userId: "bob", created_at: new Date(), updated_at: new Date() }), undefined);
assert.equal(await tokens.removeToken(refreshToken, "Alice"), undefined);
assert.equal(await tokens.checkToken(refreshToken, "alice"), false);
await assert.rejects(tokens.generateToken(""), (e) => e.status === 400 && e.message.includes("#/_id"));
await assert.rejects(new TokenServices(url, "fnAwrong").getAllTokens(), (e) => e.status === 401);
console.log("done");
`
