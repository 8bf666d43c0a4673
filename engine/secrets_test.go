package engine_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
)

// leaky are the passwords and secrets of TestNothingSecretIsStored.
const (
	leakyPassword = "correct-horse-battery"
	leakyAgain    = "staple-of-the-second"
	leakyWrong    = "wrong-but-still-private"
)

// TestNothingSecretIsStored makes secrets and passwords in every way, also
// where a query fails, and looks for them in all that the store then holds,
// history and indexes included.
func TestNothingSecretIsStored(t *testing.T) {
	db := newSandbox(t)
	db.root(`Do(
		CreateCollection({ name: "users" }), CreateRole({ name: "r", membership: { resource: Collection("users") } }),
		CreateIndex({ name: "tokens", source: Tokens(), terms: [{ field: "instance" }], values: [{ field: "hashed_secret" }, { field: "secret" }] }),
		CreateIndex({ name: "users_all", source: Collection("users"), values: [{ field: ["credentials", "password"] }] }),
		CreateIndex({ name: "credentials", source: Credentials(), terms: [{ field: "password" }] }),
		CreateDatabase({ name: "child" }),
		CreateFunction({ name: "login", role: "server", body: Query((p) => Login(Ref(Collection("users"), "1"), { password: p })) }))`)
	args := map[string]any{"one": leakyPassword, "two": leakyAgain, "wrong": leakyWrong}
	run := func(q string) { db.as(db.RootSecret(), q, args) }
	run(`Create(Ref(Collection("users"), "1"), { credentials: { password: Var("one") } })`)
	run(`Create(Ref(Collection("users"), "2"), { credentials: { password: Var("two"), current_password: Var("one"), other: Var("one") } })`)
	run(`Create(Credentials(), { instance: Ref(Collection("users"), "3"), password: Var("one") })`)
	run(`Update(Ref(Collection("users"), "1"), { credentials: { password: Var("two") } })`)
	run(`Replace(Ref(Collection("users"), "1"), { credentials: { password: Var("one") } })`)
	run(`Update(Select("ref", Get(Credentials())), { password: Var("two"), current_password: Var("one") })`)
	run(`Replace(Select("ref", Get(Credentials())), { instance: Ref(Collection("users"), "1"), password: Var("one") })`)
	run(`Identify(Ref(Collection("users"), "1"), Var("wrong"))`)
	run(`Create(Ref(Keys(), "309732159785009664"), { role: "server", secret: "fnAETGPCH4ACAIf9avmbmbXAS7Yl-P-hDbw8QF9y" })`)

	var secrets []string
	keep := func(q string) string {
		s := db.text(q)
		secrets = append(secrets, s)
		return s
	}
	key := keep(`Select("secret", CreateKey({ role: "server" }))`)
	keep(`Select("secret", CreateKey({ role: "admin", database: Database("child") }))`)
	keep(`Select("secret", Login(Ref(Collection("users"), "1"), { password: "` + leakyPassword + `" }))`)
	keep(`Select("secret", Call("login", "` + leakyPassword + `"))`)
	keep(`Select("secret", Create(Ref(Tokens(), "7"), { instance: Ref(Collection("users"), "1"), data: { a: 1 } }))`)
	keep(`Select("secret", Replace(Ref(Tokens(), "7"), { instance: Ref(Collection("users"), "2") }))`)
	keep(`Let({ t: Create(Tokens(), { instance: Ref(Collection("users"), "1") }), u: Update(Select("ref", Var("t")), { data: { b: 1 } }),
		s: Select("secret", Var("t")), d: Delete(Select("ref", Var("t"))) }, Var("s"))`)
	db.root(`Update(Ref(Tokens(), "7"), { data: { a: 2 } })`)
	db.root(`Delete(Ref(Tokens(), "7"))`)

	for _, q := range []string{
		`Login(Ref(Collection("users"), "1"), { password: Var("wrong") })`,
		`Login(Ref(Collection("users"), "1"), { password: [Var("wrong")] })`,
		`Identify(Ref(Collection("users"), "1"), [Var("wrong")])`,
		`Update(Select("ref", Get(Credentials())), { password: Var("two"), current_password: Var("wrong") })`,
		`Create(Credentials(), { instance: Ref(Collection("users"), "1"), password: Var("wrong") })`,
		`Create(Credentials(), { password: Var("wrong"), current_password: Var("two") })`,
		`Create(Collection("users"), { credentials: { password: { p: Var("wrong") } } })`,
		`CreateKey({ role: "server", secret: Var("key") })`,
		`Create(Ref(Keys(), "9"), { role: "server", secret: Var("key") })`,
		`Call("login", Var("wrong"))`,
	} {
		args["key"] = key
		_, err := db.Query(context.Background(), db.RootSecret(), q, args)
		report := string(query.AppendErrors(nil, err, nil))
		if err == nil {
			t.Errorf("%s: no error", q)
		}
		for _, s := range append(secrets, leakyPassword, leakyAgain, leakyWrong) {
			if strings.Contains(report, s) || strings.Contains(err.Error(), s) {
				t.Errorf("%s: the error says %s", q, report)
			}
		}
	}
	db.Settle()
	db.find(append(secrets, leakyPassword, leakyAgain, leakyWrong, "fnAETGPCH4ACAIf9avmbmbXAS7Yl-P-hDbw8QF9y", db.RootSecret()))
}

// find looks for texts, as they are and decoded, in all that is stored.
func (s *sandbox) find(texts []string) {
	s.t.Helper()
	snap, err := s.store.Snapshot()
	if err != nil {
		s.t.Fatal(err)
	}
	defer snap.Close()
	it := snap.Scan(nil, nil, false)
	defer it.Close()
	keys := 0
	for it.Next() {
		keys++
		for _, text := range texts {
			needles := [][]byte{[]byte(text), []byte(hex.EncodeToString([]byte(text)))}
			if raw, err := base64.RawURLEncoding.DecodeString(text); err == nil {
				// The random bytes at the end of a secret.
				needles = append(needles, raw[max(0, len(raw)-20):])
			}
			for _, n := range needles {
				if bytes.Contains(it.Key(), n) || bytes.Contains(it.Value(), n) {
					s.t.Errorf("the store holds %q, under %q", text, it.Key())
				}
			}
		}
	}
	if err := it.Err(); err != nil || keys < 40 {
		s.t.Errorf("looked at %d keys: %v", keys, err)
	}
}
