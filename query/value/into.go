package value

import (
	"errors"
	"reflect"
	"slices"
	"time"
)

// ErrTarget is returned by Decode for a target that is not a pointer, or nil.
var ErrTarget = errors.New("value: the target must be a pointer and not nil")

// Decode stores v in the variable that target points to.
//
// A variable of a type of this package, or Value, takes what it can hold;
// time.Time takes a Time, a Date (midnight UTC) or a Long (microseconds);
// string takes a String, an Action, a UUID, and of a Ref what it shows as its
// id; a slice takes an Array or the data of a Page. A map with string keys or
// a struct takes an Object or whatever is rendered as one, such as a Document
// with ref, ts and data; a struct's fields are named by tags, such as
// `fauna:"name"`, and keep what they hold when there is no such member.
// A variable of type any takes nil, bool, int64, float64, string, []byte,
// time.Time, []any, map[string]any, or the Value itself. Null sets a variable
// to zero.
//
// The error is a *TypeError when something does not fit, ErrTarget, or
// ErrDamaged.
func Decode(v Value, n Names, target any) error {
	rv := reflect.ValueOf(target)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return ErrTarget
	}
	if v == nil {
		v = Null{}
	}
	d := goDecoder{names: n}
	return d.decode(v, rv.Elem(), make(Path, 0, 8)) // a path for all that is not as deep
}

type goDecoder struct{ names Names }

func (d *goDecoder) decode(v Value, rv reflect.Value, at Path) error {
	t := rv.Type()
	switch {
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		x, err := d.natural(v, at)
		if err != nil {
			return err
		}
		if x == nil {
			rv.SetZero()
		} else {
			rv.Set(reflect.ValueOf(x))
		}
		return nil
	case v.Kind() != KindBytes && reflect.TypeOf(v).AssignableTo(t):
		rv.Set(reflect.ValueOf(v))
		return nil
	case v.Kind() == KindNull:
		rv.SetZero()
		return nil
	case t.Kind() == reflect.Pointer:
		if rv.IsNil() {
			rv.Set(reflect.New(t.Elem()))
		}
		return d.decode(v, rv.Elem(), at)
	}
	ok, err := d.kind(v, rv, at)
	if err == nil && !ok {
		return &TypeError{Path: at, Value: TypeName(v), Go: t}
	}
	return err
}

// kind stores v in a variable whose kind decides. It is false when v does not
// fit.
func (d *goDecoder) kind(v Value, rv reflect.Value, at Path) (bool, error) {
	if rv.Type() == timeType {
		t, ok := goTime(v)
		if ok {
			*rv.Addr().Interface().(*time.Time) = t
		}
		return ok, nil
	}
	switch rv.Kind() {
	case reflect.Slice:
		return d.slice(v, rv, at)
	case reflect.Map:
		return d.mapping(v, rv, at)
	case reflect.Struct:
		return d.structure(v, rv, at)
	default:
		return d.scalar(v, rv), nil
	}
}

func (d *goDecoder) scalar(v Value, rv reflect.Value) bool {
	switch rv.Kind() {
	case reflect.Bool:
		b, ok := v.(Boolean)
		rv.SetBool(bool(b))
		return ok
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := v.(Long)
		if ok = ok && !rv.OverflowInt(int64(n)); ok {
			rv.SetInt(int64(n))
		}
		return ok
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, ok := v.(Long)
		if ok = ok && n >= 0 && !rv.OverflowUint(uint64(n)); ok {
			rv.SetUint(uint64(n))
		}
		return ok
	case reflect.Float32, reflect.Float64:
		ok := v.Kind() == KindLong || v.Kind() == KindDouble
		if ok {
			rv.SetFloat(toDouble(v))
		}
		return ok
	case reflect.String:
		s, ok := d.text(v)
		if ok {
			rv.SetString(s)
		}
		return ok
	default:
		return false
	}
}

// text returns what a string takes of v.
func (d *goDecoder) text(v Value) (string, bool) {
	switch v := v.(type) {
	case String:
		return string(v), true
	case Action:
		return string(v), true
	case UUID:
		return v.String(), true
	case Ref:
		return v.Identifier(d.names)
	default:
		return "", false
	}
}

// goTime returns what time.Time takes of v.
func goTime(v Value) (time.Time, bool) {
	switch v := v.(type) {
	case Long:
		return TimeFromMicros(int64(v)).Go(), true
	case Time:
		return v.Go(), true
	case Date:
		return v.Time().Go(), true
	default:
		return time.Time{}, false
	}
}

func (d *goDecoder) slice(v Value, rv reflect.Value, at Path) (bool, error) {
	if b, ok := v.(Bytes); ok && rv.Type().Elem().Kind() == reflect.Uint8 {
		rv.SetBytes(slices.Clone(b))
		return true, nil
	}
	list, ok := v.(Array)
	if page, isPage := v.(*Page); isPage {
		list, ok = page.Data(), true
	}
	if !ok {
		return false, nil
	}
	out := reflect.MakeSlice(rv.Type(), len(list), len(list))
	for i, e := range list {
		if err := d.decode(e, out.Index(i), append(at, Index(int64(i)))); err != nil {
			return false, err
		}
	}
	rv.Set(out)
	return true, nil
}

// members returns what is rendered as an object, as one.
func members(v Value) (o Object, ok bool, err error) {
	switch v := v.(type) {
	case Object:
		return v, true, nil
	case *Document:
		if o, err = v.Object(); err != nil {
			return nil, false, err
		}
		return append(o, v.Once...), true, nil
	case *Event:
		return v.Object(), true, nil
	case *Sourced:
		return v.Object(), true, nil
	case *Page:
		return v.Object(), true, nil
	default:
		return nil, false, nil
	}
}

func (d *goDecoder) mapping(v Value, rv reflect.Value, at Path) (bool, error) {
	o, ok, err := members(v)
	if !ok || rv.Type().Key().Kind() != reflect.String {
		return false, err
	}
	out := reflect.MakeMapWithSize(rv.Type(), len(o))
	for _, f := range o {
		e := reflect.New(rv.Type().Elem()).Elem()
		if err := d.decode(f.Value, e, append(at, Member(f.Name))); err != nil {
			return false, err
		}
		out.SetMapIndex(reflect.ValueOf(f.Name).Convert(rv.Type().Key()), e)
	}
	rv.Set(out)
	return true, nil
}

func (d *goDecoder) structure(v Value, rv reflect.Value, at Path) (bool, error) {
	o, ok, err := members(v)
	if !ok {
		return false, err
	}
	for _, field := range goFields(rv.Type()) {
		member, ok := o.Get(field.name)
		if !ok {
			continue
		}
		if err := d.decode(member, rv.FieldByIndex(field.index), append(at, Member(field.name))); err != nil {
			return false, err
		}
	}
	return true, nil
}

// natural returns what a variable of type any takes of v.
func (d *goDecoder) natural(v Value, at Path) (any, error) {
	switch v := v.(type) {
	case Null:
		return nil, nil
	case Boolean:
		return bool(v), nil
	case Long:
		return int64(v), nil
	case Double:
		return float64(v), nil
	case String:
		return string(v), nil
	case Action:
		return string(v), nil
	case Bytes:
		return []byte(slices.Clone(v)), nil
	case Time:
		return v.Go(), nil
	case UUID, Date, TxnTime, Ref, *Unresolved, *Set, *Lambda:
		return v, nil
	case Array:
		list := []any{}
		_, err := d.slice(v, reflect.ValueOf(&list).Elem(), at)
		return list, err
	case Object, *Document, *Event, *Sourced, *Page:
		object := map[string]any{}
		_, err := d.mapping(v, reflect.ValueOf(&object).Elem(), at)
		return object, err
	default:
		panic("value: unknown kind")
	}
}
