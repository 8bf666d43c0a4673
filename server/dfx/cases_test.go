package dfx_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCases plays the scenarios of testdata/*.txt, each with a door of its own. A line begins with what it is:
//
//	==  the name of a scenario
//	#   a comment
//	>   a request: method, path, body
//	:   a header of the request
//	<   its answer: status and body, or status and code of an error
//	@   a header of the answer, or its beginning
//	+   the clock goes on
//	!   a message is delivered: what its variables are called
//	=   a query that an admin runs
//
// $name in a request is what was called so; "$name" in an answer that was not
// called anything yet is whatever stands there.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no cases: %v", err)
	}
	for _, file := range files {
		playFile(t, file)
	}
}

func playFile(t *testing.T, file string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	scenarios := strings.Split(string(b), "\n== ")
	if len(scenarios) < 2 {
		t.Fatalf("%s has no scenario", file)
	}
	line := strings.Count(scenarios[0], "\n") + 3 // the first of the first scenario
	for _, s := range scenarios[1:] {
		name, _, _ := strings.Cut(s, "\n")
		first := line
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			p := &player{fixture: f, file: file, names: map[string]string{"key": f.key}}
			for i, l := range strings.Split(s, "\n")[1:] {
				p.line = first + i
				p.play(l)
			}
			p.send()
		})
		line += strings.Count(s, "\n") + 1
	}
}

// player plays one scenario.
type player struct {
	*fixture
	names   map[string]string
	file    string
	line    int
	request []string // method, path, body
	headers []string
	last    answer
}

func (p *player) failf(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s:%d: %s", p.file, p.line, fmt.Sprintf(format, args...))
}

func (p *player) play(line string) {
	p.t.Helper()
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "", "#":
	case ">":
		p.send()
		p.request = append(strings.SplitN(p.filled(rest), " ", 3), "")[:3]
		p.headers = nil
	case ":":
		p.headers = append(p.headers, p.filled(rest))
	case "<":
		p.send()
		p.compare(rest)
	case "@":
		p.send()
		name, want, _ := strings.Cut(p.filled(rest), ": ")
		if got := p.last.header.Get(name); !strings.HasPrefix(got, want) || want == "" && got != "" {
			p.failf("%s: %q", name, got)
		}
	case "+":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.failf("%v", err)
		}
		p.Forward(d)
	case "!":
		m := p.message()
		for _, name := range strings.Fields(rest) {
			if p.names[name] = m.Vars[name]; m.Vars[name] == "" {
				p.failf("the message has %v", m.Vars)
			}
		}
		p.names["to"], p.names["text"] = m.To, m.Text
	case "=":
		p.Do(p.filled(rest), nil)
	default:
		p.failf("what is %q", kind)
	}
}

// send makes the request that was read, if it is not made yet.
func (p *player) send() {
	p.t.Helper()
	if p.request != nil {
		p.last = p.call(p.request[0], p.request[1], p.request[2], p.headers...)
		p.request = nil
	}
}

var variable = regexp.MustCompile(`\$[a-z][A-Za-z0-9]*`)

func (p *player) filled(s string) string {
	return variable.ReplaceAllStringFunc(s, func(v string) string {
		s, ok := p.names[v[1:]]
		if !ok {
			p.failf("nothing is called %s", v)
		}
		return s
	})
}

func (p *player) compare(want string) {
	p.t.Helper()
	status, body, _ := strings.Cut(want, " ")
	if got := fmt.Sprint(p.last.status); got != status {
		p.failf("%s %s", got, p.last.text)
	}
	if body == "" {
		return
	}
	if !strings.HasPrefix(body, "{") {
		e := p.last.body
		if e["Code"] != body || e["errorCode"] != body || e["Message"] == "" || e["Message"] != e["message"] {
			p.failf("%s", p.last.text)
		}
		return
	}
	var wanted map[string]any
	if err := json.Unmarshal([]byte(body), &wanted); err != nil {
		p.failf("%v", err)
	}
	p.bind(wanted, p.last.body)
	if diff := cmp.Diff(wanted, p.last.body); diff != "" {
		p.failf("%s", diff)
	}
}

// bind puts what is called something in the place of its name.
func (p *player) bind(want, got map[string]any) {
	for member, w := range want {
		name, ok := w.(string)
		if !ok || !strings.HasPrefix(name, "$") {
			continue
		}
		if _, known := p.names[name[1:]]; !known {
			p.names[name[1:]] = fmt.Sprint(got[member])
		}
		if s, isString := got[member].(string); !isString || s == "" {
			p.failf("%s is no string: %v", member, got[member])
		}
		want[member] = p.names[name[1:]]
	}
}
