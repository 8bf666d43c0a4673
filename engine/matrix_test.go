package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
)

// The callers of the rights matrix, by their letters there. A token is that
// of an identity without roles.
var matrixCallers = []struct{ letter, name string }{
	{"A", "admin"}, {"S", "server"}, {"R", "server-readonly"}, {"C", "client"}, {"T", "token"},
}

// matrixSchema is what the queries of the matrix are about.
const matrixSchema = `Do(
	CreateCollection({ name: "users" }), CreateCollection({ name: "docs" }),
	CreateIndex({ name: "all", source: Collection("docs") }),
	CreateFunction({ name: "f", body: Query(Lambda("_", 1)) }),
	CreateRole({ name: "r" }),
	CreateAccessProvider({ name: "p", issuer: "i", jwks_uri: "https://x" }),
	CreateDatabase({ name: "d" }), CreateDatabase({ name: "e" }),
	Create(Ref(Keys(), "5"), { role: "client" }),
	Create(Ref(Collection("users"), "1"), { credentials: { password: "x" } }),
	Create(Ref(Collection("docs"), "1"), {}),
	Create(Ref(Tokens(), "5"), { instance: Ref(Collection("users"), "2") }),
	Create(Ref(Credentials(), "5"), { instance: Ref(Collection("users"), "2") }))`

// matrixChild is what the child database holds.
const matrixChild = `Do(
	CreateCollection({ name: "docs" }), CreateIndex({ name: "all", source: Collection("docs") }),
	CreateRole({ name: "r" }), CreateDatabase({ name: "dd" }), Create(Ref(Keys(), "6"), { role: "client" }),
	CreateAccessProvider({ name: "p", issuer: "i", jwks_uri: "https://x" }),
	CreateFunction({ name: "f", body: Query(Lambda("_", 1)) }),
	Create(Ref(Collection("docs"), "1"), {}), Create(Ref(Tokens(), "6"), { instance: Ref(Collection("docs"), "1") }))`

// matrixKind is a collection with what is written into it, and who may read
// and write there.
type matrixKind struct {
	set, ref, params string
	read, write      string
	// withID is set where documents may be given an id.
	withID bool
}

var matrixKinds = []matrixKind{
	{set: `Collection("docs")`, ref: `Ref(Collection("docs"), "1")`, params: `{}`, read: "ASR", write: "AS", withID: true},
	{set: `Collections()`, ref: `Collection("docs")`, params: `{ name: "x" }`, read: "ASR", write: "AS"},
	{set: `Indexes()`, ref: `Index("all")`, params: `{ name: "x", source: Collection("docs") }`, read: "ASR", write: "AS"},
	{set: `Functions()`, ref: `Function("f")`, params: `{ name: "x", body: Query(Lambda("_", 1)) }`, read: "ASR", write: "AS"},
	{
		set: `Tokens()`, ref: `Ref(Tokens(), "5")`, params: `{ instance: Ref(Collection("users"), "3") }`,
		read: "ASR", write: "AS", withID: true,
	},
	{
		set: `Credentials()`, ref: `Ref(Credentials(), "5")`, params: `{ instance: Ref(Collection("users"), "3") }`,
		read: "ASR", write: "AS", withID: true,
	},
	{set: `Databases()`, ref: `Database("d")`, params: `{ name: "x" }`, read: "A", write: "A"},
	{set: `Keys()`, ref: `Ref(Keys(), "5")`, params: `{ role: "client" }`, read: "A", write: "A", withID: true},
	{set: `Roles()`, ref: `Role("r")`, params: `{ name: "x" }`, read: "A", write: "A"},
	{
		set: `AccessProviders()`, ref: `AccessProvider("p")`, params: `{ name: "x", issuer: "y", jwks_uri: "https://y" }`,
		read: "A", write: "A",
	},
}

// matrixRow is one action: a query, and the callers that may. A query that is
// a test is true for them and false for all others; any other one is refused.
type matrixRow struct {
	query, may string
	test       bool
}

// rows returns the actions on a kind.
func (k matrixKind) rows() []matrixRow {
	rows := []matrixRow{
		{query: `Get(` + k.ref + `)`, may: k.read},
		{query: `Exists(` + k.ref + `)`, may: k.read, test: true},
		{query: `ContainsValue(` + k.ref + `, Documents(` + k.set + `))`, may: k.read, test: true},
		{query: `Create(` + k.set + `, ` + k.params + `)`, may: k.write},
		{query: `Update(` + k.ref + `, {})`, may: k.write},
		{query: `Replace(` + k.ref + `, ` + k.params + `)`, may: k.write},
		{query: `Delete(` + k.ref + `)`, may: k.write},
	}
	if strings.HasSuffix(k.set, "()") {
		rows = append(rows, matrixRow{query: `Paginate(` + k.set + `)`, may: k.read}, matrixRow{query: `Count(` + k.set + `)`, may: k.read})
	}
	if k.withID {
		id := k.ref[:strings.LastIndex(k.ref, ",")] + `, "77")`
		rows = append(rows, matrixRow{query: `Create(` + id + `, ` + k.params + `)`, may: k.write})
	}
	return rows
}

// otherRows are the rows of the matrix that are about one thing only.
var otherRows = []matrixRow{
	{query: `Paginate(Events(Ref(Collection("docs"), "1")))`, may: "ASR"},
	{query: `Paginate(Singleton(Ref(Collection("docs"), "1")))`, may: "ASR"},
	{query: `Insert(Ref(Collection("docs"), "1"), Now(), "create", {})`, may: "AS"},
	{query: `Remove(Ref(Collection("docs"), "1"), Now(), "create")`, may: "AS"},
	{query: `Paginate(Match(Index("all")))`, may: "ASR"},
	{query: `Call("f", 1)`, may: "AS"},

	// One's own. For keys the ref is that of somebody else.
	{query: `Get(Ref(Collection("users"), "1"))`, may: "ASRT"},
	{query: `Exists(Ref(Collection("users"), "1"))`, may: "ASRT", test: true},
	{query: `Update(Ref(Collection("users"), "1"), {})`, may: "AS"},
	{query: `Delete(Ref(Collection("users"), "1"))`, may: "AS"},
	{query: `Paginate(Events(Ref(Collection("users"), "1")))`, may: "ASR"},
	{query: `Get(Var("token"))`, may: "ASRT"},
	{query: `ContainsValue(Var("token"), Documents(Tokens()))`, may: "ASRT", test: true},
	{query: `Update(Var("token"), {})`, may: "AS"},
	{query: `Delete(Var("token"))`, may: "AST"},
	{query: `Get(Var("credentials"))`, may: "ASRT"},
	{query: `Update(Var("credentials"), {})`, may: "AS"},
	{query: `Delete(Var("credentials"))`, may: "AS"},

	// Descendants.
	{query: `Get(Ref(Collection("docs", Database("d")), "1"))`, may: "ASR"},
	{query: `Exists(Ref(Tokens(Database("d")), "6"))`, may: "ASR", test: true},
	{query: `Exists(Collection("docs", Database("d")))`, may: "ASR", test: true},
	{query: `Exists(Index("all", Database("d")))`, may: "ASR", test: true},
	{query: `Exists(Function("f", Database("d")))`, may: "ASR", test: true},
	{query: `Paginate(Collections(Database("d")))`, may: "ASR"},
	{query: `Exists(Database("dd", Database("d")))`, may: "A", test: true},
	{query: `Exists(Role("r", Database("d")))`, may: "A", test: true},
	{query: `Exists(AccessProvider("p", Database("d")))`, may: "A", test: true},
	{query: `Exists(Ref(Keys(Database("d")), "6"))`, may: "A", test: true},
	{query: `Paginate(Keys(Database("d")))`, may: "A"},
	{query: `Paginate(Databases(Database("d")))`, may: "A"},
	{query: `Paginate(Match(Index("all", Database("d"))))`, may: "A"},
	{query: `MoveDatabase(Database("d"), Database("e"))`, may: "A"},

	// What needs no right.
	{query: `Login(Ref(Collection("users"), "1"), { password: "x" })`, may: "ASRCT"},
	{query: `Identify(Ref(Collection("users"), "1"), "x")`, may: "ASRCT", test: true},
	{query: `IsBoolean(Logout(false))`, may: "ASRCT", test: true},
	{query: `IsString(NewId())`, may: "ASRCT", test: true},
	{query: `IsRef(CurrentToken())`, may: "ASRCT", test: true},
	{query: `Equals(Add(1, 1), 2)`, may: "ASRCT", test: true},
}

// TestRightsMatrix checks every built-in role, and a token, against every
// action on every kind of document.
// Source: chapter on authentication, section 4.4.
func TestRightsMatrix(t *testing.T) {
	db := newSandbox(t)
	db.root(matrixSchema)
	db.as(db.RootSecret()+":d:admin", matrixChild, nil)
	secrets := map[string]string{"T": db.text(`Select("secret", Login(Ref(Collection("users"), "1"), { password: "x" }))`)}
	for _, c := range matrixCallers[:4] {
		secrets[c.letter] = db.text(`Select("secret", CreateKey({ role: "` + c.name + `" }))`)
	}
	own := map[string]any{
		"token":       db.as(secrets["T"], `CurrentToken()`, nil),
		"credentials": db.as(secrets["T"], `Select("ref", Get(@ref("credentials/self")))`, nil),
	}
	rows := otherRows
	for _, k := range matrixKinds {
		rows = append(rows, k.rows()...)
	}
	for _, row := range rows {
		for _, c := range matrixCallers {
			may := strings.Contains(row.may, c.letter)
			if got := row.try(t, db, secrets[c.letter], own); got != may {
				t.Errorf("%s: %s: got %v, want %v", c.name, row.query, got, may)
			}
		}
	}
	for _, c := range matrixCallers {
		_, err := db.Query(context.Background(), secrets[c.letter]+":d:server", `HasCurrentIdentity()`, nil)
		// A token ignores what follows it.
		if opens := code(err) == 0; opens != (c.letter == "A" || c.letter == "T") {
			t.Errorf("%s: a scope below: %v", c.name, err)
		}
	}
}

// try reports whether a caller may. Nothing that is done lasts.
func (r matrixRow) try(t *testing.T, db *sandbox, secret string, args map[string]any) bool {
	t.Helper()
	q := `Do(` + r.query + `, Abort("done"))`
	if r.test {
		q = `If(` + r.query + `, Abort("done"), Abort("no"))`
	}
	_, err := db.Query(context.Background(), secret, q, args)
	switch e := query.Decisive(err); {
	case e == nil:
	case e.Code == query.PermissionDenied && !r.test:
		return false
	case e.Code == query.TransactionAborted:
		return e.Description == "done"
	}
	t.Errorf("%s: %v", r.query, err)
	return false
}
