package text

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/wire"
)

// failer is a test of any kind.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// roundTrip checks that what is printed of q is q again, at every width.
func roundTrip(t failer, q *Query) {
	t.Helper()
	for _, width := range []int{0, 1, -1} {
		printed := string(Append(nil, q.Expr, Options{Width: width}))
		if len(printed) > maxSource {
			continue
		}
		again, err := Parse(printed, testForms)
		if err != nil {
			t.Fatalf("%s\nprinted as\n%s\n%v", q.Wire, printed, err)
		}
		if reflect.DeepEqual(q.Expr, again.Expr) {
			continue
		}
		now, want := wire.Append(nil, again.Expr), wire.Append(nil, q.Expr)
		if string(now) != string(want) || !strings.Contains(string(q.Wire), `"quote"`) {
			t.Fatalf("%s\nprinted as\n%s\nis read as\n%s\nfor\n%s", q.Wire, printed, now, want)
		}
	}
}

// TestLaws prints random expressions and reads them again.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := writer{t: t}
		w.expr(4)
		e, err := wire.Decode([]byte(w.json.String()), testForms)
		if err != nil {
			t.Fatalf("%s: %v", w.json.String(), err)
		}
		roundTrip(t, &Query{Expr: e, Wire: []byte(w.json.String())})
		printed := Print(e) + "\n"
		if formatted, err := Format(printed); err != nil || formatted != printed {
			t.Fatalf("printed\n%s\nformatted\n%s\n%v", printed, formatted, err)
		}
	})
}

// writer writes random expressions as JSON.
type writer struct {
	t    *rapid.T
	json strings.Builder
	vars []string
}

func (w *writer) put(s string)               { w.json.WriteString(s) }
func (w *writer) pick(list ...string) string { return rapid.SampledFrom(list).Draw(w.t, "pick") }
func (w *writer) number(n int) int           { return rapid.IntRange(0, n-1).Draw(w.t, "number") }

func (w *writer) scalar() {
	w.put(w.pick("null", "true", "1", "-0.5", "1e300", `""`, `"a\n\"\\é\u007f"`, `"_"`, "9223372036854775807",
		`{"@ts":"2020-01-01T00:00:00.000001Z"}`, `{"@date":"-0001-01-01"}`, `{"@bytes":"AQ=="}`,
		`{"@ref":"collections/users/1"}`, `{"@ref":"tokens"}`, `{"@ref":{"id":"x/y","collection":{"@ref":"roles"},"database":{"@ref":"databases/d"}}}`,
		`{"@set":{"match":{"@ref":"indexes/i"},"terms":[{"@obj":{"@ts":1}}]}}`, `{"@query":{"lambda":["x"],"expr":{"var":"x"}}}`))
}

// expr writes an expression that nests at most depth times.
func (w *writer) expr(depth int) {
	if depth == 0 {
		w.scalar()
		return
	}
	switch w.number(8) {
	case 0:
		w.scalar()
	case 1:
		w.array(depth, w.number(4))
	case 2:
		w.put(`{"object":`)
		w.object(depth, func(string) {})
		w.put("}")
	case 3:
		w.let(depth)
	case 4:
		if len(w.vars) > 0 {
			w.put(`{"var":"` + w.pick(w.vars...) + `"}`)
			return
		}
		w.scalar()
	case 5:
		w.put(`{"@obj":`)
		w.call(depth - 1)
		w.put("}")
	default:
		w.call(depth)
	}
}

func (w *writer) array(depth, n int) {
	w.put("[")
	for i := range n {
		if i > 0 {
			w.put(",")
		}
		w.expr(depth - 1)
	}
	w.put("]")
}

// object writes an object in @obj, which is always allowed. Each name is
// bound after its value is written.
func (w *writer) object(depth int, bind func(string)) {
	w.put(`{"@obj":{`)
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b c", "@ts", "@obj", "all", "size", "_", "true", "é", ""}), 0, 3, rapid.ID).Draw(w.t, "names")
	for i, name := range names {
		if i > 0 {
			w.put(",")
		}
		w.put(`"` + name + `":`)
		w.expr(depth - 1)
		bind(name)
	}
	w.put("}}")
}

func (w *writer) let(depth int) {
	outer := len(w.vars)
	bind := func(name string) { w.vars = append(w.vars, name) }
	w.put(`{"let":`)
	if w.number(2) == 0 {
		w.object(depth, bind)
	} else {
		w.put(`[{"a":1},{"a":`)
		bind("a")
		w.expr(depth - 1)
		w.put("}]")
	}
	w.put(`,"in":`)
	w.expr(depth - 1)
	w.put("}")
	w.vars = w.vars[:outer]
}

func (w *writer) lambda(depth int) {
	params := w.pick(`"x"`, `"_"`, `"x y"`, `["x"]`, `[]`, `["x","_"]`, `["x","null"]`)
	outer := len(w.vars)
	for _, name := range []string{"x", "x y", "null"} {
		if strings.Contains(params, `"`+name+`"`) {
			w.vars = append(w.vars, name)
		}
	}
	w.put(`{"lambda":` + params + `,"expr":`)
	w.expr(depth - 1)
	w.put("}")
	w.vars = w.vars[:outer]
}

// call writes a call of any form, with any of its optional operands.
func (w *writer) call(depth int) {
	forms := testForms.All()
	form := forms[w.number(len(forms))]
	w.put("{")
	first := true
	for i := range form.Operands {
		o := &form.Operands[i]
		if o.Optional && w.number(2) == 0 {
			continue
		}
		if !first {
			w.put(",")
		}
		first = false
		w.put(`"` + o.Key + `":`)
		w.operand(o, max(0, depth-1))
	}
	w.put("}")
}

func (w *writer) operand(o *ast.Operand, depth int) {
	switch {
	case o.Syntax == ast.LambdaOnly, o.Syntax == ast.LambdaOrExpr && w.number(2) == 0:
		w.lambda(max(1, depth))
	case o.Syntax == ast.ExpressionList, o.Syntax == ast.Operands && w.number(2) == 0:
		w.array(max(1, depth), 1+w.number(3))
	case o.Syntax == ast.Quoted:
		w.put(w.pick("1", `[1,{"a":2}]`, `{"add":[1,{"@ref":"tokens/5"}]}`, `{"@obj":{"@ts":{"@date":"2020-01-01"}}}`, `{"@x":{}}`))
	case o.Syntax == ast.Operands:
		w.call(depth)
	case o.Variadic && w.number(2) == 0:
		w.array(max(1, depth), w.number(3))
	default:
		w.expr(depth)
	}
}

// FuzzParse reads any text. What can be read comes back from its print.
func FuzzParse(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		q, err := Parse(src, testForms)
		if err == nil {
			roundTrip(t, q)
			return
		}
		var fault *Error
		if !errors.As(err, &fault) || fault.Line < 1 || fault.Column < 1 || fault.Message == "" {
			t.Fatalf("%q: %#v", src, err)
		}
	})
}

// FuzzFormat formats any text.
func FuzzFormat(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if formatted, err := Format(src); err == nil {
			formatLaws(t, src, formatted)
		} else if _, err := ParseAll(src, testForms); err == nil {
			t.Fatalf("%q is read, but not formatted", src)
		}
	})
}

// FuzzPrint prints any wire form and any result.
func FuzzPrint(f *testing.F) {
	f.Add([]byte(`{"quote":{"@obj":{"@ts":{"@ref":"tokens/5"}}}}`))
	f.Add([]byte(`{"and":{"quote":[1,{"a":[]}]}}`))
	f.Add([]byte(`{"map":{"lambda":["x"],"expr":{"var":"x"}},"collection":[{"@ts":"2020-01-01T00:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		AppendResult(nil, src, testForms, Options{Colour: true})
		if e, err := wire.Decode(src, testForms); err == nil {
			roundTrip(t, &Query{Expr: e, Wire: src})
		}
	})
}

// seeds are the sources of the cases, and some that were trouble.
func seeds(f *testing.F) []string {
	file, err := os.ReadFile("testdata/format.txt")
	if err != nil {
		f.Fatal(err)
	}
	out := []string{"(x) => 1", "q.Get(\n/*", "`\\\r\n${`", "Let([{ a: 1 }], a)\n\n// b\n(a)", "Select('a', {}, _, { all: x })", "[(1, /* a */), /**/ 2,]"}
	for _, c := range strings.Split(string(file), "====\n") {
		_, rest, _ := strings.Cut(c, "\n")
		src, want, _ := strings.Cut(rest, "----\n")
		out = append(out, src, want)
	}
	return out
}
