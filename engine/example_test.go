package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query/value"
)

// exampleDB is a database in memory with a user and an index over tokens.
func exampleDB() (db *engine.DB, alice value.Ref, done func()) {
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{PasswordCost: cheap})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	const schema = `Do(
		CreateCollection({ name: "users" }),
		CreateIndex({ name: "tokens_by_instance", source: Tokens(), terms: [{ field: "instance" }] }))`
	if _, err := db.Query(ctx, db.RootSecret(), schema, nil); err != nil {
		log.Fatal(err)
	}
	const user = `Create(Ref(Collection("users"), "1"), { data: { name: "Alice" }, credentials: { password: "sekrit" } })`
	res, err := db.Query(ctx, db.RootSecret(), user, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := res.Select(&alice, "ref"); err != nil {
		log.Fatal(err)
	}
	return db, alice, func() {
		if err := db.Close(); err != nil {
			log.Fatal(err)
		}
	}
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "fawn")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	db, err := engine.Open(filepath.Join(dir, "app.db"), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}

	res, err := db.Query(context.Background(), db.RootSecret(), `CreateCollection({ name: "users" })`, nil)
	if err != nil {
		log.Fatal(err)
	}
	var name string
	if err := res.Select(&name, "name"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(name)
	if err := db.Close(); err != nil {
		log.Fatal(err)
	}
	// Output: users
}

// Arguments are bound to variables: nothing is pasted into a query.
func ExampleDB_Query() {
	db, alice, done := exampleDB()
	defer done()

	res, err := db.Query(context.Background(), db.RootSecret(),
		`Let({ user: Get(Var("ref")) }, Concat([Var("greeting"), Select(["data", "name"], Var("user"))], " "))`,
		map[string]any{"ref": alice, "greeting": "Hello"})
	if err != nil {
		log.Fatal(err)
	}
	text, err := res.AppendJSON(nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output: "Hello Alice"
}

func ExampleResult_Decode() {
	db, alice, done := exampleDB()
	defer done()

	res, err := db.Query(context.Background(), db.RootSecret(), `Get(Var("ref"))`, map[string]any{"ref": alice})
	if err != nil {
		log.Fatal(err)
	}
	var user struct {
		Ref  value.Ref `fauna:"ref"`
		ID   string    `fauna:"ref"`
		Data struct {
			Name string `fauna:"name"`
		} `fauna:"data"`
	}
	if err := res.Decode(&user); err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.Ref == alice, user.ID, user.Data.Name)

	var loose map[string]any
	if err := res.Decode(&loose); err != nil {
		log.Fatal(err)
	}
	fmt.Println(loose["ref"] == alice, loose["data"])
	// Output:
	// true 1 Alice
	// true map[name:Alice]
}

func ExampleDB_Login() {
	db, alice, done := exampleDB()
	defer done()
	ctx := context.Background()

	token, err := db.Login(ctx, db.RootSecret(), alice, "sekrit", engine.TokenOptions{
		Data: map[string]any{"device": "phone"},
		TTL:  time.Now().Add(24 * time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Instance == alice, token.Data["device"], len(token.Secret), token.TTL != nil)

	_, err = db.Login(ctx, db.RootSecret(), alice, "guess", engine.TokenOptions{})
	fmt.Println(err)
	// Output:
	// true phone 51 true
	// authentication failed: The document was not found or provided password was incorrect.
}

// A token needs no password where a server key makes it.
func ExampleDB_CreateToken() {
	db, alice, done := exampleDB()
	defer done()
	ctx := context.Background()

	token, err := db.CreateToken(ctx, db.RootSecret(), alice, engine.TokenOptions{})
	if err != nil {
		log.Fatal(err)
	}
	res, err := db.Query(ctx, token.Secret, `[CurrentIdentity(), CurrentToken()]`, nil)
	if err != nil {
		log.Fatal(err)
	}
	var refs []value.Ref
	if err := res.Decode(&refs); err != nil {
		log.Fatal(err)
	}
	fmt.Println(refs[0] == alice, refs[1] == token.Ref)
	// Output: true true
}

// What every request of an application asks first.
func ExampleDB_Verify() {
	db, alice, done := exampleDB()
	defer done()
	ctx := context.Background()

	token, err := db.CreateToken(ctx, db.RootSecret(), alice, engine.TokenOptions{})
	if err != nil {
		log.Fatal(err)
	}
	who, err := db.Verify(ctx, token.Secret)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(who.Instance == alice, who.Token == token.Ref, who.Roles)

	_, err = db.Verify(ctx, "guess")
	fmt.Println(errors.Is(err, engine.ErrUnauthorized))
	// Output:
	// true true []
	// true
}

func ExampleDB_Logout() {
	db, alice, done := exampleDB()
	defer done()
	ctx := context.Background()

	var secrets []string
	for range 3 {
		token, err := db.CreateToken(ctx, db.RootSecret(), alice, engine.TokenOptions{})
		if err != nil {
			log.Fatal(err)
		}
		secrets = append(secrets, token.Secret)
	}
	works := func() (n int) {
		for _, s := range secrets {
			if _, err := db.Verify(ctx, s); err == nil {
				n++
			}
		}
		return n
	}
	one, err := db.Logout(ctx, secrets[0], false)
	fmt.Println(one, err, works())
	all, err := db.Logout(ctx, secrets[1], true)
	fmt.Println(all, err, works())
	// Output:
	// true <nil> 2
	// true <nil> 0
}

// Who is signed in, and on what.
func ExampleDB_TokensByIndex() {
	db, alice, done := exampleDB()
	defer done()
	ctx := context.Background()

	for _, device := range []string{"phone", "desk", "watch"} {
		_, err := db.CreateToken(ctx, db.RootSecret(), alice, engine.TokenOptions{Data: map[string]any{"device": device}})
		if err != nil {
			log.Fatal(err)
		}
	}
	tokens, err := db.TokensByIndex(ctx, db.RootSecret(), "tokens_by_instance", 10, alice)
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range tokens {
		fmt.Println(t.Data["device"], t.Instance == alice, t.TS > 0, t.Secret == "")
	}
	// Output:
	// phone true true true
	// desk true true true
	// watch true true true
}
