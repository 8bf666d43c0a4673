package text

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fawndb/fawn/query/ast"
)

// TestParse reads texts and compares their wire form.
func TestParse(t *testing.T) {
	const users = `{"collection":"users"}`
	tests := []struct{ name, text, wire string }{
		{"constants", `[true, false, null]`, `[true,false,null]`},
		{"numbers", `[0, -1, 1.50, 1e3, -2E-2, 9223372036854775807]`, `[0,-1,1.50,1e3,-2E-2,9223372036854775807]`},
		{"quotes", "[\"a'b`c\", 'a\"b', `a\nb`]", `["a'b` + "`" + `c","a\"b","a\nb"]`},
		{"escapes", `"\n\t\b\f\v\0\x41\u0042\u{1F600}\ud83d\ude00\'\q\/"`, `"\n\t\u0008\u000c\u000b\u0000AB😀😀'q/"`},
		{"half a pair", `"\ud83d\u{d83d}"`, `"??"`},
		{"continued line", "\"a\\\nb\\\r\nc\"", `"abc"`},
		{"end of line", "`a\r\nb\rc`", `"a\nb\nc"`},
		{"dollars", "`$5 \\${x}`", `"$5 ${x}"`},
		{"object", `{ a: 1, "b c": { d: [] }, }`, `{"object":{"a":1,"b c":{"object":{"d":[]}}}}`},
		{"object call", `Object({ a: 1 })`, `{"object":{"a":1}}`},
		{"tag as a name", `{ "@ts": 1 }`, `{"object":{"@obj":{"@ts":1}}}`},
		{"unicode name", `{ größe: 1 }`, `{"object":{"größe":1}}`},
		{"prefix", `q.Get(q.Tokens())`, `{"get":{"tokens":null}}`},
		{"comments", "/* a */ Get( // b\n Tokens(/**/)) // c", `{"get":{"tokens":null}}`},
		{"trailing commas", `Add(1, 2,)`, `{"add":[1,2]}`},
		{"key and colon apart", "{ a\n: 1, 'b' /* b */ : 2 }", `{"object":{"a":1,"b":2}}`},
		{"blanks before brackets", "Get (Tokens\t())", `{"get":{"tokens":null}}`},
		{"comma and comment before a bracket", "[1, // one\n]", `[1]`},
		{"q is a name", "Query(q => Add(q, {q: q}))", `{"query":{"lambda":"q","expr":{"add":[{"var":"q"},{"object":{"q":{"var":"q"}}}]}}}`},
		{"group", `(Add((1), [(2)]))`, `{"add":[1,[2]]}`},
		{
			"paginate", `Paginate(Match(Index("i"), Ref(Collection("users"), "1")), { size: 10 })`,
			`{"paginate":{"match":{"index":"i"},"terms":{"ref":` + users + `,"id":"1"}},"size":10}`,
		},
		{"empty options", `Paginate(Tokens(), {})`, `{"paginate":{"tokens":null}}`},
		{
			"nullable", `[Now(), Tokens(), Tokens(null), Tokens(Database("d"))]`,
			`[{"now":null},{"tokens":null},{"tokens":null},{"tokens":{"database":"d"}}]`,
		},
		{"variadic", `[Add(), Add(1), Add(1, 2), Add([1, 2])]`, `[{"add":[]},{"add":1},{"add":[1,2]},{"add":[1,2]}]`},
		{
			"optional variadic", `[Match("i"), Match("i", 1), Match("i", 1, 2), Match("i", [])]`,
			`[{"match":"i"},{"match":"i","terms":1},{"match":"i","terms":[1,2]},{"match":"i","terms":[]}]`,
		},
		{"expression list", `[Do(1), Do(1, 2), Do([1, 2])]`, `[{"do":[1]},{"do":[1,2]},{"do":[[1,2]]}]`},
		{"operands", `[And(true), And(true, false), And([true])]`, `[{"and":true},{"and":[true,false]},{"and":[true]}]`},
		{"order", `Map([1], x => x)`, `{"map":{"lambda":"x","expr":{"var":"x"}},"collection":[1]}`},
		{
			"arrows", `[Query((x) => x), Query(() => 1), Query((a, b) => Add(a, b)), Query(_ => ({ a: 1 })), Query(x => { a: x })]`,
			`[{"query":{"lambda":"x","expr":{"var":"x"}}},{"query":{"lambda":[],"expr":1}},` +
				`{"query":{"lambda":["a","b"],"expr":{"add":[{"var":"a"},{"var":"b"}]}}},` +
				`{"query":{"lambda":"_","expr":{"object":{"a":1}}}},{"query":{"lambda":"x","expr":{"object":{"a":{"var":"x"}}}}}]`,
		},
		{
			"lambdas", `[Query(Lambda("x y", Var("x y"))), Query(Lambda(["a"], a)), Query((Lambda(x => x)))]`,
			`[{"query":{"lambda":"x y","expr":{"var":"x y"}}},{"query":{"lambda":["a"],"expr":{"var":"a"}}},` +
				`{"query":{"lambda":"x","expr":{"var":"x"}}}]`,
		},
		{
			"lambda or expression", `[Join(Tokens(), x => x), Join(Tokens(), Index("i"))]`,
			`[{"join":{"tokens":null},"with":{"lambda":"x","expr":{"var":"x"}}},{"join":{"tokens":null},"with":{"index":"i"}}]`,
		},
		{"let", `Let({ x: 1, "@y": x }, [x, Var("@y")])`, `{"let":{"@obj":{"x":1,"@y":{"var":"x"}}},"in":[{"var":"x"},{"var":"@y"}]}`},
		{
			"let list", `Let([{ x: 1 }, { x: Add(x, 1) }], x)`,
			`{"let":[{"x":1},{"x":{"add":[{"var":"x"},1]}}],"in":{"var":"x"}}`,
		},
		{"left out", `SubString("abc", _, 2)`, `{"substring":"abc","length":2}`},
		{"left out as the driver does", `SubString("abc", undefined, 2)`, `{"substring":"abc","length":2}`},
		{"alias", `[BitAnd(1), Bitand(1, 2)]`, `[{"bitand":1},{"bitand":[1,2]}]`},
		{
			"options or default", `[Select("a", {}, { all: true }), Select("a", {}, { b: 1 }), Select("a", {}, Object({ all: true })), Select("a", {}, 1, { all: true })]`,
			`[{"select":"a","from":{"object":{}},"all":true},{"select":"a","from":{"object":{}},"default":{"object":{"b":1}}},` +
				`{"select":"a","from":{"object":{}},"default":{"object":{"all":true}}},{"select":"a","from":{"object":{}},"all":true,"default":1}]`,
		},
		{"needed option", `Needs(1, { how: 2 })`, `{"needs":1,"how":2}`},
		{"old ref", `[Ref("collections/users/1"), @ref("tokens")]`, `[{"@ref":"collections/users/1"},{"@ref":"tokens"}]`},
		{
			"tags", `[@ts("2020-01-01T00:00:00Z"), @date('2020-01-01'), Bytes("AQ=="), @uuid("00000000-0000-0000-0000-000000000000"), @obj(Add(1))]`,
			`[{"@ts":"2020-01-01T00:00:00Z"},{"@date":"2020-01-01"},{"@bytes":"AQ=="},{"@uuid":"00000000-0000-0000-0000-000000000000"},{"@obj":{"add":1}}]`,
		},
		{
			"set", `@set({ match: @ref({ id: "i", collection: @ref({ id: "indexes" }) }), terms: [1] })`,
			`{"@set":{"match":{"@ref":{"id":"i","collection":{"@ref":{"id":"indexes"}}}},"terms":[1]}}`,
		},
		{"query literal", `@query({ lambda: "x", expr: { var: "x" } })`, `{"@query":{"lambda":"x","expr":{"var":"x"}}}`},
		{
			"data", `Quote({ add: [1], t: @ts("2020-01-01T00:00:00Z"), o: @obj({ "@ts": 1 }), n: null })`,
			`{"quote":{"add":[1],"t":{"@ts":"2020-01-01T00:00:00Z"},"o":{"@obj":{"@ts":1}},"n":null}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := Parse(tt.text, testForms)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(q.Wire); got != tt.wire {
				t.Errorf("wire form\n got %s\nwant %s", got, tt.wire)
			}
			roundTrip(t, q)
		})
	}
}

// TestParseErrors reads what cannot be read. The error is the whole text that
// a user sees, with the source's line and the mark under it.
func TestParseErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", " // nothing\n", "line 1, column 12: found the end, expected an expression\n   // nothing\n             ^"},
		{"two", "1\n2", "line 2, column 1: found \"2\", expected the end: only one query may stand here\n  2\n  ^"},
		{"two on a line", "1 2", "line 1, column 3: found \"2\", expected \";\" or a new line\n  1 2\n    ^"},
		{"no comma", "Add(1 2)", "line 1, column 7: found \"2\", expected \",\" or \")\"\n  Add(1 2)\n        ^"},
		{"wrong bracket", "{\n\ta: Add(1, ]\n}", "line 2, column 12: found \"]\", expected \",\" or \")\"\n  \ta: Add(1, ]\n  \t          ^"},
		{"end", "Get(", "line 1, column 5: found the end, expected an expression or \")\"\n  Get(\n      ^"},
		{"closes nothing", "Get(1))", "line 1, column 7: found \")\", which closes nothing\n  Get(1))\n        ^"},
		{"no colon", "{ a 1 }", "line 1, column 5: found \"1\", expected \":\"\n  { a 1 }\n      ^"},
		{"no name", "{ [1]: 1 }", "line 1, column 3: found \"[\", expected a name or \"}\"\n  { [1]: 1 }\n    ^"},
		{"number as a name", "{ 1: 1 }", "line 1, column 3: a name is an identifier or a string\n  { 1: 1 }\n    ^"},
		{"twice", "{ a: 1, 'a': 2 }", "line 1, column 9: the name \"a\" is given twice\n  { a: 1, 'a': 2 }\n          ^"},
		{"holes", "[1,,2]", "line 1, column 4: found \",\", expected an expression or \"]\"\n  [1,,2]\n     ^"},
		{"comma first", "Add(, 1)", "line 1, column 5: found \",\", expected an expression or \")\"\n  Add(, 1)\n      ^"},
		{"comma only", "[,]", "line 1, column 2: found \",\", expected an expression or \"]\"\n  [,]\n   ^"},
		{"comma outside", "1, 2", "line 1, column 2: found \",\", expected \";\" or a new line\n  1, 2\n   ^"},
		{"member without value", "{ a }", "line 1, column 5: found \"}\", expected \":\"\n  { a }\n      ^"},
		{"member with a comma for a value", "{ a: , }", "line 1, column 6: found \",\", expected an expression\n  { a: , }\n       ^"},
		{"tag alone", "@ts 'x'", "line 1, column 5: expected \"(\" behind a tag\n  @ts 'x'\n      ^"},
		{"two in a tag", "@ts('x', 1)", "line 1, column 8: found \",\", expected \")\"\n  @ts('x', 1)\n         ^"},
		{"arrow to nothing", "Query(x => )", "line 1, column 12: found \")\", expected an expression\n  Query(x => )\n             ^"},
		{"string", "Get(\"a\nb\")", "line 1, column 5: the string has no end on its line; one between ` may have several\n  Get(\"a\n      ^"},
		{"open string", "`a", "line 1, column 1: the string has no end\n  `a\n  ^"},
		{"interpolation", "`a${b}`", "line 1, column 3: ${...} is not supported: write Concat or Format, or \\${ for the characters\n  `a${b}`\n    ^"},
		{"escape", `"ab\u12"`, "line 1, column 4: found an escape that stands for nothing\n  \"ab\\u12\"\n     ^"},
		{"octal", `"\01"`, "line 1, column 2: found an escape that stands for nothing\n  \"\\01\"\n   ^"},
		{"comment", "1 /* a", "line 1, column 3: the comment has no end\n  1 /* a\n    ^"},
		{"sign", "Get(#)", "line 1, column 5: found \"#\", which starts nothing\n  Get(#)\n      ^"},
		{"operator", "1 + 2", "line 1, column 3: found \"+\", which starts nothing\n  1 + 2\n    ^"},
		{"utf-8", "\xff", "line 1, column 1: the text is not valid UTF-8\n  \xff\n  ^"},
		{"leading zero", "[01]", "line 1, column 2: found \"01\", which is not a number\n  [01]\n   ^"},
		{"number and letters", "1a", "line 1, column 1: found \"1a\", which is not a number\n  1a\n  ^"},
		{"large integer", "[1, 9223372036854775808]", "line 1, column 5: the integer does not fit into 64 bits\n  [1, 9223372036854775808]\n      ^"},
		{"unknown function", "Get(Pagniate(1))", "line 1, column 5: there is no function Pagniate; did you mean Paginate?\n  Get(Pagniate(1))\n      ^"},
		{"bytes of numbers", "Bytes([0])", "line 1, column 1: Bytes takes the text of its base64 form: Bytes(\"aGk=\")\n  Bytes([0])\n  ^"},
		{"small letters", "paginate(1)", "line 1, column 1: there is no function paginate; did you mean Paginate?\n  paginate(1)\n  ^"},
		{"unlike anything", "Xyzzyplugh(1)", "line 1, column 1: there is no function Xyzzyplugh\n  Xyzzyplugh(1)\n  ^"},
		{"too few", "Select(1)", "line 1, column 1: Select takes 2 to 3 arguments, not 1: Select(select, from, [default], { all })\n  Select(1)\n  ^"},
		{"too many", "Delete(1, 2)", "line 1, column 11: Delete takes 1 argument, not 2: Delete(delete)\n  Delete(1, 2)\n            ^"},
		{"none for variadic", "Format()", "line 1, column 1: Format takes at least 1 argument, not 0: Format(format, ...values)\n  Format()\n  ^"},
		{"unknown option", "Paginate(1, { sise: 1 })", "line 1, column 15: Paginate has no option sise: Paginate(paginate, { after, before, cursor, ts, size, events, sources })\n  Paginate(1, { sise: 1 })\n                ^"},
		{"missing option", "Needs(1)", "line 1, column 1: Needs needs the option how: Needs(needs, { how, when })\n  Needs(1)\n  ^"},
		{"needed argument", "SubString(_)", "line 1, column 11: \"_\" leaves an argument out, and substring is needed\n  SubString(_)\n            ^"},
		{"unknown variable", "Let({ x: 1 },\n  Add(x, y))", "line 2, column 10: Variable 'y' is not defined.\n    Add(x, y))\n           ^"},
		{"several errors", "[x, y, z]", "line 1, column 2: Variable 'x' is not defined. (and 2 more errors)\n  [x, y, z]\n   ^"},
		{"undefined", "Get(x)", "line 1, column 5: Variable 'x' is not defined.\n  Get(x)\n      ^"},
		{"left out as the driver does", "Get(undefined)", "line 1, column 5: \"undefined\" leaves an argument out, and get is needed\n  Get(undefined)\n      ^"},
		{"stray lambda", "[x => 1]", "line 1, column 2: a lambda stands only where a function asks for one; Query(...) makes a value of it\n  [x => 1]\n   ^"},
		{"stray group", "[(1, 2)]", "line 1, column 2: brackets hold one expression, or the parameters of a lambda: (x, y) => ...\n  [(1, 2)]\n   ^"},
		{"parameter", "Query((1) => 1)", "line 1, column 8: a parameter is an identifier; Lambda([\"a\"], ...) takes any name, and an array of one\n  Query((1) => 1)\n         ^"},
		{"no lambda", "Map([1], 2)", "line 1, column 10: Lambda expected, Integer provided.\n  Map([1], 2)\n           ^"},
		{"tag", "@time(1)", "line 1, column 1: there is no tag @time; the tags are @ref, @set, @ts, @date, @bytes, @uuid, @query, @obj\n  @time(1)\n  ^"},
		{"call in data", "Quote([Add(1)])", "line 1, column 8: found \"Add\" in data, which is not evaluated: it holds JSON and tags only\n  Quote([Add(1)])\n         ^"},
		{"bad time", "[@ts('x')]", "line 1, column 2: Invalid time.\n  [@ts('x')]\n   ^"},
		{"wide characters", "['é', x]", "line 1, column 7: Variable 'x' is not defined.\n  ['é', x]\n        ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text, testForms)
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("\n got %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestLocate finds positions of the wire form in a text.
func TestLocate(t *testing.T) {
	const src = "// first\nGet(x\n);\nLet({ a: 1 },\n  Map([1, 2], (x) =>\n    Add(x, 'é', { k: [a] })))\n\n" +
		"Paginate(Match('i', 1), { size: 'x' }); And(true); SubString('a', _, 1)"
	queries, err := ParseAll("Let({ x: 1 }, x)\n"+src[len("// first\nGet(x\n);\n"):], testForms)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		query        int
		pos          string
		line, column int
	}{
		{0, "", 1, 1},
		{0, "let x", 1, 10},
		{0, "in", 1, 15},
		{1, "", 2, 1},
		{1, "in map", 3, 15},
		{1, "in map lambda", 3, 15},
		{1, "in map expr", 4, 5},
		{1, "in map expr add 1", 4, 12},
		{1, "in map expr add 2 object k 0 var", 4, 23},
		{1, "in collection 1", 3, 11},
		{2, "terms", 6, 1},
		{2, "paginate terms", 6, 21},
		{2, "size", 6, 33},
		{2, "ts", 6, 1},
		{3, "and 0", 6, 45},
		{4, "length", 6, 70},
	}
	for _, tt := range tests {
		line, column, ok := queries[tt.query].Locate(position(tt.pos))
		if !ok || line != tt.line || column != tt.column {
			t.Errorf("query %d, %q: at line %d, column %d (%v), want %d, %d", tt.query, tt.pos, line, column, ok, tt.line, tt.column)
		}
	}
	if _, _, ok := queries[0].Locate(nil); ok {
		t.Error("no position is somewhere")
	}
	const want = "line 4, column 12: Number expected, String provided.\n      Add(x, 'é', { k: [a] })))\n             ^"
	if got := queries[1].At(position("in map expr add 1"), "Number expected, String provided.").Error(); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// position makes a position of words, of which numbers are indices.
func position(words string) ast.Position {
	pos := ast.Position{}
	for _, word := range strings.Fields(words) {
		if i, err := strconv.Atoi(word); err == nil {
			pos = append(pos, ast.Index(i))
		} else {
			pos = append(pos, ast.Key(word))
		}
	}
	return pos
}

// TestParseAll separates queries.
func TestParseAll(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"none", " /* nothing */ ", []string{}},
		{"lines", "Now()\n[1,\n2]\n'a'", []string{"Now()", "[1,\n2]", "'a'"}},
		{"semicolons", "1; 2;; 3;", []string{"1", "2", "3"}},
		{"comments", "1 // one\n/* two */ 2 /*\n*/ 3", []string{"1", "2", "3"}},
		{"brackets on a new line", "Let({ a: 1 }, a)\n(1)", []string{"Let({ a: 1 }, a)", "(1)"}},
		{"prefixes", "q.Now()\nq.Now()", []string{"Now()", "Now()"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			queries, err := ParseAll(tt.text, testForms)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, q := range queries {
				got = append(got, q.Text())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLimits reads texts that are too long or too deep.
func TestLimits(t *testing.T) {
	deep := func(n int, head, tail string) string { return strings.Repeat(head, n) + "1" + strings.Repeat(tail, n) }
	tests := []struct{ name, text, want string }{
		{"arrays", deep(1001, "[", "]"), "Request body JSON exceeds nesting limit."},
		{"brackets", deep(100_000, "[", "]"), "expressions are nested too deeply"},
		{"open brackets", strings.Repeat("(", 100_000), "expressions are nested too deeply"},
		{"calls", deep(100_000, "Get(", ")"), "expressions are nested too deeply"},
		{"arrows", deep(100_000, "x => ", ""), "expressions are nested too deeply"},
		{"long arrows", deep(100_000, "(x) => ", ""), "expressions are nested too deeply"},
		{"size", strings.Repeat(" ", maxSource+1), "the text is too long: it has more than 8 MiB"},
		{"tokens", "[" + strings.Repeat("1,", maxTokens/2) + "]", "the text is too long: it has more than a million words and signs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text, testForms)
			var fault *Error
			if !errors.As(err, &fault) || fault.Message != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
	for _, text := range []string{deep(1000, "[", "]"), deep(999, "Get(", ")"), deep(330, "Paginate(1, { after: [", "] })")} {
		q, err := Parse(text, testForms)
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, q)
	}
}

// TestCache checks that texts are read once, and that old ones are forgotten.
func TestCache(t *testing.T) {
	c := NewCache(testForms, 40)
	parse := func(src string) *Query {
		t.Helper()
		q, err := c.Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	first := parse("[1, 2, 3]")
	for _, src := range []string{"[2, 3, 4]", "[3, 4, 5]", "[1, 2, 3]", "[4, 5, 6]", "[5, 6, 7]"} {
		parse(src)
	}
	if parse("[1, 2, 3]") != first {
		t.Error("a text used lately was forgotten")
	}
	if len(c.entries) != 4 || c.size != 36 {
		t.Errorf("%d texts of %d bytes are kept, want 4 of 36", len(c.entries), c.size)
	}
	if large := "[1, 2, 3, 4]"; parse(large) != nil && c.entries[large] != nil {
		t.Error("a large text is kept")
	}
	if _, err := c.Parse("Get("); err == nil || len(c.entries) != 4 {
		t.Error("an error is kept")
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 100 {
				if _, err := c.Parse(fmt.Sprintf("[%d, %d]", i, k%10)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if c.size > 40 || len(c.entries) != c.recent.Len() {
		t.Errorf("%d bytes in %d of %d entries", c.size, len(c.entries), c.recent.Len())
	}
}
