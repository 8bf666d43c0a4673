package wire

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// row is a body and what becomes of it: the one spelling it is printed in, or
// its errors, a line each: the position and the description. An empty want
// is the body itself. «users/1» stands for the ref of document 1 in users,
// «collections/users» for that of the collection, «tokens» for Tokens().
type row struct{ body, want string }

var shorthand = regexp.MustCompile(`«[^»]*»`)

func expand(s string) string {
	return shorthand.ReplaceAllStringFunc(s, func(short string) string {
		first, rest, _ := strings.Cut(strings.Trim(short, "«»"), "/")
		native := func(name string) string { return `{"@ref":{"id":"` + name + `"}}` }
		in := func(id, collection string) string {
			return `{"@ref":{"id":"` + id + `","collection":` + collection + `}}`
		}
		switch first {
		case "collections", "indexes", "databases", "functions", "roles", "keys", "tokens", "credentials", "tasks", "access_providers":
			if rest == "" {
				return native(first)
			}
			return in(rest, native(first))
		default:
			return in(rest, in(first, native("collections")))
		}
	})
}

func outcome(body string) string {
	e, err := Decode([]byte(body), testForms)
	return show(e, err)
}

func show(e ast.Expr, err error) string {
	if err == nil {
		return string(Append(nil, e))
	}
	var errs Errors
	if !errors.As(err, &errs) || len(errs) == 0 {
		return "not Errors: " + err.Error()
	}
	var lines []string
	for _, e := range errs {
		if e.Position == nil {
			return "nil position"
		}
		lines = append(lines, string(AppendPosition(nil, e.Position))+" "+e.Description)
	}
	return strings.Join(lines, "\n")
}

func check(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		body, want := expand(r.body), expand(r.want)
		if want == "" {
			want = body
		}
		if got := outcome(body); got != want {
			t.Errorf("%s\n got %s\nwant %s", r.body, got, want)
		}
	}
}

func TestScalars(t *testing.T) {
	check(t, []row{
		{`null`, ``},
		{`true`, ``},
		{`false`, ``},
		{`0`, ``},
		{`-0`, `0`},
		{`-7`, ``},
		{` 42 `, `42`},
		{`9223372036854775807`, ``},
		{`-9223372036854775808`, ``},
		{`1.0`, ``},
		{`1e2`, `100.0`},
		{`1E2`, `100.0`},
		{`1e+2`, `100.0`},
		{`-0.0`, ``},
		{`0.001`, ``},
		{`0.0001`, `1.0E-4`},
		{`9999999.0`, ``},
		{`1e7`, `1.0E7`},
		{`12345678.9`, `1.23456789E7`},
		{`1e999`, `1.0E999`},
		{`-1e999`, `-1.0E999`},
		{`""`, ``},
		{`"é/\u0001"`, ``},
		{`"\u00e9\/"`, `"é/"`},
		{`"\"\\\b\f\n\r\t"`, ``},
		{`"\ud83d\ude00"`, `"😀"`},
		{`"\ud800"`, `"?"`},
		{`"\udc00x"`, `"?x"`},
		{`"\ud800\u0041"`, `"?A"`},
		{`"\ud800\ud800\udc00"`, "\"?\U00010000\""},
		{`"\u0000"`, ``},
		{`[]`, ``},
		{`[1,[2,"a"],null]`, ``},
		{" [ 1 ,\t2\r\n] ", `[1,2]`},
	})
}

func TestNotJSON(t *testing.T) {
	const bad = `[] Request body is not valid JSON.`
	for _, body := range []string{
		`{`, `}`, `[`, `]`, `[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a":1 "b":2}`, `{1:2}`,
		`nul`, `nulll`, `True`, `tru`, `"`, `"abc`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\`, `"\u`, "\"\n\"", "\"a\\n\n\"", `'a'`,
		`01`, `-`, `+1`, `.5`, `1.`, `1.e1`, `1e`, `1e+`, `--1`, `0x10`, `NaN`, `Infinity`, `1_000`,
		`9223372036854775808`, `-9223372036854775809`, `[1]x`, `1 2`, `{}{}`, "\xff", "\"\xc3\x28\"", "\"\xed\xa0\x80\"", "\x00",
		`{"object":{"a":1,"a":}}`, `[1],`, "\ufeff1",
	} {
		if got := outcome(body); got != bad {
			t.Errorf("%q: got %s", body, got)
		}
	}
	check(t, []row{
		{" ", `[] No query provided.`},
		{"\n\t", `[] No query provided.`},
	})
	if got := outcome(""); got != `[] No query provided.` {
		t.Error(got)
	}
}

func TestDuplicateKeys(t *testing.T) {
	many := strings.Builder{}
	many.WriteString(`{"object":{"k0":0`)
	for i := range 40 {
		many.WriteString(`,"k` + string(rune('a'+i%20)) + `":` + `1`)
	}
	many.WriteString(`,"k0":2,"ka":3}}`)
	check(t, []row{
		{`{"object":{"a":1,"a":2}}`, `{"object":{"a":1}}`},
		{`{"object":{"a":1,"b":2,"\u0061":{"foo":[1,2]},"c":3}}`, `{"object":{"a":1,"b":2,"c":3}}`},
		{`{"add":1,"add":{"x":1}}`, `{"add":1}`},
		{
			many.String(),
			`{"object":{"k0":0,"ka":1,"kb":1,"kc":1,"kd":1,"ke":1,"kf":1,"kg":1,"kh":1,"ki":1,"kj":1,"kk":1,"kl":1,` +
				`"km":1,"kn":1,"ko":1,"kp":1,"kq":1,"kr":1,"ks":1,"kt":1}}`,
		},
	})
}

// Chapter on the wire, sections 3.6.5, 3.7 and 5.
func TestForms(t *testing.T) {
	check(t, []row{
		{`{"foo":"bar"}`, `[] No form/function found, or invalid argument keys: { foo }.`},
		{`{}`, `[] No form/function found, or invalid argument keys: {  }.`},
		{`{"b":1,"a":2}`, `[] No form/function found, or invalid argument keys: { b, a }.`},
		{`{"get":«users/1»,"extra":1}`, `[] No form/function found, or invalid argument keys: { get, extra }.`},
		{`{"merge":{"object":{}}}`, `[] No form/function found, or invalid argument keys: { merge }.`},
		{`{"@ts":"1970-01-01T00:00:00Z","x":1}`, `[] No form/function found, or invalid argument keys: { @ts, x }.`},
		{`{"@foo":1}`, `[] No form/function found, or invalid argument keys: { @foo }.`},
		{`{"lambda":"x","expr":1}`, `[] No form/function found, or invalid argument keys: { lambda, expr }.`},
		{`{"data":{"a":1}}`, `[] No form/function found, or invalid argument keys: { data }.`},
		{`{"if":true,"then":1}`, `[] No form/function found, or invalid argument keys: { if, then }.`},
		{`{"let":{}}`, `[] No form/function found, or invalid argument keys: { let }.`},
		{`{"let":{},"in":1,"x":2}`, `[] No form/function found, or invalid argument keys: { let, in, x }.`},
		{`[1,{"x":2},{"y":3}]`, `[1] No form/function found, or invalid argument keys: { x }.`},
		{`{"object":{"a":{"x":1},"b":{"y":1}}}`, `["object","a"] No form/function found, or invalid argument keys: { x }.`},
		{`{"object":{"":{"x":1}}}`, `["object",""] No form/function found, or invalid argument keys: { x }.`},
		{`{"else":{"x":1},"then":{"y":1},"if":true}`, `["then"] No form/function found, or invalid argument keys: { y }.`},
		{`{"add":[1,{"abs":{"x":1}}]}`, `["add",1,"abs"] No form/function found, or invalid argument keys: { x }.`},
		{`{"abs":"x"}`, ``},
		{`{"exp":1}`, ``},
		{`{"exp":2,"pow":1}`, `{"pow":1,"exp":2}`},
		{`{"default":null,"from":{"object":{}},"select":["a",0]}`, `{"select":["a",0],"from":{"object":{}},"default":null}`},
		{`{"terms":1,"match":«indexes/i»}`, `{"match":«indexes/i»,"terms":1}`},
		{`{"index":«indexes/i»,"match":"t"}`, `{"match":"t","index":«indexes/i»}`},
		{
			`{"paginate":{"documents":«collections/users»},"size":1,"after":[«users/2»]}`,
			`{"paginate":{"documents":«collections/users»},"after":[«users/2»],"size":1}`,
		},
		{`{"paginate":1,"before":2,"after":3}`, `[] No form/function found, or invalid argument keys: { paginate, before, after }.`},
		{`{"paginate":1,"cursor":null,"ts":2}`, ``},
		{`{"now":null}`, ``},
		{`{"ref":{"collection":"users"},"id":"1"}`, ``},
	})
}

func TestSequences(t *testing.T) {
	check(t, []row{
		{`{"do":[1,2,{"add":[1,2]}]}`, ``},
		{`{"do":[]}`, `["do"] Expression list cannot be empty.`},
		{`{"do":1}`, `["do"] Array expected, Integer provided.`},
		{`{"do":{"add":1}}`, `["do"] Array expected, Object provided.`},
		{`{"do":{"@ts":"1970-01-01T00:00:00Z"}}`, `["do"] Array expected, Time provided.`},
		{`{"do":{"@ts":"x"}}`, `["do"] Invalid time.`},
		{`{"do":[1,{"x":1}]}`, `["do",1] No form/function found, or invalid argument keys: { x }.`},
		{`{"and":[]}`, `["and"] Expression list cannot be empty.`},
		{`{"or":[]}`, `["or"] Expression list cannot be empty.`},
		{`{"and":true}`, `{"and":[true]}`},
		{`{"and":{"x":1}}`, `["and"] No form/function found, or invalid argument keys: { x }.`},
		{`{"and":[true,{"x":1}]}`, `["and",1] No form/function found, or invalid argument keys: { x }.`},
		{`{"or":[[true],1]}`, ``},
	})
	e, err := Decode([]byte(`{"and":{"not":true}}`), testForms)
	if err != nil {
		t.Fatal(err)
	}
	if operands, ok := e.(*ast.Call).Args[0].(*ast.Array); !ok || !operands.Bare || len(operands.Items) != 1 {
		t.Errorf("a bare operand became %#v", e.(*ast.Call).Args[0])
	}
}

// TestConstant checks that a list of literals carries its value, and no other
// list does.
func TestConstant(t *testing.T) {
	for src, want := range map[string]value.Value{
		`[]`:                value.Array{},
		`[1,"a",null]`:      value.Array{value.Long(1), value.String("a"), value.Null{}},
		`[1,{"not":true}]`:  nil,
		`[1,[2]]`:           nil,
		`[{"object":{}},1]`: nil,
	} {
		e, err := Decode([]byte(src), testForms)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.(*ast.Array).Constant; got == nil != (want == nil) || got != nil && !value.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", src, got, want)
		}
	}
}

func TestObject(t *testing.T) {
	check(t, []row{
		{`{"object":{}}`, ``},
		{`{"object":{"a":{"add":[1,2]},"b":null,"":1}}`, ``},
		{`{"object":5}`, `["object"] Object expected, Integer provided.`},
		{`{"object":null}`, `["object"] Object expected, Null provided.`},
		{`{"object":[1]}`, `["object"] Object expected, Array provided.`},
		{`{"object":{"@ts":"1970-01-01T00:00:00Z"}}`, `[] Object expected, Time provided.`},
		{`{"object":{"@date":"1970-01-01"}}`, `[] Object expected, Date provided.`},
		{`{"object":{"@bytes":"AA=="}}`, `[] Object expected, Bytes provided.`},
		{`{"object":{"@ref":{"id":"keys"}}}`, `[] Object expected, Collection Ref provided.`},
		{`{"object":{"@ref":"users/1"}}`, `["object"] Invalid ref.`},
		{`{"object":{"@ref":"keys/1"}}`, `[] Object expected, Key Ref provided.`},
		{`{"object":{"@ref":"functions/f"}}`, `[] Object expected, User Function Ref provided.`},
		{`{"object":{"@ref":"databases/d"}}`, `[] Object expected, Database Ref provided.`},
		{`{"object":{"@ref":"roles/d"}}`, `[] Object expected, Ref provided.`},
		{`{"object":{"@ref":"collections/c/1"}}`, `[] Object expected, Ref provided.`},
		{`{"object":{"@set":{"match":«indexes/i»}}}`, `[] Object expected, Set provided.`},
		{`{"object":{"@query":{"lambda":"x","expr":1}}}`, `[] Object expected, Lambda provided.`},
		{`{"object":{"@uuid":"01234567-89ab-cdef-0123-456789abcdef"}}`, `[] Object expected, UUID provided.`},
		{`[{"object":{"@ts":"x"}}]`, `[0,"object"] Invalid time.`},
		{`{"object":{"@name":"x"}}`, `{"object":{"@obj":{"@name":"x"}}}`},
		{`{"object":{"@ts":"x","y":1}}`, `{"object":{"@obj":{"@ts":"x","y":1}}}`},
		{`{"object":{"@obj":{"@a":1}}}`, ``},
		{`{"object":{"@obj":{"@obj":{"object":{}}}}}`, ``},
		{`{"object":{"@obj":{"a":{"x":1}}}}`, `["object","a"] No form/function found, or invalid argument keys: { x }.`},
		{`{"object":{"@obj":5}}`, `["object"] Invalid object.`},
		{`{"@obj":{"add":[1,2]}}`, ``},
		{`{"@obj":{"@obj":{"add":[1,2]}}}`, ``},
		{`{"@obj":{"@date":"1970-01-01"}}`, ``},
		{`{"@obj":{"@a":1}}`, `["@obj"] No form/function found, or invalid argument keys: { @a }.`},
		{`{"@obj":{"add":[1,{"x":1}]}}`, `["@obj","add",1] No form/function found, or invalid argument keys: { x }.`},
		{`{"add":{"@obj":5}}`, `["add"] Invalid object.`},
		{`{"@obj":[]}`, `[] Invalid object.`},
		{`{"@obj":{"quote":5}}`, `5`},
		{`{"@obj":{"quote":[{"a":1}]}}`, `[{"quote":{"a":1}}]`},
		{`{"@obj":{"quote":{"a":1}}}`, ``},
		{`{"@obj":{"quote":{"@date":"1970-01-01"}}}`, `{"@obj":{"@date":"1970-01-01"}}`},
	})
}

func TestQuote(t *testing.T) {
	check(t, []row{
		{`{"quote":{"add":[1,2]}}`, ``},
		{`{"quote":{"add":[1,2],"r":«users/1»}}`, ``},
		{`{"quote":5}`, `5`},
		{`{"quote":[1,{"a":{"b":[]}},[{"c":null}]]}`, `[1,{"quote":{"a":{"b":[]}}},[{"quote":{"c":null}}]]`},
		{`{"quote":[]}`, `[]`},
		{`{"quote":{}}`, ``},
		{`{"quote":{"@date":"1970-01-01"}}`, `{"@date":"1970-01-01"}`},
		{`{"quote":{"a":{"@date":"x"}}}`, `["quote","a"] Invalid date.`},
		{`{"quote":{"x":{"@obj":{"@a":1}}}}`, ``},
		{`{"quote":{"@obj":{"@ts":"x"}}}`, ``},
		{`{"quote":{"@a":1}}`, `{"quote":{"@obj":{"@a":1}}}`},
		{`{"quote":{"@ts":"x","a":1}}`, `{"quote":{"@obj":{"@ts":"x","a":1}}}`},
		{`{"quote":{"@obj":{"a":1}}}`, `{"quote":{"a":1}}`},
		{`{"quote":{"@obj":5}}`, `["quote"] Invalid object.`},
		{`{"quote":{"@obj":{"a":{"@uuid":1}}}}`, `["quote","@obj","a"] Invalid UUID.`},
		{`{"quote":{"var":"x","let":{"@set":{"match":«indexes/i»}}}}`, ``},
	})
}

func TestLambda(t *testing.T) {
	check(t, []row{
		{`{"map":{"lambda":"x","expr":{"var":"x"}},"collection":[1]}`, ``},
		{`{"collection":[],"map":{"expr":1,"lambda":[]}}`, `{"map":{"lambda":[],"expr":1},"collection":[]}`},
		{`{"map":{"lambda":["a","_"],"expr":{"var":"a"}},"collection":[[1,2]]}`, ``},
		{`{"map":{"lambda":"_","expr":{"var":"_"}},"collection":[]}`, `["map","expr"] Variable '_' is not defined.`},
		{`{"map":5,"collection":[]}`, `["map"] Lambda expected, Integer provided.`},
		{`{"map":[],"collection":[]}`, `["map"] Lambda expected, Array provided.`},
		{`{"map":{"var":"x"},"collection":[]}`, `["map"] No form/function found, or invalid argument keys: { var }.`},
		{`{"map":{"lambda":"x","body":1},"collection":[]}`, `["map"] No form/function found, or invalid argument keys: { lambda, body }.`},
		{`{"map":{"lambda":"x","expr":1,"z":1},"collection":[]}`, `["map"] No form/function found, or invalid argument keys: { lambda, expr, z }.`},
		{`{"map":{"@query":{"lambda":"x","expr":1}},"collection":[]}`, `["map"] No form/function found, or invalid argument keys: { @query }.`},
		{`{"map":{"lambda":5,"expr":1},"collection":[]}`, `["map","lambda"] String or Array expected, Integer provided.`},
		{`{"map":{"lambda":{"@ts":"1970-01-01T00:00:00Z"},"expr":1},"collection":[]}`, `["map","lambda"] String or Array expected, Time provided.`},
		{`{"map":{"lambda":[["a"]],"expr":1},"collection":[]}`, `["map","lambda",0] String expected, Array provided.`},
		{
			`{"map":{"lambda":["a",5,true],"expr":{"x":1}},"collection":{"y":1}}`,
			"[\"map\",\"lambda\",1] String expected, Integer provided.\n[\"map\",\"lambda\",2] String expected, Boolean provided.\n" +
				`["map","expr"] No form/function found, or invalid argument keys: { x }.`,
		},
		{`{"query":{"lambda":"x","expr":{"add":[{"var":"x"},1]}}}`, ``},
		{`{"query":{"api_version":"4","lambda":"x","expr":1}}`, `["query"] No form/function found, or invalid argument keys: { api_version, lambda, expr }.`},
		{`{"merge":{"object":{}},"with":[],"lambda":{"lambda":["k","l","r"],"expr":{"var":"r"}}}`, ``},
		{`{"merge":{"object":{}},"with":[],"lambda":1}`, `["lambda"] Lambda expected, Integer provided.`},
		{`{"join":{"match":"i"},"with":{"lambda":"x","expr":{"match":"j","terms":{"var":"x"}}}}`, ``},
		{`{"join":{"match":"i"},"with":«indexes/j»}`, ``},
		{`{"join":{"match":"i"},"with":{"index":"j"}}`, ``},
		{`{"join":{"match":"i"},"with":{"lambda":"x"}}`, `["with"] No form/function found, or invalid argument keys: { lambda }.`},
		{`{"let":{"a":1},"in":{"map":{"var":"a"},"collection":[]}}`, `["in","map"] No form/function found, or invalid argument keys: { var }.`},
	})
}

func TestBindings(t *testing.T) {
	check(t, []row{
		{`{"let":{"x":1,"y":{"add":[{"var":"x"},1]}},"in":{"var":"y"}}`, ``},
		{`{"in":{"var":"x"},"let":{"x":1}}`, `{"let":{"x":1},"in":{"var":"x"}}`},
		{`{"let":[{"x":1},{"y":2}],"in":[{"var":"x"},{"var":"y"}]}`, `{"let":{"x":1,"y":2},"in":[{"var":"x"},{"var":"y"}]}`},
		{`{"let":[{"x":1},{"y":{"var":"x"}},{"x":10}],"in":{"var":"x"}}`, ``},
		{`{"let":{},"in":1}`, ``},
		{`{"let":[],"in":1}`, `{"let":{},"in":1}`},
		{`{"let":{"":1},"in":{"var":""}}`, ``},
		{`{"let":5,"in":1}`, `["let"] Array expected, Integer provided.`},
		{`{"let":"x","in":{"y":1}}`, "[\"let\"] Array expected, String provided.\n[\"in\"] No form/function found, or invalid argument keys: { y }."},
		{`{"let":[5,{"x":1}],"in":1}`, `["let",0] Object expected, Integer provided.`},
		{`{"let":[{}],"in":1}`, `["let",0] Object expected, Object provided.`},
		{`{"let":[{"x":1,"y":2}],"in":1}`, `["let",0] Object expected, Object provided.`},
		{
			`{"let":[{"x":{"z":1}},3],"in":1}`,
			"[\"let\",0,\"x\"] No form/function found, or invalid argument keys: { z }.\n[\"let\",1] Object expected, Integer provided.",
		},
		{
			`{"let":{"a":{"x":1},"b":{"y":2}},"in":{"z":3}}`,
			"[\"let\",\"a\"] No form/function found, or invalid argument keys: { x }.\n" +
				"[\"let\",\"b\"] No form/function found, or invalid argument keys: { y }.\n" +
				`["in"] No form/function found, or invalid argument keys: { z }.`,
		},
		{`{"let":{"@a":1},"in":{"var":"@a"}}`, `{"let":{"@obj":{"@a":1}},"in":{"var":"@a"}}`},
		{`{"let":{"@obj":{"@ts":1}},"in":{"var":"@ts"}}`, ``},
		{`{"let":[{"@obj":{"@a":1}},{"@obj":{"@a":2}}],"in":1}`, ``},
		{`{"let":{"@ts":"1970-01-01T00:00:00Z"},"in":1}`, `[] Object expected, Time provided.`},
		{`{"let":{"@obj":1},"in":1}`, `["let"] Invalid object.`},
		{`{"let":[{"@date":"1970-01-01"}],"in":1}`, `["let",0] Object expected, Date provided.`},
		{`{"var":5}`, `["var"] String expected, Integer provided.`},
		{`{"var":{"@date":"1970-01-01"}}`, `["var"] String expected, Date provided.`},
		{`{"var":"x"}`, `[] Variable 'x' is not defined.`},
		{`{"let":{},"in":{"add":[2,{"var":"bad"}]}}`, `["in","add",1] Variable 'bad' is not defined.`},
		{`{"let":[{"y":{"var":"x"}},{"x":3}],"in":{"var":"y"}}`, `["let",0,"y"] Variable 'x' is not defined.`},
		{`[{"let":{"x":1},"in":1},{"var":"x"}]`, `[1] Variable 'x' is not defined.`},
		{`{"if":true,"then":1,"else":{"var":"x"}}`, `["else"] Variable 'x' is not defined.`},
		{
			`[{"var":"a"},{"map":{"lambda":"b","expr":[{"var":"b"},{"var":"c"}]},"collection":{"var":"b"}}]`,
			"[0] Variable 'a' is not defined.\n[1,\"map\",\"expr\",1] Variable 'c' is not defined.\n[1,\"collection\"] Variable 'b' is not defined.",
		},
		{`[{"var":"a"},{"x":1}]`, `[1] No form/function found, or invalid argument keys: { x }.`},
	})
}

// free are the variables that the outermost lambda of a body uses.
func TestFree(t *testing.T) {
	many := strings.Builder{}
	for i := range 40 {
		many.WriteString(`,"v` + string(rune('0'+i/10)) + string(rune('0'+i%10)) + `":0`)
	}
	for _, r := range []struct {
		body string
		want []string
	}{
		{`{"lambda":"x","expr":{"var":"x"}}`, nil},
		{`{"lambda":"x","expr":[{"var":"b"},{"var":"a"},{"var":"b"},{"var":"x"}]}`, []string{"b", "a"}},
		{`{"lambda":"a","expr":{"var":"a"}}`, nil},
		{`{"lambda":"_","expr":{"let":{"a":{"var":"a"}},"in":{"var":"a"}}}`, []string{"a"}},
		{`{"lambda":"x","expr":{"map":{"lambda":"y","expr":[{"var":"x"},{"var":"y"},{"var":"c"}]},"collection":{"var":"a"}}}`, []string{"c", "a"}},
		{`{"lambda":"x","expr":{"query":{"lambda":[],"expr":{"query":{"lambda":"a","expr":[{"var":"a"},{"var":"b"}]}}}}}`, []string{"b"}},
		{`{"lambda":"x","expr":[{"@query":{"lambda":"a","expr":{"var":"a"}}},{"var":"a"}]}`, []string{"a"}},
		{`{"lambda":"v07","expr":[{"var":"v08"},{"var":"v07"},{"let":{"v08":1},"in":{"var":"v08"}},{"var":"v39"},{"var":"v08"}]}`, []string{"v08", "v39"}},
	} {
		body := `{"let":{"a":1,"b":2,"c":3` + many.String() + `},"in":{"query":` + r.body + `}}`
		e, err := Decode([]byte(body), testForms)
		if err != nil {
			t.Errorf("%s: %v", r.body, err)
			continue
		}
		l := e.(*ast.Let).In.(*ast.Call).Args[0].(*ast.Lambda)
		if diff := cmp.Diff(r.want, l.Free); diff != "" {
			t.Errorf("%s: free variables (-want +got)\n%s", r.body, diff)
		}
	}
}

func TestTree(t *testing.T) {
	got, err := Decode([]byte(expand(`{"let":[{"x":[«users/1»,-1]}],"in":{"map":{"lambda":["y"],"expr":{"var":"x"}},"collection":{"@obj":{"object":{"k":null}}}}}`)), testForms)
	if err != nil {
		t.Fatal(err)
	}
	want := &ast.Let{
		List:  true,
		Names: []string{"x"},
		Values: []ast.Expr{&ast.Array{Items: []ast.Expr{
			&ast.Ref{Class: 1, Name: "users", ID: "1"},
			&ast.Literal{Value: value.Long(-1)},
		}}},
		In: &ast.Call{
			Form: testForms.ByName("Map"),
			Args: []ast.Expr{
				&ast.Lambda{Params: []string{"y"}, Body: &ast.Var{Name: "x"}, Free: []string{"x"}, Version: "4"},
				&ast.Wrapped{Expr: &ast.Object{Names: []string{"k"}, Values: []ast.Expr{nullLiteral}}},
			},
		},
	}
	if diff := cmp.Diff(ast.Expr(want), got, cmp.Comparer(func(a, b *ast.Form) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDecodeData: objects stand for themselves, tags for their values, and
// numbers that JSON lacks have a tag of their own.
func TestDecodeData(t *testing.T) {
	for src, want := range map[string]string{
		`{"add":[1,2.0],"x":{"@obj":{"@ref":1}},"y":{"@ts":"1970-01-01T00:00:00Z"}}`:     ``,
		`{"a":{"@double":"NaN"},"b":{"@double":"-Infinity"},"c":{"@double":"Infinity"}}`: ``,
		`{"@obj":{"@double":1}}`: ``,
		`{"@double":1}`:          `invalid expression at []: Invalid double.`,
		`{"a":{"@double":"x"}}`:  `invalid expression at ["a"]: Invalid double.`,
		`{"a":{"@date":"x"}}`:    `invalid expression at ["a"]: Invalid date.`,
		`{"a":`:                  `invalid expression at []: Not valid JSON.`,
		``:                       `invalid expression at []: Not valid JSON.`,
	} {
		e, err := DecodeData([]byte(src), testForms)
		if err != nil {
			if err.Error() != want {
				t.Errorf("%s: %v", src, err)
			}
			continue
		}
		v, ok := plain(e)
		if !ok || want != "" {
			t.Errorf("%s: %#v", src, e)
			continue
		}
		got, err := value.Renderer{Exact: true}.Append(nil, v)
		if err != nil || string(got) != src {
			t.Errorf("got %s, %v, want %s", got, err, src)
		}
	}
}

// plain is the value of literals.
func plain(e ast.Expr) (value.Value, bool) {
	switch e := e.(type) {
	case *ast.Literal:
		return e.Value, true
	case *ast.Array:
		return e.Constant, e.Constant != nil
	case *ast.Object:
		out := make(value.Object, len(e.Names))
		for i, name := range e.Names {
			v, ok := plain(e.Values[i])
			if !ok {
				return nil, false
			}
			out[i] = value.Field{Name: name, Value: v}
		}
		return out, true
	default:
		return nil, false
	}
}
