package querytest

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
)

// Coverage checks that the case files that the pattern names have a case of
// every row of the table, and of every error that the row and its casts name.
// A case is of a row if the query calls it. It is of an error if one of the
// errors it gives fits and stands at a call of the row; for an error of a cast,
// at the argument.
func Coverage(t *testing.T, pattern string) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no case files %s (%v)", pattern, err)
	}
	seen := coverage{called: map[string]bool{}}
	for _, path := range paths {
		f, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.Cases {
			for _, s := range c.Steps {
				seen.add(s)
			}
		}
	}
	for _, family := range query.Families() {
		for _, f := range family.Functions {
			for _, missing := range seen.missing(f) {
				t.Errorf("%s has no case %s", f.Name, missing)
			}
		}
	}
}

// coverage is what cases show.
type coverage struct {
	called map[string]bool
	errors []seenError
}

// seenError is an error that a case gives. The row is "" when the query cannot
// be read, and "*" when the error has no position in the query: it has none at
// all, or is inside a function that was called, where key is the last.
type seenError struct{ row, key, text string }

func (c *coverage) add(s *Step) {
	if s.Source == "" || s.Want == nil {
		return
	}
	tree, err := parse(s.Form, sample(s.Form, s.Source))
	if err == nil {
		c.call(tree)
	}
	if s.Want.Status < 300 {
		return
	}
	list, err := parseJSON(quoteMarkers(expand(s.Want.JSON)))
	if err != nil {
		return
	}
	c.errorsOf(tree, list.items)
}

// errorsOf notes the errors of a query and their causes, which have no tree.
func (c *coverage) errorsOf(tree ast.Expr, list []*node) {
	for _, e := range list {
		if e.kind != '{' || e.member("code") == nil || e.member("description") == nil {
			continue
		}
		at := []seenError{{}}
		switch position := e.member("position"); {
		case position == nil:
			at[0].row = "*"
		case tree != nil:
			at = places(tree, position.items)
		}
		for _, found := range at {
			found.text = e.member("code").text + ": " + e.member("description").text
			c.errors = append(c.errors, found)
		}
		if causes := e.member("cause"); causes != nil {
			c.causes(causes.items)
		}
	}
}

func (c *coverage) causes(list []*node) {
	for _, e := range list {
		found := seenError{row: "*", text: e.member("code").text + ": " + e.member("description").text}
		if at := e.member("position"); at != nil && len(at.items) > 0 {
			found.key = at.items[len(at.items)-1].text
		}
		c.errors = append(c.errors, found)
	}
}

// sample fills the placeholders of a query with something of their kind.
func sample(form Form, src string) string {
	if form == Wire {
		src = expand(src)
	}
	return replaceMarkers(src, func(m []string, quoted bool) string {
		switch {
		case quoted, m[1] == "ts", m[1] == "int":
			return "1"
		case m[1] == "any":
			return "null"
		default:
			return `"1"`
		}
	})
}

// call notes the rows of a tree.
func (c *coverage) call(e ast.Expr) {
	var parts []ast.Expr
	switch e := e.(type) {
	case *ast.Array:
		parts = e.Items
	case *ast.Object:
		c.called["Object"] = true
		parts = e.Values
	case *ast.Wrapped:
		parts = []ast.Expr{e.Expr}
	case *ast.SetLiteral:
		parts = []ast.Expr{e.Call}
	case *ast.QueryLiteral:
		parts = []ast.Expr{e.Lambda}
	case *ast.Let:
		c.called["Let"] = true
		parts = append(append(parts, e.Values...), e.In)
	case *ast.Var:
		c.called["Var"] = true
	case *ast.Lambda:
		c.called["Lambda"] = true
		parts = []ast.Expr{e.Body}
	case *ast.Call:
		c.called[e.Form.Name] = true
		parts = e.Args
	default: // the others have no parts
	}
	for _, part := range parts {
		if part != nil {
			c.call(part)
		}
	}
}

// missing says what of a row no case shows.
func (c *coverage) missing(f *query.Function) []string {
	var out []string
	if !c.called[f.Name] {
		out = append(out, "at all")
	}
	for _, text := range f.Errors {
		if !c.has(f, "", text) {
			out = append(out, "of "+text)
		}
	}
	for _, p := range f.Params {
		for _, text := range p.Cast.Errors() {
			if !c.has(f, p.Key, text) {
				out = append(out, "of "+text+" at "+p.Key)
			}
		}
	}
	return out
}

// has reports whether an error was seen: with key "" anywhere in the row, and
// for rows that are no calls anywhere.
func (c *coverage) has(f *query.Function, key, text string) bool {
	fits := fitting(text)
	for _, e := range c.errors {
		at := f.Node ||
			e.row == "*" && c.called[f.Name] && (key == "" || e.key == "" || key == e.key) ||
			e.row == f.Name && (key == "" || key == e.key)
		if at && fits.MatchString(e.text) {
			return true
		}
	}
	return false
}

var differing = regexp.MustCompile(`<[a-z]+>`)

// fitting is the regular expression of an error as a row gives it.
func fitting(text string) *regexp.Regexp {
	parts := differing.Split(text, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, `.+`) + `$`)
}

// places follows the position of an error into a tree, and returns the
// innermost call on the way with the key that the way goes on with. If it goes
// on with none, the error is that call's, or that of what the call is an
// argument of: that comes too.
func places(e ast.Expr, position []*node) []seenError {
	var outer, inner seenError
	for {
		if call, ok := e.(*ast.Call); ok {
			if len(position) > 0 && position[0].kind == 'n' {
				position = position[1:] // of a list that is computed
			}
			outer, inner = inner, seenError{row: call.Form.Name}
			if len(position) > 0 {
				inner.key = position[0].text
			}
		}
		next, n := descend(e, position)
		switch {
		case n >= 0:
			e, position = next, position[n:]
		case len(position) > 0:
			return []seenError{inner}
		default:
			return []seenError{inner, outer}
		}
	}
}

// descend follows the first steps of a position, and returns how many they
// are: -1 at its end, or when it leads nowhere.
func descend(e ast.Expr, position []*node) (ast.Expr, int) {
	step := ""
	if len(position) > 0 {
		step = position[0].text
	}
	switch e := e.(type) {
	case *ast.Array:
		return item(e, step)
	case *ast.Object:
		return member(e.Names, e.Values, position, 1)
	case *ast.Wrapped:
		if step == "@obj" {
			return e.Expr, 1
		}
	case *ast.SetLiteral:
		return e.Call, 0
	case *ast.QueryLiteral:
		return e.Lambda, 0
	case *ast.Let:
		return binding(e, position, step)
	case *ast.Lambda:
		if step == "expr" {
			return e.Body, 1
		}
	case *ast.Call:
		return operand(e, step)
	default: // the others have no parts
	}
	return nil, -1
}

func binding(e *ast.Let, position []*node, step string) (ast.Expr, int) {
	switch {
	case step == "in":
		return e.In, 1
	case e.List:
		return member(e.Names, e.Values, position, 2)
	default:
		return member(e.Names, e.Values, position, 1)
	}
}

func operand(e *ast.Call, step string) (ast.Expr, int) {
	for i, o := range e.Form.Operands {
		if o.Key == step && e.Args[i] != nil {
			return e.Args[i], 1
		}
	}
	return nil, -1
}

func item(e *ast.Array, step string) (ast.Expr, int) {
	i, err := strconv.Atoi(step)
	switch {
	case err == nil && i >= 0 && i < len(e.Items):
		return e.Items[i], 1
	case e.Bare && len(e.Items) == 1:
		return e.Items[0], 0
	}
	return nil, -1
}

// member finds the member that the step at i names.
func member(names []string, values []ast.Expr, position []*node, i int) (ast.Expr, int) {
	if len(position) <= i {
		return nil, -1
	}
	for k, name := range names {
		if name == position[i].text {
			return values[k], i + 1
		}
	}
	return nil, -1
}
