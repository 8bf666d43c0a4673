package drivers

import (
	"regexp"
	"testing"

	f "github.com/fauna/faunadb-go/v4/faunadb"
)

const (
	email    = "alice@site.example"
	password = "new password"
)

var (
	users     = ref("users", f.NativeCollections())
	made      = []string{"ref", "ts"}
	issued    = []string{"ref", "ts", "secret"}
	signedOut = f.QueryError{Code: "unauthorized", Description: "Unauthorized"}
)

// denied is the error of a missing right.
func denied(position ...string) f.QueryError {
	return refusal("permission denied", "Insufficient privileges to perform the action.", position...)
}

func refusal(code, description string, position ...string) f.QueryError {
	return f.QueryError{Position: append([]string{}, position...), Code: code, Description: description}
}

// byInstance lists the names of a user's tokens.
func byInstance(user f.Value) f.Expr {
	return f.Paginate(f.MatchTerm(f.Index("tokens_by_instance"), user))
}

// TestTokens lives the life of tokens that Fauna's page on Tokens() tells:
// users sign in, are listed, found, marked, recognised, and sign out.
func TestTokens(t *testing.T) {
	db := newSession(t, start(t))
	alice := register(t, db)
	first := signIn(t, db, alice)
	second := mark(t, db, alice, first)
	act(t, db, alice, first, second)
	signOut(db, alice, first, second)
}

// register makes the collection, its index, the index over tokens, and a user.
func register(t *testing.T, db *session) f.RefV {
	got := db.ask(201, f.CreateCollection(f.Obj{"name": "users"}))
	document(t, got, []string{"ts"}, f.ObjectV{
		"ref": users, "history_days": f.LongV(30), "name": f.StringV("users"),
	})
	got = db.ask(201, f.CreateIndex(f.Obj{
		"name":   "users_by_email",
		"source": f.Collection("users"),
		"terms":  f.Arr{f.Obj{"field": f.Arr{"data", "email"}}},
		"unique": true,
	}))
	document(t, got, []string{"ts"}, f.ObjectV{
		"ref":        ref("users_by_email", f.NativeIndexes()),
		"active":     f.BooleanV(true),
		"serialized": f.BooleanV(true),
		"name":       f.StringV("users_by_email"),
		"source":     users,
		"terms":      f.ArrayV{f.ObjectV{"field": f.ArrayV{f.StringV("data"), f.StringV("email")}}},
		"unique":     f.BooleanV(true),
		"partitions": f.LongV(1),
	})
	got = db.ask(201, f.CreateIndex(f.Obj{
		"name":        "tokens_by_instance",
		"permissions": f.Obj{"read": "public"},
		"source":      f.Tokens(),
		"terms":       f.Arr{f.Obj{"field": "instance"}},
		"values":      f.Arr{f.Obj{"field": f.Arr{"data", "name"}}},
	}))
	document(t, got, []string{"ts"}, f.ObjectV{
		"ref":         ref("tokens_by_instance", f.NativeIndexes()),
		"active":      f.BooleanV(true),
		"serialized":  f.BooleanV(true),
		"name":        f.StringV("tokens_by_instance"),
		"permissions": f.ObjectV{"read": f.StringV("public")},
		"source":      f.NativeTokens(),
		"terms":       f.ArrayV{f.ObjectV{"field": f.StringV("instance")}},
		"values":      f.ArrayV{f.ObjectV{"field": f.ArrayV{f.StringV("data"), f.StringV("name")}}},
		"partitions":  f.LongV(1),
	})
	got = db.ask(201, f.Create(f.Collection("users"), f.Obj{
		"credentials": f.Obj{"password": password},
		"data":        f.Obj{"email": email},
	}))
	user := document(t, got, made, f.ObjectV{"data": f.ObjectV{"email": f.StringV(email)}})
	return user["ref"].(f.RefV)
}

// signIn logs the user in, and shows who cannot.
func signIn(t *testing.T, db *session, alice f.RefV) f.ObjectV {
	byEmail := f.MatchTerm(f.Index("users_by_email"), email)
	got := db.ask(201, f.Login(byEmail, f.Obj{"password": password}))
	token := document(t, got, issued, f.ObjectV{"instance": alice})
	if secret := text(t, token["secret"]); !regexp.MustCompile(`^fnE[A-Za-z0-9_-]{48}$`).MatchString(secret) {
		t.Errorf("the secret is %q", secret)
	}
	failed := refusal("authentication failed", "The document was not found or provided password was incorrect.")
	db.refused(400, f.Login(byEmail, f.Obj{"password": "guess"}), failed)
	db.refused(400, f.Login(f.MatchTerm(f.Index("users_by_email"), "nobody"), f.Obj{"password": password}), failed)
	db.same(f.Identify(alice, password), f.BooleanV(true))
	db.same(f.Identify(alice, "guess"), f.BooleanV(false))
	db.same(f.Paginate(f.Documents(f.Tokens())), page(token["ref"]))
	db.same(f.Paginate(f.Tokens()), page(token["ref"]))
	document(t, db.ask(200, f.Get(token["ref"])), []string{"ts", "hashed_secret"}, f.ObjectV{
		"ref": token["ref"], "instance": alice,
	})
	return token
}

// mark adds fields to the token, makes another, and finds both by their user.
func mark(t *testing.T, db *session, alice f.RefV, first f.ObjectV) f.ObjectV {
	got := db.ask(200, f.Update(first["ref"], f.Obj{"data": f.Obj{"meta": "data"}}))
	document(t, got, []string{"ts"}, f.ObjectV{
		"ref": first["ref"], "instance": alice, "data": f.ObjectV{"meta": f.StringV("data")},
	})
	db.same(byInstance(alice), page())
	db.ask(200, f.Update(first["ref"], f.Obj{"data": f.Obj{"name": "laptop"}}))
	db.same(byInstance(alice), page(f.StringV("laptop")))

	got = db.ask(201, f.Create(f.Tokens(), f.Obj{"instance": alice, "data": f.Obj{"name": "phone"}}))
	second := document(t, got, issued, f.ObjectV{
		"instance": alice, "data": f.ObjectV{"name": f.StringV("phone")},
	})
	db.same(byInstance(alice), page(f.StringV("laptop"), f.StringV("phone")))
	db.refused(400, f.Create(f.Tokens(), f.Obj{}),
		refusal("validation failed", "document data is not valid.", "create"))
	return second
}

// act uses the token's secret: what its bearer is, sees, and may not do.
func act(t *testing.T, db *session, alice f.RefV, first, second f.ObjectV) {
	bearer := db.as(first["secret"])
	bearer.same(f.CurrentIdentity(), alice)
	bearer.same(f.CurrentToken(), first["ref"])
	bearer.same(f.HasCurrentIdentity(), f.BooleanV(true))
	bearer.same(f.HasCurrentToken(), f.BooleanV(true))
	document(t, bearer.ask(200, f.Get(f.CurrentIdentity())), []string{"ts"}, f.ObjectV{
		"ref": alice, "data": f.ObjectV{"email": f.StringV(email)},
	})
	bearer.same(f.Paginate(f.Documents(f.Tokens())), page(first["ref"], second["ref"]))
	bearer.same(byInstance(alice), page(f.StringV("laptop"), f.StringV("phone")))
	bearer.refused(403, f.Paginate(f.Tokens()), denied("paginate"))
	bearer.refused(403, f.Update(first["ref"], f.Obj{"data": f.Obj{"name": "mine"}}), denied())
	bearer.refused(403, f.Update(alice, f.Obj{}), denied())
	bearer.refused(403, f.Create(f.Tokens(), f.Obj{"instance": alice}), denied("create"))
}

// signOut ends one session, then all, and shows that their secrets are dead.
func signOut(db *session, alice f.RefV, first, second f.ObjectV) {
	bearer := db.as(first["secret"])
	bearer.same(f.Logout(false), f.BooleanV(true))
	bearer.refused(401, f.CurrentIdentity(), signedOut)
	db.as(second["secret"]).same(f.CurrentToken(), second["ref"])
	db.same(byInstance(alice), page(f.StringV("phone")))
	db.refused(404, f.Get(first["ref"]), refusal("instance not found", "Token not found."))

	third := db.ask(201, f.Login(alice, f.Obj{"password": password})).(f.ObjectV)
	db.as(third["secret"]).same(f.Logout(true), f.BooleanV(true))
	for _, token := range []f.ObjectV{second, third} {
		db.as(token["secret"]).refused(401, f.CurrentIdentity(), signedOut)
	}
	db.same(f.Paginate(f.Documents(f.Tokens())), page())
	db.same(f.Paginate(f.Tokens()), page())
	db.same(f.Logout(true), f.BooleanV(false))
}
