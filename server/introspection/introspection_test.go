package introspection

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query"
)

// house is a database with a clock that a test moves.
type house struct {
	*engine.DB
	t   *testing.T
	now time.Time
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, now: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}
	tick := func() time.Time {
		h.now = h.now.Add(time.Microsecond)
		return h.now
	}
	db, err := engine.OpenStore(mem.New(mem.Options{Clock: func() int64 { return tick().UnixMicro() }}),
		engine.Options{Clock: tick, SweepInterval: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h.DB = db
	return h
}

// as runs a query whose result is a string, or is not looked at.
func (h *house) as(secret, q string) string {
	h.t.Helper()
	res, err := h.Query(h.t.Context(), secret, q, nil)
	if err != nil {
		h.t.Fatalf("%s: %v", q, err)
	}
	var s string
	_ = res.Decode(&s)
	return s
}

func (h *house) root(q string) string {
	h.t.Helper()
	return h.as(h.RootSecret(), q)
}

// told is what a caller is told of a secret.
func (h *house) told(caller, secret string) (string, error) {
	h.t.Helper()
	s, err := New(h.DB, "https://tokens.example.com/").Open(h.t.Context(), caller)
	if err != nil {
		return "", err
	}
	defer s.Close()
	b, err := s.Append([]byte("> "), secret)
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimPrefix(string(b), "> "), nil
}

func (h *house) want(caller, secret, want string) {
	h.t.Helper()
	if got, err := h.told(caller, secret); got != want || err != nil {
		h.t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
}

const inactive = `{"active":false}`

// token makes a token with an id and returns its secret.
func (h *house) token(id, params string) string {
	h.t.Helper()
	return h.root(`Select("secret", Create(Ref(Tokens(), "` + id + `"), ` + params + `))`)
}

const schema = `Do(
	CreateCollection({ name: "users" }), CreateCollection({ name: "cars" }), CreateDatabase({ name: "child" }),
	Create(Ref(Collection("users"), "5"), {}), Create(Ref(Collection("users"), "6"), {}),
	CreateRole({ name: "reader", privileges: [{ resource: Tokens(), actions: { read: true } }] }),
	CreateRole({ name: "some", privileges: [{ resource: Tokens(), actions: { read: Query((ref) => Equals(Select(["data", "open"], Get(ref), false), true)) } }] }),
	CreateRole({ name: "none", privileges: [{ resource: Collection("users"), actions: { read: true } }] }))`

// TestMembers: what is told of a token, to the byte.
func TestMembers(t *testing.T) {
	h := open(t)
	h.root(schema)
	const begin, end = `{"active":true,`, `"sub":"users/5","iss":"https://tokens.example.com","jti":"7","token_use":"access","kind":"fauna"`
	for name, test := range map[string]struct{ params, want string }{
		"nothing else":          {``, begin + `"token_type":"Bearer",` + end + `}`},
		"other data":            {`, data: { name: "x" }`, begin + `"token_type":"Bearer",` + end + `}`},
		"ttl":                   {`, ttl: Time("2026-03-01T12:00:00.999999Z")`, begin + `"token_type":"Bearer","exp":1772366400,` + end + `}`},
		"scope":                 {`, data: { scope: " read  write " }`, begin + `"scope":"read write","token_type":"Bearer",` + end + `}`},
		"no scope":              {`, data: { scope: " ", permissions: { a: false } }`, begin + `"token_type":"Bearer",` + end + `,"permissions":{"a":false}}`},
		"scope of another type": {`, data: { scope: ["a"], permissions: [true] }`, begin + `"token_type":"Bearer",` + end + `,"permissions":[true]}`},
		"permissions": {
			`, data: { scope: "read", permissions: { createA: true, "no word": true, "a\"b": true, "c\\d": true, "é": true, "<&>": true, b: "true", c: 1 } }`,
			begin + `"scope":"read createA <&>","token_type":"Bearer",` + end +
				`,"permissions":{"createA":true,"no word":true,"a\"b":true,"c\\d":true,"é":true,"<&>":true,"b":"true","c":1}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			s := h.token("7", `{ instance: Ref(Collection("users"), "5")`+test.params+` }`)
			h.want(h.RootSecret(), s, test.want)
			h.root(`Delete(Ref(Tokens(), "7"))`)
			h.want(h.RootSecret(), s, inactive)
		})
	}
}

// TestInactive: whatever is no live token looks the same.
func TestInactive(t *testing.T) {
	h := open(t)
	h.root(schema)
	root := h.RootSecret()
	live := h.token("7", `{ instance: Ref(Collection("users"), "5") }`)
	dying := h.token("8", `{ instance: Ref(Collection("users"), "5"), ttl: TimeAdd(Now(), 1, "minute") }`)
	orphan := h.token("9", `{ instance: Ref(Collection("users"), "6") }`)
	for _, s := range []string{live, dying, orphan} {
		if got, err := h.told(root, s); err != nil || got == inactive {
			t.Errorf("a live token: %s, %v", got, err)
		}
	}
	h.root(`Delete(Ref(Collection("users"), "6"))`)
	h.now = h.now.Add(time.Minute)
	child := h.root(`Select("secret", CreateKey({ role: "admin", database: Database("child") }))`)
	h.as(child, `CreateCollection({ name: "users" })`)
	foreign := h.as(child, `Select("secret", Create(Tokens(), { instance: Select("ref", Create(Collection("users"), {})) }))`)
	for name, s := range map[string]string{
		"nothing": "", "nonsense": "nonsense", "the root secret": root, "a key": child, "expired": dying, "without its identity": orphan,
		"of another database": foreign, "with a scope": live + ":admin", "of another random part": live[:len(live)-4] + "AAAA",
		"a JWT": "ey.a.b", "not UTF-8": "\xff", "long": strings.Repeat("f", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			h.want(root, s, inactive)
		})
	}
	h.t = t
	h.want(child, live, inactive)
	h.want(root+":child:admin", live, inactive)
}

// TestCallers: who may ask, and about what.
func TestCallers(t *testing.T) {
	h := open(t)
	h.root(schema)
	token := h.token("7", `{ instance: Ref(Collection("users"), "5") }`)
	public := h.token("8", `{ instance: Ref(Collection("users"), "5"), data: { open: true } }`)
	key := func(role string) string { return h.root(`Select("secret", CreateKey({ role: ` + role + ` }))`) }
	var denied *query.Error
	for name, test := range map[string]struct {
		secret       string
		token, other bool // are told of
		denied       bool
	}{
		"admin":                 {secret: key(`"admin"`), token: true, other: true},
		"server":                {secret: key(`"server"`), token: true, other: true},
		"root as server":        {secret: h.RootSecret() + ":server", token: true, other: true},
		"a role that reads all": {secret: key(`Role("reader")`), token: true, other: true},
		"one that reads some":   {secret: key(`Role("some")`), other: true},
		"both":                  {secret: key(`[Role("none"), Role("some")]`), other: true},
		"a role that does not":  {secret: key(`Role("none")`), denied: true},
		"server-readonly":       {secret: key(`"server-readonly"`), denied: true},
		"client":                {secret: key(`"client"`), denied: true},
		"a token":               {secret: token, denied: true},
		"root as a document":    {secret: h.RootSecret() + ":@doc/users/5", denied: true},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			for secret, active := range map[string]bool{token: test.token, public: test.other} {
				got, err := h.told(test.secret, secret)
				switch {
				case test.denied:
					if !errors.As(err, &denied) || denied.Code != query.PermissionDenied || denied.Position != nil {
						t.Errorf("got %s, %v", got, err)
					}
				case err != nil || active == (got == inactive):
					t.Errorf("got %s, %v", got, err)
				}
			}
		})
	}
	for _, secret := range []string{"", "nonsense", token[:50]} {
		if _, err := h.told(secret, token); !errors.Is(err, engine.ErrUnauthorized) {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

// TestMoment: an open Session sees the moment it was opened at.
func TestMoment(t *testing.T) {
	h := open(t)
	h.root(schema)
	token := h.token("7", `{ instance: Ref(Collection("users"), "5") }`)
	s, err := New(h.DB, "").Open(t.Context(), h.RootSecret())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h.root(`Delete(Ref(Tokens(), "7"))`)
	if b, err := s.Append(nil, token); err != nil || string(b) == inactive {
		t.Errorf("got %s, %v", b, err)
	}
	h.want(h.RootSecret(), token, inactive)
}
