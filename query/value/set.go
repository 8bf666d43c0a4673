package value

// SetKind says how a set is made.
type SetKind uint8

// The kinds of set. A system collection used as a set stays a Ref.
const (
	SetMatch SetKind = iota
	SetDocuments
	SetSingleton
	SetEvents
	SetUnion
	SetIntersection
	SetDifference
	SetDistinct
	SetJoin
	SetRange
	SetReverse
	SetFilter
)

// Set describes a set. It holds no elements: they are read when a page or a
// fold asks.
type Set struct {
	Op SetKind
	// Ref is the index of a match, the collection of documents, the document
	// of a singleton, and that of events over a ref.
	Ref Ref
	// Terms are a match's.
	Terms []Value
	// Sets are the operands: sets (or system collection refs). Events over a
	// set has one, events over a ref none.
	Sets []Value
	// Lambda is a filter's predicate or a join's target; a join over an index
	// has a nil Lambda and Ref is the index.
	Lambda *Lambda
	// From and To bound a range: a prefix of the values, perhaps with the
	// ref at the end; empty is open. Bare says that the bound was written as
	// one value, not as an array.
	From, To         []Value
	FromBare, ToBare bool
}

// Object returns the set as the object it is written as, {"@set": {...}}.
// Lambdas and sets inside stay values of their kinds; the inner set of events
// stands without a wrapper of its own.
// Source: chapter on documents, section 2.2.
func (s *Set) Object() Object {
	return Object{{"@set", s.parts()}}
}

// parts returns the members of the set's constructor.
func (s *Set) parts() Object { //nolint:cyclop // a plain switch over kinds of sets
	switch s.Op {
	case SetMatch:
		if len(s.Terms) == 0 {
			return Object{{"match", s.Ref}}
		}
		return Object{{"match", s.Ref}, {"terms", bareOrList(s.Terms)}}
	case SetDocuments:
		return Object{{"documents", s.Ref}}
	case SetSingleton:
		return Object{{"singleton", s.Ref}}
	case SetEvents:
		if inner, ok := s.operand().(*Set); ok {
			return Object{{"events", inner.parts()}}
		}
		return Object{{"events", s.operand()}}
	case SetUnion:
		return Object{{"union", s.operands()}}
	case SetIntersection:
		return Object{{"intersection", s.operands()}}
	case SetDifference:
		return Object{{"difference", s.operands()}}
	case SetDistinct:
		return Object{{"distinct", s.operand()}}
	case SetJoin:
		if s.Lambda != nil {
			return Object{{"join", s.operand()}, {"with", s.Lambda}}
		}
		return Object{{"join", s.operand()}, {"with", s.Ref}}
	case SetRange:
		return Object{{"range", s.operand()}, {"from", bareOrList(s.From)}, {"to", bareOrList(s.To)}}
	case SetReverse:
		return Object{{"reverse", s.operand()}}
	case SetFilter:
		return Object{{"filter", s.Lambda}, {"collection", s.operand()}}
	default:
		panic("value: unknown set")
	}
}

// operand returns the one set that s is made from; for events over a ref, the
// ref.
func (s *Set) operand() Value {
	if len(s.Sets) > 0 {
		return s.Sets[0]
	}
	return s.Ref
}

// operands returns the sets that s is made from, one of them bare.
func (s *Set) operands() Value {
	if len(s.Sets) == 1 {
		return s.Sets[0]
	}
	return Array(s.Sets)
}

// bareOrList returns a single value bare, unless that is an array, and other
// lists as arrays.
func bareOrList(list []Value) Value {
	if len(list) == 1 && list[0].Kind() != KindArray {
		return list[0]
	}
	return Array(list)
}

// Code is the body of a lambda, in a form owned by whoever evaluates it.
type Code interface {
	// AppendParams appends the lambda's parameters as JSON: "x" or ["a","b"].
	AppendParams(dst []byte) []byte
	// AppendBody appends its body as a wire expression.
	AppendBody(dst []byte) []byte
}

// Source is the Code of a lambda that came from a store: its wire form.
type Source struct{ Params, Body string }

// AppendParams implements Code.
func (s *Source) AppendParams(dst []byte) []byte { return append(dst, s.Params...) }

// AppendBody implements Code.
func (s *Source) AppendBody(dst []byte) []byte { return append(dst, s.Body...) }

// Lambda is a function as a value, with the variables it captured.
type Lambda struct {
	Version  string // API version it was written under: "4", "2.12"
	Code     Code
	Captured []Field
}
