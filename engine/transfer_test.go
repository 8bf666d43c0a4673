package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/transfer"
	"github.com/fawndb/fawn/query/value"
)

// export returns an export of a database with its secrets.
func (s *sandbox) export(o engine.ExportOptions) string {
	s.t.Helper()
	var out bytes.Buffer
	o.Problem = func(p transfer.Problem) { s.t.Errorf("export: %+v", p) }
	if _, err := s.Export(context.Background(), s.RootSecret(), &out, o); err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

// take imports lines, and returns what was done and what was reported.
func (s *sandbox) take(lines string, o engine.ImportOptions) (engine.Imported, []string) {
	s.t.Helper()
	var problems []string
	o.Problem = func(p transfer.Problem) {
		what := "lost"
		if p.Skipped {
			what = "skipped"
		}
		problems = append(problems, fmt.Sprintf("%d: %s: %s", p.Line, what, p.Reason))
	}
	out, err := s.Import(context.Background(), s.RootSecret(), strings.NewReader(lines), o)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, strings.Join(problems, "\n"))
	}
	return out, problems
}

// body is an export without its first and last line, which say its time and
// its digest.
func body(export string) string {
	_, rest, _ := strings.Cut(export, "\n")
	return rest[:strings.LastIndex(rest, `{"end":`)]
}

// rich makes a database with everything that an export can hold.
func rich(t *testing.T) *sandbox {
	t.Helper()
	db := newSandbox(t)
	db.root(`CreateCollection({ name: "gone", history_days: null })`)
	db.root(`Do(Create(Ref(Collection("gone"), "1"), {}), CreateCollection({ name: "users", data: { a: 1 } }),
		CreateCollection({ name: "posts", history_days: 90, ttl_days: 30 }))`)
	db.root(`CreateFunction({ name: "double", body: Query((x) => Multiply(x, 2)) })`)
	db.root(`Let({ k: { a: [1, Collection("users")] } }, CreateFunction({ name: "captured", body: Query((x) => [x, Var("k")]), role: "server" }))`)
	db.root(`Do(
		CreateIndex({ name: "by_email", source: Collection("users"), terms: [{ field: ["data", "email"] }], unique: true }),
		CreateIndex({ name: "by_len", source: { collection: Collection("users"), fields: { len: Query((d) => Length(Select(["data", "email"], d, ""))) } },
			terms: [{ binding: "len" }], values: [{ field: ["data", "email"], reverse: true }, { field: "ref" }] }),
		CreateIndex({ name: "tokens_by_instance", source: Tokens(), terms: [{ field: "instance" }] }),
		CreateIndex({ name: "all", source: "_" }))`)
	db.root(`CreateRole({ name: "member", membership: { resource: Collection("users"), predicate: Query((r) => true) },
		privileges: [{ resource: Collection("users"), actions: { read: true, write: Query((o, n, r) => Equals(r, CurrentIdentity())) } },
			{ resource: Index("by_email"), actions: { read: true } }, { resource: Function("double"), actions: { call: true } }] })`)
	db.root(`CreateAccessProvider({ name: "idp", issuer: "https://idp.example.com", jwks_uri: "https://idp.example.com/jwks", roles: [Role("member")] })`)
	db.root(`Create(Ref(Collection("users"), "1"), { credentials: { password: "sekrit" }, data: {
		email: "a@example.com", nothing: null, yes: true, long: 9007199254740993, double: 1.0, tiny: 1.5e-300,
		inf: Multiply(1e308, 10.0), nan: Subtract(Multiply(1e308, 10.0), Multiply(1e308, 10.0)),
		text: "\u0000 \"quoted\" \u2028 ü 😀", bytes: Bytes("AQID"), uuid: { "@uuid": "x" }, at: { "@ref": 1, "@set": {}, "@obj": {} },
		time: Time("2024-01-02T03:04:05.123456789Z"), date: Date("0001-01-01"), list: [[], {}, [1, [2]]], empty: {},
		self: Ref(Collection("users"), "1"), other: Ref(Collection("posts"), "7"), index: Index("by_email"), tokens: Tokens(),
		dead: Ref(Collection("gone"), "1"), set: Match(Index("by_email"), "x"), query: Query((x, y) => Add(x, y)), "": { "a b": 1 }
	} })`)
	db.root(`Let({ n: 5 }, Create(Ref(Collection("users"), "2"), { data: { email: "bb@example.com", f: Query((x) => Add(x, Var("n"))) } }))`)
	db.root(`Delete(Collection("gone"))`)
	db.root(`Foreach(["x@", "y@"], (e) => Update(Ref(Collection("users"), "2"), { data: { email: e } }))`)
	db.root(`Do(Create(Ref(Collection("users"), "3"), { data: { email: "c" } }), 1)`)
	db.root(`Delete(Ref(Collection("users"), "3"))`)
	db.root(`Create(Ref(Collection("users"), "3"), { data: { email: "c again" } })`)
	token := db.mint(db.ref(`Ref(Collection("users"), "1")`), "at_one", "rt_one")
	db.as("root", `Update(Var("t"), { data: { more: 1 } })`, map[string]any{"t": token})
	db.root(`Create(Ref(Collection("users"), "4"), { data: {} })`)
	db.root(`Delete(Ref(Collection("users"), "4"))`)
	db.root(`Create(Ref(Collection("posts"), "7"), { data: { n: 7 }, ttl: TimeAdd(Now(), 3, "days") })`)
	db.root(`Update(Collection("posts"), { data: { renamed: true } })`)
	db.root(`Update(Function("double"), { name: "twice" })`)
	db.root(`Do(CreateDatabase({ name: "prod", data: { x: 1 } }), CreateDatabase({ name: "old" }))`)
	db.root(`Delete(Database("old"))`)
	inner := func(q string) { db.as("root:prod:admin", q, nil) }
	inner(`Do(CreateCollection({ name: "users" }), CreateDatabase({ name: "eu" }))`)
	inner(`Let({ c: Collection("users") }, CreateFunction({ name: "f", body: Query((x) => Ref(Var("c"), x)) }))`)
	inner(`Create(Ref(Collection("users"), "1"), { data: { me: Ref(Collection("users"), "1") }, credentials: { password: "inner" } })`)
	db.as("root:prod/eu:admin", `Do(CreateCollection({ name: "deep" }), 1)`, nil)
	db.as("root:prod/eu:admin", `Create(Ref(Collection("deep"), "1"), { data: { a: 1 } })`, nil)
	return db
}

// secrets are some that were given out, with a query that each can make.
func (s *sandbox) secrets() map[string]string {
	s.t.Helper()
	return map[string]string{
		s.text(`Select("secret", Login(Ref(Collection("users"), "1"), { password: "sekrit" }))`):                                              `Get(Ref(Collection("users"), "1"))`,
		s.text(`Select("secret", CreateKey({ role: "server" }))`):                                                                             `Call("twice", 1)`,
		s.text(`Select("secret", CreateKey({ role: Role("member") }))`):                                                                       `Call("twice", 1)`,
		s.text(`Select("secret", CreateKey({ role: "admin", database: Database("prod") }))`):                                                  `Get(Database("eu"))`,
		string(s.as("root:prod:server", `Select("secret", Login(Ref(Collection("users"), "1"), { password: "inner" }))`, nil).(value.String)): `CurrentToken()`,
	}
}

// TestExportImport: what is exported and imported is exported again to the
// same bytes, and all secrets and passwords work.
func TestExportImport(t *testing.T) {
	from := rich(t)
	secrets := from.secrets()
	first := from.export(engine.ExportOptions{Secrets: true})
	to := newSandbox(t)
	to.now.Store(from.now.Load() + 1)
	out, problems := to.take(first, engine.ImportOptions{})
	for _, p := range problems {
		t.Error(p)
	}
	t.Logf("%+v", out)
	second := to.export(engine.ExportOptions{Secrets: true})
	if body(first) != body(second) {
		t.Errorf("exported again:\n%s", differing(body(first), body(second)))
	}
	for secret, q := range secrets {
		if _, err := to.Query(context.Background(), secret, q, nil); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
	to.root(`Login(Ref(Collection("users"), "1"), { password: "sekrit" })`)
	to.as("root:prod:server", `Login(Ref(Collection("users"), "1"), { password: "inner" })`, nil)
	if got, want := to.do(`Events(Ref(Collection("users"), "2"))`), from.do(`Events(Ref(Collection("users"), "2"))`); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if found := to.found("rt_one"); found == nil || len(found.Seal.Keys) != 2 || len(found.Seal.State) != 1 {
		t.Errorf("the token of a service: %+v", found)
	}
	to.as("at_one", `CurrentToken()`, nil)
	// A copy beside it cannot be opened by the same secrets.
	to.root(`CreateDatabase({ name: "copy" })`)
	var reasons []string
	_, err := to.Import(context.Background(), "root:copy:admin", strings.NewReader(first), engine.ImportOptions{
		Problem: func(p transfer.Problem) {
			if p.Skipped {
				reasons = append(reasons, p.Reason)
			}
		},
	})
	slices.Sort(reasons)
	if err != nil {
		t.Fatal(err)
	}
	want(t, slices.Compact(reasons), "its secret is that of a key of another database here", "its secret is that of another token here",
		"without a digest of its secret it opens nothing")
	to.as("at_one", `CurrentToken()`, nil)
	to.root(`Delete(Database("copy"))`)
	// Again it changes nothing.
	again, problems := to.take(first, engine.ImportOptions{})
	if again.Schema+again.Documents+again.Versions > 0 || len(problems) > 0 {
		t.Errorf("imported again: %+v, %v", again, problems)
	}
}

// differing are the lines in which two texts differ.
func differing(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	out := ""
	for i := range max(len(x), len(y)) {
		l, r := "", ""
		if i < len(x) {
			l = x[i]
		}
		if i < len(y) {
			r = y[i]
		}
		if l != r {
			out += "- " + l + "\n+ " + r + "\n"
		}
	}
	return out
}
