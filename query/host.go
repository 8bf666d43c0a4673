package query

import (
	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Host is the transaction a query runs in, as the language sees it. Its errors
// are *Refusal when the query is at fault; any other error ends the query.
// A Host serves one query at a time.
type Host interface {
	value.Names
	// Now is the snapshot's time in microseconds.
	Now() int64
	// NewID returns a fresh id, greater than all before.
	NewID() (int64, error)
	// Resolve looks names up and returns a Ref, or an *Unresolved. It does not
	// keep r. A literal
	// sees the names as they were when the query began, a function form as
	// they are after the query's own changes.
	Resolve(r *ast.Ref, literal bool) (value.Value, error)
	// Get returns the version of a document valid at a time, nil when there is
	// none. At 0 is the present with the query's own writes.
	Get(r value.Ref, at int64) (*value.Document, error)
	// Matchable reports whether an index may be matched: it is refused while it
	// is not active, and when it is in a database that the caller cannot
	// reach, both AtVerb. Rights are checked when the set is opened.
	Matchable(index value.Ref) error
	// Open opens a set: a *value.Set, or any Ref (a system collection stands
	// for its documents, any other ref for the set with just it).
	Open(set value.Value, r Reading) (Set, error)
	// Write carries out one change and returns what the function returns.
	Write(w Change) (value.Value, error)
	// Function returns the body of a user function, if the caller may call it
	// with these arguments.
	Function(r value.Ref, args value.Value) (*Body, error)
	// Caller answers for whoever sent the query.
	Caller() Caller
}

// Reading says how a set is read.
type Reading struct {
	// At is the valid time; 0 is the present with the query's own writes.
	At int64
	// Unfiltered yields elements whose documents the caller may not read too:
	// for those that look at the first element only.
	Unfiltered bool
	// Lambdas calls the lambdas of sets.
	Lambdas Lambdas
}

// Apply calls the lambda of a filter or a join with one element.
func (r Reading) Apply(s *value.Set, arg value.Value) (value.Value, error) {
	return r.Lambdas.ApplyIn(s, arg, r.At)
}

// Lambdas is the running query to a set that it reads.
type Lambdas interface {
	// ApplyIn calls the lambda of a filter or a join with one element, at the
	// valid time of the reading.
	ApplyIn(s *value.Set, arg value.Value, at int64) (value.Value, error)
}

// Set is an opened set: elements in order, read as they are asked for.
type Set interface {
	Shape() Shape
	// Scan walks the elements at and after from; backward, those strictly
	// before from, from the last to the first.
	Scan(from Bound, backward bool) Elements
}

// Elements are the elements of a set in one direction. They are valid until
// the transaction ends.
type Elements interface {
	Next() bool
	Element() value.Element
	// Refs moves on as Next does, over as many elements as there is room for in
	// dst, stores their refs, and returns how many those are: less only at the
	// end. Where elements may be more than refs, it is false and does nothing.
	Refs(dst []value.Ref) (n int, ok bool)
	// Sources are the leaf sets that the present element comes from.
	Sources() []value.Value
	Err() error
	Close()
}

// Shape is how the elements of a set are made up and ordered.
type Shape struct {
	// Reversed has one entry for each column of values: true if the column
	// sorts descending.
	Reversed []bool
	// Backward says that refs, too, sort descending (the reverse of a set).
	Backward bool
	// Unknown is set when the columns are not known beforehand (a join by
	// lambda): cursors are then taken as full positions.
	Unknown bool
	// Events is set for histories: elements are events.
	Events bool
}

// Bound is a position in a set's order, between elements: just before all
// elements that begin with Values, or, if After is set, just behind them. The
// zero Bound is the start, Bound{After: true} the end.
type Bound struct {
	Values []value.Value // a prefix of the columns
	Ref    *value.Ref    // after all the columns: the exact element
	Event  *value.Event  // position in a history, instead of the above
	After  bool
}

// Verb is a kind of change.
type Verb uint8

// The verbs.
const (
	Create Verb = iota
	Update
	Replace
	Delete
	Insert
	Remove
	Move
)

// Change is one write. Create has the collection in Ref, or, with WithID, the
// document; all others have the document.
type Change struct {
	Verb   Verb
	Ref    value.Ref
	WithID bool
	Params value.Object // of create, update, replace, insert
	TS     int64        // of insert and remove, microseconds
	Action value.Action // of insert and remove
	To     value.Ref    // of move: the new parent database
	Past   bool         // the change stands inside At with a past time
}

// Body is a user function ready to be called.
type Body struct {
	Lambda *value.Lambda
	// Enter takes on the function's rights; leave gives them back.
	Enter func() (leave func())
}

// Candidate is whom somebody wants to be.
type Candidate struct {
	// Named is what was given: a ref or a set.
	Named value.Value
	// Ref is the document; nil if the set is empty.
	Ref *value.Ref
}

// Caller is whoever sent the query.
type Caller interface {
	// Identity is the document (or JWT subject) that the caller acts as, nil
	// when there is none; Token its token or key, nil when that is not
	// accessible.
	Identity() value.Value
	Token() value.Value
	// Login makes a token for a document; one that is not there, like
	// everything that does not fit, fails as a wrong password does, in the
	// same time.
	Login(who Candidate, params value.Object) (*value.Document, error)
	// Identify compares a password; without a document it is false in the
	// same time.
	Identify(who Candidate, password string) (bool, error)
	// Logout deletes the caller's token, or all tokens of its identity.
	Logout(all bool) (bool, error)
	// KeyFromSecret returns the key or token that a secret belongs to.
	KeyFromSecret(secret string) (value.Value, error)
}
