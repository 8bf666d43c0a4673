package index

import (
	"strconv"

	"github.com/fawndb/fawn/query/value"
)

// unchanged checks that an update leaves alone what an index was built from.
// Source: chapter on documents, section 3.10.
func (p *preparer) unchanged(old, fields value.Object) {
	var diff value.Object
	for _, name := range []string{"source", "terms", "values"} {
		was, had := old.Get(name)
		is, has := fields.Get(name)
		switch {
		case has && (!had || !value.Equal(was, is)):
			diff = append(diff, value.Field{Name: name, Value: is})
		case had && !has:
			diff = append(diff, value.Field{Name: name, Value: value.Null{}})
		}
	}
	if len(diff) > 0 {
		p.fail("invalid index", "Index sources, terms, and values may not be updated (Diff("+string(appendSpaced(nil, diff))+"))")
	}
	from, to := storedPartitions(old), storedPartitions(fields)
	if from == to {
		from, to = effectivePartitions(old), effectivePartitions(fields)
	}
	if from != to {
		p.fail("invalid index", "Index partition count may not be updated ("+
			strconv.FormatInt(from, 10)+" -> "+strconv.FormatInt(to, 10)+").")
	}
}

func storedPartitions(fields value.Object) int64 {
	v, _ := fields.Get("partitions")
	n, _ := v.(value.Long)
	return int64(n)
}

// effectivePartitions is the number of partitions with which an index works: a
// unique one has one.
func effectivePartitions(fields value.Object) int64 {
	if v, _ := fields.Get("unique"); v == value.Value(value.Boolean(true)) {
		return 1
	}
	return storedPartitions(fields)
}

// appendSpaced writes v as the text of an error shows it:
// { "field" : [ "data", "x" ] }. Refs show their number.
func appendSpaced(dst []byte, v value.Value) []byte {
	switch v := v.(type) {
	case value.Null:
		return append(dst, "null"...)
	case value.Boolean:
		return strconv.AppendBool(dst, bool(v))
	case value.Long:
		return strconv.AppendInt(dst, int64(v), 10)
	case value.String:
		return strconv.AppendQuote(dst, string(v))
	case value.Array:
		dst = append(dst, "[ "...)
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendSpaced(dst, item)
		}
		return append(dst, " ]"...)
	case value.Object:
		dst = append(dst, "{ "...)
		for i, f := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(strconv.AppendQuote(dst, f.Name), " : "...)
			dst = appendSpaced(dst, f.Value)
		}
		return append(dst, " }"...)
	case value.Ref:
		return strconv.AppendInt(append(dst, "Ref "...), v.ID, 10)
	case *value.Lambda:
		return append(append(append(dst, "Query "...), v.Code.AppendParams(nil)...), v.Code.AppendBody(nil)...)
	default:
		return append(dst, value.StorageTypeName(v)...)
	}
}
