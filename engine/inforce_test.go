package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/enginetest"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
)

// TestInForce pins that changes of rights are in force for the next query.
func TestInForce(t *testing.T) {
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{PasswordCost: cheap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	enginetest.InForce(t, db.RootSecret(), func(secret string, body []byte) (string, error) {
		res, err := db.Run(context.Background(), engine.Request{Secret: secret, Decode: func() (ast.Expr, error) {
			return engine.DecodeJSON(body)
		}})
		if errors.Is(err, engine.ErrUnauthorized) {
			err = &query.Error{Code: query.Unauthorized, Description: "Unauthorized"}
		}
		if err != nil {
			return string(query.AppendErrors(nil, err, nil)), nil
		}
		out, err := res.AppendJSON([]byte(`{"resource":`))
		return string(out) + "}", err
	})
}
