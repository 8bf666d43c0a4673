package value

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseObject(t *testing.T) {
	o, err := ParseObject([]byte(`{"b":1,"a":[1.5,null,true,"x"],"b":2,"@ref":{"n":9223372036854775808}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Object{
		{Name: "b", Value: Long(2)},
		{Name: "a", Value: Array{Double(1.5), Null{}, Boolean(true), String("x")}},
		{Name: "@ref", Value: Object{{Name: "n", Value: Double(9223372036854775808)}}},
	}
	if !Equal(o, want) || o[0].Name != "b" {
		t.Errorf("%v", o)
	}
	for _, text := range []string{"", "1", "[]", "{}{}", `{"a":}`, `{"a":1`, "null"} {
		if _, err := ParseObject([]byte(text)); err == nil {
			t.Errorf("%s is an object", text)
		}
	}
	if _, err := ParseObject([]byte(`{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`)); !errors.Is(err, ErrTooDeep) {
		t.Errorf("deep: %v", err)
	}
	var many strings.Builder
	many.WriteString(`{"":0`)
	for i := range 200_000 { // among so many none is searched for
		fmt.Fprintf(&many, `,"%d":%d`, i, i)
	}
	if o, err := ParseObject([]byte(many.String() + "}")); err != nil || len(o) != 200_001 {
		t.Errorf("many: %d, %v", len(o), err)
	}
}
