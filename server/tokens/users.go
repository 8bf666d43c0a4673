package tokens

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/fawndb/fawn/query/value"
)

// schema is what the services need in their database. Each query is its own
// transaction, and does nothing where the thing exists.
var schema = []string{
	`If(Exists(Collection(Var("users"))), null, CreateCollection({ name: Var("users") }))`,
	`If(Exists(Collection("token_subjects")), null, CreateCollection({ name: "token_subjects" }))`,
	`If(Exists(Collection("token_audit")), null, CreateCollection({ name: "token_audit", history_days: 0 }))`,
	`If(Exists(Index("token_subjects_by_key")), null, CreateIndex({
		name: "token_subjects_by_key", source: Collection("token_subjects"), unique: true,
		terms: [{ field: ["data", "keys"] }]
	}))`,
	`If(Exists(Index("token_users_by_username")), null, CreateIndex({
		name: "token_users_by_username", unique: true, terms: [{ binding: "username" }],
		source: { collection: Collection(Var("users")), fields: {
			username: Query((user) => LowerCase(Select(["data", "username"], user)))
		} }
	}))`,
	`If(Exists(Index("token_users_by_email")), null, CreateIndex({
		name: "token_users_by_email", unique: true, terms: [{ binding: "email" }],
		source: { collection: Collection(Var("users")), fields: {
			email: Query((user) => LowerCase(Select(["data", "email"], user)))
		} }
	}))`,
	`If(Exists(Index("token_users_by_phone")), null, CreateIndex({
		name: "token_users_by_phone", unique: true, terms: [{ binding: "phone" }],
		source: { collection: Collection(Var("users")), fields: {
			phone: Query((user) => Concat([Select(["data", "org"], user), Select(["data", "phone"], user)], " "))
		} }
	}))`,
}

// prepare makes the schema, and finds out the numbers of what is used most.
func (s *Service) prepare(ctx context.Context) error {
	args := map[string]any{"users": s.options.Users}
	for _, q := range schema {
		if _, err := s.db.Query(ctx, s.secret, q, args); err != nil {
			return fmt.Errorf("make the schema: %w", err)
		}
	}
	res, err := s.db.Query(ctx, s.secret, `Collection(Var("users"))`, args)
	if err != nil {
		return err
	}
	collection, ok := res.Value.(value.Ref)
	if !ok {
		return errors.New("the collection of users is no collection")
	}
	s.users = value.Class(collection.ID)
	return nil
}

// UserRef is the ref of a user by the id, whether or not there is one.
func (s *Service) UserRef(id int64) value.Ref {
	return value.Ref{Scope: s.scope, Class: s.users, ID: id}
}

// UserNamed returns the user with a name, in any case; nil if there is none.
func (tx *Tx) UserNamed(username string) (*value.Document, error) {
	return tx.first(`token_users_by_username`, `LowerCase(Var("term"))`, username)
}

// UserMailed returns the user with an address, in any case; nil if there is
// none.
func (tx *Tx) UserMailed(email string) (*value.Document, error) {
	return tx.first(`token_users_by_email`, `LowerCase(Var("term"))`, email)
}

// UserCalled returns the user of an organisation with a phone number; nil if
// there is none.
func (tx *Tx) UserCalled(org, phone string) (*value.Document, error) {
	return tx.Indexed("token_users_by_phone", org+" "+phone)
}

// CreateUser makes a user; the password may be "" for none.
func (tx *Tx) CreateUser(data map[string]any, password string) (value.Ref, error) {
	params := map[string]any{"data": data}
	if password != "" {
		params["credentials"] = map[string]any{"password": password}
	}
	v, err := tx.Query(`Select("ref", Create(Var("users"), Var("params")))`,
		map[string]any{"users": value.CollectionRef(tx.s.scope, tx.s.users), "params": params})
	ref, _ := v.(value.Ref)
	return ref, err
}

// Indexed returns the document that a unique index has under a text, nil if
// there is none.
func (tx *Tx) Indexed(index, text string) (*value.Document, error) {
	return tx.first(index, `Var("term")`, text)
}

// first returns the document that an index has under a term, nil if there is
// none.
func (tx *Tx) first(index, term, text string) (*value.Document, error) {
	v, err := tx.Query(`Let({ set: Match(Index(Var("index")), `+term+`) }, If(IsEmpty(Var("set")), null, Get(Var("set"))))`,
		map[string]any{"index": index, "term": text})
	doc, _ := v.(*value.Document)
	return doc, err
}

// Subject returns the document of token_subjects with a key, nil if there is
// none: "eco/alice".
func (tx *Tx) Subject(key string) (*value.Document, error) {
	return tx.Indexed("token_subjects_by_key", key)
}

// NewSubject makes a document of token_subjects, which is found by its keys.
func (tx *Tx) NewSubject(members map[string]any, keys ...string) (*value.Document, error) {
	data := map[string]any{"keys": keys}
	maps.Copy(data, members)
	v, err := tx.Query(`Create(Collection("token_subjects"), { data: Var("data") })`, map[string]any{"data": data})
	doc, _ := v.(*value.Document)
	return doc, err
}

// SubjectOf is Subject, which makes the document if there is none.
func (tx *Tx) SubjectOf(key string, members map[string]any) (*value.Document, error) {
	doc, err := tx.Subject(key)
	if doc != nil || err != nil {
		return doc, err
	}
	return tx.NewSubject(members, key)
}

// Password reports whether a password is a user's; nil is nobody, whose
// password nothing is, in the same time.
func (tx *Tx) Password(user *value.Document, password string) (bool, error) {
	q, args := `Identify(Match(Index("token_users_by_username"), []), Var("password"))`, map[string]any{"password": password}
	if user != nil {
		q, args["who"] = `Identify(Var("who"), Var("password"))`, user.Ref
	}
	v, err := tx.Query(q, args)
	return v == value.Value(value.Boolean(true)), err
}

// SetPassword gives a user a password, and ends the tokens of the user on all
// doors.
func (tx *Tx) SetPassword(user value.Ref, password string) error {
	_, err := tx.Query(`Update(Var("who"), { credentials: { password: Var("password") } })`,
		map[string]any{"who": user, "password": password})
	if err != nil {
		return err
	}
	_, err = tx.DropAll(user, nil)
	return err
}
