package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/oauth"
	"github.com/fawndb/fawn/server/tokens"
)

// openExample opens a database in a folder of its own, with the token services
// and a key and a token to use them.
func openExample() (s *tokens.Service, key, token string, stop func()) {
	dir, err := os.MkdirTemp("", "fawn-example-")
	if err != nil {
		panic(err)
	}
	db, err := engine.Open(filepath.Join(dir, "fawn.db"), engine.Options{})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	if s, err = tokens.New(ctx, db, tokens.Options{Issuer: "http://localhost:8443"}); err != nil {
		panic(err)
	}
	res, err := db.Query(ctx, s.Secret(), `Let({ ana: Select("ref", Create(Collection("users"), { data: { username: "ana" } })) }, [
		Select("secret", CreateKey({ role: "server" })),
		Select("secret", Create(Tokens(), { instance: Var("ana"), data: { permissions: { write: true } } }))
	])`, nil)
	if err != nil {
		panic(err)
	}
	var secrets []string
	if err := res.Decode(&secrets); err != nil {
		panic(err)
	}
	return s, secrets[0], secrets[1], func() { _, _ = db.Close(), os.RemoveAll(dir) }
}

// hello is a handler of a program, which greets who sends a request.
var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	id, _ := auth.FromContext(r.Context())
	fmt.Fprintln(w, "Hello,", id.User)
})

func get(h http.Handler, token string) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"), w.Body)
}

// A program that embeds the database asks it whose token a request brings.
func ExampleProtect() {
	services, _, token, stop := openExample()
	defer stop()
	h := auth.Protect(services, auth.Permission("write"))(hello)
	get(h, token)
	get(h, "a-token-of-nobody")
	// Output:
	// 200  Hello, ana
	//
	// 401 Bearer realm="tokens", error="invalid_token", error_description="The access token is invalid or expired" {"status":401,"title":"Unauthorized","type":"about:blank"}
}

// A program elsewhere asks the server, with the secret of a key.
func ExampleNewRemote() {
	services, key, token, stop := openExample()
	defer stop()
	d, err := oauth.New(services, door.Options{}, oauth.Options{})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(d)
	defer server.Close()
	h := auth.Protect(auth.NewRemote(server.URL, key), auth.Permission("write"))(hello)
	get(h, token)
	get(h, "")
	// Output:
	// 200  Hello, ana
	//
	// 401 Bearer realm="tokens" {"status":401,"title":"Unauthorized","type":"about:blank"}
}
