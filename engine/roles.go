package engine

import (
	"slices"
	"strconv"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// roleRow is the row of Roles().
// Source: chapter on authentication, section 5.
var roleRow = &collection{
	noun: "Role",
	fields: []field{
		nameField,
		{name: "membership", typ: fieldType{name: "Membership", takes: takes(value.KindObject, value.KindArray)}},
		{name: "privileges", typ: fieldType{name: "Privilege", takes: takes(value.KindObject, value.KindArray)}},
		dataField,
	},
	keeps:   []string{"name"},
	prepare: prepareRole,
	after:   enterSchema,
	deleted: leaveSchema,
}

// maxRolesPerClass is how many roles may have one collection in their
// membership.
const maxRolesPerClass = 64

func prepareRole(tx *tx, c *change) error {
	checkMembership(c)
	checkPrivileges(c)
	if err := tx.checkReadable(c); err != nil {
		return err
	}
	tx.checkRoleCount(c)
	return tx.checkUniqueName(c)
}

// roleEntries calls check for each entry of a field that holds one entry or
// an array of entries, and stores what it returns.
func roleEntries(c *change, name, typ string, check func(entry value.Object, alone bool) value.Object) {
	v, _ := c.fields.Get(name)
	switch v := v.(type) {
	case value.Object:
		c.fields = c.fields.With(name, check(v, true))
	case value.Array:
		out := make(value.Array, len(v))
		for i, item := range v {
			entry, ok := item.(value.Object)
			if !ok {
				c.fail("invalid type", "Invalid type "+value.StorageTypeName(item)+", expected type "+typ+".", name)
				out[i] = item
				continue
			}
			out[i] = check(entry, false)
		}
		c.fields = c.fields.With(name, out)
	default:
	}
}

// resource checks the resource of an entry.
func (c *change) resource(list string, entry value.Object) (value.Ref, bool) {
	v, ok := entry.Get("resource")
	if !ok || v.Kind() == value.KindNull {
		c.fail("value required", "Required value not found.", "resource")
		return value.Ref{}, false
	}
	r, ok := v.(value.Ref)
	if !ok {
		field := []string{"resource"}
		if v.Kind() == value.KindString {
			field = []string{list, "resource"}
		}
		c.fail("invalid type", "Invalid type "+value.StorageTypeName(v)+", expected type Ref.", field...)
	}
	return r, ok
}

func checkMembership(c *change) {
	roleEntries(c, "membership", "Membership", func(entry value.Object, alone bool) value.Object {
		if r, ok := c.resource("membership", entry); ok && r.Class != value.Collections {
			c.fail("invalid type", "Invalid type Ref, expected type Class Ref.", "resource")
		}
		out := only(entry, "resource", "predicate")
		v, ok := entry.Get("predicate")
		if !ok || v.Kind() == value.KindNull {
			return out
		}
		l, ok := v.(*value.Lambda)
		if !ok {
			c.fail("invalid type", "Invalid type "+value.StorageTypeName(v)+", expected type Query.", "membership", "predicate")
		} else if alone {
			c.arity(l, []string{"membership", "predicate"}, 1)
		}
		return out
	})
}

// arities are how many arguments the predicates of actions take.
var arities = map[schema.Action][]int{
	schema.ActionRead: {1}, schema.ActionUnrestricted: {1}, schema.ActionWrite: {2, 3}, schema.ActionCreate: {1},
	schema.ActionCreateWithID: {2, 1}, schema.ActionDelete: {1}, schema.ActionHistoryRead: {1},
	schema.ActionHistoryWrite: {4}, schema.ActionCall: {1},
}

func checkPrivileges(c *change) {
	roleEntries(c, "privileges", "Privilege", func(entry value.Object, alone bool) value.Object {
		c.resource("privileges", entry)
		out := only(entry, "resource", "actions")
		v, ok := entry.Get("actions")
		if !ok {
			return out
		}
		actions, ok := v.(value.Object)
		if !ok {
			c.fail("invalid type", "Invalid type "+value.StorageTypeName(v)+", expected type Map.", "actions")
			return out
		}
		kept := value.Object{}
		for _, a := range actions {
			if _, known := arities[schema.Action(a.Name)]; known {
				c.checkAction(a, alone)
				kept = append(kept, a)
			}
		}
		return out.With("actions", kept)
	})
}

func (c *change) checkAction(a value.Field, alone bool) {
	switch v := a.Value.(type) {
	case value.Null, value.Boolean:
	case value.String:
		c.fail("invalid type", "Invalid type String, expected type Query.", "privileges", "actions", a.Name)
	case *value.Lambda:
		if alone {
			c.arity(v, []string{"privileges", "actions", a.Name}, arities[schema.Action(a.Name)]...)
		}
	default:
		c.fail("invalid type", "Invalid type "+value.StorageTypeName(v)+", expected type RoleAction.", "actions", a.Name)
	}
}

// arity checks how many arguments a predicate takes; one that ignores its
// argument fits any.
func (c *change) arity(l *value.Lambda, field []string, want ...int) {
	n := query.Arity(l)
	if query.Ignores(l) || slices.Contains(want, n) {
		return
	}
	c.fail("invalid arity", "Found lambda with arity "+strconv.Itoa(n)+" expected "+strconv.Itoa(want[0]), field...)
}

// only returns the members of o with the given names.
func only(o value.Object, names ...string) value.Object {
	var out value.Object
	for _, f := range o {
		if slices.Contains(names, f.Name) {
			out = append(out, f)
		}
	}
	return out
}

// checkRoleCount refuses a role that would be one too many for a collection.
func (tx *tx) checkRoleCount(c *change) {
	v, _ := c.fields.Get("membership")
	list, ok := v.(value.Array)
	if !ok {
		list = value.Array{v}
	}
	for _, item := range list {
		entry, _ := item.(value.Object)
		r, _ := entry.Get("resource")
		ref, ok := r.(value.Ref)
		if !ok {
			continue
		}
		others := 0
		for _, role := range tx.own.RolesOf(value.Class(ref.ID)) {
			if role.ID != c.Ref.ID {
				others++
			}
		}
		if others >= maxRolesPerClass {
			c.fail("resources exceeded",
				"Maximum number of roles per membership class exceeded. Maximum allowed: 64.", "create_role")
		}
	}
}

// providerRow is the row of AccessProviders().
// Source: chapter on authentication, section 6.
var providerRow = &collection{
	noun: "other",
	fields: []field{
		nameField,
		{name: "issuer", typ: typeString, required: true},
		{name: "jwks_uri", typ: typeURI, required: true},
		{name: "roles", typ: fieldType{name: "Role", takes: takes(value.KindString, value.KindArray, value.KindObject, value.KindRef)}},
		dataField,
	},
	keeps:   []string{"name", "issuer", "jwks_uri", "roles", "audience"},
	prepare: prepareProvider,
	after:   enterSchema,
	deleted: leaveSchema,
}
