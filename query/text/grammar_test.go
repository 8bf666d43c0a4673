package text

import (
	"os"
	"testing"
)

// TestGrammar compares the grammar with the one in testdata, so that a change
// of it is seen in review.
func TestGrammar(t *testing.T) {
	want, err := os.ReadFile("testdata/grammar.ebnf")
	if err != nil {
		t.Fatal(err)
	}
	if got := parser.String() + "\n"; got != string(want) {
		t.Errorf("the grammar is now\n%s", got)
	}
}
