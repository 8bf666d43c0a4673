package tokens_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// mint makes a token of a kind with one secret, and returns its id.
func (f *fixture) mint(k *tokens.Kind, r tokens.Role, secret string, edit func(t *tokens.Token)) (id string) {
	f.t.Helper()
	err := f.Update(context.Background(), func(tx *tokens.Tx) error {
		t, err := tx.NewToken(k, f.ana)
		if err != nil {
			return err
		}
		t.Grant(r, secret, time.Time{}, false)
		if edit != nil {
			edit(t)
		}
		id = t.ID()
		return tx.Put(t)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *fixture) introspect(caller, token string) string {
	f.t.Helper()
	got, err := f.told(caller, token)
	if err != nil {
		f.t.Fatal(err)
	}
	return got
}

// told is what the holder of a secret is told of another.
func (f *fixture) told(caller, token string) (string, error) {
	f.t.Helper()
	q, err := f.Inquire(context.Background(), caller)
	if err != nil {
		return "", err
	}
	defer q.Close()
	b, err := q.Append([]byte("> "), token)
	return strings.TrimPrefix(string(b), "> "), err
}

const inactive = `{"active":false}`

func permissions(names ...string) value.Object {
	var out value.Object
	for _, name := range names {
		out = append(out, value.Field{Name: name, Value: value.Boolean(true)})
	}
	return out
}

func TestIntrospect(t *testing.T) {
	f := newFixture(t)
	_, server := f.Key(`{ role: "server" }`)
	sub := "users/" + fmt.Sprint(f.ana.ID)
	const bearer = "3f1c2b9a-6d0e-4c57-9a41-0b8e7d2f5a10"
	id := f.mint(tokens.MonoBearer, tokens.Access, bearer, func(t *tokens.Token) {
		t.Member.Num = 5
		t.Sealed = value.Object{{Name: tokens.UserID, Value: value.Long(1)}}
		t.Data = value.Object{{Name: "permissions", Value: permissions("createA", "createB")}}
	})
	want := `{"active":true,"scope":"createA createB","username":"Ana","token_type":"Bearer","iat":` + fmt.Sprint(tokenstest.Start.Unix()) +
		`,"sub":"` + sub + `","iss":"https://tokens.example.com","jti":"` + id + `","token_use":"access","kind":"mono.bearer",` +
		`"tokenid":5,"userid":1,"permissions":{"createA":true,"createB":true}}`
	if got := f.introspect(server, bearer); got != want {
		t.Errorf("a bearer:\n%s\n%s", got, want)
	}
	identity, err := f.Verify(context.Background(), bearer)
	if err != nil {
		t.Fatal(err)
	}
	if identity.IssuedAt.Unix() != tokenstest.Start.Unix() {
		t.Errorf("issued at %v", identity.IssuedAt)
	}
	identity.IssuedAt = time.Time{}
	if want := (&auth.Identity{
		TokenRef: id, Instance: sub, Kind: "mono.bearer", Role: "access", User: "Ana", TokenNum: 5, UserNum: 1,
		Scopes: []string{"createA", "createB"}, Permissions: map[string]any{"createA": true, "createB": true},
	}); !reflect.DeepEqual(identity, want) {
		t.Errorf("identity %+v", identity)
	}
	refresh := "rt_" + strings.Repeat("r", 43)
	id = f.mint(tokens.OAuth, tokens.Refresh, refresh, func(t *tokens.Token) {
		t.Member.Client = "7"
		t.TTL = tokenstest.Start.Add(time.Hour)
		t.Data = value.Object{{Name: "scope", Value: value.String(` read  wr"ite fql`)}}
	})
	want = `{"active":true,"scope":"read fql","client_id":"7","username":"Ana","exp":` + fmt.Sprint(tokenstest.Start.Unix()+3600) +
		`,"iat":` + fmt.Sprint(tokenstest.Start.Unix()) + `,"sub":"` + sub + `","aud":"7","iss":"https://tokens.example.com","jti":"` + id +
		`","token_use":"refresh","kind":"oauth"}`
	if got := f.introspect(server, refresh); got != want {
		t.Errorf("a refresh token:\n%s\n%s", got, want)
	}
	if _, err := f.Verify(context.Background(), refresh); !errors.Is(err, auth.ErrInactive) {
		t.Errorf("a refresh token authenticates: %v", err)
	}
	v := f.Do(`Let({ t: Create(Tokens(), { instance: Var("who"), data: { scope: "a<b", permissions: { who: Var("who"), no: false } } }) },
		[Select("secret", Var("t")), Select(["ref", "id"], Var("t"))])`, map[string]any{"who": f.ana}).(value.Array)
	fauna, id := string(v[0].(value.String)), string(v[1].(value.String))
	want = `{"active":true,"scope":"a<b","username":"Ana","token_type":"Bearer","sub":"` + sub + `","iss":"https://tokens.example.com","jti":"` + id +
		`","token_use":"access","kind":"fauna","permissions":{"who":{"@ref":{"id":"` + fmt.Sprint(f.ana.ID) +
		`","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}},"no":false}}`
	if got := f.introspect(server, fauna); got != want {
		t.Errorf("a token of Fauna:\n%s\n%s", got, want)
	}
	f.Do(`CreateDatabase({ name: "child" })`, nil)
	other, err := f.DB().Query(context.Background(), f.Secret()+":child:admin",
		`Do(CreateCollection({ name: "users" }), Select("secret", Create(Tokens(), { instance: Select("ref", Create(Collection("users"), {})) })))`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{
		"unknown": "anything-else-at-all", "short": "x", "empty": "", "a key": server,
		"another database's": string(other.Value.(value.String)), "spaces": bearer + " ",
	} {
		if got := f.introspect(server, secret); got != inactive {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := f.introspect(server, bearer); got == inactive {
		t.Error("asking uses it up")
	}
}

// TestIntrospectCallers: who is told of tokens, and of which.
func TestIntrospectCallers(t *testing.T) {
	f := newFixture(t)
	f.Do(`Do(CreateDatabase({ name: "child" }),
		CreateRole({ name: "reader", privileges: [{ resource: Tokens(), actions: { read: true } }] }),
		CreateRole({ name: "some", privileges: [{ resource: Tokens(), actions: {
			read: Query((ref) => Equals(Select(["data", "open"], Get(ref), false), true)) } }] }),
		CreateRole({ name: "none", privileges: [{ resource: Collection("users"), actions: { read: true } }] }))`, nil)
	secret := "at_" + strings.Repeat("a", 43)
	id := f.mint(tokens.OAuth, tokens.Access, secret, nil)
	const serves = `{ role: "server", data: { public: true } }`
	for params, want := range map[string]error{
		`{ role: "admin" }`: nil, `{ role: "server" }`: nil, `{ role: Role("reader") }`: nil,
		`{ role: "server-readonly" }`: tokens.ErrForbidden, serves: tokens.ErrForbidden,
		`{ role: Role("none") }`: tokens.ErrForbidden, `{ role: "client" }`: tokens.ErrForbidden,
	} {
		_, caller := f.Key(params)
		if got, err := f.told(caller, secret); !errors.Is(err, want) || err == nil && got == inactive {
			t.Errorf("%s: %s, %v", params, got, err)
		}
		err := f.View(context.Background(), func(tx *tokens.Tx) error {
			c, err := tx.Client(caller)
			if err == nil {
				_, err = tx.Introspect(c, secret)
			}
			return err
		})
		if !errors.Is(err, want) {
			t.Errorf("%s, as a client: %v", params, err)
		}
	}
	member := f.Do(`Do(CreateRole({ name: "members", membership: { resource: Collection("users") }, privileges: [
		{ resource: Tokens(), actions: { read: true } }] }), Select("secret", Create(Tokens(), { instance: Var("who") })))`,
		map[string]any{"who": f.ana}).(value.String)
	for caller, want := range map[string]error{
		"": tokens.ErrClient, "wrong": tokens.ErrClient, secret: tokens.ErrClient, f.Secret() + ":nowhere:admin": tokens.ErrClient,
		string(member): tokens.ErrForbidden, f.Secret() + ":@doc/users/" + fmt.Sprint(f.ana.ID): tokens.ErrForbidden,
		f.Secret() + ":server": nil, f.Secret() + ":@role/reader": nil, f.Secret() + ":@role/none": tokens.ErrForbidden,
	} {
		if _, err := f.told(caller, secret); !errors.Is(err, want) {
			t.Errorf("%q: %v", caller, err)
		}
	}
	_, child := f.Key(`{ role: "admin", database: Database("child") }`)
	if got := f.introspect(child, secret); got != inactive {
		t.Errorf("told in another database: %s", got)
	}
	_, some := f.Key(`{ role: Role("some") }`)
	if got := f.introspect(some, secret); got != inactive {
		t.Errorf("not for this caller: %s", got)
	}
	f.Do(`Update(Ref(Tokens(), Var("id")), { data: { open: true } })`, map[string]any{"id": id})
	if got := f.introspect(some, secret); got == inactive {
		t.Error("for this caller too")
	}
	if got := f.introspect(f.Secret(), secret); got == inactive {
		t.Error("the root secret is told nothing")
	}
}

func TestClients(t *testing.T) {
	f := newFixture(t)
	f.Do(`CreateDatabase({ name: "child" })`, nil)
	serverID, server := f.Key(`{ role: "server" }`)
	publicID, _ := f.Key(`{ role: "client", data: { public: true } }`)
	elsewhereID, elsewhere := f.Key(`{ role: "server", database: Database("child"), data: { public: true } }`)
	err := f.View(context.Background(), func(tx *tokens.Tx) error {
		c, err := tx.Client(server)
		if err != nil || c.ID() != serverID || !c.Serves() || c.Public {
			t.Errorf("%+v, %v", c, err)
		}
		if c, err = tx.PublicClient(publicID); err != nil || c.ID() != publicID || c.Serves() || !c.Public {
			t.Errorf("%+v, %v", c, err)
		}
		for _, secret := range []string{elsewhere, f.Secret(), server + ":server", server[:39], ""} {
			if _, err := tx.Client(secret); !errors.Is(err, tokens.ErrClient) {
				t.Errorf("%.4s… is a client: %v", secret, err)
			}
		}
		for _, id := range []string{serverID, elsewhereID, "1", "x", ""} {
			if _, err := tx.PublicClient(id); !errors.Is(err, tokens.ErrClient) {
				t.Errorf("%s is a public client: %v", id, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMember: every member of a token comes back as it was put.
func TestMember(t *testing.T) {
	f := newFixture(t)
	var want tokens.Member
	id := f.mint(tokens.OAuth, tokens.Access, "at_"+strings.Repeat("m", 43), func(t *tokens.Token) {
		v := reflect.ValueOf(&t.Member).Elem()
		for i := range v.NumField() {
			switch field := v.Field(i).Addr().Interface().(type) {
			case *string:
				*field = fmt.Sprint("text ", i)
			case *int64:
				*field = int64(i)
			case *time.Time:
				*field = tokenstest.Start.Add(time.Duration(i) * time.Second)
			}
		}
		want = t.Member
	})
	if reflect.ValueOf(want).NumField() != 17 || want.LegacyID == "" || want.Num == 0 {
		t.Fatalf("%+v", want)
	}
	err := f.View(context.Background(), func(tx *tokens.Tx) error {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return err
		}
		token, err := tx.ByID(n)
		if err == nil && token.Member != want {
			t.Errorf("got  %+v\nwant %+v", token.Member, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFaunaTokens: what is told of tokens that queries made, to the byte.
func TestFaunaTokens(t *testing.T) {
	f := newFixture(t)
	f.Do(`Create(Ref(Collection("users"), "5"), {})`, nil)
	const end = `"sub":"users/5","iss":"https://tokens.example.com","jti":"7","token_use":"access","kind":"fauna"`
	for name, test := range map[string]struct{ params, want string }{
		"nothing else":          {``, `"token_type":"Bearer",` + end + `}`},
		"other data":            {`, data: { name: "x" }`, `"token_type":"Bearer",` + end + `}`},
		"ttl":                   {`, ttl: Time("2026-04-01T12:00:00.999999Z")`, `"token_type":"Bearer","exp":1775044800,` + end + `}`},
		"scope":                 {`, data: { scope: " read  write " }`, `"scope":"read write","token_type":"Bearer",` + end + `}`},
		"no scope":              {`, data: { scope: " ", permissions: { a: false } }`, `"token_type":"Bearer",` + end + `,"permissions":{"a":false}}`},
		"scope of another type": {`, data: { scope: ["a"], permissions: [true] }`, `"token_type":"Bearer",` + end + `}`},
		"permissions": {
			`, data: { scope: "read", permissions: { createA: true, "no word": true, "a\"b": true, "c\\d": true, "é": true, "<&>": true, b: "true", c: 1 } }`,
			`"scope":"read createA <&>","token_type":"Bearer",` + end +
				`,"permissions":{"createA":true,"no word":true,"a\"b":true,"c\\d":true,"é":true,"<&>":true,"b":"true","c":1}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			s := f.Do(`Select("secret", Create(Ref(Tokens(), "7"), { instance: Ref(Collection("users"), "5")`+test.params+` }))`, nil).(value.String)
			if got, want := f.introspect(f.Secret(), string(s)), `{"active":true,`+test.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			f.Do(`Delete(Ref(Tokens(), "7"))`, nil)
			if got := f.introspect(f.Secret(), string(s)); got != inactive {
				t.Errorf("deleted: %s", got)
			}
		})
	}
}

// TestInquiry: what it tells is of the moment at which it began, and of the
// database of who asks.
func TestInquiry(t *testing.T) {
	f := newFixture(t)
	access, refresh := f.pair()
	ctx := context.Background()
	q, err := f.Inquire(ctx, f.Secret())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	f.Do(`Delete(Var("who"))`, map[string]any{"who": f.ana})
	for _, s := range []string{access, refresh, access} {
		if b, err := q.Append(nil, s); err != nil || string(b) == inactive {
			t.Errorf("a later moment: %s, %v", b, err)
		}
		if got := f.introspect(f.Secret(), s); got != inactive {
			t.Errorf("an earlier moment: %s", got)
		}
	}
	f.Do(`CreateDatabase({ name: "child" })`, nil)
	_, child := f.Key(`{ role: "server", database: Database("child") }`)
	made, err := f.DB().Query(ctx, f.Secret()+":child:admin", `Do(CreateCollection({ name: "cars" }),
		Create(Ref(Collection("cars"), "1"), {}), Select("secret", Create(Tokens(), { instance: Ref(Collection("cars"), "1") })))`, nil)
	if err != nil {
		t.Fatal(err)
	}
	theirs := string(made.Value.(value.String))
	if got := f.introspect(child, theirs); !strings.Contains(got, `"sub":"cars/1"`) {
		t.Errorf("a token of the caller's database: %s", got)
	}
	if got := f.introspect(f.Secret(), theirs); got != inactive {
		t.Errorf("a token of another database: %s", got)
	}
}

// TestOpen: services that only look make nothing in the database.
func TestOpen(t *testing.T) {
	ctx := t.Context()
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	s, err := tokens.Open(ctx, db, tokens.Options{Issuer: "https://tokens.example.com/"})
	if err != nil || s.Issuer() != "https://tokens.example.com" {
		t.Fatal(s, err)
	}
	made, err := db.Query(ctx, s.Secret(), `Do(CreateCollection({ name: "cars" }), Create(Ref(Collection("cars"), "1"), {}),
		Select("secret", Create(Tokens(), { instance: Ref(Collection("cars"), "1") })))`, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Fixture: &tokenstest.Fixture{Service: s}, t: t}
	if got := f.introspect(s.Secret(), string(made.Value.(value.String))); !strings.Contains(got, `"iss":"https://tokens.example.com",`) {
		t.Error(got)
	}
	collections := func() value.Value {
		res, err := db.Query(ctx, s.Secret(), `Count(Collections())`, nil)
		if err != nil {
			t.Fatal(err)
		}
		return res.Value
	}
	if n := collections(); n != value.Value(value.Long(1)) {
		t.Errorf("%v collections", n)
	}
	if err := s.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if n := collections(); n != value.Value(value.Long(4)) {
		t.Errorf("prepared: %v collections", n)
	}
	if _, err := tokens.Open(ctx, db, tokens.Options{Database: "none"}); !errors.Is(err, engine.ErrUnauthorized) {
		t.Errorf("services of no database: %v", err)
	}
}
