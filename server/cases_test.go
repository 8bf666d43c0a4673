package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/querytest"
	"github.com/fawndb/fawn/query/text"
)

// caseSecret is the root secret of the databases of cases.
const caseSecret = "the-root-secret-of-cases"

// caseSession is a database behind a server. Queries in JSON go through HTTP;
// those in text, which HTTP does not take, are answered as HTTP would.
type caseSession struct {
	db      *engine.DB
	handler http.Handler
	now     *atomic.Int64 // microseconds
}

// caseStores are the stores that every case runs on.
var caseStores = map[string]func(t *testing.T, clock func() int64) (kv.Store, error){
	"mem": func(_ *testing.T, clock func() int64) (kv.Store, error) {
		return mem.New(mem.Options{Clock: clock}), nil
	},
	"bolt": func(t *testing.T, clock func() int64) (kv.Store, error) {
		path := filepath.Join(t.TempDir(), "cases.db")
		return bolt.Open(path, bolt.Options{Clock: clock, NoSync: true})
	},
}

// openCase returns a function that opens a fresh database in a store.
func openCase(store string) func(t *testing.T) querytest.Session {
	return func(t *testing.T) querytest.Session {
		t.Helper()
		now := new(atomic.Int64)
		now.Store(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
		clock := func() int64 { return now.Add(1) }
		kept, err := caseStores[store](t, clock)
		if err != nil {
			t.Fatal(err)
		}
		db, err := engine.OpenStore(kept, engine.Options{
			RootSecret:   caseSecret,
			Clock:        func() time.Time { return time.UnixMicro(clock()).UTC() },
			PasswordCost: password.Cost{Memory: 8, Time: 1, Lanes: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			damage := func(f engine.Finding) { t.Error(f) }
			if err := engine.Check(context.Background(), kept, damage); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return &caseSession{db: db, handler: New(db, Options{}).Handler(), now: now}
	}
}

func (s *caseSession) Forward(d time.Duration) { s.now.Add(d.Microseconds()) }

func (s *caseSession) Query(secret string, form querytest.Form, src string) (int, []byte) {
	if secret == "" {
		secret = caseSecret
	}
	if form == querytest.Text {
		return s.text(secret, src)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(src))
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

func (s *caseSession) text(secret, src string) (int, []byte) {
	res, err := s.db.Run(context.Background(), engine.Request{Secret: secret, Decode: func() (ast.Expr, error) {
		q, err := s.db.Parse(src)
		var fault *text.Error
		if errors.As(err, &fault) && fault.Err == nil {
			return nil, &query.Error{Code: query.InvalidExpression, Description: fault.Message, Position: ast.Position{}}
		}
		if err != nil {
			return nil, err
		}
		return q.Expr, nil
	}})
	if errors.Is(err, engine.ErrUnauthorized) {
		return http.StatusUnauthorized, []byte(`{"errors":[{"code":"unauthorized","description":"Unauthorized"}]}`)
	}
	if err != nil {
		return statusOf(err), query.AppendErrors(nil, err, nil)
	}
	body, err := res.AppendJSON([]byte(`{"resource":`))
	if err != nil {
		return statusOf(err), query.AppendErrors(nil, err, nil)
	}
	if res.Created {
		return http.StatusCreated, append(body, '}')
	}
	return http.StatusOK, append(body, '}')
}

func TestCases(t *testing.T) {
	for store := range caseStores {
		t.Run(store, func(t *testing.T) { querytest.Run(t, "../testdata/fql/*.txt", openCase(store)) })
	}
}

func TestExamples(t *testing.T) { querytest.Examples(t, openCase("mem")) }
