package value

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// TypeError says that a value and a type of Go do not fit.
type TypeError struct {
	// Path leads to the value; it is empty for the outermost.
	Path Path
	// Value is the type name of the value; "" when a Go value was to become
	// one.
	Value string
	// Go is the type of Go.
	Go reflect.Type
}

// Error says which value does not fit what: "value: cannot decode String into
// int64 at [data,age]".
func (e *TypeError) Error() string {
	at := ""
	if len(e.Path) > 0 {
		at = " at " + e.Path.String()
	}
	if e.Value == "" {
		return fmt.Sprintf("value: no value for %s%s", e.Go, at)
	}
	return fmt.Sprintf("value: cannot decode %s into %s%s", e.Value, e.Go, at)
}

var (
	valueType = reflect.TypeFor[Value]()
	timeType  = reflect.TypeFor[time.Time]()
)

// goField is a field of a struct as a member of an object.
type goField struct {
	name      string
	index     []int
	omitEmpty bool
}

// goFieldCache holds the []goField of each struct type that was asked for.
var goFieldCache sync.Map

// goFields returns the fields of t that are members: the exported ones, named
// by their tag, such as `fauna:"name,omitempty"`, or as they are called; not
// those tagged "-". The fields of embedded structs without a tag are t's own,
// unless t has one of that name.
func goFields(t reflect.Type) []goField {
	if cached, ok := goFieldCache.Load(t); ok {
		return cached.([]goField)
	}
	var fields []goField
	var embedded []goField
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("fauna")
		name, options, _ := strings.Cut(tag, ",")
		if f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct {
			for _, inner := range goFields(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				embedded = append(embedded, inner)
			}
			continue
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields = append(fields, goField{name, []int{i}, options == "omitempty"})
	}
	for _, inner := range embedded {
		if _, ok := findGoField(fields, inner.name); !ok {
			fields = append(fields, inner)
		}
	}
	goFieldCache.Store(t, fields)
	return fields
}

func findGoField(fields []goField, name string) (goField, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return goField{}, false
}
