package engine

import (
	"context"
	"errors"

	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// credentialsRow is the row of Credentials().
// Source: chapter on authentication, section 3.
var credentialsRow = &collection{
	noun: "Credentials",
	fields: []field{
		{name: "instance", typ: typeRef, required: true},
		{name: "password", typ: typeString},
		{name: "current_password", typ: typeString},
		{name: "hashed_password", typ: typeString},
		dataField, ttlField,
	},
	prepare: prepareCredentials,
}

// prepareCredentials turns a password into its hash, if the caller may set
// it.
func prepareCredentials(tx *tx, c *change) error {
	given, _ := c.given.Get("password")
	text, isText := given.(value.String)
	c.fields = c.fields.Without("password").Without("current_password")
	stored, err := keptHash(c)
	if err != nil {
		return err
	}
	if !tx.storesVerbatim() {
		c.fields = c.fields.Without("hashed_password")
		if stored != "" {
			c.fields = c.fields.With("hashed_password", value.String(stored))
		}
	}
	if !isText || len(c.failures) > 0 {
		return nil
	}
	if ok, err := tx.maySetPassword(c, stored); err != nil {
		return err
	} else if !ok {
		c.fail("invalid password", "Invalid password at `current_password`.", "current_password")
		return nil
	}
	hash, err := tx.hashPassword(string(text))
	if err != nil {
		return err
	}
	c.fields = c.fields.With("hashed_password", value.String(hash))
	return nil
}

// keptHash returns the hash that an update starts from, "" if there is none.
func keptHash(c *change) (string, error) {
	if c.Verb != query.Update {
		return "", nil
	}
	old, _, err := c.old.Field("hashed_password")
	s, _ := old.(value.String)
	return string(s), err
}

// maySetPassword reports whether the caller needs no current password, or has
// given it.
func (tx *tx) maySetPassword(c *change, stored string) (bool, error) {
	if stored == "" || tx.storesVerbatim() {
		return true, nil
	}
	current, _ := c.given.Get("current_password")
	text, _ := current.(value.String)
	ok, err := tx.checkPassword(stored, string(text))
	return ok && current != nil, err
}

// storesVerbatim reports whether the caller may store hashes as they are and
// needs no current password: server keys do, admins do not.
func (tx *tx) storesVerbatim() bool {
	return tx.rights.builtin == roleServer || tx.rights.builtin == roleReadOnly
}

// hashPassword hashes a password, once in all runs of a query.
func (tx *tx) hashPassword(text string) (string, error) {
	key := hashed{password: text}
	if h, ok := tx.req.hashes[key]; ok {
		return h, nil
	}
	var h string
	err := tx.hashing(func() (err error) {
		h, err = password.Hash(text, tx.db.options.PasswordCost, tx.db.options.Random)
		return err
	})
	if err != nil {
		return "", err
	}
	if tx.req.hashes == nil {
		tx.req.hashes = map[hashed]string{}
	}
	tx.req.hashes[key] = h
	return h, nil
}

// checkPassword compares a password with a stored hash, once in all runs of a
// query.
func (tx *tx) checkPassword(stored, text string) (bool, error) {
	key := hashed{stored: stored, password: text}
	if ok, known := tx.req.checks[key]; known {
		return ok, nil
	}
	var ok bool
	err := tx.hashing(func() error {
		ok = password.Matches(stored, text)
		return nil
	})
	if err != nil {
		return false, err
	}
	tx.req.remember(key, ok)
	return ok, nil
}

// hashing runs work when one of the hashers is free, within the query's time.
func (tx *tx) hashing(work func() error) error {
	var err error
	if waited := tx.db.hashers.Do(tx.ctx, func() { err = work() }); waited != nil {
		return timedOut(waited)
	}
	return err
}

// timedOut turns the end of a query's time into its error.
func timedOut(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &query.Refusal{Code: query.TimeOut, Description: "Read timed out", Place: query.Nowhere}
	}
	return err
}

// credentialsOf returns the credentials document of an identity, nil if there
// is none.
func (tx *tx) credentialsOf(who value.Ref) (*value.Document, error) {
	ref, err := tx.firstOf(value.Credentials, who)
	if err != nil || ref == nil {
		return nil, err
	}
	return tx.version(*ref, 0)
}
