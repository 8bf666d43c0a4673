package engine_test

import (
	"context"
	"errors"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// cheap is a cost of passwords for tests.
var cheap = password.Cost{Memory: 8, Time: 1, Lanes: 1}

// as runs a query of whoever holds a secret.
func (s *sandbox) as(secret, q string, args map[string]any) value.Value {
	s.t.Helper()
	res, err := s.Query(context.Background(), secret, q, args)
	if err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
	return value.Resolve(res.Value, res.Time)
}

// root runs a query as root.
func (s *sandbox) root(q string) value.Value {
	s.t.Helper()
	return s.as(s.RootSecret(), q, nil)
}

// text runs a query as root that returns a string.
func (s *sandbox) text(q string) string {
	s.t.Helper()
	v, ok := s.root(q).(value.String)
	if !ok {
		s.t.Fatalf("%s: not a string", q)
	}
	return string(v)
}

// ref runs a query as root that returns a ref.
func (s *sandbox) ref(q string) value.Ref {
	s.t.Helper()
	v, ok := s.root(q).(value.Ref)
	if !ok {
		s.t.Fatalf("%s: not a ref", q)
	}
	return v
}

// code returns the code of the error that decides, 0 if there is none.
func code(err error) query.Code {
	if errors.Is(err, engine.ErrUnauthorized) {
		return query.Unauthorized
	}
	if e := query.Decisive(err); e != nil {
		return e.Code
	}
	return 0
}
