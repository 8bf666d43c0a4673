package engine

import (
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// keyRow is the row of Keys().
// Source: chapter on authentication, section 4.
var keyRow = &collection{
	noun: "Key",
	fields: []field{
		{name: "database", typ: typeDatabase},
		{name: "role", typ: typeRole, required: true},
		{name: "priority", typ: typePriority},
		dataField, ttlField,
		{name: "secret"},
		{name: "hashed_secret", typ: typeString},
	},
	keeps:   []string{"hashed_secret"},
	prepare: prepareKey,
	after:   placeKey,
	deleted: removeKeyPlace,
}

// typeRole is the role of a key or a function: a built-in role, a role by ref
// or name, or an array of roles by ref or name.
var typeRole = fieldType{name: "Role", takes: func(v value.Value) bool {
	list, ok := v.(value.Array)
	if !ok {
		return isRole(v, true)
	}
	for _, v := range list {
		if !isRole(v, false) {
			return false
		}
	}
	return true
}}

func isRole(v value.Value, builtin bool) bool {
	switch v := v.(type) {
	case value.String:
		_, is := builtinRoles[string(v)]
		return builtin || !is
	case value.Ref:
		return v.Class == value.Roles
	default:
		return false
	}
}

// checkRoles reports roles that do not exist or that the caller cannot read.
func (tx *tx) checkRoles(c *change) error {
	v, ok := c.given.Get("role")
	if !ok {
		return nil
	}
	list, isList := v.(value.Array)
	if !isList {
		list = value.Array{v}
	}
	for _, v := range list {
		switch v := v.(type) {
		case value.String:
			if _, ok := builtinRoles[string(v)]; ok {
				continue
			}
			if _, ok := tx.own.Roles.Named(string(v)); !ok {
				c.fail("validation failure", "Role name `"+string(v)+"` does not exist.", "role")
			}
		default:
		}
	}
	return nil
}

// prepareKey makes the secret of a new key; an update may bring one of its
// own.
func prepareKey(tx *tx, c *change) error {
	if err := tx.checkRoles(c); err != nil {
		return err
	}
	if err := tx.checkReadable(c); err != nil {
		return err
	}
	given, hasSecret := c.given.Get("secret")
	c.fields = c.fields.Without("secret")
	if hasSecret && given.Kind() != value.KindNull {
		s, _ := given.(value.String)
		p, ok := secret.Parse(string(s))
		if !ok || p.Kind != secret.Key || p.ID != c.Ref.ID || c.Verb == query.Create && !c.WithID {
			c.fail("invalid secret", "Invalid secret at `List(secret)`", "secret")
			return nil
		}
		c.fields = c.fields.With("hashed_secret", value.String(secret.Digest(string(s))))
		return nil
	}
	if c.Verb != query.Create {
		// An update cannot overwrite the digest.
		if old, ok, err := c.old.Field("hashed_secret"); err != nil {
			return err
		} else if ok {
			c.fields = c.fields.With("hashed_secret", old)
		}
		return nil
	}
	if _, ok := c.fields.Get("hashed_secret"); ok || len(c.failures) > 0 {
		return nil
	}
	s, err := secret.New(secret.Parts{Kind: secret.Key, ID: c.Ref.ID}, tx.db.options.Random)
	if err != nil {
		return err
	}
	c.once = value.Object{{Name: "secret", Value: value.String(s)}}
	c.fields = c.fields.With("hashed_secret", value.String(secret.Digest(s)))
	return nil
}

// placeKey notes where the key with an id lives: its secret has only the id.
func placeKey(tx *tx, c *change, doc *value.Document) error {
	if c.Verb == query.Create {
		tx.t.Put(kv.Write{Key: keyKey(doc.Ref.ID, doc.Ref.Scope), Value: []byte{}})
	}
	return nil
}

func removeKeyPlace(tx *tx, c *change) error {
	tx.t.Delete(keyKey(c.Ref.ID, c.Ref.Scope))
	return nil
}
