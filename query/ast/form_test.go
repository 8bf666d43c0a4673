package ast

import (
	"slices"
	"testing"
)

func TestByKeys(t *testing.T) {
	optional := func(key string) Operand { return Operand{Key: key, Optional: true} }
	either := func(key string) Operand { return Operand{Key: key, Optional: true, Alternative: true} }
	forms := NewForms([]*Form{
		{Name: "Match", Operands: []Operand{{Key: "match"}, optional("terms")}},
		{Name: "OldMatch", Operands: []Operand{{Key: "match"}, {Key: "index"}}},
		{Name: "Index", Operands: []Operand{{Key: "index"}, optional("scope")}},
		{Name: "Exp", Operands: []Operand{{Key: "exp"}}},
		{Name: "Pow", Operands: []Operand{{Key: "pow"}, optional("exp")}},
		{Name: "Page", Operands: []Operand{{Key: "page"}, either("after"), either("before"), optional("size")}},
	})
	for _, row := range []struct {
		keys []string
		want string
	}{
		{[]string{"match"}, "Match"},
		{[]string{"terms", "match"}, "Match"},
		{[]string{"index", "match"}, "OldMatch"},
		{[]string{"match", "index"}, "OldMatch"},
		{[]string{"match", "index", "terms"}, ""},
		{[]string{"index"}, "Index"},
		{[]string{"exp"}, "Exp"},
		{[]string{"exp", "pow"}, "Pow"},
		{[]string{"terms"}, ""},
		{[]string{"scope"}, ""},
		{nil, ""},
		{[]string{"size", "before", "page"}, "Page"},
		{[]string{"page", "after", "before"}, ""},
	} {
		got := ""
		keys := slices.Clone(row.keys)
		if form := forms.ByKeys(keys); form != nil {
			got = form.Name
		}
		if got != row.want || !slices.Equal(keys, row.keys) {
			t.Errorf("%q: got %q (keys %q), want %q", row.keys, got, keys, row.want)
		}
	}
}

func TestNewFormsRefuses(t *testing.T) {
	for name, forms := range map[string][]*Form{
		"one name twice":          {{Name: "A", Operands: []Operand{{Key: "a"}}}, {Name: "A", Operands: []Operand{{Key: "b"}}}},
		"an alias that is a name": {{Name: "A", Operands: []Operand{{Key: "a"}}}, {Name: "B", Alias: "A", Operands: []Operand{{Key: "b"}}}},
		"a name that is an alias": {{Name: "A", Alias: "B", Operands: []Operand{{Key: "a"}}}, {Name: "B", Operands: []Operand{{Key: "b"}}}},
		"one key twice":           {{Name: "A", Operands: []Operand{{Key: "a"}}}, {Name: "B", Operands: []Operand{{Key: "a"}}}},
		"an optional verb":        {{Name: "A", Operands: []Operand{{Key: "a", Optional: true}}}},
		"one set of keys twice": {
			{Name: "A", Operands: []Operand{{Key: "a"}, {Key: "b", Optional: true}}},
			{Name: "B", Operands: []Operand{{Key: "b"}, {Key: "a"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			NewForms(forms)
		})
	}
}
