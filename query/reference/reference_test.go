package reference

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
)

// TestDrift compares the pages that are checked in with those of the table.
func TestDrift(t *testing.T) {
	var names []string
	for _, p := range Pages() {
		names = append(names, p.Name)
		if got, err := os.ReadFile(p.Name); err != nil || string(got) != string(p.Content) {
			t.Errorf("%s is not what the table gives (%v): run make docs", p.Name, err)
		}
	}
	there, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if !slices.Equal(names, there) {
		t.Errorf("got the files %v, want %v", there, names)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, p := range Pages() {
		if got, err := os.ReadFile(filepath.Join(dir, p.Name)); err != nil || string(got) != string(p.Content) {
			t.Errorf("%s: got %q, %v", p.Name, got, err)
		}
	}
}

// TestSentences checks what every row must tell a reader.
func TestSentences(t *testing.T) {
	for _, family := range query.Families() {
		if family.Title == "" || !strings.HasSuffix(family.Doc, ".") {
			t.Errorf("%s: the title is %q, the sentence %q", family.Name, family.Title, family.Doc)
		}
		for _, f := range family.Functions {
			verb, rest, _ := strings.Cut(f.Doc, " ")
			if rest == "" || verb != strings.ToLower(verb) || !strings.HasSuffix(strings.TrimSuffix(verb, ","), "s") {
				t.Errorf("%s is no sentence", Sentence(f))
			}
			if strings.HasSuffix(f.Doc, ".") {
				t.Errorf("%s: the description ends with a period", f.Name)
			}
			for _, e := range f.Errors {
				if code, text, ok := strings.Cut(e, ": "); !ok || code == "" || text == "" {
					t.Errorf("%s: the error %q is not CODE: TEXT", f.Name, e)
				}
			}
		}
	}
}

func TestRow(t *testing.T) {
	round, _ := query.Lookup("Round")
	tests := []struct{ name, got, want string }{
		{"wire", Wire(round), `{"round": Number, "precision": Integer}`},
		{"optional", Arguments(round)[1].Takes, "Integer, optional"},
		{"effect", Effect(round), "It is pure."},
		{
			"errors", strings.Join(Errors(round), "\n"),
			"invalid argument: Number expected, <type> provided.\ninvalid argument: Integer expected, <type> provided.",
		},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, test.got, test.want)
		}
	}
}
