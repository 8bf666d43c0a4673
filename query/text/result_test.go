package text

import (
	"strings"
	"testing"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

func TestAppendResult(t *testing.T) {
	ref := func(id, class string) string {
		if class == "" {
			return `{"@ref":{"id":"` + id + `"}}`
		}
		return `{"@ref":{"id":"` + id + `","collection":` + class + `}}`
	}
	users := ref("users", ref("collections", ""))
	tests := []struct{ name, json, want string }{
		{"scalars", `[null,true,1,1.0,"NaN","a\nb"]`, `[null, true, 1, 1.0, "NaN", "a\nb"]`},
		{"object", `{"a":{"b c":[]}}`, `{ a: { "b c": [] } }`},
		{"protected object", `{"@obj":{"@ts":1}}`, `{ "@ts": 1 }`},
		{"times", `[{"@ts":"2020-01-01T00:00:00.500Z"},{"@date":"2020-01-01"}]`, `[Time("2020-01-01T00:00:00.500Z"), Date("2020-01-01")]`},
		{"bytes", `[{"@bytes":"AQ=="},{"@uuid":"00000000-0000-0000-0000-000000000000"}]`, `[@bytes("AQ=="), @uuid("00000000-0000-0000-0000-000000000000")]`},
		{
			"refs", `[` + ref("1", users) + `,` + users + `,` + ref("5", ref("tokens", "")) + `,` + ref("tokens", "") + `]`,
			`[Ref(Collection("users"), "1"), Collection("users"), Ref(Tokens(), "5"), Tokens()]`,
		},
		{"ref in a database", `{"@ref":{"id":"x","collection":{"@ref":{"id":"collections"}},"database":` +
			`{"@ref":{"id":"d","collection":{"@ref":{"id":"databases"}}}}}}`, `Collection("x", Database("d"))`},
		{"function without a name", ref("p", ref("access_providers", "")), `@ref("access_providers/p")`},
		{
			"sets", `[{"@set":{"match":` + ref("i", ref("indexes", "")) + `,"terms":"a"}},{"@set":{"union":[` + users + `,` + users + `]}}]`,
			`[Match(Index("i"), "a"), Union(Collection("users"), Collection("users"))]`,
		},
		{
			"set with a lambda", `{"@set":{"filter":{"api_version":"4","lambda":"x","expr":true},"collection":` + ref("tokens", "") + `}}`,
			`Filter(Tokens(), x => true)`,
		},
		{
			"lambda", `{"@query":{"api_version":"4","lambda":["a","b"],"expr":{"add":[{"var":"a"},{"var":"b"}]}}}`,
			`Query((a, b) => Add(a, b))`,
		},
		{
			"lambda with data", `{"@query":{"api_version":"4","lambda":"x","expr":{"let":{"y":{"quote":{"a":` + users + `}}},"in":{"var":"y"}}}}`,
			`Query(x => Let({ y: { a: Collection("users") } }, y))`,
		},
		{
			"document", `{"ref":` + ref("1", users) + `,"ts":1700000000123456,"data":{"name":"a name that is so long that the line must break"}}`,
			"{\n  ref: Ref(Collection(\"users\"), \"1\"),\n  ts: 1700000000123456,\n" +
				"  data: { name: \"a name that is so long that the line must break\" }\n}",
		},
		{
			"data of all kinds", `{"a":{"@obj":{"@obj":{"@obj":{"@ts":1}}}},"b":{"@obj":{"@x":{"@obj":{"@date":2}},"y":3}}}`,
			`{ a: { "@obj": { "@ts": 1 } }, b: { "@x": { "@date": 2 }, y: 3 } }`,
		},
		{
			"no result, but JSON", `[{"@ts":1},{"@obj":{"@date":1}},{"@ts":{"@obj":{"@date":1}},"b":1}]`,
			`[@ts(1), @obj({ "@date": 1 }), { "@ts": @obj({ "@date": 1 }), b: 1 }]`,
		},
		{"no result", `{"@ts":"yesterday"}`, `@ts("yesterday")`},
		{"too deep", strings.Repeat("[", 3000) + strings.Repeat("]", 3000), ""},
		{"no JSON", `{"a"`, `{"a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(AppendResult(nil, []byte(tt.json), testForms, Options{}))
			if tt.want == "" {
				tt.want, got = tt.json, strings.NewReplacer(" ", "", "\n", "").Replace(got)
			}
			if got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestAppendResultWithoutForms keeps literals that no function can make.
func TestAppendResultWithoutForms(t *testing.T) {
	quote := ast.NewForms([]*ast.Form{testForm("Quote #quote")})
	const result = `[{"@ref":{"id":"1","collection":{"@ref":{"id":"tokens"}}}},{"@ts":"2020-01-01T00:00:00Z"}]`
	const want = `[@ref("tokens/1"), @ts("2020-01-01T00:00:00Z")]`
	if got := string(AppendResult(nil, []byte(result), quote, Options{})); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// names name the collection 1024 and the index 32768 of the only database.
type names struct{}

func (names) Scope() value.Scope                   { return 0 }
func (names) Parent(value.Scope) (value.Ref, bool) { return value.Ref{}, false }
func (names) Name(r value.Ref) (name string, ok bool) {
	switch r {
	case value.Ref{Class: value.Collections, ID: 1024}:
		return "users", true
	case value.Ref{Class: value.Indexes, ID: 32768}:
		return "all", true
	}
	return "", false
}

func TestAppendValue(t *testing.T) {
	user := value.Ref{Class: 1024, ID: 7}
	lambda := &value.Lambda{
		Version:  "4",
		Code:     &value.Source{Params: `"x"`, Body: `{"add":[{"var":"x"},{"var":"y"}]}`},
		Captured: []value.Field{{Name: "y", Value: value.Object{{Name: "of", Value: user}}}},
	}
	page := value.NewPage(value.Array{user})
	page.After = value.Array{user}
	all := &value.Set{Op: value.SetMatch, Ref: value.Ref{Class: value.Indexes, ID: 32768}, Terms: []value.Value{value.Long(1), value.Bytes("a")}}
	tests := []struct {
		name string
		v    value.Value
		want string
	}{
		{
			"document", value.NewDocument(user, 5, value.Object{{Name: "data", Value: value.Object{{Name: "on", Value: value.Date(0)}}}}),
			`{ ref: Ref(Collection("users"), "7"), ts: 5, data: { on: Date("1970-01-01") } }`,
		},
		{"pending time", value.TxnTime{}, `1234`},
		{"lambda", lambda, `Query(x => Let({ y: { of: Ref(Collection("users"), "7") } }, Add(x, y)))`},
		{"set", all, `Match(Index("all"), 1, @bytes("YQ=="))`},
		{
			"range", &value.Set{Op: value.SetRange, Sets: []value.Value{all}, From: []value.Value{value.Long(1)}, FromBare: true},
			`Range(Match(Index("all"), 1, @bytes("YQ==")), 1, [])`,
		},
		{
			"page", page,
			`{ after: [Ref(Collection("users"), "7")], data: [Ref(Collection("users"), "7")] }`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := AppendValue(nil, tt.v, value.Renderer{Names: names{}, TxnTime: 1234}, testForms, Options{})
			if err != nil || string(got) != tt.want {
				t.Errorf("\n got %s\nwant %s\n%v", got, tt.want, err)
			}
		})
	}
}

func TestHighlight(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{
			"all kinds", `Get("a", -1, x, true) // c`,
			"F{Get}(S{\"a\"}, N{-1}, x, C{true}) G{// c}",
		},
		{"tag and prefix", `q.Now(@ts("x"))`, `q.F{Now}(C{@ts}(S{"x"}))`},
		{"lines", "/* a\nb */ 1", "G{/* a}\nG{b */} N{1}"},
		{"unfinished", `Get("a`, `F{Get}("a`},
	}
	colours := strings.NewReplacer(functionColour, "F{", stringColour, "S{", numberColour, "N{",
		constantColour, "C{", commentColour, "G{", plainColour, "}")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := colours.Replace(string(Highlight(nil, tt.src))); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}
