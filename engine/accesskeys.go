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
	lives: func(tx *tx, r value.Ref, live bool) {
		if live {
			tx.t.Put(kv.Write{Key: keyKey(r.ID, r.Scope), Value: []byte{}})
		} else {
			tx.t.Delete(keyKey(r.ID, r.Scope))
		}
	},
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
		return tx.takeSecret(c, given)
	}
	if c.Verb != query.Create {
		// An update cannot overwrite the digest.
		if c.old == nil {
			return nil
		}
		if old, ok, err := c.old.Field("hashed_secret"); err != nil {
			return err
		} else if ok {
			c.fields = c.fields.With("hashed_secret", old)
		}
		return nil
	}
	if own, ok := c.fields.Get("hashed_secret"); ok || len(c.failures) > 0 {
		text, _ := own.(value.String)
		return tx.checkOnlyKey(c, "hashed_secret", func(stored []byte) bool { return string(stored) == string(text) })
	}
	s, err := secret.New(secret.Parts{Kind: secret.Key, ID: c.Ref.ID}, tx.db.options.Random)
	if err != nil {
		return err
	}
	c.once = value.Object{{Name: "secret", Value: value.String(s)}}
	c.fields = c.fields.With("hashed_secret", value.String(secret.Digest(s)))
	return nil
}

// takeSecret gives a key the secret that was brought, if it has the key's id.
func (tx *tx) takeSecret(c *change, given value.Value) error {
	s, _ := given.(value.String)
	p, ok := secret.Parse(string(s))
	if !ok || p.Kind != secret.Key || p.ID != c.Ref.ID || c.Verb == query.Create && !c.WithID {
		c.fail("invalid secret", "Invalid secret at `List(secret)`", "secret")
		return nil
	}
	c.fields = c.fields.With("hashed_secret", value.String(secret.Digest(string(s))))
	return tx.checkOnlyKey(c, "secret", func(stored []byte) bool { return secret.Matches(stored, string(s)) })
}

// checkOnlyKey reports a secret, or a digest, that the key with the same id in
// another database has: nobody could tell which of the two it opens.
func (tx *tx) checkOnlyKey(c *change, field string, same func(stored []byte) bool) error {
	return tx.eachKey(c.Ref.ID, func(ref value.Ref) (bool, error) {
		rec, ok, err := tx.record(ref)
		if err != nil || !ok || ref == c.Ref {
			return false, err
		}
		stored, err := stringField(rec.fields, "hashed_secret")
		if err != nil || stored == nil || !same(stored) {
			return false, err
		}
		c.fail("duplicate value", "Value is not unique.", field)
		return true, nil
	})
}

// eachKey calls f with the keys that have an id, in any live database, until
// it is true. Ids of keys are unique in practice; imported ones may collide.
func (tx *tx) eachKey(id int64, f func(value.Ref) (bool, error)) error {
	lo := keyKey(id, 0)[:1+8]
	it := tx.t.Scan(lo, after(lo), false)
	defer it.Close()
	for it.Next() {
		ref := value.Ref{Scope: value.Scope(be32(it.Key()[1+8:])), Class: value.Keys, ID: id}
		live, err := tx.liveDatabase(ref.Scope)
		if err != nil {
			return err
		}
		if !live {
			continue
		}
		if done, err := f(ref); done || err != nil {
			return err
		}
	}
	return it.Err()
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
