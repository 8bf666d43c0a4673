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
