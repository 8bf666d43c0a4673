package text

import (
	"reflect"
	"testing"

	"github.com/fawndb/fawn/query/wire"
)

// roundTrip checks that what is printed of q is q again, at every width.
func roundTrip(t *testing.T, q *Query) {
	t.Helper()
	for _, width := range []int{0, 1, -1} {
		printed := string(Append(nil, q.Expr, Options{Width: width}))
		again, err := Parse(printed, testForms)
		if err != nil {
			t.Fatalf("%s\nprinted as\n%s\n%v", q.Wire, printed, err)
		}
		if !reflect.DeepEqual(q.Expr, again.Expr) {
			t.Fatalf("%s\nprinted as\n%s\nis read as\n%s\n%s", q.Wire, printed,
				wire.Append(nil, again.Expr), wire.Append(nil, q.Expr))
		}
	}
}
