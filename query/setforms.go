package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// setFunctions make sets. Nothing is read until something asks for elements.
// Source: chapter on documents, section 2.
var setFunctions = []*Function{
	{
		Name: "Match",
		Params: []Param{
			arg("match", indexName),
			{Key: "terms", Cast: term.list(zeroOrMore), Optional: true, Variadic: true, Bare: true},
		},
		Doc: "returns the set of an index's entries under terms; an array gives several terms",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), CreateIndex({ name: "by_name", source: Collection("spells"), terms: [{ field: ["data", "name"] }] }), Create(Collection("spells"), { data: { name: "Fire" } }), Count(Match(Index("by_name"), "Fire"))) // 1`,
			`Match(Index("nope"), 1) // invalid ref ["match"]`,
			`Match("nope") // invalid ref ["index"]`,
			`Match(5) // invalid argument ["match"]`,
		},
		Errors: []string{notActive, denied},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.match(args[0], args[1], "match")
		},
	},
	{
		Name:       "LegacyMatch",
		Params:     []Param{{Key: "match", Cast: term.list(zeroOrMore), Bare: true}, arg("index", indexName)},
		Doc:        "is an old way to write Match, with the terms first",
		Examples:   []string{`LegacyMatch("fire", Index("nope")) // invalid ref ["index"]`},
		Errors:     []string{notActive, denied},
		Deprecated: "Match",
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.match(args[1], args[0], "index")
		},
	},
	{
		Name:   "Documents",
		Params: []Param{arg("documents", collectionRef)},
		Doc:    "returns the set of a collection's documents",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), Create(Collection("spells")), Count(Documents(Collection("spells")))) // 1`,
			`Documents(Collection("nope")) // invalid ref ["documents"]`, `Documents(1) // invalid argument ["documents"]`,
		},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return &value.Set{Op: value.SetDocuments, Ref: args[0].(value.Ref)}, nil
		},
	},
	{
		Name:   "Singleton",
		Params: []Param{arg("singleton", anyRef)},
		Doc:    "returns the set with one document, which is empty while the document does not exist",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), Count(Singleton(Ref(Collection("spells"), 1)))) // 0`,
			`Singleton("a") // invalid argument ["singleton"]`,
		},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return &value.Set{Op: value.SetSingleton, Ref: args[0].(value.Ref)}, nil
		},
	},
	{
		Name:   "Events",
		Params: []Param{arg("events", refOrSet)},
		Doc:    "returns the history of a document or a set",
		Examples: []string{
			`Do(CreateCollection({ name: "spells" }), Create(Ref(Collection("spells"), 1)), Select(["data", 0, "action"], Paginate(Events(Ref(Collection("spells"), 1))))) // "create"`,
			`Events(1) // invalid argument ["events"]`,
		},
		Errors: []string{noEvents},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			return c.events(args[0])
		},
	},
	{
		Name:      "Range",
		Params:    []Param{arg("range", set), arg("from", bound), arg("to", bound)},
		Doc:       "returns the elements of a set between two bounds, both included; a bound is a prefix of the covered values, [] is open",
		Examples:  []string{`Range([1], 1, 2) // invalid argument ["range"]`, `Range(Collections(), Collection("a"), []) // invalid ref ["from"]`},
		AllErrors: true,
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			s := &value.Set{Op: value.SetRange, Sets: []value.Value{args[0]}}
			s.From, s.FromBare = boundOfRange(args[1])
			s.To, s.ToBare = boundOfRange(args[2])
			return s, nil
		},
	},
	{
		Name: "Join",
		Params: []Param{
			arg("join", set),
			{Key: "with", Cast: joinTarget, Syntax: ast.LambdaOrExpr},
		},
		Doc:      "returns the union of the sets that a lambda makes of the elements of a set, or that an index has under them",
		Examples: []string{`Join(Collections(), 1) // invalid argument ["with"]`, `Join([], (x) => x) // invalid argument ["join"]`},
		Errors:   []string{"invalid argument: Invalid lambda. Lambda in this context may not read, write, or call a user function."},
		Eval: func(c *Context, args []value.Value) (value.Value, error) {
			s := &value.Set{Op: value.SetJoin, Sets: []value.Value{args[0]}}
			if index, ok := args[1].(value.Ref); ok {
				s.Ref = index
				return s, nil
			}
			s.Lambda = args[1].(*value.Lambda)
			return c.define(s), nil
		},
	},
}

// indexName is an index, by ref or by name.
var indexName = Cast{Name: "Identifier", fails: []string{mistyped("Identifier"), mistyped("Index Ref"), undefined}, check: func(c *Context, v value.Value) (value.Value, error) {
	r, isRef := v.(value.Ref)
	switch {
	case v.Kind() == value.KindString, isRef && r.Class == value.Indexes:
		return v, nil
	case isRef:
		return nil, c.typeError("Index Ref", v)
	}
	return nil, c.wrongRef("Identifier", v)
}}

// term is a term of a match. A ref to something undefined is of no type at
// all here.
var term = Cast{Name: "Any", fails: []string{mistyped("Any")}, check: func(c *Context, v value.Value) (value.Value, error) {
	if v.Kind() == value.KindUnresolved {
		return nil, c.typeError("Any", v)
	}
	return v, nil
}}

var collectionRef = defined("Collection Ref", func(c *Context, v value.Value) (value.Value, error) {
	if r, ok := v.(value.Ref); ok && r.Class == value.Collections {
		return r, nil
	}
	return nil, c.wrongRef("Collection Ref", v)
})

// anyRef is a ref to something that is defined.
var anyRef = defined("Ref", func(c *Context, v value.Value) (value.Value, error) {
	if v.Kind() == value.KindRef {
		return v, nil
	}
	return nil, c.wrongRef("Ref", v)
})

// refOrSet is a set, or any ref: that counts as the set with just it, unless it
// is a system collection.
var refOrSet = defined("Ref or Set", func(c *Context, v value.Value) (value.Value, error) {
	if v.Kind() == value.KindRef || v.Kind() == value.KindSet {
		return v, nil
	}
	return nil, c.wrongRef("Ref or Set", v)
})

// bound is a bound of a range, or a cursor.
var bound = Cast{Name: "Any", fails: []string{undefined}, check: func(c *Context, v value.Value) (value.Value, error) {
	if u := unresolvedIn(v); u != nil {
		return nil, c.fail(InvalidRef, undefinedText(u))
	}
	return v, nil
}}

// joinTarget is a pure lambda or an index.
var joinTarget = defined("Lambda or Index Ref", func(c *Context, v value.Value) (value.Value, error) {
	switch v := v.(type) {
	case *value.Lambda:
		l, err := compiled(v, c.forms)
		if err != nil || ast.EffectOf(l) > ast.Pure {
			return nil, c.fail(InvalidArgument,
				"Invalid lambda. Lambda in this context may not read, write, or call a user function.")
		}
		return v, nil
	case value.Ref:
		if v.Class == value.Indexes {
			return v, nil
		}
	case *value.Unresolved:
		if v.Class != value.Indexes {
			return nil, c.typeError("Lambda or Index Ref", v)
		}
	default: // neither
	}
	return nil, c.wrongRef("Lambda or Index Ref", v)
})

// match makes a match. The index is under the given key; what is wrong with an
// index that exists, or with one given by name, stands at "index".
func (c *Context) match(index, terms value.Value, key string) (value.Value, error) {
	if name, ok := index.(value.String); ok {
		found, err := c.Host.Resolve(&ast.Ref{Class: value.Indexes, Name: string(name)}, false)
		if err != nil {
			return nil, c.place(err, "index")
		}
		index, key = found, "index"
	}
	r, ok := index.(value.Ref)
	if !ok {
		return nil, c.failAt(InvalidRef, undefinedText(index.(*value.Unresolved)), ast.Key(key))
	}
	if err := c.Host.Matchable(r); err != nil {
		return nil, c.place(err, "index")
	}
	s := &struct {
		value.Set
		term [1]value.Value // in the same piece of memory: there is seldom more than one
	}{Set: value.Set{Op: value.SetMatch, Ref: r}}
	switch terms := terms.(type) {
	case nil:
	case value.Array:
		s.Terms = terms
	default:
		s.term[0] = terms
		s.Terms = s.term[:]
	}
	return &s.Set, nil
}

// notActive is the error of an index that is still being built.
const notActive = "instance not found: Index '<name>' is not active."

// noEvents is the error of sets that have no history.
const noEvents = "invalid argument: Set does not support events history."

// events returns the history of a ref or a set.
func (c *Context) events(v value.Value) (value.Value, error) {
	switch v := v.(type) {
	case *value.Set:
		if v.Op == value.SetEvents {
			return nil, c.fail(InvalidArgument, "Set does not support events history.")
		}
	case value.Ref:
		if !v.Native() {
			return &value.Set{Op: value.SetEvents, Ref: v}, nil
		}
	default: // not a source of events: opening the set refuses it
	}
	return &value.Set{Op: value.SetEvents, Sets: []value.Value{v}}, nil
}

// boundOfRange returns a bound as a list, and whether it was written as a
// single value.
func boundOfRange(v value.Value) (list []value.Value, bare bool) {
	if list, ok := v.(value.Array); ok {
		return list, false
	}
	return []value.Value{v}, true
}
