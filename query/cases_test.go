package query_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/querytest"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/query/wire"
)

// errNoDatabase is what nowhere says to whatever needs a database.
var errNoDatabase = errors.New("there is no database")

// nowhere is the host of queries that need no database: it knows the time and
// the system collections, and no other name.
type nowhere struct {
	now, id int64
}

func (*nowhere) Scope() value.Scope                      { return 0 }
func (*nowhere) Name(value.Ref) (string, bool)           { return "", false }
func (*nowhere) Parent(value.Scope) (value.Ref, bool)    { return value.Ref{}, false }
func (h *nowhere) Now() int64                            { return h.now }
func (*nowhere) Write(query.Change) (value.Value, error) { return nil, errNoDatabase }
func (*nowhere) Caller() query.Caller                    { return admin{} }

func (h *nowhere) NewID() (int64, error) {
	h.id++
	return h.id, nil
}

func (*nowhere) Resolve(r *ast.Ref, _ bool) (value.Value, error) {
	if r.Native {
		return value.CollectionRef(0, r.Class), nil
	}
	return &value.Unresolved{Class: r.Class, Name: r.Name, ID: r.ID, Path: r.Path}, nil
}

func (*nowhere) Get(value.Ref, int64) (*value.Document, error) { return nil, errNoDatabase }

func (*nowhere) Matchable(value.Ref) error { return errNoDatabase }

func (*nowhere) Open(value.Value, query.Reading) (query.Set, error) { return nil, errNoDatabase }

func (*nowhere) Function(value.Ref, value.Value) (*query.Body, error) { return nil, errNoDatabase }

// admin is a caller without an identity.
type admin struct{ query.Caller }

func (admin) Identity() value.Value { return nil }
func (admin) Token() value.Value    { return nil }

// pure is a session without a database.
type pure struct{ host *nowhere }

func newPure(*testing.T) querytest.Session { return pure{&nowhere{now: 1_700_000_000_000_000}} }

func (s pure) Forward(d time.Duration) { s.host.now += d.Microseconds() }

func (s pure) Query(_ string, form querytest.Form, src string) (int, []byte) {
	e, err := read(form, src)
	if err != nil {
		return s.failed(err)
	}
	v, _, err := query.Eval(context.Background(), s.host, e, query.Options{})
	if err != nil {
		return s.failed(err)
	}
	return 200, append(value.AppendJSON([]byte(`{"resource":`), v, s.host), '}')
}

func read(form querytest.Form, src string) (ast.Expr, error) {
	if form == querytest.Wire {
		return wire.Decode([]byte(src), query.Forms())
	}
	q, err := text.Parse(src, query.Forms())
	if err != nil {
		return nil, err
	}
	return q.Expr, nil
}

func (s pure) failed(err error) (int, []byte) {
	status := 500
	var fault *text.Error
	if errors.As(err, &fault) && fault.Err == nil {
		err = &query.Error{Code: query.InvalidExpression, Description: fault.Message, Position: ast.Position{}}
	}
	if e := query.Decisive(err); e != nil {
		status = map[query.Code]int{query.ValueNotFound: 404, query.InstanceNotFound: 404}[e.Code]
		if status == 0 {
			status = 400
		}
	}
	return status, query.AppendErrors(nil, err, s.host)
}

func TestCases(t *testing.T) {
	for _, name := range []string{
		"basic", "collections", "aggregates", "objects", "comparison", "logic", "errors",
		"math", "trigonometry", "bits", "time", "conversion", "typechecks", "ids",
		"strings", "regexp", "format",
	} {
		querytest.Run(t, "../testdata/fql/"+name+".txt", newPure)
	}
}

// TestExamples runs those that need no database; the server runs them all.
func TestExamples(t *testing.T) {
	querytest.Examples(t, newPure, "refs", "sets", "documents", "schema", "identity")
}
