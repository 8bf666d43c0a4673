package querytest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
)

// Examples runs the examples of every row of the table, each in a session of
// its own, and checks that every row has one. Families that the sessions
// cannot answer are left out by name.
//
// An example is "QUERY // RESULT". The result is JSON, as in a case file; or a
// query with the same value; or an error: its code, its position, and perhaps
// a colon and its description.
func Examples(t *testing.T, open func(t *testing.T) Session, leftOut ...string) {
	t.Helper()
	for _, family := range query.Families() {
		if slices.Contains(leftOut, family.Name) {
			continue
		}
		for _, f := range family.Functions {
			t.Run(f.Name, func(t *testing.T) {
				if len(f.Examples) == 0 && f.Missing == "" {
					t.Errorf("%s has no example", f.Name)
				}
				for _, line := range f.Examples {
					if err := example(open(t), line); err != nil {
						t.Errorf("%s\n%v", line, err)
					}
				}
			})
		}
	}
}

// failure is the error that an example gives: `invalid argument ["add", 0]`.
var failure = regexp.MustCompile(`^([a-z ]+[a-z]) (\[.*?\])(?:: (.*))?$`)

func example(s Session, line string) error {
	i := strings.LastIndex(line, " // ")
	if i < 0 {
		return fmt.Errorf("an example is QUERY // RESULT")
	}
	src, want := line[:i], line[i+4:]
	got, err := resultOf(s.Query("", Text, src))
	if err != nil {
		return err
	}
	result, err := parseJSON(got.JSON)
	if err != nil {
		return err
	}
	if m := failure.FindStringSubmatch(want); m != nil {
		return failsAs(got, result, m[1], m[2], m[3])
	}
	if got.Status >= 300 {
		return fmt.Errorf("got %s", got)
	}
	value, err := parseJSON(quoteMarkers(want))
	if err == nil && (captures{}).match(value, result, "$") == nil {
		return nil
	}
	if same, err := resultOf(s.Query("", Text, want)); err != nil || same.JSON != got.JSON {
		return fmt.Errorf("got %s", got)
	}
	return nil
}

// failsAs compares the first of the errors that a query gave.
func failsAs(got *Result, errors *node, code, position, description string) error {
	want, err := parseJSON(position)
	if err != nil {
		return fmt.Errorf("the position in the example: %w", err)
	}
	if got.Status < 300 {
		return fmt.Errorf("got %s", got)
	}
	first := errors.items[0]
	at := first.member("position")
	if first.member("code").text != code || at == nil || at.String() != want.String() {
		return fmt.Errorf("got %s", got)
	}
	if description != "" && first.member("description").text != description {
		return fmt.Errorf("got %s", got)
	}
	return nil
}
