package engine_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// bcryptOf is a hash as the original service wrote it.
func bcryptOf(t *testing.T, text string) string {
	t.Helper()
	b, err := bcrypt.GenerateFromPassword([]byte(text), 5)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// importedSecrets are a token and a key with secrets from elsewhere.
func importedSecrets(t *testing.T) map[string]string {
	t.Helper()
	random := []byte("twenty random bytes.")
	var id, root [8]byte
	binary.BigEndian.PutUint64(id[:], 5)
	text := func(kind byte, parts ...[]byte) string {
		b := []byte{0x7E, kind}
		for _, p := range parts {
			b = append(b, p...)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	out := map[string]string{
		`Ref(Tokens(), "5")`: text(0x71, id[:], root[:], random),
		`Ref(Keys(), "5")`:   text(0x70, id[:], random),
	}
	for ref, s := range out {
		if _, ok := secret.Parse(s); !ok {
			t.Fatalf("%s: %s is no secret", ref, s)
		}
	}
	return out
}

// TestImportedSecret: the bcrypt hash of a secret is replaced by its digest
// after the first use, without a new time and without history, and index
// entries that hold it follow.
func TestImportedSecret(t *testing.T) {
	for ref, s := range importedSecrets(t) {
		for _, whole := range []bool{true, false} {
			hashed := s
			if !whole {
				hashed = base64.RawURLEncoding.EncodeToString([]byte("twenty random bytes."))
			}
			testImportedSecret(t, ref, s, bcryptOf(t, hashed))
		}
	}
}

func testImportedSecret(t *testing.T, ref, s, hash string) {
	t.Helper()
	db := newSandbox(t)
	db.root(`Do(CreateCollection({ name: "users" }), Create(Ref(Collection("users"), "1"), {}),
		CreateIndex({ name: "tokens", source: Tokens(), terms: [{ field: "hashed_secret" }] }),
		CreateIndex({ name: "keys", source: Keys(), terms: [{ field: "hashed_secret" }] }))`)
	args := map[string]any{"hash": hash, "digest": secret.Digest(s)}
	db.as(db.RootSecret(), `Create(`+ref+`, { instance: Ref(Collection("users"), "1"), role: "server", hashed_secret: Var("hash") })`, args)
	before := db.root(`Select("ts", Get(` + ref + `))`)

	if got := db.as(s, `Select("id", CurrentToken())`, nil); got != value.String("5") {
		t.Fatalf("%s: CurrentToken: %v", ref, got)
	}
	db.Settle()
	if got := db.text(`Select("hashed_secret", Get(` + ref + `))`); got != args["digest"] {
		t.Errorf("%s: got %s, want the digest", ref, got)
	}
	if got := db.root(`Select("ts", Get(` + ref + `))`); got != before {
		t.Errorf("%s: a new time: %v, was %v", ref, got, before)
	}
	if got := db.root(`Count(Events(` + ref + `))`); got != value.Long(1) {
		t.Errorf("%s: %v events", ref, got)
	}
	index := `Index(Select(["collection", "id"], ` + ref + `))`
	counts := `[Count(Match(` + index + `, Var("hash"))), Count(Match(` + index + `, Var("digest")))]`
	got := db.as(db.RootSecret(), counts, args).(value.Array)
	if got[0] != value.Long(0) || got[1] != value.Long(1) {
		t.Errorf("%s: %v entries by hash and digest", ref, got)
	}
	if got := db.as(s, `Select("id", CurrentToken())`, nil); got != value.String("5") {
		t.Errorf("%s: after: %v", ref, got)
	}
	if _, err := db.Query(context.Background(), s[:len(s)-1]+"A", `1`, nil); s[len(s)-1] != 'A' && code(err) != query.Unauthorized {
		t.Errorf("%s: another secret: %v", ref, err)
	}
}

// TestImportedPassword: the bcrypt hash of a password is replaced at the next
// login, quietly, and a wrong password replaces nothing.
func TestImportedPassword(t *testing.T) {
	db := newSandbox(t)
	db.root(`Do(CreateCollection({ name: "users" }), CreateKey({ role: "server" }))`)
	key := db.text(`Select("secret", CreateKey({ role: "server" }))`)
	hash := bcryptOf(t, "sekrit")
	db.as(key, `Create(Ref(Collection("users"), "1"), { credentials: { hashed_password: Var("hash") } })`, map[string]any{"hash": hash})
	before := db.root(`Get(Credentials())`).(*value.Document)

	login := `Login(Ref(Collection("users"), "1"), { password: Var("p") })`
	if _, err := db.Query(context.Background(), key, login, map[string]any{"p": "wrong"}); code(err) != query.AuthenticationFailed {
		t.Errorf("a wrong password: %v", err)
	}
	if got := db.text(`Select("hashed_password", Get(Credentials()))`); got != hash {
		t.Errorf("a wrong password made it %s", got)
	}
	db.as(key, login, map[string]any{"p": "sekrit"})
	renewed := db.text(`Select("hashed_password", Get(Credentials()))`)
	if !strings.HasPrefix(renewed, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("the hash is %s", renewed)
	}
	if after := db.root(`Get(Credentials())`).(*value.Document); after.TS != before.TS {
		t.Errorf("a new time: %d, was %d", after.TS, before.TS)
	}
	db.as(key, login, map[string]any{"p": "sekrit"})
	if got := db.text(`Select("hashed_password", Get(Credentials()))`); got != renewed {
		t.Error("hashed again")
	}
}

// TestImportedPasswordAtOnce: credentials that are made and used in one query
// get the time of its commit.
func TestImportedPasswordAtOnce(t *testing.T) {
	db := newSandbox(t)
	db.root(`CreateCollection({ name: "users" })`)
	key := db.text(`Select("secret", CreateKey({ role: "server" }))`)
	args := map[string]any{"hash": bcryptOf(t, "sekrit")}
	db.as(key, `Do(
		Create(Ref(Collection("users"), "1"), { credentials: { hashed_password: Var("hash") } }),
		Login(Ref(Collection("users"), "1"), { password: "sekrit" }))`, args)
	got := db.root(`[Select("ts", Get(Credentials())), Select("ts", Get(Ref(Collection("users"), "1")))]`).(value.Array)
	if got[0] != got[1] {
		t.Errorf("times: %v", got)
	}
	if hash := db.text(`Select("hashed_password", Get(Credentials()))`); hash == args["hash"] {
		t.Error("the hash was not replaced")
	}
}
