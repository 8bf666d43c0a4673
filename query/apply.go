package query

import (
	"context"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Apply calls a lambda value by itself: an index binding, a role's predicate.
// The errors are those of Eval.
func Apply(ctx context.Context, host Host, l *value.Lambda, arg value.Value, o Options) (value.Value, error) {
	c := newContext(ctx, host, o)
	v, err := c.Apply(l, arg)
	if err == nil {
		err = c.whole(v)
	}
	c.release()
	if err != nil {
		return nil, err
	}
	return v, nil
}

// IsErrors reports whether err is the query's own fault: errors of Eval that
// are not failures of the host.
func IsErrors(err error) bool {
	_, ok := asErrors(err)
	return ok
}

// Arity returns how many parameters a lambda has; one that takes its whole
// argument has 1.
func Arity(l *value.Lambda) int {
	code, err := compiled(l, Forms())
	if err != nil {
		return 0
	}
	return len(code.Params)
}

// Ignores reports whether a lambda takes any argument and looks at none.
func Ignores(l *value.Lambda) bool {
	code, err := compiled(l, Forms())
	return err == nil && code.Single && code.Params[0] == "_"
}

// Unary reports whether a lambda takes one argument and neither reads nor
// writes: whether it may be the binding of an index.
func Unary(l *value.Lambda) bool {
	code, err := compiled(l, Forms())
	return err == nil && len(code.Params) == 1 && ast.EffectOf(code) == ast.Pure
}
