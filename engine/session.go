package engine

import (
	"strconv"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
)

// session is whoever sent a query, as a secret shows it within the query's
// own snapshot: it can not outlive the query.
type session struct {
	scope value.Scope
	// builtin is the built-in role; noRole where roles or an identity decide.
	builtin builtin
	// role is what a key names as its role: a Ref, a String or an Array; nil
	// where a built-in role or an identity decides.
	role value.Value
	// identity is the document that the caller acts as.
	identity *value.Ref
	// token is the token's or key's own document; nil if the key lives in
	// another database. byToken tells a token from a key.
	token   *value.Ref
	byToken bool
	// key is the key's own document, wherever it lives, and its stored fields;
	// zero if it is no key.
	key       value.Ref
	keyFields []byte
	// claims are those of a JWT, and provider is who vouches for it.
	claims   value.Object
	provider *schema.Provider
}

// authenticate finds out who presents a secret. Everything that does not fit
// is ErrUnauthorized.
func (tx *tx) authenticate(presented string) (*session, error) {
	if tx.db.isProcess(presented) {
		return tx.sessionOf(session{builtin: roleAdmin}), nil
	}
	if IsJWT(presented) {
		return tx.jwtSession(presented)
	}
	s, ok := parseScoped(presented)
	if !ok {
		return nil, ErrUnauthorized
	}
	parts, ok := secret.Parse(s.secret)
	if ok && parts.Kind == secret.Token {
		out, err := tx.tokenSession(parts, s.secret)
		if out != nil || err != nil {
			return out, err
		}
	}
	if ok && parts.Kind == secret.Key {
		out, err := tx.keySession(parts, s)
		if out != nil || err != nil {
			return out, err
		}
	}
	if tx.db.isRoot(s.secret) {
		return tx.narrow(&session{builtin: roleAdmin}, s)
	}
	out, err := tx.sealedSession(presented)
	if out == nil && err == nil {
		err = ErrUnauthorized
	}
	return out, err
}

// tokenSession finds the token that a secret belongs to; nil if there is
// none. A scope in the presented text is ignored.
func (tx *tx) tokenSession(p secret.Parts, text string) (*session, error) {
	ref, ok, err := tx.tokenRef(p)
	if err != nil || !ok {
		return nil, err
	}
	// A query that writes depends on the token and its instance, and so it
	// reads them.
	if !tx.t.Tracks() {
		if instance, ok := tx.db.known.instance(ref, text, tx.now); ok {
			return tx.actingAs(ref, instance)
		}
	}
	rec, ok, err := tx.secretDocument(ref, text)
	if !ok || err != nil {
		return nil, err
	}
	instance, lasts, err := tx.instanceOf(rec.fields)
	if err != nil || instance == nil {
		return nil, err
	}
	// What a transaction that writes sees may be its own, and never be committed.
	if !tx.t.Tracks() && !rec.HasTTL && lasts && instance.Scope == ref.Scope {
		tx.db.known.learn(text, *instance, tx.now)
	}
	return tx.actingAs(ref, *instance)
}

// tokenRef is the token that a secret may belong to. It is false if there is no
// such database.
func (tx *tx) tokenRef(p secret.Parts) (value.Ref, bool, error) {
	scope, ok, err := tx.db.scopeOf(tx.t.Get, p.GlobalID)
	if err != nil || !ok {
		return value.Ref{}, false, err
	}
	live, err := tx.liveDatabase(scope)
	return value.Ref{Scope: scope, Class: value.Tokens, ID: p.ID}, live, err
}

// instanceOf returns the live instance of a token, given its stored fields, nil
// if there is none; and whether it never expires.
func (tx *tx) instanceOf(raw []byte) (found *value.Ref, lasts bool, err error) {
	found, err = refField(raw, "instance")
	if err != nil || found == nil || found.Class < value.FirstUserClass {
		return nil, false, err
	}
	rec, ok, err := tx.record(*found)
	if err != nil || !ok {
		return nil, false, err
	}
	return found, !rec.HasTTL, nil
}

// actingAs is the session of a token with its instance; nil if the collection
// of that is gone.
func (tx *tx) actingAs(token, instance value.Ref) (*session, error) {
	if ok, err := tx.reachable(instance); err != nil || !ok {
		return nil, err
	}
	return tx.sessionOf(session{scope: token.Scope, identity: &instance, token: &token, byToken: true}), nil
}

// sessionOf returns a session in memory of its own: for the transaction's that is
// at hand.
func (tx *tx) sessionOf(s session) *session {
	if tx.session != nil {
		return &s
	}
	tx.room = s
	return &tx.room
}

// secretDocument returns the record of the live key or token ref. It is false
// unless a secret is its own.
func (tx *tx) secretDocument(ref value.Ref, text string) (record, bool, error) {
	rec, ok, err := tx.record(ref)
	if err != nil || !ok {
		return record{}, false, err
	}
	stored, err := stringField(rec.fields, "hashed_secret")
	if err != nil || stored == nil || !secret.Matches(stored, text) {
		return record{}, false, err
	}
	if secret.Imported(stored) {
		tx.db.renewDigest(ref, string(stored), text)
	}
	return rec, true, nil
}

// keySession finds the key that a secret belongs to and takes on the scope
// that was asked for; nil if there is no such key.
func (tx *tx) keySession(p secret.Parts, s scoped) (*session, error) {
	ref, raw, err := tx.keyOf(p, s.secret)
	if raw == nil || err != nil {
		return nil, err
	}
	out, err := tx.keyRights(ref, raw)
	if err != nil {
		return nil, err
	}
	return tx.narrow(out, s)
}

// keyOf returns the live key that a secret belongs to, and its stored fields,
// which are nil if there is none.
func (tx *tx) keyOf(p secret.Parts, text string) (found value.Ref, raw []byte, err error) {
	err = tx.eachKey(p.ID, func(ref value.Ref) (bool, error) {
		rec, ok, err := tx.secretDocument(ref, text)
		if ok {
			found, raw = ref, rec.fields
		}
		return ok, err
	})
	return found, raw, err
}

// keyRights reads what a key opens, and with which rights.
func (tx *tx) keyRights(ref value.Ref, raw []byte) (*session, error) {
	out := &session{scope: ref.Scope, token: &ref, key: ref, keyFields: raw}
	child, err := refField(raw, "database")
	if err != nil {
		return nil, err
	}
	if child != nil {
		sch, err := tx.schemaOf(child.Scope)
		if err != nil {
			return nil, err
		}
		c, ok := sch.Databases.Numbered(child.ID)
		if !ok {
			return nil, ErrUnauthorized
		}
		out.scope, out.token = c.Scope, nil
	}
	located, ok, err := value.Locate(raw, "role")
	if err != nil || !ok {
		return nil, err
	}
	if out.role, err = value.DecodeMsgpack(located); err != nil {
		return nil, err
	}
	if name, ok := out.role.(value.String); ok {
		if b, ok := builtinRoles[string(name)]; ok {
			out.builtin, out.role = b, nil
		}
	}
	return out, nil
}

// narrow holds a session to the scope that was asked for, if it may have it.
func (tx *tx) narrow(out *session, s scoped) (*session, error) {
	switch {
	case s.kind == scopeNone && len(s.path) == 0:
		return out, nil
	case out.builtin == roleAdmin:
	case out.builtin == roleServer && s.kind == scopeDocument && len(s.path) == 0:
	default:
		return nil, ErrUnauthorized
	}
	sch, err := tx.below(out, s.path)
	if err != nil {
		return nil, err
	}
	switch s.kind {
	case scopeBuiltin:
		out.builtin = builtinRoles[s.role]
	case scopeRole:
		role, ok := sch.Roles.Named(s.role)
		if !ok {
			return nil, ErrUnauthorized
		}
		out.builtin = noRole
		out.role = value.Ref{Scope: out.scope, Class: value.Roles, ID: role.ID}
	case scopeDocument:
		return tx.actAs(out, sch, s)
	case scopeNone:
	}
	return out, nil
}

// below moves a session down a path of databases.
func (tx *tx) below(out *session, path []string) (*schema.Database, error) {
	sch, err := tx.schemaOf(out.scope)
	for _, name := range path {
		if err != nil {
			return nil, err
		}
		child, ok := sch.Databases.Named(name)
		if !ok {
			return nil, ErrUnauthorized
		}
		out.scope, out.token = child.Scope, nil
		sch, err = tx.schemaOf(child.Scope)
	}
	return sch, err
}

// actAs makes a session act as a document of a user collection.
func (tx *tx) actAs(out *session, sch *schema.Database, s scoped) (*session, error) {
	collection, ok := sch.Collections.Named(s.class)
	if !ok {
		return nil, ErrUnauthorized
	}
	id, err := strconv.ParseInt(s.id, 10, 64)
	if err != nil {
		return nil, ErrUnauthorized
	}
	ref := value.Ref{Scope: out.scope, Class: collection.Class, ID: id}
	live, err := tx.isLive(ref)
	if err != nil {
		return nil, err
	}
	if !live {
		return nil, ErrUnauthorized
	}
	out.builtin, out.role, out.identity = noRole, nil, &ref
	return out, nil
}

// refField reads a stored field that holds a ref, nil if it does not.
func refField(raw []byte, name string) (*value.Ref, error) {
	r, ok, err := value.LocateRef(raw, name)
	if err != nil || !ok {
		return nil, err
	}
	return &r, nil
}

// stringField reads a stored field that holds a string, nil if it does not. It
// is valid as long as raw is.
func stringField(raw []byte, name string) ([]byte, error) { return value.LocateString(raw, name) }
