// Package value holds the values of the language: their kinds, order,
// equality and paths, and their tagged JSON and msgpack forms.
//
// A Value is immutable once made: whoever holds one may keep it and share it
// between goroutines. Nothing here reads a database. A Ref holds numbers; a
// caller that prints one passes the Names that know what the numbers are
// called today.
package value

// Kind says what a Value is. The order of the constants is the order in which
// switches list them; the order of values is Compare's.
type Kind uint8

// The kinds of value.
const (
	KindNull Kind = iota
	KindBoolean
	KindLong
	KindDouble
	KindString
	KindAction
	KindBytes
	KindUUID
	KindTime
	KindDate
	KindTxnTime
	KindArray
	KindObject
	KindDocument
	KindEvent
	KindSourced
	KindPage
	KindRef
	KindUnresolved
	KindSet
	KindLambda
)

// Value is one value of the language.
//
//sumtype:decl
type Value interface {
	// Kind says which of the types of this package the value is.
	Kind() Kind
	sealed()
}

// Null is the null value.
type Null struct{}

// Boolean is true or false.
type Boolean bool

// Long is a 64-bit integer; the language calls it Integer.
type Long int64

// Double is a 64-bit floating point number.
type Double float64

// String is text, UTF-8.
type String string

// Action is what an event did: create, update, delete, add or remove. It
// equals and prints as the string of its name, and is not a String to casts.
type Action string

// Bytes is a string of bytes.
type Bytes []byte

// UUID is an RFC 4122 identifier.
type UUID [16]byte

// Time is an instant: seconds since 1970-01-01T00:00:00Z and 0 to 999,999,999
// nanoseconds after it. Years run from -1000000000 to +1000000000.
type Time struct {
	Sec  int64
	Nano int32
}

// Date is a day: days since 1970-01-01, proleptic Gregorian.
type Date int64

// TxnTime is the commit time of the running transaction, which is not known
// yet. It is rendered and stored as the integer it becomes.
type TxnTime struct{}

// Array is an ordered list.
type Array []Value

// Field is one member of an Object.
type Field struct {
	Name  string
	Value Value
}

// Object is an ordered list of members with distinct names.
type Object []Field

// Sourced is an element of a page together with the sets it came from.
type Sourced struct {
	Value   Value
	Sources []Value
}

// Kind implements Value.
func (Null) Kind() Kind        { return KindNull }
func (Boolean) Kind() Kind     { return KindBoolean }
func (Long) Kind() Kind        { return KindLong }
func (Double) Kind() Kind      { return KindDouble }
func (String) Kind() Kind      { return KindString }
func (Action) Kind() Kind      { return KindAction }
func (Bytes) Kind() Kind       { return KindBytes }
func (UUID) Kind() Kind        { return KindUUID }
func (Time) Kind() Kind        { return KindTime }
func (Date) Kind() Kind        { return KindDate }
func (TxnTime) Kind() Kind     { return KindTxnTime }
func (Array) Kind() Kind       { return KindArray }
func (Object) Kind() Kind      { return KindObject }
func (*Document) Kind() Kind   { return KindDocument }
func (*Event) Kind() Kind      { return KindEvent }
func (*Sourced) Kind() Kind    { return KindSourced }
func (*Page) Kind() Kind       { return KindPage }
func (Ref) Kind() Kind         { return KindRef }
func (*Unresolved) Kind() Kind { return KindUnresolved }
func (*Set) Kind() Kind        { return KindSet }
func (*Lambda) Kind() Kind     { return KindLambda }

func (Null) sealed()        {}
func (Boolean) sealed()     {}
func (Long) sealed()        {}
func (Double) sealed()      {}
func (String) sealed()      {}
func (Action) sealed()      {}
func (Bytes) sealed()       {}
func (UUID) sealed()        {}
func (Time) sealed()        {}
func (Date) sealed()        {}
func (TxnTime) sealed()     {}
func (Array) sealed()       {}
func (Object) sealed()      {}
func (*Document) sealed()   {}
func (*Event) sealed()      {}
func (*Sourced) sealed()    {}
func (*Page) sealed()       {}
func (Ref) sealed()         {}
func (*Unresolved) sealed() {}
func (*Set) sealed()        {}
func (*Lambda) sealed()     {}

// Object returns the element as it is rendered: value and sources.
func (s *Sourced) Object() Object {
	return Object{{"value", s.Value}, {"sources", Array(s.Sources)}}
}

// Get returns the member called name.
func (o Object) Get(name string) (Value, bool) {
	for i := range o {
		if o[i].Name == name {
			return o[i].Value, true
		}
	}
	return nil, false
}

// With returns a copy of o in which the member called name has value v: in
// its old place if it had one, else at the end.
func (o Object) With(name string, v Value) Object {
	out := make(Object, len(o), len(o)+1)
	copy(out, o)
	for i := range out {
		if out[i].Name == name {
			out[i].Value = v
			return out
		}
	}
	return append(out, Field{name, v})
}

// Without returns o less the member called name.
func (o Object) Without(name string) Object {
	if _, ok := o.Get(name); !ok {
		return o
	}
	out := make(Object, 0, len(o)-1)
	for _, f := range o {
		if f.Name != name {
			out = append(out, f)
		}
	}
	return out
}
