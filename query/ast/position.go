package ast

import "strconv"

// Step is one step of a position: a key of an object, or, when Key is "", an
// index of an array.
type Step struct {
	Key   string
	Index int
}

// Key returns the step into the member called name. The step into a member
// with an empty name is not an index: its Index is -1.
func Key(name string) Step {
	if name == "" {
		return Step{"", -1}
	}
	return Step{Key: name}
}

// Index returns the step into element i.
func Index(i int) Step { return Step{Index: i} }

// IsIndex reports whether s steps into an array.
func (s Step) IsIndex() bool { return s.Key == "" && s.Index >= 0 }

// Position is the path from the root of a request to an expression in it,
// such as ["map", "expr", "add", 1]. The root is empty and not nil; nil means
// that an error has no position.
type Position []Step

// Join returns the position of what lies at steps below p, in new memory.
func (p Position) Join(steps ...Step) Position {
	out := make(Position, 0, len(p)+len(steps))
	return append(append(out, p...), steps...)
}

// Strings returns p with its indices in decimal, as the fields of validation
// failures have them.
func (p Position) Strings() []string {
	out := make([]string, len(p))
	for i, s := range p {
		if s.IsIndex() {
			out[i] = strconv.Itoa(s.Index)
		} else {
			out[i] = s.Key
		}
	}
	return out
}
