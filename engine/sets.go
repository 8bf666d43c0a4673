package engine

import (
	"errors"
	"fmt"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Matchable implements query.Host.
func (tx *tx) Matchable(r value.Ref) error {
	if !tx.descends(r.Scope) || r.Scope != tx.session.scope && tx.rights.builtin != roleAdmin {
		return query.Denied(query.AtVerb)
	}
	i, err := tx.indexOf(r)
	if err != nil {
		return err
	}
	if !i.Active {
		return &query.Refusal{
			Code: query.IndexInactive, Description: "Index '" + i.Name + "' is not active.", Place: query.AtVerb,
		}
	}
	return nil
}

func (tx *tx) indexOf(r value.Ref) (*schema.Index, error) {
	d, err := tx.schemaOf(r.Scope)
	if err != nil {
		return nil, err
	}
	i, ok := d.Indexes.Numbered(r.ID)
	if !ok {
		name, _ := tx.Name(r)
		return nil, query.Undefined(&value.Unresolved{Class: value.Indexes, Name: name}, query.AtVerb)
	}
	return i, nil
}

// Open implements query.Host.
func (tx *tx) Open(set value.Value, r query.Reading) (query.Set, error) {
	if r.At >= tx.now {
		r.At = 0
	}
	return index.Open(set, source{tx}, r, &tx.set)
}

// source is the transaction as sets see it: who may read what, and the
// entries.
type source struct{ tx *tx }

// Scan implements index.Scanner.
func (s source) Scan(lo, hi []byte, reverse bool) index.Iterator { return s.tx.t.Scan(lo, hi, reverse) }

// Now implements index.Source.
func (s source) Now() int64 { return s.tx.now }

// Index implements index.Source.
func (s source) Index(r value.Ref, terms []value.Value, at int64) (*index.Definition, bool, error) {
	tx := s.tx
	i, err := tx.indexOf(r)
	if err != nil {
		return nil, false, err
	}
	if err := tx.retainedSources(i, at); err != nil {
		return nil, false, err
	}
	if r.Scope != tx.session.scope {
		if !tx.mayScoped(schema.ActionRead, r.Scope, value.FirstUserClass) {
			return nil, false, query.Denied(query.AtVerb)
		}
		return i.Definition, false, nil
	}
	switch tx.rights.builtin {
	case roleAdmin, roleServer, roleReadOnly, rolePredicate:
		return i.Definition, tx.hidesSome(i), nil
	case roleClient, noRole:
	}
	args := func(*value.Lambda) value.Value { return value.Array(terms) }
	ok, err := tx.granted(schema.ActionUnrestricted, r, args)
	if ok || err != nil {
		return i.Definition, false, err
	}
	if ok, err = tx.granted(schema.ActionRead, r, args); err != nil {
		return nil, false, err
	}
	if !ok && tx.rights.legacy {
		ok = tx.permits(i.Permissions, "read")
	}
	if !ok {
		return nil, false, query.Denied(query.AtVerb)
	}
	return i.Definition, true, nil
}

// hidesSome reports whether an index covers documents that the built-in role
// may not read, or that went with their collection.
func (tx *tx) hidesSome(i *schema.Index) bool {
	for _, c := range i.Definition.Classes() {
		if !builtinMay(tx.rights.builtin, c, schema.ActionRead) {
			return true
		}
		if _, ok := tx.own.Collections.Numbered(int64(c)); !ok && c >= value.FirstUserClass {
			return true
		}
	}
	return i.Definition.Wildcard()
}

// retainedSources refuses to read an index at a time that the history of one
// of its sources does not reach back to.
func (tx *tx) retainedSources(i *schema.Index, at int64) error {
	if at == 0 {
		return nil
	}
	classes := i.Definition.Classes()
	if i.Definition.Wildcard() {
		d, err := tx.schemaOf(i.Definition.Scope)
		if err != nil {
			return err
		}
		for _, c := range d.Collections.All() {
			classes = append(classes, c.Class)
		}
	}
	for _, c := range classes {
		if err := tx.retained(value.Ref{Scope: i.Definition.Scope, Class: c}, at); err != nil {
			return err
		}
	}
	return nil
}

// Documents implements index.Source.
func (s source) Documents(r value.Ref, native bool, at int64) (bool, error) {
	tx := s.tx
	class := value.Class(r.ID)
	if at != 0 {
		if err := tx.retained(value.Ref{Scope: r.Scope, Class: class}, at); err != nil {
			return false, err
		}
	}
	if native {
		ok, err := tx.mayOpenNative(r)
		if err != nil {
			return false, err
		}
		if !ok {
			return false, query.Denied(query.AtVerb)
		}
	}
	if tx.readsAll(r.Scope, class) {
		return false, nil
	}
	if r.Scope != tx.session.scope {
		return true, nil
	}
	unrestricted, err := tx.granted(schema.ActionUnrestricted, r, func(*value.Lambda) value.Value { return value.Null{} })
	return !unrestricted, err
}

// mayOpenNative reports whether a system collection may be used as a set: by
// those whose built-in role reads its documents, and by roles that read
// Collections().
func (tx *tx) mayOpenNative(r value.Ref) (bool, error) {
	if tx.readsAll(r.Scope, value.Class(r.ID)) {
		return true, nil
	}
	if r.Scope != tx.session.scope {
		return false, nil
	}
	resource := value.CollectionRef(r.Scope, value.Collections)
	return tx.granted(schema.ActionRead, resource, func(*value.Lambda) value.Value { return r })
}

// Document implements index.Source.
func (s source) Document(r value.Ref, at int64) error {
	if at != 0 {
		if err := s.tx.retained(r, at); err != nil {
			return err
		}
	}
	ok, err := s.tx.may(schema.ActionHistoryRead, r.Scope, r.Class, func(*value.Lambda) value.Value { return r })
	if err == nil && !ok {
		err = query.Denied(query.AtVerb)
	}
	return err
}

// Readable implements index.Source.
func (s source) Readable(r value.Ref, _ int64) (bool, error) {
	if ok, err := s.tx.reachable(r); err != nil || !ok {
		return false, err
	}
	return s.tx.mayRead(r)
}

// Reachable implements index.Source.
func (s source) Reachable(scope value.Scope, c value.Class) bool {
	if scope == s.tx.own.Scope {
		return !s.tx.own.Deleted && (c < value.FirstUserClass || s.tx.own.Has(c))
	}
	ok, err := s.tx.reachable(value.Ref{Scope: scope, Class: c})
	return ok && err == nil
}

// Retained implements index.Source.
func (s source) Retained(scope value.Scope, c value.Class) int64 { return s.tx.minimumTime(scope, c) }

// eachOf calls f with every live document of a class whose instance is an
// identity.
func (tx *tx) eachOf(c value.Class, who value.Ref, f func(value.Ref) error) error {
	d := schema.SystemIndex(who.Scope, c)
	prefix, err := d.Prefix([]value.Value{who})
	if err != nil {
		return err
	}
	it := tx.t.Scan(prefix, after(prefix), false)
	defer it.Close()
	for it.Next() {
		h, _, err := index.ReadHeader(it.Value())
		if err != nil {
			return fmt.Errorf("engine: index: %w", err)
		}
		if h.Expired(tx.now) {
			continue
		}
		if err := f(d.OwnerOf(it.Key())); err != nil {
			return err
		}
	}
	return it.Err()
}

var errStop = errors.New("engine: stop")

// firstOf returns the first document of a class whose instance is an
// identity, nil if there is none.
func (tx *tx) firstOf(c value.Class, who value.Ref) (*value.Ref, error) {
	var found *value.Ref
	err := tx.eachOf(c, who, func(r value.Ref) error {
		found = &r
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return found, err
}
