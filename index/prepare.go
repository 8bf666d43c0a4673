package index

import (
	"slices"
	"strconv"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Prepare checks the fields of an index document that is about to be written,
// and returns them as they are stored and shown: source, terms and values in
// the style they were written, less unknown members; active, serialized and
// name first, partitions last. old are the fields before the change, nil for a
// new index, which is active: it is built by the transaction that creates it.
// Source: chapter on documents, sections 3.1 to 3.4, 3.6 and 3.10.
func Prepare(old, fields value.Object) (value.Object, []query.Failure) {
	p := preparer{fresh: old == nil}
	stored := make(value.Object, 0, len(fields)+3)
	put := func(name string, v value.Value) {
		if v != nil {
			stored = append(stored, value.Field{Name: name, Value: v})
		}
	}
	put("active", value.Boolean(true))
	serialized, ok := fields.Get("serialized")
	if !ok || serialized.Kind() == value.KindNull {
		serialized = value.Boolean(true)
	}
	put("serialized", serialized)
	name, _ := fields.Get("name")
	put("name", name)

	terms, values := p.columns(fields, "terms"), p.columns(fields, "values")
	p.used = bindingsOf(terms.columns, values.columns)
	for _, f := range fields {
		switch f.Name {
		case "active", "serialized", "name", "partitions":
		case "source":
			put("source", p.sources(f.Value).stored)
		case "terms":
			put("terms", terms.stored)
		case "values":
			put("values", values.stored)
		default:
			put(f.Name, f.Value)
		}
	}
	if _, ok := fields.Get("source"); !ok {
		p.sources(nil)
	}
	put("partitions", p.partitions(fields, terms.columns))
	if old != nil {
		p.unchanged(old, stored)
	}
	return stored, p.failures
}

// preparer reads definitions and gathers what is wrong with them.
type preparer struct {
	failures []query.Failure
	// fresh says that bindings are checked: those of an index that exists
	// were.
	fresh bool
	used  []string // bindings that terms and values name
}

func (p *preparer) fail(code, description string, field ...string) {
	p.failures = append(p.failures, query.Failure{Field: field, Code: code, Description: description})
}

func (p *preparer) wrongType(v value.Value, expected string, field ...string) {
	p.fail("invalid type", "Invalid type "+value.StorageTypeName(v)+", expected type "+expected+".", field...)
}

func (p *preparer) partitions(fields value.Object, terms []Column) value.Value {
	v, ok := fields.Get("partitions")
	if !ok || v.Kind() == value.KindNull {
		return value.Long(partitionsOf(terms))
	}
	n, ok := v.(value.Long)
	switch {
	case !ok:
		p.wrongType(v, "Long", "partitions")
	case n < 1 || n > 8:
		p.fail("bounds error", "Value "+strconv.FormatInt(int64(n), 10)+" is not in expected range 1 to 8.", "partitions")
	}
	return v
}

func bindingsOf(lists ...[]Column) []string {
	var used []string
	for _, c := range slices.Concat(lists...) {
		if c.Binding != "" {
			used = append(used, c.Binding)
		}
	}
	return used
}

// preparedColumns are the columns under one field of an index: as they are
// used, and as they are stored; stored is nil when there are none.
type preparedColumns struct {
	columns []Column
	stored  value.Value
}

func (p *preparer) columns(fields value.Object, name string) preparedColumns {
	v, ok := fields.Get(name)
	if !ok {
		return preparedColumns{}
	}
	switch v := v.(type) {
	case value.Null:
		return preparedColumns{}
	case value.Array:
		out := preparedColumns{}
		list := make(value.Array, 0, len(v))
		for _, item := range v {
			c, stored := p.column(item, name)
			out.columns, list = append(out.columns, c), append(list, stored)
		}
		out.stored = list
		return out
	default:
		c, stored := p.column(v, name)
		return preparedColumns{[]Column{c}, stored}
	}
}

// itemTypes are what failures call the items of a field.
var itemTypes = map[string]string{"terms": "Term", "values": "Value"}

// column reads one term or value. Failures inside it are relative to it.
func (p *preparer) column(v value.Value, list string) (c Column, stored value.Value) {
	o, ok := v.(value.Object)
	if !ok {
		p.wrongType(v, itemTypes[list], list)
		return c, v
	}
	kept := make(value.Object, 0, len(o))
	given := false
	for _, f := range o {
		switch f.Name {
		case "field":
			c.Path, given = p.path(f.Value), true
		case "binding":
			c.Binding, given = p.text(f.Value, "binding"), true
		case "transform":
			c.Casefold = p.transform(f.Value)
		case "reverse":
			c.Reverse = p.boolean(f.Value, "reverse", false) && list == "values"
		case "mva":
			c.Whole = !p.boolean(f.Value, "mva", true)
		default:
			continue
		}
		if f.Value.Kind() != value.KindNull {
			kept = append(kept, f)
		}
	}
	if !given {
		p.fail("value required", "Must provide one of the following: field, binding", "field")
	}
	return c, kept
}

func (p *preparer) path(v value.Value) value.Path {
	list, ok := v.(value.Array)
	if !ok {
		list = value.Array{v}
	}
	path := make(value.Path, 0, len(list))
	for _, item := range list {
		step, ok := value.StepOf(item)
		if !ok {
			p.wrongType(item, "Long or String", "field")
			return nil
		}
		path = append(path, step)
	}
	return path
}

func (p *preparer) text(v value.Value, field string) string {
	s, ok := v.(value.String)
	if !ok {
		p.wrongType(v, "String", field)
	}
	return string(s)
}

// boolean reads a member that may be null, which is as if it were left out.
func (p *preparer) boolean(v value.Value, field string, absent bool) bool {
	switch v := v.(type) {
	case value.Null:
		return absent
	case value.Boolean:
		return bool(v)
	default:
		p.wrongType(v, "Boolean", field)
		return absent
	}
}

func (p *preparer) transform(v value.Value) bool {
	switch v := v.(type) {
	case value.Null:
		return false
	case value.String:
		if v != "casefold" {
			p.fail("invalid value", "Invalid value `"+string(v)+"` at `transform`", "transform")
		}
		return true
	default:
		p.wrongType(v, "String", "transform")
		return false
	}
}
