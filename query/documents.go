package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

const (
	notFound  = "instance not found: <kind> not found."
	denied    = "permission denied: Insufficient privileges to perform the action."
	notValid  = "validation failed: document data is not valid."
	notUnique = "instance not unique: document is not unique."
	pastWrite = "invalid write time: Cannot write outside of snapshot time."
	scoped    = "invalid argument: Cannot write a scoped ref."
	exists    = "instance already exists: <kind> already exists."

	actionNames = "String 'create', 'update', or 'delete'"
)

// documentFunctions read and write documents.
// Source: chapter on documents, section 1.
var documentFunctions = []*Function{
	{
		Name:   "Get",
		Makes:  true,
		Params: []Param{arg("get", refOrSet), opt("ts", moment)},
		Effect: ast.Read,
		Doc:    "returns a document, or that of the first element of a set",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), Create(Ref(Collection("spells"), 1), { data: { n: 1 } }), Select("data", Get(Ref(Collection("spells"), 1)))) // { n: 1 }`,
			`Get(5) // invalid argument ["get"]`,
		},
		Errors: []string{notFound, denied},
		Eval:   evalGet,
	},
	{
		Name:     "Exists",
		Params:   []Param{arg("exists", maybeRefOrSet), opt("ts", moment)},
		Effect:   ast.Read,
		Doc:      "reports whether a document, or the first element of a set, exists and may be read",
		Examples: []string{`Exists(Collection("nope")) // false`, `Exists(5) // invalid argument ["exists"]`},
		Errors:   []string{denied},
		Eval:     evalExists,
	},
	{
		Name:   "Create",
		Params: []Param{arg("create", target), opt("params", fields)},
		Effect: ast.Write,
		Doc:    "makes a document in a collection, with an id of its own when a document ref is given",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), Select("data", Create(Collection("spells"), { data: { name: "Fire" } }))) // { name: "Fire" }`,
			`Create(5) // invalid argument ["create"]`, `Create(Collection("nope")) // invalid ref ["create"]`,
		},
		Errors: []string{exists, denied, notValid, notUnique, pastWrite, scoped},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			r := args[0].(value.Ref)
			w := Change{Verb: Create, Ref: r, WithID: r.Class != value.Collections, Params: params(args[1])}
			return c.write(w, "create")
		},
	},
	{
		Name:   "Update",
		Params: []Param{arg("update", anyRef), opt("params", fields)},
		Effect: ast.Write,
		Doc:    "changes a document: objects are merged, null removes, anything else replaces",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), Create(Ref(Collection("spells"), 1), { data: { n: 1 } }), Select("data", Update(Ref(Collection("spells"), 1), { data: { m: 2 } }))) // { n: 1, m: 2 }`,
			`Update("a", {}) // invalid argument ["update"]`,
		},
		Errors: []string{notFound, denied, notValid, notUnique, pastWrite, scoped, "invalid argument: Cannot update a schema meta collection."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.write(Change{Verb: Update, Ref: args[0].(value.Ref), Params: params(args[1])}, "update")
		},
	},
	{
		Name:   "Replace",
		Params: []Param{arg("replace", anyRef), opt("params", fields)},
		Effect: ast.Write,
		Doc:    "gives a document new contents in place of all that it had",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), Create(Ref(Collection("spells"), 1), { data: { n: 1 } }), Select("data", Replace(Ref(Collection("spells"), 1), { data: { m: 2 } }))) // { m: 2 }`,
			`Replace("a", {}) // invalid argument ["replace"]`,
		},
		Errors: []string{notFound, denied, notValid, notUnique, pastWrite, scoped, "invalid argument: Cannot update a schema meta collection."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.write(Change{Verb: Replace, Ref: args[0].(value.Ref), Params: params(args[1])}, "replace")
		},
	},
	{
		Name:   "Delete",
		Params: []Param{arg("delete", anyRef)},
		Effect: ast.Write,
		Doc:    "deletes a document and returns its last version",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), Create(Ref(Collection("spells"), 1)), Delete(Ref(Collection("spells"), 1)), Exists(Ref(Collection("spells"), 1))) // false`,
			`Delete("a") // invalid argument ["delete"]`,
		},
		Errors: []string{notFound, denied, pastWrite, scoped, "invalid argument: Cannot delete a schema meta collection."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.write(Change{Verb: Delete, Ref: args[0].(value.Ref)}, "delete")
		},
	},
	{
		Name:     "Insert",
		Params:   []Param{arg("insert", anyRef), arg("ts", eventMoment), arg("action", action), opt("params", fields)},
		Effect:   ast.Write,
		Doc:      "puts a version into the history of a document",
		Examples: []string{`Insert("a", 1, "create", {}) // invalid argument ["insert"]`},
		Errors:   []string{denied, notValid, pastWrite, scoped, "invalid argument: Cannot insert event for specified ref."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			w := Change{Verb: Insert, Ref: args[0].(value.Ref), TS: sinceEpoch(args[1]), Params: params(args[3])}
			w.Action = args[2].(value.Action)
			return c.write(w, "insert")
		},
	},
	{
		Name:     "Remove",
		Params:   []Param{arg("remove", anyRef), arg("ts", eventMoment), arg("action", action)},
		Effect:   ast.Write,
		Doc:      "takes a version out of the history of a document",
		Examples: []string{`Remove("a", 1, "create") // invalid argument ["remove"]`},
		Errors:   []string{denied, scoped, "invalid argument: Cannot remove event for specified ref."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			w := Change{Verb: Remove, Ref: args[0].(value.Ref), TS: sinceEpoch(args[1]), Action: args[2].(value.Action)}
			return c.write(w, "remove")
		},
	},
}

// target is what Create takes: a collection by ref or name, or a document.
var target = defined("Identifier", func(c *Context, v value.Value) (value.Value, error) {
	if name, ok := v.(value.String); ok {
		found, err := c.Host.Resolve(&ast.Ref{Class: value.Collections, Name: string(name)}, false)
		if err != nil {
			return nil, c.place(err, "")
		}
		v = found
	}
	if r, ok := v.(value.Ref); ok {
		return r, nil
	}
	return nil, c.wrongRef("Identifier", v)
})

// fields are the fields of a document to be written: an object, made as one.
var fields = kinds("Object", value.KindObject)

// maybeRefOrSet is as refOrSet, but takes refs to what is undefined too.
var maybeRefOrSet = Cast{Name: refOrSet.Name, fails: []string{mistyped(refOrSet.Name)}, check: func(c *Context, v value.Value) (value.Value, error) {
	if v.Kind() == value.KindUnresolved {
		return v, nil
	}
	return refOrSet.check(c, v)
}}

// eventMoment is the time of a version in history.
var eventMoment = kinds("Time", value.KindLong, value.KindTime)

// action is what a version in history did.
var action = Cast{Name: "Action", fails: []string{mistyped(actionNames)}, check: func(c *Context, v value.Value) (value.Value, error) {
	name := value.Action("")
	switch v := v.(type) {
	case value.String:
		name = value.Action(v)
	case value.Action:
		name = v
	default:
	}
	switch name {
	case "create", "update", "delete":
		return name, nil
	}
	return nil, c.typeError(actionNames, v)
}}

func params(v value.Value) value.Object {
	o, _ := v.(value.Object)
	return o
}

// write carries out a change.
func (c *Context) write(w Change, verb string) (value.Value, error) {
	if err := c.whole(w.Params); err != nil {
		return nil, err
	}
	w.Past = c.at != 0
	v, err := c.Host.Write(w)
	return v, c.place(err, verb)
}

// readTime is the valid time of a read with an optional ts.
func (c *Context) readTime(ts value.Value) int64 {
	if ts == nil {
		return c.at
	}
	return c.validTime(ts)
}

func evalGet(c *Context, args []value.Value) (value.Value, error) {
	at := c.readTime(args[1])
	r, ok := args[0].(value.Ref)
	if !ok || r.Native() {
		first, err := c.first(args[0], at, "get")
		if err != nil {
			return nil, err
		}
		if first == nil {
			return nil, c.fail(InstanceNotFound, "Set not found.")
		}
		r = *first
	}
	doc, err := c.Host.Get(r, at)
	if err != nil {
		return nil, c.place(err, "get")
	}
	if doc == nil {
		return nil, c.fail(InstanceNotFound, noun(r.Class)+" not found.")
	}
	return doc, nil
}

func evalExists(c *Context, args []value.Value) (value.Value, error) {
	if args[0].Kind() == value.KindUnresolved {
		return value.Boolean(false), nil
	}
	at := c.readTime(args[1])
	r, ok := args[0].(value.Ref)
	if !ok || r.Native() {
		first, err := c.first(args[0], at, "exists")
		if first == nil || err != nil {
			return value.Boolean(false), err
		}
		r = *first
	}
	doc, err := c.Host.Get(r, at)
	if err = c.place(err, "exists"); isDenied(err) {
		return value.Boolean(false), nil
	}
	return value.Boolean(doc != nil), err
}

// first returns the ref behind the first element of a set, readable or not;
// nil if the set is empty.
func (c *Context) first(v value.Value, at int64, key string) (*value.Ref, error) {
	reading := c.readingAt(at)
	reading.Unfiltered = true
	s, err := c.Host.Open(v, reading)
	if err != nil {
		return nil, c.place(err, key)
	}
	it := s.Scan(Bound{}, false)
	defer it.Close()
	if !it.Next() {
		return nil, c.place(it.Err(), key)
	}
	e := it.Element()
	if e.Event != nil {
		return &e.Event.Document, nil
	}
	return &e.Ref, nil
}

func isDenied(err error) bool {
	e, ok := err.(*Error) //nolint:errorlint // errors of the evaluator are not wrapped
	return ok && e.Code == PermissionDenied
}

// noun is what error texts call a document of a class.
func noun(c value.Class) string {
	switch c {
	case value.Databases:
		return "Database"
	case value.Collections:
		return "Collection"
	case value.Keys:
		return "Key"
	case value.Tokens:
		return "Token"
	case value.Indexes:
		return "Index"
	case value.Tasks:
		return "Task"
	case value.Credentials:
		return "Credentials"
	case value.Functions:
		return "Function"
	case value.Roles:
		return "Role"
	case value.AccessProviders:
		return "other"
	default:
		return "Document"
	}
}
