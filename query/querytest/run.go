package querytest

import (
	"flag"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/wire"
)

var rewrite = flag.Bool("rewrite", false, "write the results of failing steps into the case files")

// Session is a fresh database that answers queries.
type Session interface {
	// Query runs a query of whoever holds the secret; "" is an admin key. It
	// returns the status and the body that HTTP would.
	Query(secret string, form Form, src string) (status int, body []byte)
	// Forward moves the database's clock.
	Forward(d time.Duration)
}

// Run runs all cases of the files that the pattern names, each case in a
// session of its own: first as it is written, then with every query written
// in the other form.
func Run(t *testing.T, pattern string, open func(t *testing.T) Session) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no case files %s (%v)", pattern, err)
	}
	for _, path := range paths {
		f, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		got := map[*Step]string{}
		for _, c := range f.Cases {
			name := strings.TrimSuffix(filepath.Base(path), ".txt") + "/" + c.Name
			t.Run(name+"/written", func(t *testing.T) {
				(&run{t: t, file: f, session: open(t), names: captures{}, got: got}).all(c)
			})
			t.Run(name+"/other", func(t *testing.T) {
				(&run{t: t, file: f, session: open(t), names: captures{}, other: true}).all(c)
			})
		}
		if *rewrite && len(got) > 0 {
			if err := f.rewrite(got); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// run is one session of one case.
type run struct {
	t       *testing.T
	file    *File
	session Session
	names   captures
	other   bool             // every query in the other form
	got     map[*Step]string // collects what is to be rewritten
}

func (r *run) all(c *Case) {
	for _, s := range c.Steps {
		if s.Forward > 0 {
			r.session.Forward(s.Forward)
			continue
		}
		if err := r.step(s); err != nil {
			r.t.Errorf("%s:%d: %s\n%v", r.file.Path, s.Line, s.Source, err)
		}
	}
}

// step runs a query and compares.
func (r *run) step(s *Step) error {
	secret, err := r.names.secret(s.As)
	if err != nil {
		return err
	}
	src, err := r.names.fill(s.Source)
	if err != nil {
		return err
	}
	form, exact := s.Form, true
	if form == Wire {
		src = expand(src)
	}
	if r.other {
		form, src, exact = otherForm(form, src)
	}
	status, body := r.session.Query(secret, form, src)
	result, err := resultOf(status, body)
	if err != nil {
		return err
	}
	err = r.compare(s, result, exact)
	if err != nil && r.got != nil && *rewrite {
		r.got[s] = result.String()
		return nil
	}
	if err != nil && r.other {
		return fmt.Errorf("as %s: %s\n%w", form, src, err)
	}
	return err
}

// otherForm writes a query in the other form. One that cannot be read stays as
// it is. It is exact if the other form reads as the same tree: the bindings of
// let and a bare operand may be spelled differently, and then errors have
// other positions.
func otherForm(form Form, src string) (Form, string, bool) {
	e, err := parse(form, src)
	if err != nil {
		return form, src, true
	}
	form = Wire - form
	src = print(form, e)
	again, err := parse(form, src)
	return form, src, err != nil || reflect.DeepEqual(e, again)
}

func parse(form Form, src string) (ast.Expr, error) {
	if form == Wire {
		return wire.Decode([]byte(src), query.Forms())
	}
	q, err := text.Parse(src, query.Forms())
	if err != nil {
		return nil, err
	}
	return q.Expr, nil
}

func print(form Form, e ast.Expr) string {
	if form == Wire {
		return string(wire.Append(nil, e))
	}
	return text.Print(e)
}

// resultOf takes a response apart.
func resultOf(status int, body []byte) (*Result, error) {
	n, err := parseJSON(string(body))
	if err != nil {
		return nil, fmt.Errorf("the body %s: %w", body, err)
	}
	name := "errors"
	if status < 300 {
		name = "resource"
	}
	inner := n.member(name)
	if n.kind != '{' || len(n.items) != 1 || inner == nil {
		return nil, fmt.Errorf("status %d, but the body is %s", status, body)
	}
	return &Result{status, inner.String()}, nil
}

func (r *run) compare(s *Step, got *Result, exact bool) error {
	if s.Want == nil {
		return fmt.Errorf("the file gives no result; it is\n%s", got)
	}
	want, err := parseJSON(quoteMarkers(expand(s.Want.JSON)))
	if err != nil {
		return fmt.Errorf("the result in the file: %w", err)
	}
	if s.Want.Status != got.Status {
		return fmt.Errorf("got  %s\nwant %s", got, s.Want)
	}
	result, err := parseJSON(got.JSON)
	if err != nil {
		return err
	}
	if !exact && got.Status >= 300 {
		want, result = want.without("position"), result.without("position")
	}
	if err := r.names.match(want, result, "$"); err != nil {
		return fmt.Errorf("%w\ngot  %s\nwant %s", err, got, s.Want)
	}
	return nil
}
