package wire

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fawndb/fawn/query/ast"
)

// sameTree compares trees but for what Append does not keep.
var sameTree = cmp.Options{
	cmp.Comparer(func(a, b *ast.Form) bool { return a == b }),
	cmpopts.IgnoreFields(ast.Let{}, "List"),
	cmpopts.IgnoreFields(ast.Array{}, "Bare"),
	cmpopts.EquateNaNs(),
}

// checkPrinted holds what is printed of a tree against the tree.
func checkPrinted(t *testing.T, e ast.Expr) {
	t.Helper()
	printed := Append([]byte("x"), e)[1:]
	again, err := Decode(printed, testForms)
	if err != nil {
		t.Fatalf("%s: %v", printed, err)
	}
	if diff := cmp.Diff(e, again, sameTree); diff != "" {
		t.Errorf("%s (-want +got)\n%s", printed, diff)
	}
	if twice := Append(nil, again); !bytes.Equal(twice, printed) {
		t.Errorf("printed %s, then %s", printed, twice)
	}
}

var seeds = []string{
	lookupQuery, createQuery, lookupRefQuery,
	`[0,-1,1.5,1e300,1e999,-0.0,"é\u0001\ud800",null,true,false,[],{"object":{}}]`,
	`{"let":[{"x":1},{"@y":{"var":"x"}},{"x":2}],"in":[{"var":"x"},{"var":"@y"}]}`,
	`{"let":{"@obj":{"@ts":1}},"in":{"and":{"var":"@ts"}}}`,
	`{"object":{"@obj":{"@ts":1,"a":{"object":{"@x":1}}}}}`,
	`{"quote":[{"a":{"@obj":{"@ts":{"@date":"2020-02-29"}}}},1,{"@set":{"match":"i","terms":[{"a":1}]}}]}`,
	`{"@obj":{"@obj":{"do":[1,{"or":[true,{"quote":5}]}]}}}`,
	`{"map":{"lambda":["a","_"],"expr":{"query":{"lambda":"x","expr":[{"var":"a"},{"var":"x"}]}}},"collection":[]}`,
	`{"@query":{"api_version":"4","lambda":[],"expr":{"merge":1,"with":2,"lambda":{"lambda":"_","expr":3}}}}`,
	`{"@set":{"join":{"@set":{"union":[{"@ref":"tokens"},{"@set":{"match":1,"index":"i"}}]}},"with":{"lambda":"x","expr":{"var":"x"}}}}`,
	`{"@set":{"events":{"filter":{"api_version":"5","lambda":"_","expr":1},"collection":{"@ref":"collections/c/self"}}}}`,
	`{"@ref":{"id":"1","collection":{"id":"keys","database":{"id":"d","class":{"id":"databases"}}},"database":null}}`,
	`[{"@ts":"+999999999-12-31T23:59:59.999999999-18:00"},{"@ts":"-999999999-01-01T00:00:00+18:00"},{"@date":"-0001-01-01"},{"@date":"+10000-01-01"}]`,
	`[{"@bytes":"-_8"},{"@uuid":"01234567-89AB-cdef-0123-456789abcdef"},{"@ts":"2020-02-31T24:00Z"}]`,
	`{"select":["a",0],"from":{"object":{"a":[5]}},"default":null,"all":true}`,
	`{"join":{"match":"i"},"with":{"lambda":"x","expr":{"match":"j","terms":{"var":"x"}}}}`,
	`{"add":[1,{"foo":{"bar":1}}]}`, `{"x":1`, `[[[[`, `{"a":1,"a":2}`, ``,
}

func TestPrinted(t *testing.T) {
	for _, body := range seeds {
		if e, err := Decode([]byte(body), testForms); err == nil {
			checkPrinted(t, e)
		}
	}
}

// FuzzDecode: no body makes it panic; what is wrong is said in Errors with
// positions; what is read is printed so that it reads back.
func FuzzDecode(f *testing.F) {
	for _, body := range seeds {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Decode(body, testForms)
		if err == nil {
			checkPrinted(t, e)
			return
		}
		errs, ok := err.(Errors) //nolint:errorlint // Decode says what it returns
		if !ok || len(errs) == 0 || e != nil {
			t.Fatalf("%q: %v, %v", body, e, err)
		}
		for _, e := range errs {
			if e.Position == nil || e.Description == "" {
				t.Errorf("%q: %v", body, e)
			}
		}
	})
}
