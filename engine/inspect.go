package engine

import (
	"context"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Inspection looks at tokens by their secrets, as a key may see them, at one
// moment: that of Inspect. It is not safe for concurrent use.
type Inspection struct{ tx *tx }

// Inspect begins an Inspection under the rights of a secret. That must be the
// secret of a key with the role admin or server, or with a role of its own that
// reads tokens; of another the error is a *query.Error, PermissionDenied. It is
// ErrUnauthorized if the secret is not good.
func (db *DB) Inspect(ctx context.Context, presented string) (*Inspection, error) {
	tx, err := db.open(ctx, &request{}, false)
	if err != nil {
		return nil, err
	}
	if err = tx.enter(presented); err == nil && !tx.inspects() {
		err = public(query.Denied(query.Nowhere))
	}
	if err != nil {
		tx.close()
		return nil, err
	}
	return &Inspection{tx}, nil
}

// inspects reports whether the caller is a key that may look at tokens, at
// some of them at least.
func (tx *tx) inspects() bool {
	if tx.session.identity != nil || tx.session.provider != nil {
		return false
	}
	if b := tx.rights.builtin; b == roleAdmin || b == roleServer {
		return true
	}
	for _, role := range tx.rights.roles {
		if len(role.Grants(value.CollectionRef(tx.session.scope, value.Tokens), schema.ActionRead)) > 0 {
			return true
		}
	}
	return false
}

// Close ends the Inspection.
func (i *Inspection) Close() { i.tx.close() }

// Inspected is a live token. It is valid until its Inspection is closed.
type Inspected struct {
	Token, Instance value.Ref
	// Fields are those of its document as the store has them: value.Locate
	// reads one.
	Fields []byte
}

// Token returns the token that a secret belongs to. It is false if there is
// none, if it has expired or its identity is gone, or if it is not in the
// caller's database or not for the caller: all these look the same.
func (i *Inspection) Token(text string) (Inspected, bool, error) {
	parts, ok := secret.Parse(text)
	if !ok || parts.Kind != secret.Token {
		return Inspected{}, false, nil
	}
	s, err := i.tx.tokenSession(parts, text)
	if err != nil || s == nil || s.scope != i.tx.session.scope {
		return Inspected{}, false, err
	}
	if ok, err := i.tx.mayRead(*s.token); err != nil || !ok {
		return Inspected{}, false, err
	}
	rec, ok, err := i.tx.record(*s.token)
	return Inspected{Token: *s.token, Instance: *s.identity, Fields: rec.fields}, ok, err
}

// Names are the names in refs as the caller sees them. They are good until
// Close.
func (i *Inspection) Names() value.Names { return i.tx }
