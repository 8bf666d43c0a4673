package index

import (
	"fmt"
	"slices"

	"github.com/fawndb/fawn/query/value"
)

// Definition is an index ready for use: which documents have entries in it,
// and what these are made of. It is immutable.
type Definition struct {
	Scope      value.Scope
	Number     uint32
	Name       string
	Terms      []Column
	Values     []Column
	Unique     bool
	Serialized bool

	sources  []source
	classes  []value.Class // of all sources
	several  bool          // documents may be of several collections
	sole     value.Class   // else, the one
	reversed []bool
	home     uint32 // the number under which the entries stand
}

// Column is one term or one column of values: a path into the document, or
// the result of a binding.
type Column struct {
	Path     value.Path
	Binding  string // wins over Path
	Casefold bool
	Reverse  bool // of values: sorts descending
	Whole    bool // arrays are not expanded (mva: false)
}

// source is a number of collections with the bindings for their documents.
type source struct {
	classes  []value.Class
	wildcard bool
	bindings []value.Field
}

// Define makes the definition of the index r of the fields of its document, as
// Prepare made them. The error is ErrDamaged.
func Define(r value.Ref, fields value.Object) (*Definition, error) {
	d := &Definition{Scope: r.Scope, Number: uint32(r.ID), Serialized: true, home: uint32(r.ID)}
	if name, ok := fields.Get("name"); ok {
		d.Name = text(name)
	}
	if v, ok := fields.Get("unique"); ok {
		d.Unique = v == value.Value(value.Boolean(true))
	}
	if v, ok := fields.Get("serialized"); ok {
		d.Serialized = v != value.Value(value.Boolean(false))
	}
	p := preparer{}
	d.Terms = p.columns(fields, "terms").columns
	d.Values = p.columns(fields, "values").columns
	given, _ := fields.Get("source")
	d.sources = p.sources(given).sources
	if len(p.failures) > 0 {
		f := p.failures[0]
		return nil, fmt.Errorf("%w: index %s: %v %s", ErrDamaged, d.Name, f.Field, f.Description)
	}
	for _, s := range d.sources {
		d.classes = append(d.classes, s.classes...)
	}
	if d.several = d.Wildcard() || len(d.classes) != 1; !d.several {
		d.sole = d.classes[0]
	}
	for _, c := range d.Values {
		d.reversed = append(d.reversed, c.Reverse)
	}
	return d, nil
}

func text(v value.Value) string {
	s, _ := v.(value.String)
	return string(s)
}

// Ref returns the ref of the index.
func (d *Definition) Ref() value.Ref {
	return value.Ref{Scope: d.Scope, Class: value.Indexes, ID: int64(d.Number)}
}

// Share makes d use the entries of another index, if those are the same. It is
// for use before the definition is shared between transactions.
func (d *Definition) Share(other *Definition) {
	if d.Scope == other.Scope && d.Unique == other.Unique && slices.Equal(d.classes, other.classes) &&
		slices.EqualFunc(d.Terms, other.Terms, sameColumn) && slices.EqualFunc(d.Values, other.Values, sameColumn) &&
		!slices.ContainsFunc(slices.Concat(d.sources, other.sources), source.special) {
		d.home = other.home
	}
}

// Shares reports whether the entries are those of another index, which are
// kept and removed for that one.
func (d *Definition) Shares() bool { return d.home != d.Number }

func sameColumn(a, b Column) bool {
	return slices.Equal(a.Path, b.Path) && a.Binding == b.Binding &&
		a.Casefold == b.Casefold && a.Reverse == b.Reverse && a.Whole == b.Whole
}

// special reports whether s is more than a list of collections.
func (s source) special() bool { return s.wildcard || len(s.bindings) > 0 }

// Wildcard reports whether the index covers all user collections.
func (d *Definition) Wildcard() bool {
	for _, s := range d.sources {
		if s.wildcard {
			return true
		}
	}
	return false
}

// Classes returns the collections that the index names as its sources. The
// list must not be changed.
func (d *Definition) Classes() []value.Class { return d.classes }

// mixed reports whether d outlives some of its collections: an index over one
// is deleted with it.
func (d *Definition) mixed() bool { return d.several }

// Covers reports whether documents of a collection may have entries.
func (d *Definition) Covers(c value.Class) bool { return d.sourceOf(c) != nil }

// sourceOf returns the source that a collection belongs to: one that names it
// comes before the wildcard.
func (d *Definition) sourceOf(c value.Class) *source {
	var found *source
	for i := range d.sources {
		s := &d.sources[i]
		for _, class := range s.classes {
			if class == c {
				return s
			}
		}
		if s.wildcard && c >= value.FirstUserClass {
			found = s
		}
	}
	return found
}

// Compile replaces the lambdas of all bindings by what f makes of them. It is
// for use before the definition is shared.
func (d *Definition) Compile(f func(*value.Lambda) (*value.Lambda, error)) error {
	for _, s := range d.sources {
		for i, b := range s.bindings {
			l, err := f(b.Value.(*value.Lambda))
			if err != nil {
				return err
			}
			s.bindings[i].Value = l
		}
	}
	return nil
}

// partitionsOf returns how many partitions an index has that does not say it
// itself: a number that is shown and has no other effect.
func partitionsOf(terms []Column) int {
	switch {
	case len(terms) == 0:
		return 8
	case len(terms) == 1 && terms[0].Binding == "" && len(terms[0].Path) == 1 && terms[0].Path[0] == value.Member("class"):
		return 8
	}
	return 1
}
