package wire

import "github.com/fawndb/fawn/query/ast"

// slabs hand out the nodes of one tree from few pieces of memory. A slab is
// never shared by two trees, so that a lambda that lives on keeps no more
// than its own request.
type slabs struct {
	calls    slab[ast.Call]
	literals slab[ast.Literal]
	exprs    slab[ast.Expr]
}

// typical holds the nodes of a request of a few calls.
type typical struct {
	calls    [typicalCalls]ast.Call
	literals [typicalCalls]ast.Literal
	exprs    [typicalCalls * 7 / 2]ast.Expr
}

const typicalCalls = 4

// expect sizes the slabs for so many nodes; a typical request takes them from
// one piece.
func (s *slabs) expect(calls, literals, exprs int) {
	s.calls.next, s.literals.next, s.exprs.next = min(calls, maxSlab), min(literals, maxSlab), min(exprs, maxSlab)
	if typicalCalls/2 <= calls && max(calls, literals) <= typicalCalls {
		t := new(typical)
		s.calls.free, s.literals.free, s.exprs.free = t.calls[:], t.literals[:], t.exprs[:]
	}
}

// maxSlab bounds what is taken at once.
const maxSlab = 256

type slab[T any] struct {
	free []T
	next int // how much to take when free is used up
}

// take returns n fresh elements, nil for none.
func (s *slab[T]) take(n int) []T {
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		if n > s.next {
			return make([]T, n)
		}
		s.free = make([]T, s.next)
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	return out
}

// one returns a fresh element.
func (s *slab[T]) one() *T { return &s.take(1)[0] }
