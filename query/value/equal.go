package value

import (
	"bytes"
	"slices"
)

// Equal is strict equality: values of different kinds are never equal, but
// for an Action and the string of its name. Doubles are equal as in IEEE 754
// (NaN differs from itself), objects regardless of the order of members, sets
// and lambdas by structure, documents by version.
// Source: chapter on functions, section 11.2.
func Equal(a, b Value) bool { //nolint:cyclop // a plain switch over kinds
	switch a := a.(type) {
	case Null, Boolean, Long, Double, UUID, Time, Date, TxnTime, Ref:
		return a == b
	case String, Action:
		return (b.Kind() == KindString || b.Kind() == KindAction) && text(a) == text(b)
	case Bytes:
		b, ok := b.(Bytes)
		return ok && bytes.Equal(a, b)
	case Array:
		b, ok := b.(Array)
		return ok && equalLists(a, b)
	case Object:
		b, ok := b.(Object)
		return ok && equalObjects(a, b)
	case *Document:
		b, ok := b.(*Document)
		return ok && equalDocuments(a, b)
	case *Event:
		b, ok := b.(*Event)
		return ok && equalEvents(a, b)
	case *Sourced:
		b, ok := b.(*Sourced)
		return ok && Equal(a.Value, b.Value) && equalLists(a.Sources, b.Sources)
	case *Page:
		b, ok := b.(*Page)
		return ok && equalLists(a.Data(), b.Data()) && equalOptional(a.Before, b.Before) && equalOptional(a.After, b.After)
	case *Unresolved:
		b, ok := b.(*Unresolved)
		return ok && compareUnresolved(a, b) == 0
	case *Set:
		b, ok := b.(*Set)
		return ok && equalSets(a, b)
	case *Lambda:
		b, ok := b.(*Lambda)
		return ok && equalLambdas(a, b)
	default:
		panic("value: unknown kind")
	}
}

// Equals is the equality of the function equals: as Equal, but numbers compare
// by value, NaN with itself being equal and 0.0 with -0.0 not, and the string
// "create" equals the actions create, update and add, "delete" delete and
// remove. Inside arrays and objects it is Equal.
// Source: chapter on functions, section 11.1.
func Equals(a, b Value) bool {
	switch a := a.(type) {
	case Long, Double:
		if b.Kind() == KindLong || b.Kind() == KindDouble {
			return compareNumbers(a, b) == 0
		}
		return false
	case String:
		if b, ok := b.(Action); ok {
			return stands(a, b)
		}
	case Action:
		if b, ok := b.(String); ok {
			return stands(b, a)
		}
	default: // no word and no action
	}
	return Equal(a, b)
}

// stands reports whether the word s stands for the action a.
func stands(s String, a Action) bool {
	switch s {
	case "create":
		return a == "create" || a == "update" || a == "add"
	case "delete":
		return a == "delete" || a == "remove"
	}
	return string(s) == string(a)
}

func equalLists(a, b []Value) bool { return slices.EqualFunc(a, b, Equal) }

// equalOptional is Equal for values that may be nil.
func equalOptional(a, b Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return Equal(a, b)
}

func equalObjects(a, b Object) bool {
	if len(a) != len(b) {
		return false
	}
	for i, f := range a {
		v := b[i].Value
		if b[i].Name != f.Name {
			var ok bool
			if v, ok = b.Get(f.Name); !ok {
				return false
			}
		}
		if !Equal(f.Value, v) {
			return false
		}
	}
	return true
}

// equalDocuments compares versions. Two that are pending have the same time,
// so their fields decide.
func equalDocuments(a, b *Document) bool {
	switch {
	case a == b:
		return true
	case a.Ref != b.Ref || a.TS != b.TS:
		return false
	case a.TS != 0:
		return true
	}
	x, errX := a.Fields()
	y, errY := b.Fields()
	return errX == nil && errY == nil && equalObjects(x, y)
}

func equalEvents(a, b *Event) bool {
	return a.TS == b.TS && a.Action == b.Action && a.Document == b.Document && equalOptional(a.Data, b.Data)
}

func equalSets(a, b *Set) bool {
	return a.Op == b.Op && a.Ref == b.Ref &&
		equalLists(a.Terms, b.Terms) && equalLists(a.Sets, b.Sets) &&
		equalLists(a.From, b.From) && equalLists(a.To, b.To) &&
		(a.Lambda == b.Lambda || a.Lambda != nil && b.Lambda != nil && equalLambdas(a.Lambda, b.Lambda))
}

// equalLambdas compares parameters, body and captured values.
func equalLambdas(a, b *Lambda) bool {
	return a == b || bytes.Equal(a.Code.AppendParams(nil), b.Code.AppendParams(nil)) &&
		bytes.Equal(a.Code.AppendBody(nil), b.Code.AppendBody(nil)) &&
		equalObjects(a.Captured, b.Captured)
}
