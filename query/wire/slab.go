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

// maxSlab bounds what is taken at once.
const maxSlab = 256

type slab[T any] struct {
	free []T
	next int // how much to take when free is used up
}

// expect sets how much the slab is likely to be asked for.
func (s *slab[T]) expect(n int) { s.next = min(n, maxSlab) }

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
