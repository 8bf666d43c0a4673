package query

import (
	"context"
	"errors"
	"testing"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

func TestNewID(t *testing.T) {
	ids := &ast.Array{Items: []ast.Expr{pureCall(t, "NewId", value.Null{}), pureCall(t, "NextId", value.Null{})}}
	got, _, err := Eval(context.Background(), &clockHost{id: 312345678901234566}, ids, Options{})
	if err != nil {
		t.Fatal(err)
	}
	two := got.(value.Array)
	if two[0] != value.String("312345678901234567") || two[1] != value.String("312345678901234568") {
		t.Errorf("got %v", two)
	}
}

func TestNewIDIsAWrite(t *testing.T) {
	_, _, err := Eval(context.Background(), &clockHost{}, pureCall(t, "NewId", value.Null{}),
		Options{Limited: true, Allow: ast.Read, Where: "auth predicates"})
	var e *Error
	if !errors.As(err, &e) || e.Description != "Call performs a write, which is not allowed in auth predicates." {
		t.Errorf("got %v", err)
	}
}

// brokenHost cannot make ids.
type brokenHost struct {
	clockHost
	err error
}

func (h *brokenHost) NewID() (int64, error) { return 0, h.err }

func TestNewIDFails(t *testing.T) {
	used := &Refusal{Code: BadRequest, Description: "Maximum sequential ID reached.", Place: Nowhere}
	_, _, err := Eval(context.Background(), &brokenHost{err: used}, pureCall(t, "NewId", value.Null{}), Options{})
	var e *Error
	if !errors.As(err, &e) || e.Code != BadRequest || e.Position != nil {
		t.Errorf("got %v", err)
	}
	torn := errors.New("kv: torn page")
	if _, _, err = Eval(context.Background(), &brokenHost{err: torn}, pureCall(t, "NewId", value.Null{}), Options{}); !errors.Is(err, torn) {
		t.Errorf("got %v", err)
	}
}
