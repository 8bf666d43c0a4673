package engine_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// cheap is a cost of passwords for tests.
var cheap = password.Cost{Memory: 8, Time: 1, Lanes: 1}

// scratch is a database in memory on a clock of its own, which goes on by a
// microsecond whenever it is looked at.
type scratch struct {
	*engine.DB
	t     *testing.T
	store *mem.Store
	now   atomic.Int64
}

func newScratch(t *testing.T) *scratch {
	t.Helper()
	s := &scratch{t: t}
	s.now.Store(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
	clock := func() int64 { return s.now.Add(1) }
	s.store = mem.New(mem.Options{Clock: clock})
	db, err := engine.OpenStore(s.store, engine.Options{
		Clock: func() time.Time { return time.UnixMicro(clock()).UTC() }, PasswordCost: cheap,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.DB = db
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// as runs a query of whoever holds a secret.
func (s *scratch) as(secret, q string, args map[string]any) value.Value {
	s.t.Helper()
	res, err := s.Query(context.Background(), secret, q, args)
	if err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
	return value.Resolve(res.Value, res.Time)
}

// root runs a query as root.
func (s *scratch) root(q string) value.Value {
	s.t.Helper()
	return s.as(s.RootSecret(), q, nil)
}

// text runs a query as root that returns a string.
func (s *scratch) text(q string) string {
	s.t.Helper()
	v, ok := s.root(q).(value.String)
	if !ok {
		s.t.Fatalf("%s: not a string", q)
	}
	return string(v)
}

// ref runs a query as root that returns a ref.
func (s *scratch) ref(q string) value.Ref {
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
