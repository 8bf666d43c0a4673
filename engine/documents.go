package engine

import (
	"time"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// documentRow is the row of every user collection.
// Source: chapter on documents, section 1.
var documentRow = &collection{
	noun: "Document",
	fields: []field{
		dataField, ttlField, constraintsField,
		{name: "credentials", typ: typeMap},
	},
	prepare: prepareDocument,
	after:   writeSidecar,
}

// prepareDocument gives a document the ttl of its collection and takes its
// credentials out: they become a document of their own.
func prepareDocument(tx *tx, c *change) error {
	c.fields = c.fields.Without("credentials")
	checkSidecar(c)
	collection, ok := tx.own.Collections.Numbered(int64(c.Ref.Class))
	if !ok || collection.TTLDays == nil {
		return nil
	}
	if _, ok := c.fields.Get("ttl"); !ok {
		const day = int64(24 * time.Hour / time.Microsecond)
		c.fields = c.fields.With("ttl", value.TimeFromMicros(tx.now+*collection.TTLDays*day))
	}
	return nil
}

// checkSidecar checks the credentials given with a document.
func checkSidecar(c *change) {
	v, _ := c.given.Get("credentials")
	o, _ := v.(value.Object)
	for _, name := range []string{"password", "current_password"} {
		v, ok := o.Get(name)
		if ok && v.Kind() != value.KindNull && v.Kind() != value.KindString {
			c.fail("invalid type", "Invalid type "+value.StorageTypeName(v)+", expected type String.", "credentials", name)
		}
	}
}

// writeSidecar creates or updates the credentials of a document, whatever
// rights the writer has on credentials.
// Source: chapter on authentication, section 3.3.
func writeSidecar(tx *tx, c *change, doc *value.Document) error {
	v, _ := c.given.Get("credentials")
	given, _ := v.(value.Object)
	var params value.Object
	if p, ok := given.Get("password"); ok && p.Kind() == value.KindString {
		params = append(params, value.Field{Name: "password", Value: p})
	} else if h, ok := given.Get("hashed_password"); ok && tx.storesVerbatim() {
		params = append(params, value.Field{Name: "hashed_password", Value: h})
	}
	if len(params) == 0 {
		return nil
	}
	old, err := tx.credentialsOf(doc.Ref)
	if err != nil {
		return err
	}
	return tx.asServer(func() error {
		w := query.Change{Verb: query.Update, Params: params}
		if old == nil {
			w.Verb = query.Create
			w.Ref = value.CollectionRef(tx.own.Scope, value.Credentials)
			w.Params = append(value.Object{{Name: "instance", Value: doc.Ref}}, params...)
		} else {
			w.Ref = old.Ref
		}
		_, err := tx.Write(w)
		return err
	})
}

// asServer runs work with the rights of a server key.
func (tx *tx) asServer(work func() error) error {
	old := tx.rights
	tx.rights = &rights{builtin: roleServer, identity: old.identity}
	defer func() { tx.rights = old }()
	return work()
}
