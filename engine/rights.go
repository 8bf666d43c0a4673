package engine

import (
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// builtin is a built-in role.
type builtin uint8

const (
	noRole builtin = iota
	roleAdmin
	roleServer
	roleReadOnly
	roleClient
	// rolePredicate is that of role predicates: reading everything but what
	// only admins see.
	rolePredicate
)

var builtinRoles = map[string]builtin{
	"admin": roleAdmin, "server": roleServer, "server-readonly": roleReadOnly, "client": roleClient,
}

// rights are what a query may do at one moment: its caller's, or those of the
// function whose body runs.
type rights struct {
	builtin  builtin
	roles    []*schema.Role
	identity *value.Ref // for what an identity may do with its own
	// anonymous says that the roles are those of a function, in whose
	// predicates there is no identity, or that such a predicate runs.
	anonymous bool
	// legacy says that no role decides, so that the permissions of
	// collections, indexes and functions, and the identity's own document,
	// are open.
	legacy bool
}

// rightsOf returns a session's rights.
func (tx *tx) rightsOf(s *session) (*rights, error) {
	r := &tx.caller
	*r = rights{builtin: s.builtin, identity: s.identity, legacy: s.builtin == roleClient}
	if s.role != nil {
		r.roles = tx.namedRoles(s.role)
		return r, nil
	}
	if s.provider != nil {
		tx.rights = r
		var err error
		r.roles, err = tx.providerRoles(s)
		return r, err
	}
	if s.identity == nil {
		return r, nil
	}
	// Membership predicates see the state at the start of the request, and
	// run with the identity but without its rights.
	tx.rights = r
	member := false
	for _, role := range tx.own.RolesOf(s.identity.Class) {
		ok, err := tx.holds(role, *s.identity)
		if err != nil {
			return nil, err
		}
		if ok {
			r.roles = append(r.roles, role)
			member = true
		}
	}
	r.legacy = !member && !tx.db.options.StrictIdentity
	return r, nil
}

// holds reports whether a document is a member of a role.
func (tx *tx) holds(role *schema.Role, who value.Ref) (bool, error) {
	for _, m := range role.Membership {
		if m.Class != who.Class {
			continue
		}
		if m.Predicate == nil {
			return true, nil
		}
		if ok, err := tx.predicate(m.Predicate, who); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// namedRoles finds the roles that a key, a function or a provider names; what
// no longer exists grants nothing.
func (tx *tx) namedRoles(v value.Value) []*schema.Role {
	var out []*schema.Role
	list, ok := v.(value.Array)
	if !ok {
		list = value.Array{v}
	}
	for _, v := range list {
		switch v := v.(type) {
		case value.String:
			if r, ok := tx.own.Roles.Named(string(v)); ok {
				out = append(out, r)
			}
		case value.Ref:
			if r, ok := tx.own.Roles.Numbered(v.ID); ok && v.Class == value.Roles && v.Scope == tx.own.Scope {
				out = append(out, r)
			}
		default:
		}
	}
	return out
}

// predicate calls a role's predicate. Whatever is not exactly true denies;
// only a failure of the store is an error.
func (tx *tx) predicate(p *schema.Predicate, arg value.Value) (bool, error) {
	old := tx.rights
	tx.rights = &rights{builtin: rolePredicate, identity: old.identity, anonymous: old.anonymous}
	defer func() { tx.rights = old }()
	options := tx.db.limits()
	options.Limited, options.Allow, options.Calls, options.Where = true, ast.Read, true, "auth predicates"
	v, err := query.Apply(tx.ctx, tx, p.Lambda, arg, options)
	if err != nil {
		if query.IsErrors(err) {
			tx.failedPredicate(p, err)
			return false, nil
		}
		return false, err
	}
	return v == value.Boolean(true), nil
}

// failedPredicate tells the log, once, of a predicate that fails: nobody else
// hears of it. What it says names the predicate, and holds no data.
func (tx *tx) failedPredicate(p *schema.Predicate, err error) {
	if p.Failed() {
		tx.db.options.Log.Warn("a predicate failed, and so denied",
			"database", tx.own.Scope, "owner", p.Owner, "use", p.Use, "code", query.Decisive(err).Code.String())
	}
}

// classKind groups classes by what the built-in roles may do with them.
type classKind uint8

const (
	userDocuments classKind = iota
	openSchema              // collections, indexes, functions
	adminOnly               // databases, keys, roles, access providers
	identities              // tokens, credentials
)

func kindOf(c value.Class) classKind {
	switch c {
	case value.Collections, value.Indexes, value.Functions, value.Tasks:
		return openSchema
	case value.Databases, value.Keys, value.Roles, value.AccessProviders:
		return adminOnly
	case value.Tokens, value.Credentials:
		return identities
	default:
		return userDocuments
	}
}

// builtinMay is the matrix of the chapter on authentication, section 4.4.
func builtinMay(b builtin, c value.Class, a schema.Action) bool {
	switch b {
	case roleAdmin:
		return true
	case roleServer:
		return kindOf(c) != adminOnly
	case roleReadOnly:
		return kindOf(c) != adminOnly && reads(a)
	case rolePredicate:
		return kindOf(c) != adminOnly && (a == schema.ActionRead || a == schema.ActionUnrestricted || a == schema.ActionCall)
	case roleClient, noRole:
	}
	return false
}

func reads(a schema.Action) bool {
	return a == schema.ActionRead || a == schema.ActionUnrestricted || a == schema.ActionHistoryRead
}

// may reports whether the present rights allow an action on the documents of
// a class. arg makes the argument of a predicate when there is one to call.
func (tx *tx) may(a schema.Action, scope value.Scope, c value.Class, arg func(l *value.Lambda) value.Value) (bool, error) {
	if scope != tx.session.scope {
		return tx.mayScoped(a, scope, c), nil
	}
	if builtinMay(tx.rights.builtin, c, a) {
		return true, nil
	}
	ok, err := tx.granted(a, value.CollectionRef(scope, c), arg)
	if ok || err != nil {
		return ok, err
	}
	if !tx.rights.legacy || c < value.FirstUserClass {
		return false, nil
	}
	collection, ok := tx.own.Collections.Numbered(int64(c))
	return ok && tx.permits(collection.Permissions, legacyNames(a)...), nil
}

// mayScoped reports whether documents of another database may be read: those
// of descendants by admins, and all but the admin-only ones by servers.
func (tx *tx) mayScoped(a schema.Action, scope value.Scope, c value.Class) bool {
	if !reads(a) || !tx.descends(scope) {
		return false
	}
	switch tx.rights.builtin {
	case roleAdmin:
		return true
	case roleServer, roleReadOnly:
		return kindOf(c) != adminOnly
	case roleClient, rolePredicate, noRole:
	}
	return false
}

// descends reports whether a database lies below the session's own.
func (tx *tx) descends(s value.Scope) bool {
	for s != 0 && s != tx.session.scope {
		d, err := tx.schemaOf(s)
		if err != nil || d.Deleted {
			return false
		}
		s = d.Parent
	}
	return s == tx.session.scope
}

// granted asks the roles.
func (tx *tx) granted(a schema.Action, resource value.Ref, arg func(l *value.Lambda) value.Value) (bool, error) {
	for _, role := range tx.rights.roles {
		for _, g := range role.Grants(resource, a) {
			if g.Predicate == nil {
				return true, nil
			}
		}
	}
	for _, role := range tx.rights.roles {
		for _, g := range role.Grants(resource, a) {
			ok, err := tx.predicate(g.Predicate, arg(g.Predicate.Lambda))
			if ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// permits asks the legacy permissions of a collection, an index or a
// function: all the named ones must be open to the caller.
func (tx *tx) permits(permissions value.Object, names ...string) bool {
	for _, name := range names {
		v, _ := permissions.Get(name)
		switch v := v.(type) {
		case value.String:
			if v != "public" {
				return false
			}
		case value.Ref:
			id := tx.rights.identity
			if id == nil || v != *id && v != id.Collection() {
				return false
			}
		default:
			return false
		}
	}
	return len(names) > 0
}

// legacyNames are the permissions that stand for an action on documents.
func legacyNames(a schema.Action) []string {
	switch a {
	case schema.ActionRead, schema.ActionHistoryRead:
		return []string{"read"}
	case schema.ActionWrite, schema.ActionDelete:
		return []string{"write"}
	case schema.ActionCreate:
		return []string{"create"}
	case schema.ActionHistoryWrite, schema.ActionCreateWithID:
		return []string{"write", "create"}
	case schema.ActionUnrestricted, schema.ActionCall:
	}
	return nil
}

// mayRead reports whether a document may be read, if it exists.
func (tx *tx) mayRead(r value.Ref) (bool, error) {
	id := tx.rights.identity
	if id != nil && tx.session.scope == r.Scope {
		if tx.rights.legacy && r == *id {
			return true, nil
		}
		if kindOf(r.Class) == identities {
			if own, err := tx.belongs(r, *id); own || err != nil {
				return own, err
			}
		}
	}
	return tx.may(schema.ActionRead, r.Scope, r.Class, func(*value.Lambda) value.Value { return r })
}

// belongs reports whether a token or credentials document is that of an
// identity.
func (tx *tx) belongs(r, id value.Ref) (bool, error) {
	rec, ok, err := tx.record(r)
	if err != nil || !ok {
		return false, err
	}
	instance, err := refField(rec.fields, "instance")
	return instance != nil && *instance == id, err
}

// all reports whether every document of a class may be read, so that sets
// need no filter.
func (tx *tx) readsAll(scope value.Scope, c value.Class) bool {
	if scope != tx.session.scope {
		return tx.mayScoped(schema.ActionRead, scope, c)
	}
	return builtinMay(tx.rights.builtin, c, schema.ActionRead)
}
