package value

import (
	"errors"
	"strings"
	"testing"
)

func TestRendererLimit(t *testing.T) {
	doubled := Value(String("a"))
	for range 60 {
		doubled = Array{doubled, Object{{"o", doubled}}}
	}
	set := &Set{Op: SetUnion, Sets: []Value{CollectionRef(0, Tokens)}}
	for range 60 {
		set = &Set{Op: SetUnion, Sets: []Value{set, set}}
	}
	for _, tc := range []struct {
		name  string
		v     Value
		limit int
		want  error
	}{
		{"none", String(strings.Repeat("a", 1000)), 0, nil},
		{"fits", Array{String("abcd")}, 8, nil},
		{"one long string", String("abcdefgh"), 9, ErrTooLong},
		{"shared arrays and objects", doubled, 1 << 16, ErrTooLong},
		{"shared sets", set, 1 << 16, ErrTooLong},
		{"a page", &Page{data: Array{doubled}}, 1 << 16, ErrTooLong},
		{"what a lambda captured", &Lambda{Captured: Object{{"v", doubled}}, Code: &Source{`"x"`, `1`}}, 1 << 16, ErrTooLong},
	} {
		t.Run(tc.name, func(t *testing.T) {
			prefix := strings.Repeat("x", 100)
			got, err := Renderer{Names: limitNames{}, Limit: tc.limit}.Append([]byte(prefix), tc.v)
			if !errors.Is(err, tc.want) {
				t.Errorf("the error is %v, want %v", err, tc.want)
			}
			if tc.limit > 0 && len(got) > 2*tc.limit+len(prefix) {
				t.Errorf("%d bytes were appended, the limit is %d", len(got)-len(prefix), tc.limit)
			}
		})
	}
}

// limitNames knows no name but those of the system collections.
type limitNames struct{}

func (limitNames) Scope() Scope             { return 0 }
func (limitNames) Name(Ref) (string, bool)  { return "", false }
func (limitNames) Parent(Scope) (Ref, bool) { return Ref{}, false }
