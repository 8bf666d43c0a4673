package mono_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/mono"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// fixture is the door with a session of its administrator.
type fixture struct {
	*tokenstest.Fixture
	door    *mono.Mono
	t       *testing.T
	session string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Fixture: tokenstest.New(t), t: t}
	var err error
	f.door, err = mono.New(context.Background(), f.Service, door.Options{Limits: door.NewLimits(f.Clock)}, mono.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.door.InitialPassword()) != 32 {
		t.Fatalf("password %q", f.door.InitialPassword())
	}
	f.session = f.login("administrator", f.door.InitialPassword())
	return f
}

// send sends a request under a session or a bearer, "" is none.
func (f *fixture) send(secret, method, path, body string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, "https://tokens.example.com"+path, strings.NewReader(body))
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	w := httptest.NewRecorder()
	f.door.ServeHTTP(w, r)
	return w
}

// answer is the body of an answer that must have a status.
func (f *fixture) answer(secret, method, path, body string, status int) string {
	f.t.Helper()
	w := f.send(secret, method, path, body)
	if w.Code != status {
		f.t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	if status == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") != "Bearer" {
		f.t.Errorf("%s %s: no challenge", method, path)
	}
	return w.Body.String()
}

func (f *fixture) login(name, password string) string {
	f.t.Helper()
	b := f.answer("", "POST", "/management/users/login", fmt.Sprintf(`{"username":%q,"password":%q}`, name, password), 200)
	var out struct{ Mensaje, Token string }
	if err := json.Unmarshal([]byte(b), &out); err != nil || out.Mensaje != "Inicio de sesión exitoso" || out.Token == "" {
		f.t.Fatalf("login: %s", b)
	}
	return out.Token
}

// user makes a user with permissions and returns a session and the number.
func (f *fixture) user(name, permissions string) (session string, num int64) {
	f.t.Helper()
	b := f.answer(f.session, "POST", "/management/users/registro", fmt.Sprintf(
		`{"name":"A","lastname":"B","email":"%s@example.com","username":%q,"password":"long enough","permissions":%s}`, name, name, permissions), 201)
	var out struct {
		Mensaje string
		UserID  int64
	}
	if err := json.Unmarshal([]byte(b), &out); err != nil || out.Mensaje != "Usuario creado con éxito" {
		f.t.Fatalf("registro: %s", b)
	}
	return f.login(name, "long enough"), out.UserID
}

// create makes a bearer and returns it with its number.
func (f *fixture) create(session, body string) (bearer string, num int64) {
	f.t.Helper()
	var out struct {
		Bearer  string
		TokenID int64
	}
	if err := json.Unmarshal([]byte(f.answer(session, "POST", "/management/token/create", body, 200)), &out); err != nil {
		f.t.Fatal(err)
	}
	return out.Bearer, out.TokenID
}

var (
	times = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`)
	ids   = regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"`)
)

// plain puts TIME and UUID in the place of what differs each time.
func plain(s string) string { return ids.ReplaceAllString(times.ReplaceAllString(s, "TIME"), "UUID") }

// TestExamples follows the examples of the published page.
func TestExamples(t *testing.T) {
	f := newFixture(t)
	row := func(num, user int, bearer, permissions string) string {
		return fmt.Sprintf(`{"tokenid":%d,"userid":%d,"bearer":%s,"permissions":%s,"createdAt":TIME,"updatedAt":TIME,"deletedAt":null}`,
			num, user, bearer, permissions)
	}
	const all = `{"createA":true,"createB":true,"createC":true}`
	for _, step := range []struct{ method, path, body, want string }{
		{"POST", "/token/create", `{"userid":1}`, row(1, 1, "UUID", "null")},
		{"POST", "/token/create", ``, row(2, 1, "UUID", "null")},
		{"POST", "/token/create", `{"userid":0}`, row(3, 1, "UUID", "null")},
		{"DELETE", "/token/2", ``, `{"mensaje":"Token eliminado con éxito."}`},
		{"GET", "/token/permissions/3", ``, `{"permissions":null}`},
		{"PUT", "/token/permissions/3", `{"permissions":` + all + `}`, `{"mensaje":"Se asignaron los permisos al Token indicado"}`},
		{"GET", "/token/permissions/3", ``, `{"permissions":` + all + `}`},
		{"PUT", "/token/regenerate/3", `ignored`, row(3, 1, "UUID", `"{\"createA\":true,\"createB\":true,\"createC\":true}"`)},
		{"PUT", "/token/permissions/3", `{"permissions":null}`, `{"mensaje":"Se asignaron los permisos al Token indicado"}`},
		{"GET", "/token/permissions/3", ``, `{"permissions":null}`},
		{"POST", "/token/create", ``, row(4, 1, "UUID", "null")}, // 2 is not given again
	} {
		if got := plain(f.answer(f.session, step.method, "/management"+step.path, step.body, 200)); got != step.want {
			t.Errorf("%s %s:\n%s\nwant\n%s", step.method, step.path, got, step.want)
		}
	}
	for _, path := range []string{"/management/tokens/list", "/management/tokens/list/1", "/management/tokens/list?userid=1", "/management/tokens/list/1?userid=7"} {
		got := regexp.MustCompile(`"[0-9a-f]{8}-\*{4}-\*{4}-\*{4}-\*{12}"`).ReplaceAllString(plain(f.answer(f.session, "GET", path, "", 200)), "MASKED")
		want := "[" + row(1, 1, "MASKED", "null") + "," + row(3, 1, "MASKED", "null") + "," + row(4, 1, "MASKED", "null") + "]"
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
		}
	}
}

// TestBearer: what a bearer opens, and until when.
func TestBearer(t *testing.T) {
	f := newFixture(t)
	bearer, num := f.create(f.session, "")
	f.answer(f.session, "PUT", fmt.Sprintf("/management/token/permissions/%d", num), `{"permissions":{"createA":true}}`, 200)
	r := httptest.NewRequest(http.MethodGet, "/tokenizada", nil)
	r.Header.Set("Authorization", "bearer "+bearer)
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	w := httptest.NewRecorder()
	f.door.ServeHTTP(w, r)
	want := `{"id":UUID,"ip":"203.0.113.9","uri":"/tokenizada","method":"GET","bearer":{"userid":1,"tokenid":1,"token":UUID,"permissions":{"createA":true}}}`
	if got := plain(w.Body.String()); w.Code != 200 || got != want || !strings.Contains(w.Body.String(), bearer) {
		t.Errorf("%d %s", w.Code, got)
	}
	for secret, want := range map[string]string{
		"":                                     `{"mensaje":"Acceso no autorizado. El token no se proporcionó."}`,
		f.session:                              `{"msg":"Existe alguin inconveniente con su session"}`,
		"3f1c2b9a-6d0e-4c57-9a41-0b8e7d2f5a10": `{"msg":"Existe alguin inconveniente con su session"}`,
	} {
		if got := f.answer(secret, "GET", "/tokenizada", "", 401); got != want {
			t.Errorf("%.10s: %s", secret, got)
		}
	}
	f.answer(f.session, "PUT", fmt.Sprintf("/management/token/regenerate/%d", num), "", 200)
	f.answer(bearer, "GET", "/tokenizada", "", 401)
	second, num := f.create(f.session, "")
	f.answer(second, "GET", "/tokenizada", "", 200)
	f.answer(f.session, "DELETE", fmt.Sprintf("/management/token/%d", num), "", 200)
	f.answer(second, "GET", "/tokenizada", "", 401)
	third, _ := f.create(f.session, "")
	f.Do(`Map(Paginate(Documents(Tokens())), (t) => If(Equals(Select(["service", "kind"], Get(t)), "mono.bearer"), Delete(t), null))`, nil)
	f.answer(third, "GET", "/tokenizada", "", 401) // revoked by a query
}

func TestPrivate(t *testing.T) {
	f := newFixture(t)
	b := f.answer(f.session, "GET", "/privada", "", 200)
	for _, want := range []string{`"uri":"/privada"`, `"method":"GET"`, `"userid":1`, `"name":"administrator"`, `"permissions":{"adminUser":true}`, `"token":"`} {
		if !strings.Contains(b, want) || strings.Contains(b, `"ip"`) {
			t.Errorf("%s lacks %s", b, want)
		}
	}
	bearer, _ := f.create(f.session, "")
	f.answer(bearer, "GET", "/privada", "", 401)
	f.answer(bearer, "GET", "/management/tokens/list", "", 401)
}

// TestSessions: a user has one, for seven days.
func TestSessions(t *testing.T) {
	f := newFixture(t)
	old := f.session
	f.session = f.login("ADMINISTRATOR", f.door.InitialPassword())
	const refused = `{"msg":"Existe alguin inconveniente con su session"}`
	if got := f.answer(old, "GET", "/privada", "", 401); got != refused {
		t.Errorf("a replaced session: %s", got)
	}
	f.answer(f.session, "GET", "/privada", "", 200)
	f.Forward(7 * 24 * time.Hour)
	if got := f.answer(f.session, "GET", "/privada", "", 401); got != refused {
		t.Errorf("an expired session: %s", got)
	}
	for _, tc := range []struct{ header, want string }{
		{"", "Acceso no autorizado. El token no se proporcionó."},
		{"Bearer", "Acceso no autorizado. El token Bearer no se proporcionó."},
		{"Basic abc", "Acceso no autorizado. El token Bearer no se proporcionó."},
	} {
		r := httptest.NewRequest(http.MethodGet, "/privada", nil)
		if tc.header != "" {
			r.Header.Set("Authorization", tc.header)
		}
		w := httptest.NewRecorder()
		f.door.ServeHTTP(w, r)
		if want := `{"mensaje":"` + tc.want + `"}`; w.Code != 401 || w.Body.String() != want {
			t.Errorf("%q: %d %s", tc.header, w.Code, w.Body)
		}
	}
	disabled, err := mono.New(context.Background(), f.Service, door.Options{}, mono.Options{UsersDisabled: true})
	if err != nil || disabled.InitialPassword() != "" {
		t.Fatalf("a second door: %v", err)
	}
	w := httptest.NewRecorder()
	disabled.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/management/users/login", strings.NewReader(`{}`)))
	if w.Code != 200 || w.Body.String() != `{"mensaje":"User Management no se encuentra habilitado"}` {
		t.Errorf("disabled: %d %s", w.Code, w.Body)
	}
}

// TestPermissions: who may do what to whose tokens.
func TestPermissions(t *testing.T) {
	f := newFixture(t)
	_, admins := f.create(f.session, "")
	none, _ := f.user("none", `{}`)
	all, allNum := f.user("all", `{"createToken":true,"deleteToken":true,"viewToken":true}`)
	_, own := f.create(all, "")
	const notFound = "El token no fue encontrado o no pertenece al usuario autenticado."
	for _, op := range []struct{ method, path, body, mayNot, missing string }{
		{"PUT", "/token/regenerate/%d", "", "No tiene el permiso para poder regenerar tokens", notFound},
		{"PUT", "/token/permissions/%d", `{"permissions":{}}`, "No tiene el permiso para poder asignar permisos a los tokens", "El token no fue encontrado o no pertenece al usuario registrado."},
		{"GET", "/token/permissions/%d", "", "No tiene el permiso para poder ver permisos de los tokens", notFound},
		{"DELETE", "/token/%d", "", "No tiene el permiso para poder eliminar tokens", notFound},
	} {
		path := "/management" + op.path
		if got := f.answer(none, op.method, fmt.Sprintf(path, own), op.body, 401); got != `{"mensaje":"`+op.mayNot+`"}` {
			t.Errorf("%s: %s", op.path, got)
		}
		for _, num := range []int64{admins, 999} {
			if got := f.answer(all, op.method, fmt.Sprintf(path, num), op.body, 404); got != `{"mensaje":"`+op.missing+`"}` {
				t.Errorf("%s: %s", op.path, got)
			}
		}
		f.answer(all, op.method, strings.Replace(path, "%d", "x5", 1), op.body, 404)
		f.answer(all, op.method, fmt.Sprintf(path, own), op.body, 200)
	}
	f.answer(all, "DELETE", fmt.Sprintf("/management/token/%d", own), "", 404) // it is deleted already
	for _, tc := range []struct{ session, method, path, body, want string }{
		{none, "POST", "/token/create", "", "No tiene el permiso para poder crear tokens"},
		{all, "POST", "/token/create", `{"userid":1}`, "No tiene el permiso para poder crear tokens"},
		{none, "GET", "/tokens/list", "", "No tiene el permiso para poder ver tokens"},
		{all, "GET", "/tokens/list/1", "", "No tiene el permiso para poder ver tokens de otros usuarios"},
		{all, "POST", "/users/registro", `{"username":"x","password":"long enough"}`, "No tiene el permiso para poder crear usuarios"},
	} {
		if got := f.answer(tc.session, tc.method, "/management"+tc.path, tc.body, 401); got != `{"mensaje":"`+tc.want+`"}` {
			t.Errorf("%s: %s", tc.path, got)
		}
	}
	_, num := f.create(f.session, fmt.Sprintf(`{"userid":%d}`, allNum))
	f.answer(all, "DELETE", fmt.Sprintf("/management/token/%d", num), "", 200)
	// A permission that is not true counts for nothing, and a change is in force at once.
	f.Do(`Update(Select("ref", Get(Match(Index("token_users_by_username"), "all"))), { data: { permissions: { viewToken: "yes" } } })`, nil)
	f.answer(all, "GET", "/management/tokens/list", "", 401)
}

func TestRegister(t *testing.T) {
	f := newFixture(t)
	some, num := f.user("some", `{"createUsers":true,"createToken":true}`)
	if num != 2 {
		t.Errorf("userid %d", num)
	}
	const taken = `{"mensaje":"El correo o el nombre de usuario ya están en uso."}`
	for _, tc := range []struct {
		body, want string
		status     int
	}{
		{`{"username":"x","password":"long enough","permissions":{"deleteToken":true}}`, `No tiene el permiso para poder crear usuarios`, 401},
		{`{"username":"x","password":"long enough","permissions":{"createToken":true,"deleteToken":false}}`, `"userid":3`, 201},
		{`{"username":"SOME","password":"long enough"}`, taken, 400},
		{`{"username":"y","email":"Some@example.com","password":"long enough"}`, taken, 400},
		{`{"username":"y","password":"short"}`, `Existe un inconveniente en la solicitud`, 400},
		{`{"username":"y","password":"` + strings.Repeat("x", 1025) + `"}`, `Existe un inconveniente en la solicitud`, 400},
		{`{"password":"long enough"}`, `Existe un inconveniente en la solicitud`, 400},
		{`{"username":5,"password":"long enough"}`, `Existe un inconveniente en la solicitud`, 400},
		{`{"username":"y","password":"long enough","permissions":[]}`, `Existe un inconveniente en la solicitud`, 400},
		{`no JSON`, `Existe un inconveniente en la solicitud`, 400},
	} {
		if got := f.answer(some, "POST", "/management/users/registro", tc.body, tc.status); !strings.Contains(got, tc.want) {
			t.Errorf("%.60s: %s", tc.body, got)
		}
	}
}

func TestWrongRequests(t *testing.T) {
	f := newFixture(t)
	_, num := f.create(f.session, "")
	permissions := fmt.Sprintf("/token/permissions/%d", num)
	many := strings.TrimSuffix(strings.Repeat(`"p%d":true,`, 257), ",")
	for i := range 257 {
		many = strings.Replace(many, "%d", fmt.Sprint(i), 1)
	}
	const wrong = `{"msg":"Existe un inconveniente en la solicitud","id":UUID}`
	for _, tc := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/token/create", `{`, 400, wrong},
		{"POST", "/token/create", `{"userid":1.5}`, 400, wrong},
		{"POST", "/token/create", `{"userid":"1"}`, 400, wrong},
		{"POST", "/token/create", `{"userid":77}`, 404, `{"mensaje":"El usuario indicado no existe."}`},
		{"POST", "/token/create", `{"x":"` + strings.Repeat("x", 70_000) + `"}`, 413, wrong},
		{"PUT", permissions, `{}`, 400, wrong},
		{"PUT", permissions, `{"permissions":5}`, 400, wrong},
		{"PUT", permissions, `{"permissions":{` + many + `}}`, 400, wrong},
		{"PUT", permissions, `{"permissions":{"a":"` + strings.Repeat("x", 17_000) + `"}}`, 400, wrong},
		{"GET", "/tokens/list/x", ``, 400, wrong},
		{"GET", "/tokens/list/77", ``, 200, `[]`},
		{"GET", "/nothing", ``, 404, `{"msg":"Ruta no encontrada","id":UUID}`},
		{"PATCH", "/token/create", ``, 404, `{"msg":"Ruta no encontrada","id":UUID}`},
	} {
		if got := plain(f.answer(f.session, tc.method, "/management"+tc.path, tc.body, tc.status)); got != tc.want {
			t.Errorf("%s %s %.40s: %s", tc.method, tc.path, tc.body, got)
		}
	}
	for _, body := range []string{`{"username":"administrator","password":"wrong"}`, `{"username":"nobody","password":"x"}`, `{}`} {
		if got := f.answer("", "POST", "/management/users/login", body, 401); got != `{"mensaje":"Credenciales incorrectas"}` {
			t.Errorf("login: %s", got)
		}
	}
}

// TestSeenByQueries: bearers and sessions are documents of Tokens().
func TestSeenByQueries(t *testing.T) {
	f := newFixture(t)
	bearer, _ := f.create(f.session, "")
	f.Do(`CreateIndex({ name: "by_kind", source: Tokens(), terms: [{ field: ["service", "kind"] }] })`, nil)
	v := f.Do(`Map(["mono.bearer", "mono.session"], (kind) => Count(Match(Index("by_kind"), kind)))`, nil)
	if diff := cmp.Diff(value.Array{value.Long(1), value.Long(1)}, v); diff != "" {
		t.Error(diff)
	}
	if v := f.Do(`Select(["service", "hint"], Get(Match(Index("by_kind"), "mono.bearer")))`, nil); v != value.Value(value.String(bearer[:8])) {
		t.Errorf("hint %v", v)
	}
	f.Do(`Update(Select("ref", Get(Match(Index("by_kind"), "mono.bearer"))), { data: { permissions: { createB: true } } })`, nil)
	if got := f.answer(f.session, "GET", "/management/token/permissions/1", "", 200); got != `{"permissions":{"createB":true}}` {
		t.Errorf("permissions: %s", got)
	}
	want := []string{"user.created", "login.ok", "token.created"}
	if diff := cmp.Diff(want, f.Audited()); diff != "" {
		t.Error(diff)
	}
	for _, secret := range []string{bearer, f.session, f.door.InitialPassword()} {
		if f.Holds(secret) {
			t.Errorf("the file holds %.8s…", secret)
		}
	}
	if _, err := f.Resolve(context.Background(), tokens.Presented{Secret: bearer, Want: tokens.Access}); err != nil {
		t.Errorf("another door: %v", err)
	}
}
