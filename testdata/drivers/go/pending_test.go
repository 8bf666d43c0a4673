package drivers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pendingTest is a test of the driver's suite that does not pass yet.
type pendingTest struct {
	name   string // such as "TestRunClientTests/TestEvents"
	hangs  bool   // it never ends by itself
	reason string
}

// parsePending reads the list. A line is the test's name, "fails" or "hangs",
// and the reason; empty lines and those that begin with # are comments.
func parsePending(text string) ([]pendingTest, error) {
	var list []pendingTest
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		words := strings.Fields(line)
		if len(words) < 3 || words[1] != "fails" && words[1] != "hangs" {
			return nil, fmt.Errorf("line %d: want a name, fails or hangs, and a reason", i+1)
		}
		if seen[words[0]] {
			return nil, fmt.Errorf("line %d: %s is listed twice", i+1, words[0])
		}
		seen[words[0]] = true
		list = append(list, pendingTest{words[0], words[1] == "hangs", strings.Join(words[2:], " ")})
	}
	return list, nil
}

// outcome is how a test ended.
type outcome int

const (
	unfinished outcome = iota // killed, or it took its process down
	passed
	failed
	skipped
)

// tally sums up a run of the suite.
type tally struct {
	passed, pending int
	complaints      []string
}

// judge compares a run with the list: every test passes but the listed ones,
// and those do not. A test with subtests counts only if none of them explains
// its failure.
func judge(outcomes map[string]outcome, pending []pendingTest) tally {
	var sum tally
	listed := map[string]bool{}
	for _, p := range pending {
		listed[p.name] = true
		if _, ran := outcomes[p.name]; !ran {
			sum.complain("%s is listed as pending but the suite has no such test", p.name)
		}
	}
	for name, o := range outcomes {
		switch {
		case explained(name, outcomes):
		case listed[name] && o == passed:
			sum.complain("%s passes: take it off the list of pending tests", name)
		case listed[name]:
			sum.pending++
		case o == passed:
			sum.passed++
		default:
			sum.complain("%s does not pass", name)
		}
	}
	slices.Sort(sum.complaints)
	return sum
}

func (s *tally) complain(format string, args ...any) {
	s.complaints = append(s.complaints, fmt.Sprintf(format, args...))
}

// explained reports whether a test's outcome says no more than its subtests'.
func explained(name string, outcomes map[string]outcome) bool {
	subtests := false
	for other, o := range outcomes {
		if strings.HasPrefix(other, name+"/") {
			subtests = true
			if o != passed {
				return true
			}
		}
	}
	return subtests && outcomes[name] == passed
}

func TestParsePending(t *testing.T) {
	got, err := parsePending("# why\n\nTestA/TestB fails no streams\n TestC\thangs it waits\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []pendingTest{{"TestA/TestB", false, "no streams"}, {"TestC", true, "it waits"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, bad := range []string{"TestA", "TestA fails", "TestA sometimes it rains", "TestA fails x\nTestA fails y"} {
		if got, err := parsePending(bad); err == nil {
			t.Errorf("parsePending(%q) = %v, want an error", bad, got)
		}
	}
}

func TestJudge(t *testing.T) {
	pending := []pendingTest{{"TestS/TestB", false, "not built"}}
	tests := []struct {
		name     string
		outcomes map[string]outcome
		want     tally
	}{
		{
			"as listed",
			map[string]outcome{"TestS": failed, "TestS/TestA": passed, "TestS/TestB": failed},
			tally{passed: 1, pending: 1},
		},
		{
			"a listed test that is killed",
			map[string]outcome{"TestS": unfinished, "TestS/TestA": passed, "TestS/TestB": unfinished},
			tally{passed: 1, pending: 1},
		},
		{
			"a listed test passes",
			map[string]outcome{"TestS": passed, "TestS/TestB": passed},
			tally{complaints: []string{"TestS/TestB passes: take it off the list of pending tests"}},
		},
		{
			"a listed test is gone",
			map[string]outcome{"TestS": passed, "TestS/TestA": passed},
			tally{passed: 1, complaints: []string{
				"TestS/TestB is listed as pending but the suite has no such test",
			}},
		},
		{
			"another test fails, and one is skipped",
			map[string]outcome{"TestS": failed, "TestS/TestB": failed, "TestS/TestA": failed, "TestC": skipped},
			tally{pending: 1, complaints: []string{"TestC does not pass", "TestS/TestA does not pass"}},
		},
		{
			"the whole fails though its parts pass",
			map[string]outcome{"TestS": failed, "TestS/TestA": passed, "TestD": passed, "TestS/TestB": passed},
			tally{passed: 2, complaints: []string{
				"TestS does not pass",
				"TestS/TestB passes: take it off the list of pending tests",
			}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := judge(test.outcomes, pending)
			if got.passed != test.want.passed || got.pending != test.want.pending ||
				!slices.Equal(got.complaints, test.want.complaints) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
