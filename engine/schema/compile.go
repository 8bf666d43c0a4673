package schema

import (
	"fmt"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

func newCollection(ref value.Ref, f value.Object) (*Collection, error) {
	c := &Collection{Class: value.Class(ref.ID), Name: str(f, "name")}
	c.HistoryDays, c.TTLDays = long(f, "history_days"), long(f, "ttl_days")
	c.Permissions = object(f, "permissions")
	return c, nil
}

func newIndex(ref value.Ref, f value.Object) (*Index, error) {
	def, err := Define(ref, f)
	if err != nil {
		return nil, fmt.Errorf("schema: index %q: %w", str(f, "name"), err)
	}
	active, _ := f.Get("active")
	return &Index{
		ID: ref.ID, Name: str(f, "name"), Active: active == value.Boolean(true),
		Definition: def, Permissions: object(f, "permissions"),
	}, nil
}

func newFunction(ref value.Ref, f value.Object) (*Function, error) {
	out := &Function{ID: ref.ID, Name: str(f, "name"), Permissions: object(f, "permissions")}
	out.Role, _ = f.Get("role")
	body, err := lambda(f, "body")
	if err != nil {
		return nil, fmt.Errorf("schema: function %q: %w", out.Name, err)
	}
	out.Body = body
	return out, nil
}

func newRole(ref value.Ref, f value.Object) (*Role, error) {
	r := &Role{ID: ref.ID, Name: str(f, "name"), privileges: map[privilegeKey][]Grant{}}
	for _, entry := range entries(f, "membership") {
		resource, ok := ref1(entry, "resource")
		if !ok || resource.Class != value.Collections {
			continue
		}
		predicate, err := predicateOf(entry, r.Name, "membership")
		if err != nil {
			return nil, fmt.Errorf("schema: role %q: %w", r.Name, err)
		}
		r.Membership = append(r.Membership, Member{Class: value.Class(resource.ID), Predicate: predicate})
	}
	for _, entry := range entries(f, "privileges") {
		resource, ok := ref1(entry, "resource")
		if !ok {
			continue
		}
		for _, a := range object(entry, "actions") {
			key := privilegeKey{resource, Action(a.Name)}
			switch v := a.Value.(type) {
			case value.Boolean:
				if v {
					r.privileges[key] = append(r.privileges[key], Grant{})
				}
			case *value.Lambda:
				predicate, err := query.Compile(v)
				if err != nil {
					return nil, fmt.Errorf("schema: role %q: %w", r.Name, err)
				}
				grant := Grant{&Predicate{Lambda: predicate, Owner: r.Name, Use: a.Name}}
				r.privileges[key] = append(r.privileges[key], grant)
			default:
			}
		}
	}
	return r, nil
}

func newProvider(ref value.Ref, f value.Object) (*Provider, error) {
	p := &Provider{ID: ref.ID, Name: str(f, "name"), Issuer: str(f, "issuer"), JWKSURI: str(f, "jwks_uri")}
	roles, _ := f.Get("roles")
	list, ok := roles.(value.Array)
	if !ok && roles != nil {
		list = value.Array{roles}
	}
	for _, v := range list {
		role := ProviderRole{Role: v}
		if o, ok := v.(value.Object); ok {
			role.Role, _ = o.Get("role")
			predicate, err := predicateOf(o, p.Name, "roles")
			if err != nil {
				return nil, fmt.Errorf("schema: access provider %q: %w", p.Name, err)
			}
			role.Predicate = predicate
		}
		p.Roles = append(p.Roles, role)
	}
	return p, nil
}

// predicateOf reads a predicate, nil if there is none.
func predicateOf(entry value.Object, owner, use string) (*Predicate, error) {
	l, err := lambda(entry, "predicate")
	if l == nil || err != nil {
		return nil, err
	}
	return &Predicate{Lambda: l, Owner: owner, Use: use}, nil
}

// The readers of stored fields: a field of another type reads as absent.

func str(f value.Object, name string) string {
	v, _ := f.Get(name)
	s, _ := v.(value.String)
	return string(s)
}

func long(f value.Object, name string) *int64 {
	v, _ := f.Get(name)
	if n, ok := v.(value.Long); ok {
		i := int64(n)
		return &i
	}
	return nil
}

func object(f value.Object, name string) value.Object {
	v, _ := f.Get(name)
	o, _ := v.(value.Object)
	return o
}

func ref1(f value.Object, name string) (value.Ref, bool) {
	v, _ := f.Get(name)
	r, ok := v.(value.Ref)
	return r, ok
}

// entries reads a field that holds one object or an array of objects.
func entries(f value.Object, name string) []value.Object {
	v, _ := f.Get(name)
	switch v := v.(type) {
	case value.Object:
		return []value.Object{v}
	case value.Array:
		var out []value.Object
		for _, item := range v {
			if o, ok := item.(value.Object); ok {
				out = append(out, o)
			}
		}
		return out
	default:
		return nil
	}
}

func lambda(f value.Object, name string) (*value.Lambda, error) {
	v, _ := f.Get(name)
	l, ok := v.(*value.Lambda)
	if !ok {
		return nil, nil
	}
	return query.Compile(l)
}
