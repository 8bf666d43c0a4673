package value

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// From returns the value of a Go value: nil, booleans, numbers, strings,
// []byte (Bytes), time.Time, slices and arrays, maps with string keys (members
// in order of their names), structs (members in order of the fields, named by
// tags such as `fauna:"name,omitempty"`), pointers to these, and Values, which
// stay as they are. A nil pointer is Null, a nil slice or map is empty.
//
// The error is a *TypeError for anything else and for integers beyond 64 bits,
// ErrTooDeep for a value deeper than MaxDepth, such as a cycle.
func From(v any) (Value, error) {
	return fromGo(reflect.ValueOf(v), nil)
}

func fromGo(rv reflect.Value, at Path) (Value, error) {
	if len(at) > MaxDepth {
		return nil, ErrTooDeep
	}
	v, rv, err := dereference(rv, at)
	if v != nil || err != nil {
		return v, err
	}
	switch rv.Kind() {
	case reflect.Bool:
		return Boolean(rv.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Long(rv.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if rv.Uint() > math.MaxInt64 {
			return nil, &TypeError{Path: at, Go: rv.Type()}
		}
		return Long(rv.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return Double(rv.Float()), nil
	case reflect.String:
		return String(rv.String()), nil
	case reflect.Slice, reflect.Array:
		return fromList(rv, at)
	case reflect.Map:
		return fromMap(rv, at)
	case reflect.Struct:
		return fromStruct(rv, at)
	default:
		return nil, &TypeError{Path: at, Go: rv.Type()}
	}
}

// dereference follows pointers and interfaces to a value that is known, which
// it returns, or to something else.
func dereference(rv reflect.Value, at Path) (Value, reflect.Value, error) {
	for range MaxDepth {
		if !rv.IsValid() {
			return Null{}, rv, nil
		}
		if v, ok, err := fromKnown(rv, at); ok || err != nil {
			return v, rv, err
		}
		if rv.Kind() != reflect.Pointer && rv.Kind() != reflect.Interface {
			return nil, rv, nil
		}
		rv = rv.Elem() // not valid for nil
	}
	return nil, rv, ErrTooDeep
}

// fromKnown returns values as they are, and those of types that are not what
// their kind says.
func fromKnown(rv reflect.Value, at Path) (v Value, ok bool, err error) {
	switch {
	case !rv.CanInterface():
		return nil, false, nil
	case rv.Type().Implements(valueType):
		if k := rv.Kind(); (k == reflect.Pointer || k == reflect.Interface) && rv.IsNil() {
			return Null{}, true, nil
		}
		return rv.Interface().(Value), true, nil
	case rv.Type() == timeType:
		t, ok := TimeFromGo(rv.Interface().(time.Time))
		if !ok {
			return nil, false, &TypeError{Path: at, Go: timeType}
		}
		return t, true, nil
	case rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() == reflect.Uint8:
		return Bytes(slices.Clone(rv.Bytes())), true, nil
	}
	return nil, false, nil
}

func fromList(rv reflect.Value, at Path) (Value, error) {
	list := make(Array, rv.Len())
	for i := range list {
		v, err := fromGo(rv.Index(i), append(at, Index(int64(i))))
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

func fromMap(rv reflect.Value, at Path) (Value, error) {
	if rv.Type().Key().Kind() != reflect.String {
		return nil, &TypeError{Path: at, Go: rv.Type()}
	}
	o := make(Object, 0, rv.Len())
	for entries := rv.MapRange(); entries.Next(); {
		name := entries.Key().String()
		v, err := fromGo(entries.Value(), append(at, Member(name)))
		if err != nil {
			return nil, err
		}
		o = append(o, Field{name, v})
	}
	slices.SortFunc(o, func(x, y Field) int { return strings.Compare(x.Name, y.Name) })
	return o, nil
}

func fromStruct(rv reflect.Value, at Path) (Value, error) {
	fields := goFields(rv.Type())
	o := make(Object, 0, len(fields))
	for _, f := range fields {
		field := rv.FieldByIndex(f.index)
		if f.omitEmpty && field.IsZero() {
			continue
		}
		v, err := fromGo(field, append(at, Member(f.name)))
		if err != nil {
			return nil, err
		}
		o = append(o, Field{f.name, v})
	}
	return o, nil
}
