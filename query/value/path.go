package value

import (
	"slices"
	"strconv"
	"strings"
)

// Step is one step of a path: the name of a member, or an index.
type Step struct {
	Name    string
	Index   int64
	ByIndex bool // Index counts, not Name
}

// Path leads from a value to one inside it.
type Path []Step

// Member returns the step to the member called name.
func Member(name string) Step { return Step{Name: name} }

// Index returns the step to the element i.
func Index(i int64) Step { return Step{Index: i, ByIndex: true} }

// StepOf returns the step that v says; it is false when v is neither a String
// nor a Long.
func StepOf(v Value) (Step, bool) {
	switch v := v.(type) {
	case Long:
		return Index(int64(v)), true
	case String:
		return Member(string(v)), true
	default:
		return Step{}, false
	}
}

// String returns the path as error texts show it: "[a,0,b]".
func (p Path) String() string {
	steps := make([]string, len(p))
	for i, s := range p {
		if steps[i] = s.Name; s.ByIndex {
			steps[i] = strconv.FormatInt(s.Index, 10)
		}
	}
	return "[" + strings.Join(steps, ",") + "]"
}

// index returns the element of a list of n that s says. Indexes are reduced
// to their low 32 bits.
func (s Step) index(n int) (int, bool) {
	i := int(int32(s.Index))
	return i, s.ByIndex && i >= 0 && i < n
}

// Select returns the value at the end of p inside v. It is false when p leads
// nowhere; the error is ErrDamaged, when a stored document is. Of a stored
// document only what p leads to is decoded.
// Source: chapter on functions, section 10.1.
func Select(v Value, p Path, n Names) (Value, bool, error) {
	for len(p) > 0 {
		var ok bool
		var err error
		if v, p, ok, err = advance(v, p, n); !ok || err != nil {
			return nil, false, err
		}
	}
	return v, true, nil
}

// SelectAll returns every value that p leads to: where a name meets an array,
// the rest of p is applied to each element. Arrays at the end of p are
// flattened, at every depth. The error is as that of Select.
// Source: chapter on functions, section 10.2.
func SelectAll(v Value, p Path, n Names) (Array, error) {
	return appendAll(Array{}, v, p, n)
}

func appendAll(all Array, v Value, p Path, n Names) (Array, error) {
	array, isArray := v.(Array)
	switch {
	case isArray && (len(p) == 0 || !p[0].ByIndex):
		for _, e := range array {
			var err error
			if all, err = appendAll(all, e, p, n); err != nil {
				return nil, err
			}
		}
		return all, nil
	case len(p) == 0:
		return append(all, v), nil
	}
	next, rest, ok, err := advance(v, p, n)
	if err != nil {
		return nil, err
	}
	if !ok {
		return all, nil
	}
	return appendAll(all, next, rest, n)
}

// advance goes along p, which is not empty, by at least one step.
func advance(v Value, p Path, n Names) (next Value, rest Path, ok bool, err error) {
	if d, isDocument := v.(*Document); isDocument {
		return d.advance(p)
	}
	next, ok = step(v, p[0], n)
	return next, p[1:], ok, nil
}

// step returns what one step inside v leads to.
func step(v Value, s Step, n Names) (Value, bool) {
	switch v := v.(type) {
	case Array:
		if i, ok := s.index(len(v)); ok {
			return v[i], true
		}
		return nil, false
	case *Page:
		if i, ok := s.index(v.Len()); ok {
			return v.At(i), true
		}
	case Ref:
		return v.part(s, n)
	default: // has members at most
	}
	if s.ByIndex {
		return nil, false
	}
	switch v := v.(type) {
	case Object:
		return v.Get(s.Name)
	case *Event:
		return v.part(s.Name)
	case *Sourced:
		return v.Object().Get(s.Name)
	case *Page:
		return v.Object().Get(s.Name)
	case *Set:
		return v.Object().Get(s.Name)
	default: // scalars, lambdas and unresolved refs have no parts
		return nil, false
	}
}

// part returns a part of a ref: its id as a string, its collection, or its
// database when that is not the reader's.
func (r Ref) part(s Step, n Names) (Value, bool) {
	if s.ByIndex {
		return nil, false
	}
	switch s.Name {
	case "id":
		id, ok := r.Identifier(n)
		return String(id), ok
	case "collection", "class":
		return r.Collection(), true
	case "database":
		if r.Scope == n.Scope() {
			return nil, false
		}
		parent, ok := n.Parent(r.Scope)
		return parent, ok
	}
	return nil, false
}

// Identifier returns what a ref shows as its id: the name of a named object or
// of a system collection, else the id in decimal. It is false for a named
// object that never was.
func (r Ref) Identifier(n Names) (string, bool) {
	switch {
	case r.Native():
		name := NativeName(Class(r.ID))
		return name, name != ""
	case r.Class.Named():
		return n.Name(r)
	default:
		return strconv.FormatInt(r.ID, 10), true
	}
}

func (e *Event) part(name string) (Value, bool) {
	if name == "instance" || name == "resource" {
		name = "document"
	}
	return e.Object().Get(name)
}

// advance goes along p inside the document. Inside stored bytes it goes as
// far as it can and decodes what is there.
func (d *Document) advance(p Path) (next Value, rest Path, ok bool, err error) {
	if p[0].ByIndex {
		return nil, nil, false, nil
	}
	switch p[0].Name {
	case "ref":
		return d.Ref, p[1:], true, nil
	case "ts":
		return d.Time(), p[1:], true, nil
	case "class":
		return d.Ref.Collection(), p[1:], true, nil
	case "source":
		if d.Ref.Class == Indexes {
			p = sourcePath(p)
		}
	}
	if d.fields.Load() != nil {
		next, ok, err = d.Field(p[0].Name)
		return next, p[1:], ok, err
	}
	raw, rest, ok, err := walk(d.raw, p)
	if err != nil {
		return nil, nil, false, err
	}
	if !ok {
		next, ok = d.Once.Get(p[0].Name)
		return next, p[1:], ok, nil
	}
	next, err = DecodeMsgpack(raw)
	return next, rest, err == nil, err
}

// sourcePath returns the path with "collection" for "class" after "source" or
// an element of it: both name the collection of an index's source.
func sourcePath(p Path) Path {
	i := 1
	if i < len(p) && p[i].ByIndex {
		i++
	}
	if i < len(p) && p[i] == Member("class") {
		p = slices.Clone(p)
		p[i] = Member("collection")
	}
	return p
}

// walk goes along p through stored maps and arrays. It returns the bytes of
// what it reached and the steps that are left: an extension, or a name that
// meets an array, ends the walk.
func walk(raw []byte, p Path) (found []byte, rest Path, ok bool, err error) {
	i := 0
	for ; len(p) > 0; p = p[1:] {
		it, next := readItem(raw, i)
		switch {
		case it.kind == itemDamaged:
			return nil, nil, false, ErrDamaged
		case it.kind == itemMap && !p[0].ByIndex:
			i = findMember(raw, next, it.n, p[0].Name)
		case it.kind == itemArray && p[0].ByIndex:
			i = findElement(raw, next, it.n, p[0])
		case it.kind == itemArray || it.kind == itemExt:
			return cut(raw, i, p)
		default:
			return nil, nil, false, nil
		}
		switch i {
		case memberAbsent:
			return nil, nil, false, nil
		case memberDamaged:
			return nil, nil, false, ErrDamaged
		}
	}
	return cut(raw, i, p)
}

func cut(raw []byte, i int, rest Path) ([]byte, Path, bool, error) {
	end := skip(raw, i)
	if end < 0 {
		return nil, nil, false, ErrDamaged
	}
	return raw[i:end], rest, true, nil
}

// findElement returns the offset of the element that s says in the array of n
// items that begin at b[i].
func findElement(b []byte, i, n int, s Step) int {
	index, ok := s.index(n)
	if !ok {
		return memberAbsent
	}
	for range index {
		if i = skip(b, i); i < 0 {
			return memberDamaged
		}
	}
	return i
}
