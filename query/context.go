package query

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// maxDepth is how many lambdas and user functions may be applied inside each
// other.
const maxDepth = 200

// Options say under which conditions a query runs.
type Options struct {
	// Vars are bound around the whole query.
	Vars []value.Field
	// Limited holds the query to the effect Allow. Where is what the
	// surroundings are called in the error ("get requests"); "" is a stream.
	Limited bool
	Allow   ast.Effect
	Where   string
	// Timeless lets nothing ask for the present time: the result must not
	// depend on when it is evaluated.
	Timeless bool
	// Calls lets user functions be called, which may write: what their bodies
	// do is held to Allow.
	Calls bool
	// MaxSteps bounds how many functions and lambdas are evaluated; 0 is no
	// bound.
	MaxSteps int64
	// MaxMemory bounds the bytes of the values that the query holds, and those
	// of its result; 0 is no bound.
	MaxMemory int64
}

// Stats count what a query did.
type Stats struct {
	// Calls is the number of function forms and lambdas evaluated.
	Calls int64
}

// Context is the state of one running query. Functions get it with their
// arguments; it is not safe for concurrent use.
type Context struct {
	Host  Host
	Stats Stats

	rows    []*Function // the table
	forms   *ast.Forms
	ctx     context.Context //nolint:containedctx // a Context is one run of one query
	options Options
	path    []ast.Step // where evaluation stands
	vars    []value.Field
	base    int // vars below it belong to callers and are out of sight
	args    []value.Value
	form    *ast.Call // whose code is about to run
	named   ast.Ref   // the ref that is being resolved
	depth   int
	folds   int   // steps of folds so far
	held    int64 // bytes of values made, and not dropped since
	strict  bool  // the running lambda was written under a version before 3
	at      int64 // valid time of reads; 0 is the present
	// defined says where sets with a lambda were made: that is where its
	// errors are, whenever the set is read.
	defined map[*value.Set]ast.Position
}

// Eval evaluates an expression. The error is an *Error or Errors, or, when
// the host failed, whatever the host returned.
func Eval(ctx context.Context, host Host, e ast.Expr, o Options) (value.Value, Stats, error) {
	c := newContext(ctx, host, o)
	v, err := c.Eval(e)
	if err == nil {
		err = c.whole(v)
	}
	stats := c.Stats
	c.release()
	if err != nil {
		return nil, stats, err
	}
	return v, stats, nil
}

// contexts are those at rest: empty but for the memory of their path, variables
// and arguments, which is what makes them worth keeping.
var contexts = sync.Pool{New: func() any { return new(Context) }}

// newContext returns a Context for one run. Nothing that the run returns may
// refer to it.
func newContext(ctx context.Context, host Host, o Options) *Context {
	if !o.Limited {
		o.Allow = ast.Write
	}
	t := theTable()
	c := contexts.Get().(*Context)
	c.Host, c.rows, c.forms, c.ctx, c.options = host, t.rows, t.forms, ctx, o
	c.vars = append(c.vars, o.Vars...)
	return c
}

// keptSlots is the most room for variables or arguments that a Context at rest
// keeps.
const keptSlots = 256

// release ends a run that did not panic. No value of it is kept.
func (c *Context) release() {
	path, vars, args := c.path[:0], c.vars[:cap(c.vars)], c.args[:cap(c.args)]
	if max(cap(path), cap(vars), cap(args)) > keptSlots {
		return
	}
	clear(vars)
	clear(args)
	*c = Context{path: path, vars: vars[:0], args: args[:0]}
	contexts.Put(c)
}

func (c *Context) push(s ast.Step) { c.path = append(c.path, s) }
func (c *Context) pop()            { c.path = c.path[:len(c.path)-1] }

// Position returns where evaluation stands. In Eval of a function that is
// the form's position.
func (c *Context) Position() ast.Position { return ast.Position(c.path).Join() }

// fail returns an error at the present position.
func (c *Context) fail(code Code, description string) error {
	return &Error{Code: code, Description: description, Position: c.Position()}
}

// failAt returns an error below the present position.
func (c *Context) failAt(code Code, description string, steps ...ast.Step) error {
	return &Error{Code: code, Description: description, Position: ast.Position(c.path).Join(steps...)}
}

// place turns a host's refusal into an error at its position: the form's, or
// that of its verb. Every other error stays as it is.
func (c *Context) place(err error, verb string) error {
	if err == nil {
		return nil
	}
	return c.placed(err, verb)
}

func (c *Context) placed(err error, verb string) error {
	var r *Refusal
	if !errors.As(err, &r) {
		return err
	}
	e := &Error{Code: r.Code, Description: r.Description, Failures: r.Failures}
	switch r.Place {
	case AtForm:
		e.Position = c.Position()
	case AtVerb:
		e.Position = ast.Position(c.path).Join(ast.Key(verb))
	case Nowhere:
	}
	if r.Prefixed {
		e.Failures = prefixed(e.Position, r.Failures)
	}
	if r.Also != nil {
		return join(e, c.place(r.Also, verb))
	}
	return e
}

// placeAtForm is place for the functions that report every refusal at their
// form.
func (c *Context) placeAtForm(err error) error {
	var r *Refusal
	if !errors.As(err, &r) {
		return err
	}
	moved := *r
	moved.Place = AtForm
	return c.place(&moved, "")
}

// isRefusal reports whether a host refused for a reason that lies with the
// query.
func isRefusal(err error) bool {
	var r *Refusal
	return errors.As(err, &r)
}

func prefixed(p ast.Position, failures []Failure) []Failure {
	out := make([]Failure, len(failures))
	for i, f := range failures {
		f.Field = append(p.Strings(), f.Field...)
		out[i] = f
	}
	return out
}

// step counts one evaluation and looks now and then whether the query has
// run out of time.
func (c *Context) step() error {
	c.Stats.Calls++
	if c.Stats.Calls&0xff != 0 {
		return nil
	}
	return c.alive()
}

// alive reports whether the query may go on.
func (c *Context) alive() error {
	if max := c.options.MaxSteps; max > 0 && c.Stats.Calls > max {
		return &Error{Code: BadRequest, Description: "Transaction does too much compute: got " +
			strconv.FormatInt(c.Stats.Calls, 10) + ", limit: " + strconv.FormatInt(max, 10)}
	}
	if c.ctx.Err() != nil {
		return &Error{Code: TimeOut, Description: "Read timed out"}
	}
	return nil
}
