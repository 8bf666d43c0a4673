package drivers

import (
	"errors"
	"reflect"
	"testing"
	"time"

	f "github.com/fauna/faunadb-go/v4/faunadb"
)

// session is a client of the Go driver with one secret, and how its last
// query that succeeded was answered.
type session struct {
	t      *testing.T
	client *f.FaunaClient
	last   *f.QueryResult
}

func newSession(t *testing.T, s server) *session {
	client := f.NewFaunaClient(s.secret, f.Endpoint(s.endpoint))
	return observed(t, client)
}

func observed(t *testing.T, client *f.FaunaClient) *session {
	s := &session{t: t}
	s.client = client.NewWithObserver(func(r *f.QueryResult) { s.last = r })
	return s
}

// as is a session with another secret; the driver shares the connection.
func (s *session) as(secret f.Value) *session {
	s.t.Helper()
	return observed(s.t, s.client.NewSessionClient(text(s.t, secret)))
}

// ask answers the value of a query that must succeed with the status.
func (s *session) ask(status int, expr f.Expr) f.Value {
	s.t.Helper()
	got, err := s.client.Query(expr)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.last.StatusCode != status {
		s.t.Fatalf("status %d, want %d", s.last.StatusCode, status)
	}
	return got
}

// same checks that a query succeeds with exactly this value.
func (s *session) same(expr f.Expr, want f.Value) {
	s.t.Helper()
	if got := s.ask(200, expr); !reflect.DeepEqual(got, want) {
		s.t.Fatalf("got %#v, want %#v", got, want)
	}
}

// refused checks that a query fails with this status and error, and no other.
func (s *session) refused(status int, expr f.Expr, want f.QueryError) {
	s.t.Helper()
	got, err := s.client.Query(expr)
	if err == nil {
		s.t.Fatalf("got %v, want status %d", got, status)
	}
	kinds := map[int]func(error) ([]f.QueryError, bool){
		400: is[f.BadRequest], 401: is[f.Unauthorized], 403: is[f.PermissionDenied], 404: is[f.NotFound],
	}
	errs, ok := kinds[status](err)
	if !ok {
		s.t.Fatalf("got %T %v, want status %d", err, err, status)
	}
	if !reflect.DeepEqual(errs, []f.QueryError{want}) {
		s.t.Fatalf("got %#v, want %#v", errs, want)
	}
}

// is reports whether an error is of the driver's class, and what it holds.
func is[T f.FaunaError](err error) ([]f.QueryError, bool) {
	var class T
	if !errors.As(err, &class) {
		return nil, false
	}
	return class.Errors(), true
}

// document checks a document's members: those that the server chooses must be
// there, the others must be exactly as wanted. It returns the document.
func document(t *testing.T, got f.Value, chosen []string, want f.ObjectV) f.ObjectV {
	t.Helper()
	doc, ok := got.(f.ObjectV)
	if !ok {
		t.Fatalf("got %#v, want a document", got)
	}
	rest := f.ObjectV{}
	for name, v := range doc {
		rest[name] = v
	}
	for _, name := range chosen {
		if rest[name] == nil {
			t.Fatalf("got %v without %s", doc, name)
		}
		delete(rest, name)
	}
	if !reflect.DeepEqual(rest, want) {
		t.Fatalf("got %#v, want %#v", rest, want)
	}
	if ts, ok := doc["ts"].(f.LongV); !ok || time.Since(time.UnixMicro(int64(ts))).Abs() > time.Hour {
		t.Fatalf("ts is %#v, want microseconds of about now", doc["ts"])
	}
	return doc
}

func text(t *testing.T, v f.Value) string {
	t.Helper()
	s, ok := v.(f.StringV)
	if !ok {
		t.Fatalf("got %#v, want a string", v)
	}
	return string(s)
}

// ref is a ref as replies hold it: the driver fills in the member that was
// called class before it was called collection.
func ref(id string, collection *f.RefV) f.RefV {
	return f.RefV{ID: id, Collection: collection, Class: collection}
}

// page is a page of these values and no others; the driver makes a nil array of
// an empty one.
func page(values ...f.Value) f.ObjectV {
	return f.ObjectV{"data": f.ArrayV(values)}
}
