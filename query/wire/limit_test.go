package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/fawndb/fawn/query/ast"
)

func TestDepth(t *testing.T) {
	const tooDeep = `[] Request body JSON exceeds nesting limit.`
	nested := func(open, inside, closed string, n int) string {
		return strings.Repeat(open, n) + inside + strings.Repeat(closed, n)
	}
	check(t, []row{
		{nested("[", "", "]", 1000), ``},
		{nested("[", "", "]", 1001), tooDeep},
		{strings.Repeat("[", 1001), tooDeep},
		{strings.Repeat("[", 1000), `[] Request body is not valid JSON.`},
		{nested(`{"abs":`, "1", "}", 1000), ``},
		{nested(`{"abs":`, "1", "}", 1001), tooDeep},
		{nested(`{"abs":`, "1", "}", 10000), tooDeep},
		{nested(`{"object":{"a":`, "1", "}}", 500), ``},
		{nested(`{"object":{"a":`, "{}", "}}", 500), tooDeep},
	})
	e, err := Decode([]byte(nested(`{"add":[`, `{"var":"x"}`, "]}", 499)), testForms)
	var errs Errors
	if e != nil || !errors.As(err, &errs) || len(errs) != 1 || len(errs[0].Position) != 998 {
		t.Errorf("the position of an error at the bottom: %v", err)
	}
}

// TestTruncated cuts bodies at every byte: none is a request.
func TestTruncated(t *testing.T) {
	for _, body := range []string{
		lookupQuery, createQuery,
		`{"let":[{"é":"\ud83d\ude00\n"},{"x":-1.5e+3}],"in":[true,false,null,{"@obj":{"@set":{"match":"i"}}}]}`,
	} {
		for i := 1; i < len(body); i++ {
			if got := outcome(body[:i]); got != `[] Request body is not valid JSON.` {
				t.Errorf("%s: got %s", body[:i], got)
			}
		}
	}
}

// TestManyErrors: no more than maxErrors are reported, however many there are.
func TestManyErrors(t *testing.T) {
	for _, body := range []string{
		"[" + strings.Repeat(`{"var":"x"},`, 3*maxErrors) + "1]",
		`{"let":[` + strings.Repeat(`5,`, 3*maxErrors) + `5],"in":1}`,
	} {
		_, err := Decode([]byte(body), testForms)
		var errs Errors
		if !errors.As(err, &errs) || len(errs) != maxErrors {
			t.Errorf("%d errors for %.20s", len(errs), body)
		}
	}
	// A lambda that fails beyond the bound still fails.
	body := `{"let":[` + strings.Repeat(`5,`, maxErrors) + `{"x":{"query":{"lambda":5,"expr":1}}}],"in":1}`
	if e, err := Decode([]byte(body), testForms); e != nil || err == nil {
		t.Errorf("got %v, %v", e, err)
	}
}

// TestManyNames: time stays in proportion to the body with many keys and
// many bindings, and what lambdas capture is bounded.
func TestManyNames(t *testing.T) {
	const n = 20000
	var members, uses strings.Builder
	for i := range n {
		if i > 0 {
			members.WriteByte(',')
			uses.WriteByte(',')
		}
		fmt.Fprintf(&members, `"v%d":%d`, i, i)
		fmt.Fprintf(&uses, `{"var":"v%d"}`, n-1-i)
	}
	check(t, []row{
		{`{"object":{` + members.String() + `}}`, ``},
		{`{"let":{` + members.String() + `},"in":[` + uses.String() + `]}`, ``},
		{`{"let":{` + members.String() + `},"in":{"query":{"lambda":"_","expr":[` + uses.String() + `]}}}`, ``},
	})
	const levels = 100
	body := `{"let":{` + members.String() + `},"in":` + strings.Repeat(`{"query":{"lambda":"_","expr":`, levels) +
		`[` + uses.String() + `]` + strings.Repeat(`}}`, levels) + `}`
	if got := outcome(body); !strings.HasSuffix(got, " Lambdas capture too many variables.") {
		t.Errorf("got %.200s", got)
	}
}

func TestSourceIsNotKept(t *testing.T) {
	src := []byte(`{"object":{"key":["text","a\tb",{"@ref":"collections/users/1"},{"var":5}]}}`)
	body := bytes.Clone(src)
	_, err := Decode(src, testForms)
	want := err.Error()
	clear(src)
	if err.Error() != want {
		t.Error("the error changed with the caller's bytes")
	}
	src = bytes.Replace(body, []byte(`{"var":5}`), []byte(`1`), 1)
	e, err := Decode(src, testForms)
	if err != nil {
		t.Fatal(err)
	}
	first := string(Append(nil, e))
	clear(src)
	for range 10 { // whatever is used again
		outcome(createQuery)
	}
	if got := string(Append(nil, e)); got != first {
		t.Errorf("the tree changed from %s to %s", first, got)
	}
}

func TestConcurrent(t *testing.T) {
	bodies := []string{lookupQuery, createQuery, `{"x":{"y":1}}`, `{"let":{"a":1},"in":{"var":"a"}}`}
	want := make([]string, len(bodies))
	for i := range bodies {
		want[i] = outcome(bodies[i])
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 400 {
				k := i % len(bodies)
				if got := outcome(bodies[k]); got != want[k] {
					t.Errorf("%s: got %s", bodies[k], got)
				}
			}
		})
	}
	group.Wait()
}

func TestAllocations(t *testing.T) {
	src := []byte(lookupQuery)
	d := new(decoder) // not from the pool, which the race detector empties at random
	allocs := testing.AllocsPerRun(1000, func() {
		d.forms, d.version = testForms, Version
		if _, err := d.request(src); err != nil {
			t.Fatal(err)
		}
		d.reset()
	})
	if allocs > 8 {
		t.Errorf("%v allocations for the lookup query, 8 are allowed", allocs)
	}
}

func TestDecodeLambda(t *testing.T) {
	for _, r := range []struct {
		params, body string
		captured     []string
		want         string
	}{
		{`"x"`, `{"add":[{"var":"x"},1]}`, nil, `"x" {"add":[{"var":"x"},1]} []`},
		{`["a","_"]`, `[{"var":"c"},{"var":"a"},{"var":"b"}]`, []string{"b", "c", "d"}, `["a","_"] [{"var":"c"},{"var":"a"},{"var":"b"}] [c b]`},
		{`[]`, `{"and":true}`, nil, `[] {"and":[true]} []`},
		{`"x"`, `{"var":"y"}`, []string{"z"}, `["expr"] Variable 'y' is not defined.`},
		{`5`, `{"y":1}`, nil, "[\"lambda\"] String or Array expected, Integer provided.\n[\"expr\"] No form/function found, or invalid argument keys: { y }."},
		{`"x`, `1`, nil, `["lambda"] Request body is not valid JSON.`},
		{`"x"`, `[`, nil, `["expr"] Request body is not valid JSON.`},
		{`"x"`, ``, nil, `["expr"] No query provided.`},
		{`["\u0061"]`, `{"var":"a"}`, nil, `["a"] {"var":"a"} []`},
	} {
		l, err := DecodeLambda([]byte(r.params), []byte(r.body), "2.12", testForms, r.captured...)
		got := ""
		if err != nil {
			got = show(nil, err)
		} else {
			c := Code(l)
			got = string(c.AppendParams(nil)) + " " + string(c.AppendBody(nil)) + " " + fmt.Sprint(l.Free)
			if Lambda(c) != l || l.Version != "2.12" {
				t.Errorf("%s %s: version %q, tree %v", r.params, r.body, l.Version, Lambda(c))
			}
		}
		if got != r.want {
			t.Errorf("%s %s\n got %s\nwant %s", r.params, r.body, got, r.want)
		}
	}
	deep := strings.Repeat("[", 2*maxDepth) + strings.Repeat("]", 2*maxDepth)
	if _, err := DecodeLambda([]byte(`"_"`), []byte(deep), "4", testForms); err != nil {
		t.Errorf("a stored body may be deeper than a request: %v", err)
	}
}

func TestVars(t *testing.T) {
	e, err := Decode([]byte(`[{"var":"a"},{"query":{"lambda":"x","expr":{"var":"b"}}}]`), testForms, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	if l := e.(*ast.Array).Items[1].(*ast.Call).Args[0].(*ast.Lambda); len(l.Free) != 1 || l.Free[0] != "b" {
		t.Errorf("free variables %q", l.Free)
	}
	if got := show(Decode([]byte(`[{"var":"c"},{"@query":{"lambda":"x","expr":{"var":"x"}}}]`), testForms, "a")); got != `[0] Variable 'c' is not defined.` {
		t.Error(got)
	}
}

func TestVersion(t *testing.T) {
	e, err := DecodeVersion([]byte(`{"query":{"lambda":"x","expr":{"@query":{"lambda":"y","expr":{"query":{"lambda":"z","expr":1}}}}}}`), testForms, "3")
	if err != nil {
		t.Fatal(err)
	}
	outer := e.(*ast.Call).Args[0].(*ast.Lambda)
	tagged := outer.Body.(*ast.QueryLiteral).Lambda
	inner := tagged.Body.(*ast.Call).Args[0].(*ast.Lambda)
	if got := []string{outer.Version, tagged.Version, inner.Version}; got[0] != "3" || got[1] != "2.12" || got[2] != "2.12" {
		t.Errorf("versions %q", got)
	}
}
