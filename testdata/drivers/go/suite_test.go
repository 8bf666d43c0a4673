package drivers

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// suite is the driver's package, whose tests need a server.
const suite = "github.com/fauna/faunadb-go/v4/faunadb"

// TestGoSuite runs the tests that the Go driver ships, as they are, and holds
// them against the list in pending.txt. Tests that hang are run on their own,
// so that the others end.
func TestGoSuite(t *testing.T) {
	text, err := os.ReadFile("pending.txt")
	if err != nil {
		t.Fatal(err)
	}
	pending, err := parsePending(string(text))
	if err != nil {
		t.Fatalf("pending.txt: %v", err)
	}
	var hanging []string
	for _, p := range pending {
		if p.hangs {
			hanging = append(hanging, pattern(p.name))
		}
	}

	r := suiteRun{server: start(t), outcomes: map[string]outcome{}, output: map[string]string{}}
	r.run(t, "2m", "-skip", strings.Join(append(hanging, "^$"), "|"))
	var alone sync.WaitGroup
	for _, name := range hanging {
		alone.Go(func() { r.run(t, "15s", "-run", name) })
	}
	alone.Wait()

	sum := judge(r.outcomes, pending)
	t.Logf("the Go driver's suite: %d tests pass, %d pending", sum.passed, sum.pending)
	for _, complaint := range sum.complaints {
		name, _, _ := strings.Cut(complaint, " ")
		t.Errorf("%s\n%s", complaint, r.output[name])
	}
}

// pattern makes the pattern that selects one test by its whole name.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// suiteRun gathers what runs of the suite against one server say.
type suiteRun struct {
	server server

	mu       sync.Mutex
	outcomes map[string]outcome
	output   map[string]string
}

// run runs a part of the suite. Tests that fail are no error here, but a suite
// that cannot be built or run is.
func (r *suiteRun) run(t *testing.T, timeout string, args ...string) {
	args = append([]string{"test", "-json", "-count=1", "-vet=off", "-timeout", timeout}, args...)
	cmd := exec.Command("go", append(args, suite)...)
	cmd.Env = append(os.Environ(), "FAUNA_ENDPOINT="+r.server.endpoint, "FAUNA_ROOT_KEY="+r.server.secret)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	ran, err := r.read(events)
	if err != nil {
		t.Errorf("events of %s: %v", cmd, err)
	}
	if err := cmd.Wait(); ran == 0 {
		t.Errorf("%s ran no test: %v", cmd, err)
	}
}

// read notes what became of each test, and returns how many there were.
func (r *suiteRun) read(events io.Reader) (int, error) {
	ran := 0
	for d := json.NewDecoder(events); ; {
		var e struct{ Action, Test, Output string }
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return ran, nil
		} else if err != nil {
			return ran, err
		}
		if e.Test == "" {
			continue
		}
		r.mu.Lock()
		switch e.Action {
		case "run":
			ran++
			if _, known := r.outcomes[e.Test]; !known {
				r.outcomes[e.Test] = unfinished
			}
		case "pass":
			r.outcomes[e.Test] = max(r.outcomes[e.Test], passed)
		case "fail":
			r.outcomes[e.Test] = failed
		case "skip":
			r.outcomes[e.Test] = skipped
		case "output":
			r.output[e.Test] += e.Output
		}
		r.mu.Unlock()
	}
}
