package engine

import (
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
)

// tokenRow is the row of Tokens().
// Source: chapter on authentication, section 2.
var tokenRow = &collection{
	noun: "Token",
	fields: []field{
		{name: "instance", typ: typeRef, required: true},
		dataField, ttlField, constraintsField,
		{name: "hashed_secret", typ: typeString},
	},
	hidden:   "hashed_secret",
	prepare:  prepareToken,
	released: (*tx).unseal,
	variant:  tokenVariant,
}

// prepareToken makes a new secret for a token that has none: a new one, or
// one that was replaced without carrying its digest over.
func prepareToken(tx *tx, c *change) error {
	if _, ok := c.fields.Get("hashed_secret"); ok || len(c.failures) > 0 {
		return nil
	}
	s, err := secret.New(secret.Parts{Kind: secret.Token, ID: c.Ref.ID, GlobalID: tx.own.GlobalID}, tx.db.options.Random)
	if err != nil {
		return err
	}
	c.fields = c.fields.With("hashed_secret", value.String(secret.Digest(s)))
	c.once = value.Object{{Name: "secret", Value: value.String(s)}}
	return nil
}
