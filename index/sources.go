package index

import (
	"slices"
	"strconv"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// preparedSources are the sources of an index: as they are used, and as they
// are stored.
type preparedSources struct {
	sources []source
	stored  value.Value
}

// wildcardName stands for every user collection.
const wildcardName = value.String("_")

// sources reads the field source: a collection, "_", an object with a
// collection and bindings, or an array of those.
func (p *preparer) sources(v value.Value) preparedSources {
	var out preparedSources
	switch v := v.(type) {
	case nil, value.Null:
		p.fail("value required", "Required value not found.", "source")
		return out
	case value.Array:
		list := make(value.Array, 0, len(v))
		for i, item := range v {
			s, stored := p.source(item, i)
			out.sources, list = append(out.sources, s), append(list, stored)
		}
		out.stored = list
	default:
		s, stored := p.source(v, 0)
		out.sources, out.stored = []source{s}, stored
	}
	p.checkSources(out.sources)
	return out
}

// source reads one item of the sources, the i-th.
func (p *preparer) source(v value.Value, i int) (s source, stored value.Value) {
	o, ok := v.(value.Object)
	if !ok {
		p.addCollection(&s, v, "source")
		return s, v
	}
	of, ok := o.Get("collection")
	if !ok {
		of, ok = o.Get("class")
	}
	if !ok || of.Kind() == value.KindNull {
		p.fail("value required", "Required value not found.", "class")
		return s, v
	}
	if list, ok := of.(value.Array); ok {
		for _, item := range list {
			if item.Kind() == value.KindString {
				p.wrongType(item, "SourceClass", "class")
				continue
			}
			p.addCollection(&s, item, "source")
		}
	} else {
		p.addCollection(&s, of, "source")
	}
	kept := value.Object{{Name: "collection", Value: of}}
	if fields, ok := o.Get("fields"); ok && fields.Kind() != value.KindNull {
		s.bindings = p.bindings(fields, i)
		kept = append(kept, value.Field{Name: "fields", Value: fields})
	}
	return s, kept
}

// addCollection takes one collection, or the wildcard, into a source.
func (p *preparer) addCollection(s *source, v value.Value, field string) {
	r, isRef := v.(value.Ref)
	switch {
	case v == value.Value(wildcardName):
		s.wildcard = true
	case !isRef || r.Class != value.Collections:
		p.wrongType(v, "SourceClass", field)
	case r == value.CollectionRef(r.Scope, value.Databases), r == value.CollectionRef(r.Scope, value.Tasks):
		p.fail("invalid reference", "Cannot read reference.", "source")
	default:
		s.classes = append(s.classes, value.Class(r.ID))
	}
}

// bindings reads the bindings of the i-th source.
func (p *preparer) bindings(v value.Value, i int) []value.Field {
	o, ok := v.(value.Object)
	if !ok {
		p.wrongType(v, "Map", "source", strconv.Itoa(i), "fields")
		return nil
	}
	out := make([]value.Field, 0, len(o))
	for j, f := range o {
		field := []string{"source", strconv.Itoa(i), "fields", strconv.Itoa(j), f.Name}
		l, ok := f.Value.(*value.Lambda)
		switch {
		case !ok:
			p.wrongType(f.Value, "Query", field...)
			continue
		case p.fresh && !query.Unary(l):
			p.fail("invalid binding", "Field binding must be a pure unary function.", field...)
		case p.fresh && !slices.Contains(p.used, f.Name):
			p.fail("unused binding", "Source binding is not used as a term or value.", field...)
		}
		out = append(out, f)
	}
	return out
}

// checkSources looks for collections that are named twice, and for wildcards
// that would hide others.
func (p *preparer) checkSources(list []source) {
	seen := map[value.Class]bool{}
	wildcards, bound := 0, false
	for _, s := range list {
		if s.wildcard {
			wildcards++
		}
		bound = bound || len(s.bindings) > 0
		for _, c := range s.classes {
			if seen[c] {
				p.fail("multiple bindings", "A collection ref may only match one binding.", "source")
				return
			}
			seen[c] = true
		}
	}
	switch {
	case wildcards > 1:
		p.fail("multiple wildcards", "Too many wildcards.", "source")
	case wildcards == 1 && len(list) > 1 && !bound:
		p.fail("mixed wildcards", "Cannot mix collection refs and wildcards without providing bindings.", "source")
	}
}
