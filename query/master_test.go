package query_test

import (
	"os"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/ast"
)

// TestMaster compares the table with the list of all functions of FQL v4: the
// same rows, with the same keys, names and effects.
func TestMaster(t *testing.T) {
	b, err := os.ReadFile("../testdata/functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{} // name and effect by keys
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || want[cells[0]] != nil {
			t.Fatalf("the line %q", line)
		}
		want[cells[0]] = cells[1:]
	}
	for _, family := range query.Families() {
		for _, f := range family.Functions {
			keys := keysOf(f)
			row := want[keys]
			delete(want, keys)
			switch {
			case row == nil:
				t.Errorf("%s has the keys %s, which the list does not", f.Name, keys)
			case row[0] != "-" && row[0] != f.Name:
				t.Errorf("%s is called %s in the list", f.Name, row[0])
			case row[1] != effectOf(f, strings.HasPrefix(row[1], "parts")):
				t.Errorf("%s is %s, in the list %s", f.Name, effectOf(f, false), row[1])
			}
			if f.Missing != "" {
				t.Errorf("%s cannot be called: %s", f.Name, f.Missing)
			}
		}
	}
	for keys, row := range want {
		t.Errorf("the table has no row of %s, %s", row[0], keys)
	}
}

func keysOf(f *query.Function) string {
	keys := make([]string, len(f.Params))
	for i, p := range f.Params {
		if keys[i] = p.Key; p.Optional {
			keys[i] += "?"
		}
	}
	return strings.Join(keys, " ")
}

// effectOf is the effect as the list says it; to have that of its arguments, a
// function must itself be pure.
func effectOf(f *query.Function, parts bool) string {
	effect := []string{ast.Pure: "pure", ast.Read: "read", ast.Write: "write"}[f.Effect]
	if parts && f.Effect == ast.Pure {
		effect = "parts"
	}
	if f.Deprecated != "" {
		effect += " old"
	}
	return effect
}
