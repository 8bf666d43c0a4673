package query_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

func TestAppendErrors(t *testing.T) {
	inner := &query.Error{Code: query.TransactionAborted, Description: "say \"no\"\n", Position: ast.Position{ast.Key("expr")}}
	ref := value.CollectionRef(0, plain)
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{
			"one", &query.Error{Code: query.InvalidArgument, Description: "x", Position: ast.Position{ast.Key("add"), ast.Index(1), ast.Key("")}},
			`{"errors":[{"position":["add",1,""],"code":"invalid argument","description":"x"}]}`,
		},
		{
			"at the root, and several",
			query.Errors{{Code: query.InvalidRef, Position: ast.Position{}}, inner},
			`{"errors":[{"position":[],"code":"invalid ref","description":""},{"position":["expr"],"code":"transaction aborted","description":"say \"no\"\n"}]}`,
		},
		{
			"without a place", &query.Error{Code: query.TimeOut, Description: "Read timed out"},
			`{"errors":[{"code":"time out","description":"Read timed out"}]}`,
		},
		{
			"with failures",
			&query.Error{
				Code: query.ValidationFailed, Description: "document data is not valid.", Position: ast.Position{ast.Key("create")},
				Failures: []query.Failure{{Field: []string{"data", "0"}, Code: "invalid type", Description: "Invalid type Long, expected type Map."}, {}},
			},
			`{"errors":[{"position":["create"],"code":"validation failed","description":"document data is not valid.","failures":[` +
				`{"field":["data","0"],"code":"invalid type","description":"Invalid type Long, expected type Map."},{"field":[],"code":"","description":""}]}]}`,
		},
		{
			"with a cause", &query.Error{Code: query.CallError, Description: "d", Position: ast.Position{}, Cause: []*query.Error{inner}},
			`{"errors":[{"position":[],"code":"call error","description":"d","cause":[{"position":["expr"],"code":"transaction aborted","description":"say \"no\"\n"}]}]}`,
		},
		{
			"contended", &query.Error{Code: query.ContendedTransaction, Description: "d", Contended: &ref},
			`{"errors":[{"ref":{"@ref":{"id":"plain","collection":{"@ref":{"id":"collections"}}}},"code":"contended transaction","description":"d"}]}`,
		},
		{
			"of reading", fmt.Errorf("read: %w", wire.Errors{{Position: ast.Position{ast.Key("do")}, Description: "d"}}),
			`{"errors":[{"position":["do"],"code":"invalid expression","description":"d"}]}`,
		},
		{
			"of the host", errors.New("disk on fire: /secret/path"),
			`{"errors":[{"code":"internal server error","description":"Internal server error."}]}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := string(query.AppendErrors(nil, tc.err, newShelf())); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestDecisive(t *testing.T) {
	list := func(codes ...query.Code) error {
		out := make(query.Errors, len(codes))
		for i, c := range codes {
			out[i] = &query.Error{Code: c}
		}
		return out
	}
	for _, tc := range []struct {
		err  error
		want query.Code
	}{
		{list(query.InstanceNotFound), query.InstanceNotFound},
		{list(query.InstanceNotFound, query.ValueNotFound), query.InstanceNotFound},
		{list(query.InstanceNotFound, query.PermissionDenied), query.PermissionDenied},
		{list(query.PermissionDenied, query.InvalidArgument), query.InvalidArgument},
		{list(query.InvalidRef, query.PermissionDenied), query.PermissionDenied},
		{list(query.InvalidArgument, query.InvalidExpression), query.InvalidExpression},
		{&query.Error{Code: query.CallError}, query.CallError},
	} {
		if got := query.Decisive(tc.err); got == nil || got.Code != tc.want {
			t.Errorf("Decisive(%v) = %v, want %v", tc.err, got, tc.want)
		}
	}
	if got := query.Decisive(errors.New("a failure")); got != nil {
		t.Errorf("Decisive of a failure = %v", got)
	}
}
