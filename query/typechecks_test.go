package query

import (
	"slices"
	"testing"

	"github.com/fawndb/fawn/query/value"
)

// typechecksOf are the checks that are true of each kind of value.
var typechecksOf = []struct {
	what string
	v    value.Value
	true []string
}{
	{"null", value.Null{}, []string{"IsNull"}},
	{"boolean", value.Boolean(false), []string{"IsBoolean"}},
	{"integer", value.Long(1), []string{"IsNumber", "IsInteger"}},
	{"double", value.Double(1), []string{"IsNumber", "IsDouble"}},
	{"string", value.String("a"), []string{"IsString"}},
	{"action", value.Action("add"), []string{"IsString"}},
	{"bytes", value.Bytes("a"), []string{"IsBytes"}},
	{"uuid", value.UUID{}, []string{"IsUUID"}},
	{"time", value.Time{}, []string{"IsTimestamp"}},
	{"date", value.Date(0), []string{"IsDate"}},
	{"pending ts", value.TxnTime{}, nil},
	{"array", value.Array{}, []string{"IsArray"}},
	{"object", value.Object{}, []string{"IsObject"}},
	{"document", value.NewDocument(value.Ref{Class: 1024, ID: 1}, 1, nil), []string{"IsObject", "IsDoc"}},
	{"token", value.NewDocument(value.Ref{Class: value.Tokens, ID: 1}, 1, nil), []string{"IsObject", "IsDoc", "IsToken"}},
	{"collection", value.NewDocument(value.Ref{Class: value.Collections, ID: 1024}, 1, nil), []string{"IsObject", "IsDoc", "IsCollection"}},
	{"event", &value.Event{}, []string{"IsObject"}},
	{"element with sources", &value.Sourced{}, nil},
	{"page", &value.Page{}, []string{"IsObject"}},
	{"document ref", value.Ref{Class: 1024, ID: 1}, []string{"IsRef", "IsDoc"}},
	{"collection ref", value.CollectionRef(0, 1024), []string{"IsRef", "IsDoc", "IsCollection"}},
	{"system collection", value.CollectionRef(0, value.Tokens), []string{"IsRef", "IsSet", "IsDoc", "IsCollection"}},
	{"database ref", value.Ref{Class: value.Databases, ID: 1}, []string{"IsRef", "IsDoc", "IsDatabase"}},
	{"index ref", value.Ref{Class: value.Indexes, ID: 1}, []string{"IsRef", "IsDoc", "IsIndex"}},
	{"function ref", value.Ref{Class: value.Functions, ID: 1}, []string{"IsRef", "IsDoc", "IsFunction"}},
	{"key ref", value.Ref{Class: value.Keys, ID: 1}, []string{"IsRef", "IsDoc", "IsKey"}},
	{"token ref", value.Ref{Class: value.Tokens, ID: 1}, []string{"IsRef", "IsDoc", "IsToken"}},
	{"credentials ref", value.Ref{Class: value.Credentials, ID: 1}, []string{"IsRef", "IsDoc", "IsCredentials"}},
	{"role ref", value.Ref{Class: value.Roles, ID: 1}, []string{"IsRef", "IsDoc", "IsRole"}},
	{"unresolved ref", &value.Unresolved{Class: value.Collections, Name: "nope"}, []string{"IsRef"}},
	{"set", &value.Set{}, []string{"IsSet"}},
	{"lambda", &value.Lambda{}, []string{"IsLambda"}},
}

func TestTypechecks(t *testing.T) {
	for _, tc := range typechecksOf {
		t.Run(tc.what, func(t *testing.T) {
			for _, f := range typecheckFunctions {
				want := value.Boolean(slices.Contains(tc.true, f.Name))
				if got := mustPure(t, f.Name, tc.v); got != want {
					t.Errorf("%s: %v, want %v", f.Name, got, want)
				}
			}
		})
	}
}
