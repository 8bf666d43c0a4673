package index

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

var collectionRef = value.CollectionRef(0, things)

// TestStoredForm: what comes back is in the style it was written.
func TestStoredForm(t *testing.T) {
	ref := `{"@ref":{"id":"n","collection":{"@ref":{"id":"collections"}}}}`
	head := `{"active":true,"serialized":true,"name":"i",`
	for _, c := range []struct {
		given value.Object
		want  string
	}{
		{
			obj("name", "i", "source", collectionRef, "terms", list(field("data.element")),
				"values", list(field("data.cost", "reverse", true), obj("field", "ref"))),
			head + `"source":` + ref + `,"terms":[{"field":["data","element"]}],` +
				`"values":[{"field":["data","cost"],"reverse":true},{"field":"ref"}],"partitions":1}`,
		},
		{
			obj("source", collectionRef, "active", true, "unique", false, "name", "i"),
			head + `"source":` + ref + `,"unique":false,"partitions":8}`,
		},
		{
			obj("name", "i", "partitions", 3, "terms", list(), "values", value.Null{}, "source", list(obj("class", "_", "x", 1))),
			head + `"terms":[],"source":[{"collection":"_"}],"partitions":3}`,
		},
		{
			obj("name", "i", "source", collectionRef, "terms", obj("field", "class", "other", 1, "reverse", false), "serialized", false),
			`{"active":true,"serialized":false,"name":"i","source":` + ref + `,"terms":{"field":"class","reverse":false},"partitions":8}`,
		},
	} {
		stored, failures := Prepare(nil, c.given)
		if got := show(stored); got != c.want || len(failures) > 0 {
			t.Errorf("stored %s\nwant %s\nfailures %v", got, c.want, failures)
		}
		if _, err := Define(value.Ref{ID: 32768}, stored); err != nil {
			t.Errorf("the stored form is not understood: %v", err)
		}
		again, failures := Prepare(stored, stored)
		if got := show(again); got != c.want || len(failures) > 0 {
			t.Errorf("stored again %s\nwant %s\nfailures %v", got, c.want, failures)
		}
	}
}

func failuresOf(list []query.Failure) string {
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%v %s: %s", f.Field, f.Code, f.Description))
	}
	return strings.Join(out, "; ")
}

func TestFailures(t *testing.T) {
	bound := func(params, body string) value.Object {
		lambda := &value.Lambda{Version: "4", Code: &value.Source{Params: params, Body: body}}
		return obj("collection", collectionRef, "fields", value.Object{{Name: "b", Value: lambda}})
	}
	const notPure = "[source 0 fields 0 b] invalid binding: Field binding must be a pure unary function."
	sourceType := func(name string) string {
		return "[source] invalid type: Invalid type " + name + ", expected type SourceClass."
	}
	for _, c := range []struct {
		name  string
		given value.Object
		want  string
	}{
		{"no source", obj(), "[source] value required: Required value not found."},
		{"document as source", obj("source", thing(1)), sourceType("Ref")},
		{"number as source", obj("source", 1), sourceType("Long")},
		{"other string", obj("source", "things"), sourceType("String")},
		{"no collection", obj("source", obj("fields", obj())), "[class] value required: Required value not found."},
		{"wildcard in an array", obj("source", obj("collection", list(str("_")))), "[class] invalid type: Invalid type String, expected type SourceClass."},
		{"the same twice", obj("source", list(collectionRef, collectionRef)), "[source] multiple bindings: A collection ref may only match one binding."},
		{"mixed", obj("source", list(str("_"), collectionRef)), "[source] mixed wildcards: Cannot mix collection refs and wildcards without providing bindings."},
		{"two wildcards", obj("source", list(str("_"), str("_"))), "[source] multiple wildcards: Too many wildcards."},
		{"databases", obj("source", value.CollectionRef(0, value.Databases)), "[source] invalid reference: Cannot read reference."},
		{"tokens", obj("source", value.CollectionRef(0, value.Tokens)), ""},
		{"pure binding", obj("source", bound(`"x"`, `{"select":"ref","from":{"var":"x"}}`), "terms", list(obj("binding", "b"))), ""},
		{"binding that reads", obj("source", bound(`"x"`, `{"get":{"var":"x"}}`), "terms", list(obj("binding", "b"))), notPure},
		{"binding of two", obj("source", bound(`["x","y"]`, `1`), "terms", list(obj("binding", "b"))), notPure},
		{"unused binding", obj("source", list(bound(`"x"`, `1`))), "[source 0 fields 0 b] unused binding: Source binding is not used as a term or value."},
		{
			"neither field nor binding", obj("source", collectionRef, "terms", list(obj("transform", "casefold"))),
			"[field] value required: Must provide one of the following: field, binding",
		},
		{
			"field of another type", obj("source", collectionRef, "values", list(obj("field", true))),
			"[field] invalid type: Invalid type Boolean, expected type Long or String.",
		},
		{
			"step of another type", obj("source", collectionRef, "values", list(obj("field", list(str("a"), value.Double(1))))),
			"[field] invalid type: Invalid type Double, expected type Long or String.",
		},
		{"no object", obj("source", collectionRef, "terms", list(str("x"))), "[terms] invalid type: Invalid type String, expected type Term."},
		{
			"reverse", obj("source", collectionRef, "values", list(obj("field", "x", "reverse", "x"))),
			"[reverse] invalid type: Invalid type String, expected type Boolean.",
		},
		{
			"transform", obj("source", collectionRef, "terms", list(obj("field", "x", "transform", "wrong"))),
			"[transform] invalid value: Invalid value `wrong` at `transform`",
		},
		{"partitions", obj("source", collectionRef, "partitions", 9), "[partitions] bounds error: Value 9 is not in expected range 1 to 8."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, failures := Prepare(nil, append(obj("name", "i"), c.given...))
			if got := failuresOf(failures); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestUpdates(t *testing.T) {
	old, _ := Prepare(nil, obj("name", "i", "source", collectionRef, "terms", list(field("data.y")), "partitions", 1))
	wide, _ := Prepare(nil, obj("name", "i", "source", collectionRef))
	for _, c := range []struct {
		name   string
		old    value.Object
		change value.Object
		want   string
	}{
		{"name and data", old, obj("name", "j", "data", obj("x", 1), "serialized", false, "active", false), ""},
		{
			"terms", old, obj("terms", list(field("data.x"))),
			`[] invalid index: Index sources, terms, and values may not be updated (Diff({ "terms" : [ { "field" : [ "data", "x" ] } ] }))`,
		},
		{"the same terms", old, obj("terms", list(field("data.y"))), ""},
		{"partitions", old, obj("partitions", 2), "[] invalid index: Index partition count may not be updated (1 -> 2)."},
		{"unique", old, obj("unique", true), ""},
		{"unique of many partitions", wide, obj("unique", true), "[] invalid index: Index partition count may not be updated (8 -> 1)."},
	} {
		fields := c.old
		for _, f := range c.change {
			fields = fields.With(f.Name, f.Value)
		}
		stored, failures := Prepare(c.old, fields)
		if got := failuresOf(failures); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if active, _ := stored.Get("active"); active != value.Value(value.Boolean(true)) {
			t.Errorf("%s: an active index became inactive", c.name)
		}
	}
}
