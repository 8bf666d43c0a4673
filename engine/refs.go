package engine

import (
	"strconv"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// checkRefs looks through params for refs that name nothing or belong to
// another database, and reports all of them. Lambdas are not looked into.
// Source: chapter on authentication, section 0.6, step 2.
func (tx *tx) checkRefs(c *change) error {
	if r := tx.badRefs(c); r != nil {
		return r
	}
	return nil
}

func (tx *tx) badRefs(c *change) *query.Refusal {
	var failures []query.Failure
	tx.scanRefs(c.Params, nil, func(field []string, text string) {
		failures = append(failures, query.Failure{Field: field, Code: "invalid reference", Description: text})
	})
	if len(failures) == 0 {
		return nil
	}
	return &query.Refusal{
		Code: query.ValidationFailed, Description: "document data is not valid.",
		Place: query.AtForm, Failures: failures, Prefixed: true,
	}
}

func (tx *tx) scanRefs(v value.Value, path []string, report func(field []string, text string)) {
	below := func(step string) []string { return append(path[:len(path):len(path)], step) }
	switch v := v.(type) {
	case value.Array:
		for i, item := range v {
			tx.scanRefs(item, below(strconv.Itoa(i)), report)
		}
	case value.Object:
		for _, f := range v {
			tx.scanRefs(f.Value, below(f.Name), report)
		}
	case value.Ref:
		if v.Scope != tx.own.Scope {
			report(path, "Reference cannot be scoped.")
		}
	case *value.Unresolved:
		report(path, "Cannot read reference.")
	default:
	}
}

// checkReadable reports refs in the params of a schema object that the caller
// cannot read, or that lead to something deleted. Refs to system collections
// are not checked.
func (tx *tx) checkReadable(c *change) error {
	var failed error
	var look func(v value.Value, path []string)
	look = func(v value.Value, path []string) {
		below := func(step string) []string { return append(path[:len(path):len(path)], step) }
		switch v := v.(type) {
		case value.Array:
			for i, item := range v {
				look(item, below(strconv.Itoa(i)))
			}
		case value.Object:
			for _, f := range v {
				look(f.Value, below(f.Name))
			}
		case value.Ref:
			text, err := tx.unreadable(v)
			if err != nil {
				failed = err
			} else if text != "" {
				c.fail("invalid reference", text, path...)
			}
		default:
		}
	}
	look(c.given, nil)
	return failed
}

// unreadable says what is wrong with a ref in the params of a schema object,
// "" if nothing.
func (tx *tx) unreadable(r value.Ref) (string, error) {
	if r.Native() {
		return "", nil
	}
	ok, err := tx.mayRead(r)
	if err != nil {
		return "", err
	}
	if !ok {
		return "Cannot read reference.", nil
	}
	if live, err := tx.exists(r); err != nil || live {
		return "", err
	}
	return "Reference was not found.", nil
}

func parseID(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, &query.Refusal{Code: query.InvalidExpression, Description: "Invalid ref.", Place: query.AtForm}
	}
	return n, nil
}

// self resolves a ref with the id self: the caller's token, its credentials,
// or its identity if that is in the collection named.
func (tx *tx) self(d *schema.Database, r *ast.Ref) (value.Value, error) {
	s := tx.session
	invalid := &query.Refusal{Code: query.InvalidExpression, Description: "Invalid ref.", Place: query.AtForm}
	if d.Scope != s.scope || s.identity == nil {
		return nil, invalid
	}
	switch {
	case r.Class == value.Tokens && s.byToken:
		return *s.token, nil
	case r.Class == value.Credentials && s.byToken:
		doc, err := tx.credentialsOf(*s.identity)
		if err != nil {
			return nil, err
		}
		if doc != nil {
			return doc.Ref, nil
		}
	case r.Name != "":
		if c, ok := d.Collections.Named(r.Name); ok && c.Class == s.identity.Class {
			return *s.identity, nil
		}
	}
	return nil, invalid
}
