package engine

import (
	"slices"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// change is one write on its way through the steps of the chapter on
// authentication, section 0.6.
type change struct {
	query.Change
	row *collection
	// old is the version before the change, nil if there is none.
	old *value.Document
	// given are the params less what the caller may not write; fields are
	// what will be stored.
	given  value.Object
	fields value.Object
	// once are shown on the reply only.
	once     value.Object
	failures []query.Failure
	// login marks a token made by Login, whose errors stand at the form.
	login bool
	// background marks a new index that is built after the transaction.
	background bool
}

func (c *change) fail(code, description string, field ...string) {
	for _, f := range c.failures {
		if f.Code == code && f.Description == description && slices.Equal(f.Field, field) {
			return
		}
	}
	c.failures = append(c.failures, query.Failure{Field: field, Code: code, Description: description})
}

// creates reports whether the change belongs to the create family, whose
// errors stand at the verb.
func (c *change) creates() bool { return c.Verb == query.Create && !c.login }

// place is where most errors of the change stand.
func (c *change) place() query.Place {
	if c.creates() {
		return query.AtVerb
	}
	return query.AtForm
}

func (c *change) refuse(code query.Code, description string) error {
	return &query.Refusal{Code: code, Description: description, Place: c.place()}
}

// Write implements query.Host.
func (tx *tx) Write(w query.Change) (value.Value, error) {
	c := &change{Change: w, row: collectionOf(w)}
	switch w.Verb {
	case query.Create:
		return tx.create(c)
	case query.Update, query.Replace:
		return tx.update(c)
	case query.Delete:
		return tx.remove(c)
	case query.Insert, query.Remove:
		return tx.rewrite(c)
	case query.Move:
		return tx.move(c)
	}
	panic("engine: unknown verb")
}

// create makes a document. The ref is that of the collection, or, with an
// explicit id, the document's.
func (tx *tx) create(c *change) (value.Value, error) {
	if err := tx.checkRefs(c); err != nil {
		return nil, err
	}
	if err := tx.checkTarget(c); err != nil {
		return nil, err
	}
	if !c.login {
		if err := tx.checkCreate(c); err != nil {
			return nil, err
		}
	}
	if err := tx.contained(c); err != nil {
		return nil, err
	}
	if c.Past {
		return nil, c.refuse(query.InvalidWriteTime, "Cannot write outside of snapshot time.")
	}
	if !c.WithID {
		if err := tx.number(c); err != nil {
			return nil, err
		}
	}
	return tx.put(c)
}

// put carries out a create or an update whose right was checked.
func (tx *tx) put(c *change) (value.Value, error) {
	if err := tx.validate(c); err != nil {
		return nil, err
	}
	doc, err := tx.store(c)
	if err != nil {
		return nil, err
	}
	if c.row.after != nil {
		if err := c.row.after(tx, c, doc); err != nil {
			return nil, err
		}
	}
	reply := doc
	if c.row.hidden != "" {
		fields, err := doc.Fields()
		if err != nil {
			return nil, err
		}
		reply = value.NewDocument(doc.Ref, 0, fields.Without(c.row.hidden))
	}
	reply.Once = c.once
	reply.Fresh = c.Verb == query.Create
	return reply, nil
}

// checkTarget refuses refs into other databases.
func (tx *tx) checkTarget(c *change) error {
	if r := tx.foreign(c); r != nil {
		return r
	}
	return nil
}

func (tx *tx) foreign(c *change) *query.Refusal {
	if c.Ref.Scope != tx.own.Scope {
		return &query.Refusal{Code: query.InvalidArgument, Description: "Cannot write a scoped ref.", Place: query.AtVerb}
	}
	return nil
}

// checkCreate asks for the right to create, and, with an explicit id, that
// the id is free.
func (tx *tx) checkCreate(c *change) error {
	class := c.class()
	params := func(l *value.Lambda) value.Value { return c.Params }
	ok, err := false, error(nil)
	if c.WithID {
		ok, err = tx.mayCreateWithID(c, class)
	} else {
		ok, err = tx.may(schema.ActionCreate, c.Ref.Scope, class, params)
	}
	if err != nil {
		return err
	}
	if !ok {
		return query.Denied(c.place())
	}
	if c.WithID {
		live, err := tx.isLive(c.Ref)
		if err != nil {
			return err
		}
		if live {
			return c.refuse(query.InstanceAlreadyExists, c.row.noun+" already exists.")
		}
	}
	return nil
}

func (tx *tx) mayCreateWithID(c *change, class value.Class) (bool, error) {
	ok, err := tx.may(schema.ActionCreateWithID, c.Ref.Scope, class, func(l *value.Lambda) value.Value {
		if query.Arity(l) == 2 {
			return value.Array{c.Params, c.Ref}
		}
		return c.Params
	})
	if ok || err != nil {
		return ok, err
	}
	ok, err = tx.may(schema.ActionCreate, c.Ref.Scope, class, func(*value.Lambda) value.Value { return c.Params })
	if !ok || err != nil {
		return false, err
	}
	return tx.may(schema.ActionHistoryWrite, c.Ref.Scope, class, func(*value.Lambda) value.Value {
		return value.Array{c.Ref, value.TimeFromMicros(tx.now), value.String("create"), c.Params}
	})
}

// class is the class of the document that is written.
func (c *change) class() value.Class {
	if c.Verb == query.Create && !c.WithID {
		return value.Class(c.Ref.ID)
	}
	return c.Ref.Class
}

// number gives a new document its ref.
func (tx *tx) number(c *change) error {
	class := c.class()
	id, err := int64(0), error(nil)
	if c.row.next != nil {
		id, err = c.row.next(tx, c)
	} else {
		id, err = tx.NewID()
	}
	c.Ref = value.Ref{Scope: tx.own.Scope, Class: class, ID: id}
	return err
}

// update changes or replaces a document: existence comes before the right.
func (tx *tx) update(c *change) (value.Value, error) {
	if c.Ref.Native() {
		return nil, &query.Refusal{
			Code: query.InvalidArgument, Description: "Cannot update a schema meta collection.", Place: query.AtVerb,
		}
	}
	if r := tx.foreign(c); r != nil {
		r.Also = tx.badRefs(c)
		return nil, r
	}
	if err := tx.checkRefs(c); err != nil {
		return nil, err
	}
	if err := tx.fetch(c, query.AtVerb); err != nil {
		return nil, err
	}
	if ok, err := tx.mayWrite(c); err != nil {
		return nil, err
	} else if !ok {
		return nil, query.Denied(query.AtForm)
	}
	if c.Past {
		return nil, c.refuse(query.InvalidWriteTime, "Cannot write outside of snapshot time.")
	}
	return tx.put(c)
}

// fetch reads the version that a change starts from.
func (tx *tx) fetch(c *change, missing query.Place) error {
	ok, err := tx.reachable(c.Ref)
	if err != nil {
		return err
	}
	if ok {
		if c.old, err = tx.version(c.Ref, 0); err != nil {
			return err
		}
	}
	if c.old == nil {
		return &query.Refusal{Code: query.InstanceNotFound, Description: c.row.noun + " not found.", Place: missing}
	}
	if c.row.variant != nil {
		fields, err := c.old.Fields()
		if err != nil {
			return err
		}
		if row := c.row.variant(fields); row != nil {
			c.row = row
		}
	}
	return nil
}

func (tx *tx) mayWrite(c *change) (bool, error) {
	fields, err := c.old.Fields()
	if err != nil {
		return false, err
	}
	return tx.may(schema.ActionWrite, c.Ref.Scope, c.Ref.Class, func(l *value.Lambda) value.Value {
		args := value.Array{fields, merge(fields, c.Params)}
		if query.Arity(l) == 3 {
			args = append(args, c.Ref)
		}
		return args
	})
}

// remove deletes a document and returns its last version.
func (tx *tx) remove(c *change) (value.Value, error) {
	if c.Ref.Native() {
		return nil, &query.Refusal{
			Code: query.InvalidArgument, Description: "Cannot delete a schema meta collection.", Place: query.AtVerb,
		}
	}
	if err := tx.checkTarget(c); err != nil {
		return nil, err
	}
	if err := tx.fetch(c, query.AtForm); err != nil {
		return nil, err
	}
	ok, err := tx.mayDelete(c)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, query.Denied(query.AtForm)
	}
	if c.Past {
		return nil, c.refuse(query.InvalidWriteTime, "Cannot write outside of snapshot time.")
	}
	return c.old, tx.erase(c)
}

// erase deletes the document that was fetched.
func (tx *tx) erase(c *change) error {
	if err := tx.unstore(c.Ref, c.old); err != nil {
		return err
	}
	if c.row.deleted != nil {
		return c.row.deleted(tx, c)
	}
	return nil
}

func (tx *tx) mayDelete(c *change) (bool, error) {
	if id := tx.rights.identity; id != nil && c.Ref.Class == value.Tokens {
		if own, err := tx.belongs(c.Ref, *id); own || err != nil {
			return own, err
		}
	}
	return tx.may(schema.ActionDelete, c.Ref.Scope, c.Ref.Class, func(*value.Lambda) value.Value { return c.Ref })
}

// validate makes the fields that will be stored of the old version and the
// params, and checks them. All failures are reported together.
func (tx *tx) validate(c *change) error {
	c.given = c.row.writable(c.Params)
	base := value.Object(nil)
	if c.old != nil {
		fields, err := c.old.Fields()
		if err != nil {
			return err
		}
		base = fields
		if c.Verb == query.Replace {
			base = c.row.kept(fields)
		}
	}
	c.fields = merge(base, c.given)
	for _, f := range c.row.fields {
		f.check(c)
	}
	if c.row.prepare != nil {
		if err := c.row.prepare(tx, c); err != nil {
			return err
		}
	}
	if len(c.failures) > 0 {
		return &query.Refusal{
			Code: query.ValidationFailed, Description: "document data is not valid.",
			Place: c.place(), Failures: c.failures,
		}
	}
	c.fields = stored(c.fields)
	return nil
}

// merge lays params over the stored fields: objects member by member, null
// removes, anything else replaces.
func merge(old, params value.Object) value.Object {
	out := append(value.Object(nil), old...)
	for _, p := range params {
		switch v := p.Value.(type) {
		case value.Null:
			out = out.Without(p.Name)
		case value.Object:
			was, _ := out.Get(p.Name)
			before, ok := was.(value.Object)
			if !ok {
				before = nil
			}
			out = out.With(p.Name, merge(before, v))
		default:
			out = out.With(p.Name, p.Value)
		}
	}
	return out
}

// stored drops what is never stored: nulls at any depth, and top-level
// objects without members.
func stored(fields value.Object) value.Object {
	out := make(value.Object, 0, len(fields))
	for _, f := range fields {
		v := withoutNulls(f.Value)
		if o, ok := v.(value.Object); v == nil || ok && len(o) == 0 {
			continue
		}
		out = append(out, value.Field{Name: f.Name, Value: v})
	}
	return out
}

func withoutNulls(v value.Value) value.Value {
	switch v := v.(type) {
	case value.Null:
		return nil
	case value.Array:
		out := make(value.Array, 0, len(v))
		for _, item := range v {
			if item = withoutNulls(item); item != nil {
				out = append(out, item)
			}
		}
		return out
	case value.Object:
		out := make(value.Object, 0, len(v))
		for _, f := range v {
			if item := withoutNulls(f.Value); item != nil {
				out = append(out, value.Field{Name: f.Name, Value: item})
			}
		}
		return out
	default:
		return v
	}
}
