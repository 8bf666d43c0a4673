package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // the collections that PocketBase begins with
	"github.com/pocketbase/pocketbase/tools/types"
)

// signedIn is how many users get a token to act with.
const signedIn = 64

// The first user is saved by PocketBase, the others are copies, because every
// password is hashed at length.
const (
	moreUsers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {:users})
		INSERT INTO users (id, password, tokenKey, email, emailVisibility, verified, name, avatar, created, updated)
		SELECT printf('user%011d', i), password, printf('%050d', i), printf('user%d@example.com', i),
			emailVisibility, verified, name, avatar, created, updated FROM n, users WHERE users.id = {:first}`
	allTokens = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {:users} * {:per} - 1)
		INSERT INTO tokens (id, user, name)
		SELECT printf('token%010d', i), printf('user%011d', 1 + i / {:per}), 'Firefox on Linux, at home, in the study' FROM n`
)

// pocketBase serves users and their tokens. It prints, a line each, "user" with
// id and token of those who are signed in, and at last "listening on" with its
// address.
func pocketBase(dir string, users int) error {
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: dir})
	err := errors.Join(app.Bootstrap(), app.RunAllMigrations())
	if err != nil {
		return err
	}
	people, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	if err := fill(app, people, users); err != nil {
		return err
	}
	for i := range min(users, signedIn) {
		record, err := app.FindRecordById(people, fmt.Sprintf("user%011d", 1+i))
		if err != nil {
			return err
		}
		token, err := record.NewAuthToken()
		if err != nil {
			return err
		}
		fmt.Println("user", record.Id, token)
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		e.Listener, e.InstallerFunc = l, nil
		fmt.Println("listening on", l.Addr())
		return e.Next()
	})
	err = apis.Serve(app, apis.ServeConfig{HttpAddr: "127.0.0.1:0"})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func fill(app core.App, people *core.Collection, users int) error {
	first := core.NewRecord(people)
	first.SetEmail("first@example.com")
	first.SetPassword("correct horse battery staple")
	first.SetVerified(true)
	if err := app.Save(first); err != nil {
		return err
	}
	tokens := core.NewBaseCollection("tokens")
	tokens.ListRule = types.Pointer("user = @request.auth.id")
	tokens.Fields.Add(
		&core.RelationField{Name: "user", CollectionId: people.Id, Required: true, MaxSelect: 1},
		&core.TextField{Name: "name"},
	)
	tokens.AddIndex("tokens_by_user", false, "user", "")
	if err := app.Save(tokens); err != nil {
		return err
	}
	params := dbx.Params{"users": users, "per": perUser, "first": first.Id}
	for _, q := range []string{moreUsers, allTokens} {
		if _, err := app.NonconcurrentDB().NewQuery(q).Bind(params).Execute(); err != nil {
			return err
		}
	}
	return nil
}
