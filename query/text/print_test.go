package text

import (
	"testing"

	"github.com/fawndb/fawn/query/wire"
)

// TestPrint prints wire forms.
func TestPrint(t *testing.T) {
	tests := []struct{ name, wire, text string }{
		{"names", `{"object":{"a b":1,"_":2,"1a":3,"":4,"true":5}}`, `{ "a b": 1, _: 2, "1a": 3, "": 4, true: 5 }`},
		{"strings", `"\"\\\n\u0001\u007f\u009b\u2028é"`, "\"\\\"\\\\\\n\\u0001\\u007f\\u009b\u2028é\""},
		{"doubles", `[1.0,1e30,-0.0]`, `[1.0, 1.0E30, -0.0]`},
		{
			"variables", `{"let":{"a":1,"b c":2,"_":3,"null":4,"undefined":5},"in":[{"var":"a"},{"var":"b c"},{"var":"_"},{"var":"null"},{"var":"undefined"}]}`,
			`Let({ a: 1, "b c": 2, _: 3, null: 4, undefined: 5 }, [a, Var("b c"), Var("_"), Var("null"), Var("undefined")])`,
		},
		{"lambda of one", `{"query":{"lambda":["a"],"expr":{"var":"a"}}}`, `Query(Lambda(["a"], a))`},
		{"lambda without a name", `{"query":{"lambda":["a","true"],"expr":1}}`, `Query(Lambda(["a", "true"], 1))`},
		{
			"left out", `[{"substring":"a","length":1},{"findstrregex":"a","pattern":"b","num_results":1}]`,
			`[SubString("a", _, 1), FindStrRegex("a", "b", _, 1)]`,
		},
		{"default before options", `{"select":"a","from":1,"default":2,"all":true}`, `Select("a", 1, 2, { all: true })`},
		{"object for options", `{"select":"a","from":1,"default":{"object":{"all":true}}}`, `Select("a", 1, Object({ all: true }))`},
		{"empty object for options", `{"select":"a","from":1,"default":{"object":{}}}`, `Select("a", 1, Object({}))`},
		{"null for a default", `{"select":"a","from":1,"default":null}`, `Select("a", 1, null)`},
		{
			"variadic", `[{"add":[]},{"add":[1]},{"match":"i","terms":[]},{"match":"i","terms":[[1]]},{"and":[true]},{"and":[[true]]},{"do":[1]}]`,
			`[Add([]), Add([1]), Match("i", []), Match("i", [[1]]), And([true]), And([[true]]), Do(1)]`,
		},
		{"null for nothing", `[{"now":null},{"now":1}]`, `[Now(), Now(1)]`},
		{
			"refs", `[{"@ref":{"id":"1","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}},` +
				`{"@ref":"tokens/self"},{"@ref":{"id":"a/b","collection":{"@ref":{"id":"indexes"}}}}]`,
			`[@ref("collections/users/1"), @ref("tokens/self"), @ref({ id: "a/b", collection: @ref({ id: "indexes" }) })]`,
		},
		{"set", `{"@set":{"match":"i","terms":{"@ts":"2020-01-01T00:00:00Z"}}}`, `@set({ match: "i", terms: @ts("2020-01-01T00:00:00Z") })`},
		{
			"query", `{"@query":{"api_version":"3","lambda":"x","expr":{"add":[{"var":"x"},1]}}}`,
			`@query({ api_version: "3", lambda: "x", expr: { add: [{ var: "x" }, 1] } })`,
		},
		{
			"data", `{"quote":{"add":[1,{"@ts":"2020-01-01T00:00:00Z"}],"o":{"@obj":{"@ts":1}}}}`,
			`Quote({ add: [1, @ts("2020-01-01T00:00:00Z")], o: @obj({ "@ts": 1 }) })`,
		},
		{"wrapped", `{"@obj":{"object":{"a":1}}}`, `@obj({ a: 1 })`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := wire.Decode([]byte(tt.wire), testForms)
			if err != nil {
				t.Fatal(err)
			}
			got := string(Append(nil, e, Options{Width: -1}))
			if got != tt.text {
				t.Errorf("\n got %s\nwant %s", got, tt.text)
			}
			roundTrip(t, &Query{Expr: e, Wire: []byte(tt.wire)})
		})
	}
}
