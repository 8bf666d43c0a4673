package query

import (
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// schemaFunctions make schema objects. Source: chapter on authentication,
// section 7.
var schemaFunctions = []*Function{
	shown(creator("CreateDatabase", "create_database", value.Databases, "makes a child database", ""),
		`Select("name", CreateDatabase({ name: "shop" })) // "shop"`),
	shown(creator("CreateCollection", "create_collection", value.Collections, "makes a collection", ""),
		`Select("name", CreateCollection({ name: "spells" })) // "spells"`),
	creator("CreateClass", "create_class", value.Collections, "makes a collection", "CreateCollection"),
	shown(creator("CreateIndex", "create_index", value.Indexes, "makes an index over one or more collections", ""),
		`Select("terms", Do(CreateCollection({ name: "spells" }), CreateIndex({ name: "by_name", source: Collection("spells"), terms: [{ field: ["data", "name"] }] }))) // [{ field: ["data", "name"] }]`),
	nameless(shown(creator("CreateKey", "create_key", value.Keys, "makes a key, whose secret is shown this once", ""),
		`Select("role", CreateKey({ role: "server" })) // "server"`)),
	shown(creator("CreateFunction", "create_function", value.Functions, "makes a function of a lambda", ""),
		`Do(CreateFunction({ name: "double", body: Query((x) => Multiply(x, 2)) }), Call("double", 4)) // 8`),
	shown(creator("CreateRole", "create_role", value.Roles, "makes a role", ""),
		`Select("privileges", CreateRole({ name: "none", privileges: [] })) // []`),
	creator("CreateAccessProvider", "create_access_provider", value.AccessProviders,
		"makes an access provider, whose JWTs are then accepted", ""),
	{
		Name:     "MoveDatabase",
		Params:   []Param{arg("move_database", databaseRef), arg("to", databaseRef)},
		Effect:   ast.Write,
		Doc:      "moves a database with all it holds into another one",
		Examples: []string{`MoveDatabase("a", Database("b")) // invalid argument ["move_database"]`},
		Errors: []string{
			denied, exists,
			"instance not found: Database not found.",
			"move database error: Cannot move database '<name>' into parent '<name>': Cannot move database from ancestor to descendant.",
		},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.write(Change{Verb: Move, Ref: args[0].(value.Ref), To: args[1].(value.Ref)}, "move_database")
		},
	},
}

// creator is the row of a function that makes a kind of schema object.
func creator(name, key string, class value.Class, doc, instead string) *Function {
	return &Function{
		Name:       name,
		Params:     []Param{arg(key, object)},
		Effect:     ast.Write,
		Doc:        doc,
		Examples:   []string{name + `(5) // invalid argument ["` + key + `"]`},
		Errors:     []string{exists, denied, notValid, pastWrite},
		Deprecated: instead,
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			in := value.CollectionRef(c.Host.Scope(), class)
			return c.write(Change{Verb: Create, Ref: in, Params: params(args[0])}, key)
		},
	}
}

// nameless takes from the row of a creator the error of a name that is taken.
func nameless(f *Function) *Function {
	f.Errors = slices.DeleteFunc(f.Errors, func(e string) bool { return e == exists })
	return f
}

// shown adds an example to the row of a creator.
func shown(f *Function, example string) *Function {
	f.Examples = append([]string{example}, f.Examples...)
	return f
}
