package engine

import (
	"errors"

	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Caller implements query.Host.
func (tx *tx) Caller() query.Caller { return caller{tx} }

// caller answers for whoever sent the query.
type caller struct{ tx *tx }

// Identity implements query.Caller.
func (c caller) Identity() value.Value {
	if r := c.tx.rights; r.builtin == rolePredicate && r.anonymous {
		return nil
	}
	if id := c.tx.session.identity; id != nil {
		return *id
	}
	if sub, ok := c.tx.session.claims.Get("sub"); ok {
		return sub
	}
	return nil
}

// Token implements query.Caller.
func (c caller) Token() value.Value {
	if t := c.tx.session.token; t != nil && t.Scope == c.tx.session.scope {
		return *t
	}
	if c.tx.session.provider != nil {
		return c.tx.session.claims
	}
	return nil
}

// Login implements query.Caller. Everything that does not fit fails alike, and
// takes as long as a wrong password.
func (c caller) Login(who query.Candidate, params value.Object) (*value.Document, error) {
	given, _ := params.Get("password")
	credentials, stored, err := c.tx.storedPassword(who.Ref)
	if err != nil {
		return nil, err
	}
	if credentials != nil && given != nil && given.Kind() != value.KindNull && given.Kind() != value.KindString {
		return nil, &query.Refusal{
			Code: query.ValidationFailed, Description: "document data is not valid.", Place: query.AtForm,
			Failures: []query.Failure{{
				Field: []string{"password"}, Code: "invalid type",
				Description: "Invalid type " + value.StorageTypeName(given) + ", expected type String.",
			}},
		}
	}
	text, isText := given.(value.String)
	ok, err := c.tx.verify(who, stored, string(text))
	if err != nil {
		return nil, err
	}
	if !ok || !isText || credentials == nil {
		return nil, &query.Refusal{
			Code: query.AuthenticationFailed, Place: query.AtForm,
			Description: "The document was not found or provided password was incorrect.",
		}
	}
	if err := c.tx.renewHash(credentials, stored, string(text)); err != nil {
		return nil, err
	}
	return c.tx.newToken(*who.Ref, params)
}

// newToken makes a token for an identity as a server key would.
func (tx *tx) newToken(who value.Ref, params value.Object) (*value.Document, error) {
	fields := value.Object{{Name: "instance", Value: who}}
	for _, name := range []string{"data", "ttl", "hashed_secret"} {
		if v, ok := params.Get(name); ok {
			fields = append(fields, value.Field{Name: name, Value: v})
		}
	}
	w := query.Change{Verb: query.Create, Ref: value.CollectionRef(tx.own.Scope, value.Tokens), Params: fields}
	v, err := tx.create(&change{Change: w, row: tokenRow, login: true})
	if err != nil {
		return nil, err
	}
	return v.(*value.Document), nil
}

// storedPassword returns the credentials of a live identity and the hash in
// them, "" if there is none.
func (tx *tx) storedPassword(who *value.Ref) (*value.Document, string, error) {
	if who == nil || who.Scope != tx.own.Scope {
		return nil, "", nil
	}
	if ok, err := tx.exists(*who); err != nil || !ok {
		return nil, "", err
	}
	doc, err := tx.credentialsOf(*who)
	if err != nil || doc == nil {
		return nil, "", err
	}
	v, _, err := doc.Field("hashed_password")
	stored, _ := v.(value.String)
	return doc, string(stored), err
}

// verify compares a password with a stored hash, or with a dummy where there
// is none.
func (tx *tx) verify(who query.Candidate, stored, text string) (bool, error) {
	if stored == "" {
		_, err := tx.tried(who, tx.db.dummy(), text)
		return false, err
	}
	return tx.tried(who, stored, text)
}

// renewHash replaces an imported hash, or one of another cost, by one of the
// present cost, now that the password is known.
func (tx *tx) renewHash(credentials *value.Document, stored, text string) error {
	if password.Current(stored, tx.db.options.PasswordCost) {
		return nil
	}
	hash, err := tx.hashPassword(text)
	if err != nil {
		return err
	}
	return tx.patch(credentials.Ref, "hashed_password", value.String(hash))
}

// Identify implements query.Caller.
func (c caller) Identify(who query.Candidate, text string) (bool, error) {
	_, stored, err := c.tx.storedPassword(who.Ref)
	if err != nil {
		return false, err
	}
	return c.tx.verify(who, stored, text)
}

// Logout implements query.Caller.
func (c caller) Logout(all bool) (bool, error) {
	s := c.tx.session
	if s.identity == nil || !all && !s.byToken {
		return false, nil
	}
	var refs []value.Ref
	if all {
		err := c.tx.eachOf(value.Tokens, *s.identity, func(r value.Ref) error {
			refs = append(refs, r)
			return nil
		})
		if err != nil {
			return false, err
		}
	} else {
		refs = append(refs, *s.token)
	}
	for _, r := range refs {
		old, err := c.tx.version(r, 0)
		if err != nil {
			return false, err
		}
		if old == nil {
			continue
		}
		if err := c.tx.unstore(r, old); err != nil {
			return false, err
		}
	}
	return true, nil
}

// KeyFromSecret implements query.Caller. Whatever fails looks the same.
func (c caller) KeyFromSecret(text string) (value.Value, error) {
	unknown := &query.Refusal{
		Code: query.SecretNotFound, Description: "No key found for secret " + text + ".", Place: query.AtForm,
	}
	if IsJWT(text) {
		return c.tx.databaseOf(text, unknown)
	}
	p, ok := secret.Parse(text)
	if !ok {
		return nil, unknown
	}
	s, err := c.tx.ownerOf(p, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, unknown
	}
	readable, err := c.tx.mayRead(*s)
	if err != nil {
		return nil, err
	}
	if !readable {
		return nil, unknown
	}
	return c.tx.version(*s, 0)
}

// databaseOf returns {database: ref}, the database that a JWT authenticates
// to, if the caller may read it.
func (tx *tx) databaseOf(token string, unknown error) (value.Value, error) {
	s, err := tx.jwtSession(token)
	if errors.Is(err, ErrUnauthorized) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	d, err := tx.schemaOf(s.scope)
	if err != nil {
		return nil, err
	}
	ok, err := tx.mayRead(d.Ref)
	if err == nil && !ok {
		err = query.Denied(query.AtForm)
	}
	return value.Object{{Name: "database", Value: d.Ref}}, err
}

// ownerOf returns the ref of the key or token that a secret belongs to, nil
// if there is none or it would not authenticate.
func (tx *tx) ownerOf(p secret.Parts, text string) (*value.Ref, error) {
	if p.Kind == secret.Token {
		s, err := tx.tokenSession(p, text)
		if s == nil || err != nil {
			return nil, err
		}
		return s.token, nil
	}
	key, raw, err := tx.keyOf(p, text)
	if raw == nil || err != nil {
		return nil, err
	}
	return &key, nil
}
