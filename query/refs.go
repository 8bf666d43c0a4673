package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// refFunctions make refs of names and ids. What does not exist gives a ref to
// something undefined, which is refused where it is used.
// Source: chapters on documents, sections 1.2 and 2.13, and on
// authentication, section 7.1.
var refFunctions = []*Function{
	{
		Name:   "Ref",
		Params: []Param{arg("ref", mayBeUndefined), arg("id", documentID), opt("scope", databaseRef)},
		Doc:    "returns the ref of a document, by its collection and its id",
		Examples: []string{
			`Ref(Tokens(), "abc") // invalid argument ["id"]`,
			`Ref(Tokens(), 1.5) // invalid argument ["id"]`,
			`Ref(1, 1) // invalid argument ["ref"]`,
		},
		AllErrors: true,
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.documentRef(args[0], int64(args[1].(value.Long)), args[2])
		},
	},
	naming("database", "Database", value.Databases, "a database inside the present one"),
	naming("index", "Index", value.Indexes, "an index"),
	deprecated(naming("class", "Class", value.Collections, "a collection"), "Collection"),
	naming("collection", "Collection", value.Collections, "a collection"),
	naming("function", "Function", value.Functions, "a user function"),
	naming("role", "Role", value.Roles, "a role"),
	naming("access_provider", "AccessProvider", value.AccessProviders, "an access provider"),
	native("databases", "Databases", value.Databases),
	native("indexes", "Indexes", value.Indexes),
	deprecated(native("classes", "Classes", value.Collections), "Collections"),
	native("collections", "Collections", value.Collections),
	native("keys", "Keys", value.Keys),
	native("tokens", "Tokens", value.Tokens),
	native("credentials", "Credentials", value.Credentials),
	native("functions", "Functions", value.Functions),
	native("roles", "Roles", value.Roles),
	native("access_providers", "AccessProviders", value.AccessProviders),
}

func deprecated(f *Function, instead string) *Function {
	f.Deprecated = instead
	return f
}

// naming is the row of a function from a name to the ref of a schema object.
func naming(key, name string, class value.Class, what string) *Function {
	return &Function{
		Name:     name,
		Params:   []Param{arg(key, text), opt("scope", databaseRef)},
		Doc:      "returns the ref of " + what + ", by its name; scope is the database it is in, if that is not the present one",
		Examples: []string{name + `(1) // invalid argument ["` + key + `"]`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			c.named = ast.Ref{Class: class, Name: string(args[0].(value.String))}
			return c.resolve(&c.named, args[1])
		},
	}
}

// native is the row of a function that returns a system collection.
func native(key, name string, class value.Class) *Function {
	return &Function{
		Name:     name,
		Params:   []Param{{Key: key, Cast: databaseOrNull, Nullable: true}},
		Doc:      "returns the system collection " + key + ", of the present database or of one inside it",
		Examples: []string{name + `(1) // invalid argument ["` + key + `"]`},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			c.named = ast.Ref{Class: class, Native: true}
			return c.resolve(&c.named, args[0])
		},
	}
}

// databaseRef is a ref to a database.
var databaseRef = defined("Database Ref", func(c *Context, v value.Value) (value.Value, error) {
	if r, ok := v.(value.Ref); ok && r.Class == value.Databases {
		return r, nil
	}
	return nil, c.wrongRef("Database Ref", v)
})

// databaseOrNull is a ref to a database, or null for the present one.
var databaseOrNull = defined("Database Ref or Null", func(c *Context, v value.Value) (value.Value, error) {
	if r, ok := v.(value.Ref); ok && r.Class == value.Databases || v.Kind() == value.KindNull {
		return v, nil
	}
	return nil, c.wrongRef("Database Ref or Null", v)
})

// mayBeUndefined is a collection that may not exist.
var mayBeUndefined = Cast{Name: "Collection Ref", fails: slices.Concat(collectionRef.fails, []string{nativeRef}), check: func(c *Context, v value.Value) (value.Value, error) {
	if u, ok := v.(*value.Unresolved); ok && u.Class == value.Collections && u.ID == "" {
		return v, nil
	}
	v, err := collectionRef.check(c, v)
	if r, ok := v.(value.Ref); ok && r.Native() && value.Class(r.ID).Named() {
		return nil, c.fail(InvalidArgument, "Regular Class Ref expected, Schema Class Ref provided.")
	}
	return v, err
}}

const (
	badID     = "invalid argument: Number or numeric String expected, non-numeric '<text>' provided."
	nativeRef = "invalid argument: Regular Class Ref expected, Schema Class Ref provided."
	hugeID    = "invalid argument: The id provided is too large: '<text>'"
)

// documentID is an id: an integer, or a string of decimal digits.
var documentID = Cast{Name: "String or Number", fails: []string{mistyped("String or Number"), badID, hugeID}, check: func(c *Context, v value.Value) (value.Value, error) {
	switch v := v.(type) {
	case value.Long:
		return v, nil
	case value.String:
		return c.parseID(string(v))
	default:
		return nil, c.typeError("String or Number", v)
	}
}}

func (c *Context) parseID(s string) (value.Value, error) {
	if id, err := strconv.ParseInt(s, 10, 64); err == nil {
		return value.Long(id), nil
	}
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	if strings.Trim(digits, "0123456789") != "" {
		return nil, c.fail(InvalidArgument, "Number or numeric String expected, non-numeric '"+s+"' provided.")
	}
	return nil, c.fail(InvalidArgument, "The id provided is too large: '"+s+"'")
}

// documentRef returns the ref of a document. A scope, which may be nil, is the
// database in which the collection is looked for by its name.
func (c *Context) documentRef(collection value.Value, id int64, scope value.Value) (value.Value, error) {
	r, ok := collection.(value.Ref)
	switch {
	case !ok:
		u := *collection.(*value.Unresolved)
		u.ID = strconv.FormatInt(id, 10)
		return &u, nil
	case scope == nil:
		return value.Ref{Scope: r.Scope, Class: value.Class(r.ID), ID: id}, nil
	}
	named := &ast.Ref{Class: value.Class(r.ID), ID: strconv.FormatInt(id, 10)}
	if !r.Native() {
		named.Class = value.Collections
		named.Name, _ = c.Host.Name(r)
	}
	return c.resolve(named, scope)
}

// resolve looks up a name in a database: nil or null is the present one.
func (c *Context) resolve(r *ast.Ref, scope value.Value) (value.Value, error) {
	if database, ok := scope.(value.Ref); ok {
		r.Path = c.databasePath(database)
	}
	v, err := c.Host.Resolve(r, false)
	return v, c.place(err, "")
}

// databasePath returns the names of the databases from the present one, not
// included, down to r.
func (c *Context) databasePath(r value.Ref) []string {
	var path []string
	for {
		name, _ := c.Host.Name(r)
		path = append(path, name)
		parent, ok := c.Host.Parent(r.Scope)
		if !ok || r.Scope == c.Host.Scope() {
			slices.Reverse(path)
			return path
		}
		r = parent
	}
}
