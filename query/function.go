package query

import (
	"slices"
	"sync"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Function is one row of the table: all there is to know of a function.
type Function struct {
	// Name is the function's name in text, the JS driver's: "ContainsStr".
	Name string
	// Alias is another name that is read in text: that by which the JS driver
	// prints it, if it is not Name.
	Alias string
	// Params are its keys on the wire in declared order, which is the order
	// of evaluation. The first is the verb.
	Params []Param
	// Order lists the keys in the order of the arguments in text; nil is the
	// declared one.
	Order []string
	// Effect is the declared effect, apart from that of the arguments.
	Effect ast.Effect
	// Calls says that the effect is that of the user function that is called.
	Calls bool
	// Delayed says that arguments are kept, not evaluated.
	Delayed bool
	// Doc says in one sentence what the function does; it continues
	// "Add ...": "returns the sum of numbers".
	Doc string
	// Examples are lines `Add(1, 2) // 3` and
	// `Add("1") // invalid argument ["add"]`; a test runs them.
	Examples []string
	// Errors are the errors the function raises beside those of its casts:
	// "invalid argument: Illegal division by zero." A word in angle brackets
	// stands for what differs: "Cannot cast <type> to Object." A test finds a
	// case for each.
	Errors []string
	// Deprecated names what to use instead.
	Deprecated string
	// Missing says why the function cannot be called yet.
	Missing string
	// AllErrors reports the cast errors of all arguments, not only those of
	// the first that fails.
	AllErrors bool

	// Makes says that the result takes memory, which counts: that it is not
	// one of the arguments, nor a part of one, nor of a few bytes.
	Makes bool
	// Walks says that the whole of the arguments is looked at.
	Walks bool

	// Eval is the code of a strict function. args are the cast arguments in
	// the order of Params, nil for an optional one that was left out; they
	// are valid during the call only. A list argument is a value.Array.
	Eval func(c *Context, args []value.Value) (value.Value, error)
	// Node says that the tree has a node for it instead of a call: the readers
	// know it by themselves, and the row is there to be read about.
	Node bool
	// Lazy is the code of a function that evaluates its operands itself.
	Lazy func(c *Context, call *ast.Call) (value.Value, error)

	form *ast.Form
}

// Param is one key of a function.
type Param struct {
	Key      string
	Cast     Cast
	Optional bool
	Syntax   ast.Syntax
	Named    bool // in text given in the options object at the end
	Variadic bool // in text takes the remaining arguments
	Nullable bool // in text may be left out; null is sent
	// Alternative parameters exclude each other.
	Alternative bool
	// Bare, of a list, passes a single value on as it is.
	Bare bool
}

// arg is a required argument.
func arg(key string, c Cast) Param { return Param{Key: key, Cast: c} }

// opt is an optional argument.
func opt(key string, c Cast) Param { return Param{Key: key, Cast: c, Optional: true} }

// named is an optional argument that text gives by name.
func named(key string, c Cast) Param { return Param{Key: key, Cast: c, Optional: true, Named: true} }

// either is a named argument of which at most one is given.
func either(key string, c Cast) Param {
	return Param{Key: key, Cast: c, Optional: true, Named: true, Alternative: true}
}

// some is a list with at least one element, all cast by c; a single value
// stands for a list of one.
func some(key string, c Cast) Param {
	return Param{Key: key, Cast: c.list(oneOrMore), Variadic: true}
}

// many is as some, but may be empty.
func many(key string, c Cast) Param { return Param{Key: key, Cast: c.list(zeroOrMore)} }

// nothing is the null that stands where a function has no argument.
func nothing(key string) Param { return Param{Key: key, Cast: null, Nullable: true} }

// lambda is a lambda literal.
func lambda(key string) Param { return Param{Key: key, Syntax: ast.LambdaOnly} }

// families are the tables of the families, in the order of the reference.
// This list is the only place that names them.
func families() []Family {
	return []Family{
		{"basic", "Basic forms", "Forms that bind names, choose, and order what is evaluated.", slices.Concat(nodes, basicFunctions)},
		{"logic", "Logic", "Functions of true and false.", logicFunctions},
		{"comparison", "Comparison", "Equality, and the order of all values: numbers, then strings, arrays, objects, booleans, null.", comparisonFunctions},
		{"collections", "Collections", "Functions of arrays, pages and sets.", slices.Concat(collectionFunctions, combiningFunctions)},
		{"aggregates", "Aggregates", "Functions that make one value of many. Of a page they make a page with just that value.", aggregateFunctions},
		{"objects", "Objects", "Functions that look into values by paths, and that put objects together.", slices.Concat(pathFunctions, objectFunctions)},
		{"math", "Mathematics", "Arithmetic and rounding. Integers have 64 bits; with a double among them the result is a double.", mathFunctions},
		{"trigonometry", "Trigonometry", "Angles, logarithms and powers. Angles are in radians and results doubles.", trigonometryFunctions},
		{"bits", "Bits", "Functions of the bits of integers. A double counts without what is after the point.", bitFunctions},
		{"time", "Time", "Times to the nanosecond, and dates.", timeFunctions},
		{"conversion", "Conversion", "From one type to another.", conversionFunctions},
		{"typechecks", "Type checks", "Functions that report what kind of value they are given.", typecheckFunctions},
		{"ids", "Identifiers", "Ids for documents.", idFunctions},
		{"strings", "Strings", "Functions of strings, which count in code points.", stringFunctions},
		{"regexp", "Regular expressions", "Functions of regular expressions in the dialect of Java. A match that takes too long is stopped.", regexpFunctions},
		{"format", "Format", "Text with values put in, as java.util.Formatter does.", formatFunctions},
		{"refs", "References", "Refs of documents and schema objects by name, and the system collections.", refFunctions},
		{"sets", "Sets", "Sets of documents and histories, and the pages that are read of them.", slices.Concat(setFunctions, pageFunctions)},
		{"documents", "Documents", "Reading and writing documents and their history.", documentFunctions},
		{"schema", "Schema", "Functions that make databases, collections, indexes, keys, functions and roles.", schemaFunctions},
		{"identity", "Identity", "Functions that sign in and out, and that tell who asks.", identityFunctions},
	}
}

// Family is a group of functions with its own file and its own page in the
// reference.
type Family struct {
	Name      string // "math": its page is math.md
	Title     string
	Doc       string // a sentence or two
	Functions []*Function
}

type table struct {
	families []Family
	rows     []*Function
	forms    *ast.Forms
}

var theTable = sync.OnceValue(func() *table {
	t := &table{families: families()}
	var forms []*ast.Form
	for _, family := range t.families {
		for _, f := range family.Functions {
			f.form = newForm(f, len(t.rows))
			if f.Node {
				continue
			}
			t.rows = append(t.rows, f)
			forms = append(forms, f.form)
		}
	}
	t.forms = ast.NewForms(forms)
	return t
})

// Families returns the table, by families.
func Families() []Family { return theTable().families }

// Forms returns how the functions are written, for the readers of JSON and
// text.
func Forms() *ast.Forms { return theTable().forms }

// Form returns how the function is written.
func (f *Function) Form() *ast.Form { return f.form }

// Lookup returns the function called name in text.
func Lookup(name string) (*Function, bool) {
	form := Forms().ByName(name)
	if form == nil {
		return nil, false
	}
	return theTable().rows[form.ID], true
}

func newForm(f *Function, id int) *ast.Form {
	form := &ast.Form{Name: f.Name, Alias: f.Alias, Effect: f.Effect, ID: id, Delayed: f.Delayed, Missing: f.Missing}
	for _, p := range f.Params {
		form.Operands = append(form.Operands, ast.Operand{
			Key: p.Key, Optional: p.Optional, Syntax: p.Syntax,
			Named: p.Named, Variadic: p.Variadic, Nullable: p.Nullable, Alternative: p.Alternative,
		})
	}
	for _, key := range f.Order {
		form.Order = append(form.Order, f.param(key))
	}
	return form
}

func (f *Function) param(key string) int {
	for i := range f.Params {
		if f.Params[i].Key == key {
			return i
		}
	}
	panic("query: " + f.Name + " has no parameter " + key)
}
