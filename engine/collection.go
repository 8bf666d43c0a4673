package engine

import (
	"regexp"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// collection is one row of the table of collections: what the documents of a
// system collection, or of any user collection, are made of, what they are
// checked for, and what follows a change.
type collection struct {
	// noun is what error texts call a document: "Token not found."
	noun string
	// fields are the fields that may be written, in the order in which their
	// failures are reported. Everything else is dropped.
	fields []field
	// keeps are the fields that a replace leaves as they are when it does not
	// give them.
	keeps []string
	// hidden is left out of the replies of writes.
	hidden string
	// next gives a new document its id; nil is a generated one.
	next func(tx *tx, c *change) (int64, error)
	// prepare checks what a single field does not say, sets defaults, and
	// puts the fields in their order.
	prepare func(tx *tx, c *change) error
	// after carries out what follows a create, an update or a replace;
	// deleted what follows a delete.
	after   func(tx *tx, c *change, doc *value.Document) error
	deleted func(tx *tx, c *change) error
	// released frees what a document has beside itself, when it is deleted or
	// has expired.
	released func(tx *tx, r value.Ref) error
	// variant is another row for a document, by its old fields, where those of
	// one collection differ; nil is this one.
	variant func(old value.Object) *collection
	// lives follows an insert into history: whether the document is live.
	lives func(tx *tx, r value.Ref, live bool)
}

// collections is the table; the row of every user collection stands under
// the first.
var collections map[value.Class]*collection

func init() { //nolint:gochecknoinits // the rows' functions need the table
	collections = map[value.Class]*collection{
		value.Databases:       databaseRow,
		value.Collections:     collectionRow,
		value.Keys:            keyRow,
		value.Tokens:          tokenRow,
		value.Indexes:         indexRow,
		value.Credentials:     credentialsRow,
		value.Functions:       functionRow,
		value.Roles:           roleRow,
		value.AccessProviders: providerRow,
		value.FirstUserClass:  documentRow,
	}
}

// collectionOf returns the row of the collection that a change is about.
func collectionOf(w query.Change) *collection {
	c := w.Ref.Class
	if w.Verb == query.Create && !w.WithID {
		c = value.Class(w.Ref.ID)
	}
	return collections[min(c, value.FirstUserClass)]
}

// writable returns the params that a caller may write.
func (r *collection) writable(params value.Object) value.Object {
	out := make(value.Object, 0, len(params))
	for _, p := range params {
		for i := range r.fields {
			if r.fields[i].name == p.Name && !r.fields[i].reply {
				out = append(out, p)
			}
		}
	}
	return out
}

// kept returns the fields that a replace starts from.
func (r *collection) kept(old value.Object) value.Object {
	var out value.Object
	for _, f := range old {
		for _, name := range r.keeps {
			if f.Name == name {
				out = append(out, f)
			}
		}
	}
	return out
}

// field is one field of a document.
type field struct {
	name     string
	typ      fieldType
	required bool
	// reply marks a field that the server sets and params cannot.
	reply bool
}

// fieldType is a type of field: what it is called in failures, and which
// values it takes.
type fieldType struct {
	name  string
	takes func(v value.Value) bool
	// more checks a value of the right type.
	more func(c *change, f *field, v value.Value)
}

// check reports the failures of one field.
func (f *field) check(c *change) {
	v, ok := c.fields.Get(f.name)
	if given, isGiven := c.given.Get(f.name); isGiven {
		v, ok = given, true
		if _, isObject := given.(value.Object); isObject {
			v, ok = c.fields.Get(f.name)
		}
	}
	if !ok || v.Kind() == value.KindNull {
		if f.required {
			c.fail("value required", "Required value not found.", f.name)
		}
		return
	}
	if f.typ.takes != nil && !f.typ.takes(v) {
		c.fail("invalid type", "Invalid type "+value.StorageTypeName(v)+", expected type "+f.typ.name+".", f.name)
		return
	}
	if f.typ.more != nil {
		f.typ.more(c, f, v)
	}
}

func takes(kinds ...value.Kind) func(value.Value) bool {
	return func(v value.Value) bool {
		for _, k := range kinds {
			if v.Kind() == k {
				return true
			}
		}
		return false
	}
}

// The types of fields.
var (
	typeMap       = fieldType{name: "Map", takes: takes(value.KindObject)}
	typeTimestamp = fieldType{name: "Timestamp", takes: takes(value.KindTime)}
	typeRef       = fieldType{name: "Ref", takes: takes(value.KindRef)}
	typeString    = fieldType{name: "String", takes: takes(value.KindString)}
	typeLong      = fieldType{name: "Long", takes: takes(value.KindLong)}
	typeBoolean   = fieldType{name: "Boolean", takes: takes(value.KindBoolean)}
	typeName      = fieldType{name: "Name", takes: takes(value.KindString), more: checkName}
	typeQuery     = fieldType{name: "Query", takes: takes(value.KindLambda)}
	typeDays      = fieldType{name: "Long", takes: takes(value.KindLong), more: checkNonNegative}
	typePriority  = fieldType{name: "Priority", takes: func(v value.Value) bool {
		n, ok := v.(value.Long)
		return ok && n >= 1 && n <= 500
	}}
	typeDatabase = fieldType{name: "Database Ref", takes: func(v value.Value) bool {
		r, ok := v.(value.Ref)
		return ok && r.Class == value.Databases
	}}
)

func checkNonNegative(c *change, f *field, v value.Value) {
	if v.(value.Long) < 0 {
		c.fail("non-negative value required", "Value must be non-negative.", f.name)
	}
}

// validName are the characters of the names of schema objects: Unicode word
// characters and a few signs. Source: chapter on authentication, section 7.2.
var validName = regexp.MustCompile(`^[;@+$\-_.!~%\p{L}\p{M}\p{N}\p{Pc}]+$`)

func checkName(c *change, f *field, v value.Value) {
	name := string(v.(value.String))
	switch {
	case name == "_":
		c.fail("reserved name", "Invalid name _. Reserved names: _.", f.name)
	case !validName.MatchString(name):
		c.fail("invalid characters",
			"The name "+name+` uses invalid characters. Valid characters must match: [;@+$\-_.!~%\w]+`, f.name)
	}
}

// The fields that many collections have.
var (
	dataField        = field{name: "data", typ: typeMap}
	ttlField         = field{name: "ttl", typ: typeTimestamp}
	nameField        = field{name: "name", typ: typeName, required: true}
	permissionsField = field{name: "permissions", typ: typeMap}
	constraintsField = field{name: "constraints", typ: typeMap}
)
