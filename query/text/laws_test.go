package text

import (
	"testing"

	"github.com/fawndb/fawn/query/ast"
	"github.com/google/go-cmp/cmp"
)

// sameForm compares forms, which trees share, by identity.
var sameForm = cmp.Comparer(func(a, b *ast.Form) bool { return a == b })

// roundTrip checks that what is printed of q is q again, at every width.
func roundTrip(t *testing.T, q *Query) {
	t.Helper()
	for _, width := range []int{0, 1, -1} {
		printed := string(Append(nil, q.Expr, Options{Width: width}))
		again, err := Parse(printed, testForms)
		if err != nil {
			t.Fatalf("%s\nprinted as\n%s\n%v", q.Wire, printed, err)
		}
		if diff := cmp.Diff(q.Expr, again.Expr, sameForm); diff != "" {
			t.Fatalf("%s\nprinted as\n%s\n%s", q.Wire, printed, diff)
		}
	}
}
