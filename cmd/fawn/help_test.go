package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/reference"
)

// runHelp runs the command line and returns what it prints.
func runHelp(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := command()
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func TestHelpFunction(t *testing.T) {
	const want = `Divide(...divide)
{"divide": [Number, ...]}

  Divide returns the first number divided by all the others in turn; of integers the part before the point.
  It is pure.

Arguments
  divide: Number, one or more

Errors
  invalid argument: Number expected, <type> provided.
  invalid argument: Non-empty array expected.
  invalid argument: Illegal division by zero.

Examples
  Divide(7, 2) // 3
  Divide(7, 2.0) // 3.5
  Divide(1, 0) // invalid argument []
`
	for _, name := range []string{"Divide", "divide", "DIVIDE"} {
		got, err := runHelp(t, "help", name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("help %s (-want +got):\n%s", name, diff)
		}
	}
}

// TestHelpWhole checks that help tells all that a row says, for every function.
func TestHelpWhole(t *testing.T) {
	for _, family := range query.Families() {
		for _, f := range family.Functions {
			got, err := runHelp(t, "help", f.Name)
			if err != nil {
				t.Fatal(err)
			}
			parts := append([]string{f.Name + "(", reference.Wire(f), f.Doc}, reference.Errors(f)...)
			for _, part := range append(parts, f.Examples...) {
				if !strings.Contains(got, part) {
					t.Errorf("help %s does not say %s:\n%s", f.Name, part, got)
				}
			}
		}
	}
}

func TestHelpOther(t *testing.T) {
	if got, err := runHelp(t, "help", "docs"); err != nil || !strings.Contains(got, "fawn docs DIR") {
		t.Errorf("help docs: got %q, %v", got, err)
	}
	_, err := runHelp(t, "help", "nosuch")
	if err == nil || err.Error() != `there is no command and no function called "nosuch"` {
		t.Errorf("help nosuch: got %v", err)
	}
}

func TestDocs(t *testing.T) {
	dir := t.TempDir()
	if _, err := runHelp(t, "docs", dir); err != nil {
		t.Fatal(err)
	}
	for _, p := range reference.Pages() {
		got, err := os.ReadFile(filepath.Join(dir, p.Name))
		if err != nil || !bytes.Equal(got, p.Content) {
			t.Errorf("%s: got %d bytes, want %d (%v)", p.Name, len(got), len(p.Content), err)
		}
	}
}
