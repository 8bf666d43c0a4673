// Package schema holds what a database knows of itself: its collections,
// indexes, functions, roles, access providers and child databases, compiled
// from their documents, at one moment.
//
// A Database is immutable: a change makes another one. A Catalog keeps the
// versions of all databases by time, so that a transaction sees the schema
// that its snapshot has.
package schema

import (
	"maps"
	"slices"

	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// Database is the schema of one database at one time.
type Database struct {
	Scope    value.Scope
	Parent   value.Scope // of the root: itself
	Ref      value.Ref   // its document in the parent; zero for the root
	GlobalID uint64
	// Further are global ids that lead here too, because secrets that were
	// imported carry them.
	Further []uint64
	// Version is the time of the commit that made this schema, 0 while it is
	// a transaction's own.
	Version int64
	// Deleted is set when the database, or one above it, is gone.
	Deleted bool

	Databases   Objects[*Child]
	Collections Objects[*Collection]
	Indexes     Objects[*Index]
	Functions   Objects[*Function]
	Roles       Objects[*Role]
	Providers   Objects[*Provider]

	// indexesOf lists the indexes that cover a class by name, wildcards those
	// that cover every user collection; both in order of creation.
	indexesOf map[value.Class][]*Index
	wildcards []*Index
	// members lists the roles that have a class in their membership.
	members map[value.Class][]*Role
}

// Object is what every schema object has.
type Object interface {
	Key() (id int64, name string)
}

// Objects are the objects of one kind, by name and by number.
type Objects[T Object] struct {
	byName map[string]T
	byID   map[int64]T
}

// Named returns the object called name.
func (o Objects[T]) Named(name string) (T, bool) {
	v, ok := o.byName[name]
	return v, ok
}

// Numbered returns the object with a number.
func (o Objects[T]) Numbered(id int64) (T, bool) {
	v, ok := o.byID[id]
	return v, ok
}

// Len is the number of objects.
func (o Objects[T]) Len() int { return len(o.byID) }

// All returns the objects in order of creation.
func (o Objects[T]) All() []T {
	out := make([]T, 0, len(o.byID))
	for _, id := range slices.Sorted(maps.Keys(o.byID)) {
		out = append(out, o.byID[id])
	}
	return out
}

// with returns o with v in place of the object of the same number.
func (o Objects[T]) with(v T) Objects[T] {
	id, name := v.Key()
	out := o.without(id)
	out.byName[name], out.byID[id] = v, v
	return out
}

// without returns a copy of o less the object with a number.
func (o Objects[T]) without(id int64) Objects[T] {
	out := Objects[T]{byName: maps.Clone(o.byName), byID: maps.Clone(o.byID)}
	if out.byID == nil {
		out.byName, out.byID = map[string]T{}, map[int64]T{}
	}
	if old, ok := out.byID[id]; ok {
		_, name := old.Key()
		delete(out.byName, name)
		delete(out.byID, id)
	}
	return out
}

// Child is a child database as its parent knows it.
type Child struct {
	ID    int64
	Name  string
	Scope value.Scope
	// Container is set when the database may hold nothing but databases,
	// keys, roles and access providers.
	Container bool
	// Protected is set when collections and indexes in it may not be deleted.
	Protected bool
}

// Collection is a user collection.
type Collection struct {
	Class value.Class
	Name  string
	// HistoryDays is how long history is kept; nil is for ever.
	HistoryDays *int64
	// HistoryFloor is the time, in microseconds, before which history was
	// not kept at some point and cannot be read any more.
	HistoryFloor int64
	// TTLDays, when set, is how long documents live that say nothing else.
	TTLDays     *int64
	Permissions value.Object
}

// Index is a user-defined index.
type Index struct {
	ID          int64
	Name        string
	Active      bool
	Definition  *index.Definition
	Permissions value.Object
}

// Function is a user function. Its lambda is compiled.
type Function struct {
	ID          int64
	Name        string
	Body        *value.Lambda
	Role        value.Value // as written; nil is the caller's
	Permissions value.Object
}

// Provider is an access provider.
type Provider struct {
	ID      int64
	Name    string
	Issuer  string
	JWKSURI string
	Roles   []ProviderRole
}

// ProviderRole is a role that a provider's tokens may hold.
type ProviderRole struct {
	Role      value.Value // a Ref, or a String: the role's name
	Predicate *Predicate  // nil is always
}

// Key implements Object.
func (c *Child) Key() (int64, string) { return c.ID, c.Name }

// Key implements Object.
func (c *Collection) Key() (int64, string) { return int64(c.Class), c.Name }

// Key implements Object.
func (i *Index) Key() (int64, string) { return i.ID, i.Name }

// Key implements Object.
func (f *Function) Key() (int64, string) { return f.ID, f.Name }

// Key implements Object.
func (r *Role) Key() (int64, string) { return r.ID, r.Name }

// Key implements Object.
func (p *Provider) Key() (int64, string) { return p.ID, p.Name }

// Lookup returns the number of the object of a class that is called name.
func (d *Database) Lookup(c value.Class, name string) (int64, bool) {
	switch c {
	case value.Databases:
		return number(d.Databases.Named(name))
	case value.Collections:
		return number(d.Collections.Named(name))
	case value.Indexes:
		return number(d.Indexes.Named(name))
	case value.Functions:
		return number(d.Functions.Named(name))
	case value.Roles:
		return number(d.Roles.Named(name))
	case value.AccessProviders:
		return number(d.Providers.Named(name))
	default:
		return 0, false
	}
}

func number[T Object](o T, ok bool) (int64, bool) {
	if !ok {
		return 0, false
	}
	id, _ := o.Key()
	return id, true
}

// Name returns the name of the object of a class with a number.
func (d *Database) Name(c value.Class, id int64) (string, bool) {
	switch c {
	case value.Databases:
		return name(d.Databases.Numbered(id))
	case value.Collections:
		return name(d.Collections.Numbered(id))
	case value.Indexes:
		return name(d.Indexes.Numbered(id))
	case value.Functions:
		return name(d.Functions.Numbered(id))
	case value.Roles:
		return name(d.Roles.Numbered(id))
	case value.AccessProviders:
		return name(d.Providers.Numbered(id))
	default:
		return "", false
	}
}

func name[T Object](o T, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	_, n := o.Key()
	return n, true
}

// Covering returns the indexes that a document of a class may have entries
// in.
func (d *Database) Covering(c value.Class) []*Index {
	own := d.indexesOf[c]
	if c < value.FirstUserClass || len(d.wildcards) == 0 {
		return own
	}
	out := make([]*Index, 0, len(own)+len(d.wildcards))
	out = append(append(out, own...), d.wildcards...)
	slices.SortFunc(out, func(a, b *Index) int { return int(a.ID - b.ID) })
	return slices.Compact(out)
}

// RolesOf returns the roles that documents of a class may be members of.
func (d *Database) RolesOf(c value.Class) []*Role { return d.members[c] }

// Change returns the schema after a document of class c in it was written,
// or, when doc is nil, deleted. Classes that are no schema leave it as it is.
// It fails when a stored document cannot be understood.
func (d *Database) Change(ref value.Ref, doc *value.Document) (*Database, error) {
	out := *d
	out.Version = 0
	var err error
	switch ref.Class {
	case value.Collections:
		out.Collections, err = change(d.Collections, ref, doc, newCollection)
	case value.Indexes:
		out.Indexes, err = change(d.Indexes, ref, doc, newIndex)
		out.arrangeIndexes()
	case value.Functions:
		out.Functions, err = change(d.Functions, ref, doc, newFunction)
	case value.Roles:
		out.Roles, err = change(d.Roles, ref, doc, newRole)
		out.arrangeRoles()
	case value.AccessProviders:
		out.Providers, err = change(d.Providers, ref, doc, newProvider)
	default:
		return d, nil
	}
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// WithChild returns the schema with a child database, or, when its name is
// empty, without it.
func (d *Database) WithChild(c *Child) *Database {
	out := *d
	out.Version = 0
	if c.Name == "" {
		out.Databases = d.Databases.without(c.ID)
	} else {
		out.Databases = d.Databases.with(c)
	}
	return &out
}

// Has reports whether there is a user collection with a class.
func (d *Database) Has(c value.Class) bool {
	_, ok := d.Collections.Numbered(int64(c))
	return ok
}

// WithFloor returns the schema with another HistoryFloor of a collection.
func (d *Database) WithFloor(c value.Class, ts int64) *Database {
	out := *d
	if old, ok := d.Collections.Numbered(int64(c)); ok {
		collection := *old
		collection.HistoryFloor = ts
		out.Collections = d.Collections.with(&collection)
	}
	return &out
}

func change[T Object](o Objects[T], ref value.Ref, doc *value.Document,
	compile func(value.Ref, value.Object) (T, error),
) (Objects[T], error) {
	if doc == nil {
		return o.without(ref.ID), nil
	}
	fields, err := doc.Fields()
	if err != nil {
		return o, err
	}
	v, err := compile(ref, fields)
	if err != nil {
		return o, err
	}
	return o.with(v), nil
}

func (d *Database) arrangeIndexes() {
	d.indexesOf, d.wildcards = map[value.Class][]*Index{}, nil
	for _, i := range d.Indexes.All() {
		if i.Definition.Wildcard() {
			d.wildcards = append(d.wildcards, i)
		}
		for _, c := range i.Definition.Classes() {
			d.indexesOf[c] = append(d.indexesOf[c], i)
		}
	}
}

func (d *Database) arrangeRoles() {
	d.members = map[value.Class][]*Role{}
	for _, r := range d.Roles.All() {
		for _, c := range r.classes() {
			d.members[c] = append(d.members[c], r)
		}
	}
}

// Builder makes a schema from the documents it is given, one after the other.
type Builder struct{ d Database }

// NewBuilder returns a builder that goes on from d.
func NewBuilder(d *Database) *Builder { return &Builder{*d} }

// Add takes in one document.
func (b *Builder) Add(ref value.Ref, doc *value.Document) error {
	fields, err := doc.Fields()
	if err != nil {
		return err
	}
	switch ref.Class {
	case value.Collections:
		return add(&b.d.Collections, ref, fields, newCollection)
	case value.Indexes:
		return add(&b.d.Indexes, ref, fields, newIndex)
	case value.Functions:
		return add(&b.d.Functions, ref, fields, newFunction)
	case value.Roles:
		return add(&b.d.Roles, ref, fields, newRole)
	case value.AccessProviders:
		return add(&b.d.Providers, ref, fields, newProvider)
	default: // no part of the schema
		return nil
	}
}

// Floor sets the HistoryFloor of a collection that was added.
func (b *Builder) Floor(c value.Class, ts int64) {
	if collection, ok := b.d.Collections.Numbered(int64(c)); ok {
		collection.HistoryFloor = ts
	}
}

// Child takes in a child database.
func (b *Builder) Child(c *Child) { b.d.Databases.put(c) }

// Database returns the schema.
func (b *Builder) Database() *Database {
	b.d.arrangeIndexes()
	b.d.arrangeRoles()
	d := b.d
	return &d
}

func add[T Object](o *Objects[T], ref value.Ref, f value.Object, compile func(value.Ref, value.Object) (T, error)) error {
	v, err := compile(ref, f)
	if err != nil {
		return err
	}
	o.put(v)
	return nil
}

// put adds to o itself, which nobody else has seen yet.
func (o *Objects[T]) put(v T) {
	if o.byID == nil {
		o.byName, o.byID = map[string]T{}, map[int64]T{}
	}
	id, name := v.Key()
	o.byName[name], o.byID[id] = v, v
}
