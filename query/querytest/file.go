package querytest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// File is a case file.
type File struct {
	Path  string
	Cases []*Case
	lines []string
}

// Case is a session: steps that one fresh database answers in order.
type Case struct {
	Name  string
	Steps []*Step
}

// Form is how a query is written.
type Form uint8

// The forms.
const (
	Text Form = iota // as in a .fql file
	Wire             // JSON
)

// String returns the form's name.
func (f Form) String() string {
	if f == Wire {
		return "wire"
	}
	return "text"
}

// Step is a query with its result, or a move of the clock.
type Step struct {
	Line    int    // of the query's first line, from 1
	As      string // the secret it is sent with, perhaps with captures
	Form    Form
	Source  string
	Want    *Result       // nil when the file does not say
	Forward time.Duration // instead of a query

	lo, hi int // the lines of the result, in File.lines
}

// Result is what a query must give.
type Result struct {
	Status int    // 200, 201, or that of an error
	JSON   string // the value, or the array of errors
}

// Load reads a case file.
func Load(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &File{Path: path, lines: strings.Split(strings.TrimRight(string(b), "\n"), "\n")}
	r := &reader{file: f}
	for r.at < len(f.lines) {
		if err := r.next(); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, r.at+1, err)
		}
	}
	return f, nil
}

// reader reads a file line by line; at is the next line.
type reader struct {
	file *File
	at   int
	as   string
}

func (r *reader) next() error {
	line := r.file.lines[r.at]
	switch {
	case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
		r.at++
	case strings.HasPrefix(line, "== "):
		r.file.Cases = append(r.file.Cases, &Case{Name: strings.TrimSpace(line[3:])})
		r.as = ""
		r.at++
	case strings.HasPrefix(line, "-- "):
		return r.directive(strings.Fields(line[3:]))
	case isResult(line):
		return errors.New("a result without a query")
	default:
		r.step()
	}
	return nil
}

// current returns the case that steps are added to.
func (r *reader) current() *Case {
	f := r.file
	if len(f.Cases) == 0 {
		name := strings.TrimSuffix(filepath.Base(f.Path), ".txt")
		f.Cases = append(f.Cases, &Case{Name: name})
	}
	return f.Cases[len(f.Cases)-1]
}

func (r *reader) add(s *Step) {
	c := r.current()
	c.Steps = append(c.Steps, s)
}

// directive reads "-- forward DURATION", "-- as SECRET" and "-- as admin".
func (r *reader) directive(words []string) error {
	if len(words) != 2 {
		return errors.New("a directive has two words: -- as SECRET, -- forward DURATION")
	}
	switch words[0] {
	case "as":
		if r.as = words[1]; r.as == "admin" {
			r.as = ""
		}
	case "forward":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return err
		}
		r.add(&Step{Line: r.at + 1, Forward: d})
	default:
		return fmt.Errorf("unknown directive %q", words[0])
	}
	r.at++
	return nil
}

// step reads a query and its result.
func (r *reader) step() {
	s := &Step{Line: r.at + 1, As: r.as}
	s.Source = r.lines(func(line string) bool { return isResult(line) || isHeading(line) })
	if rest, ok := strings.CutPrefix(s.Source, "wire "); ok {
		s.Form, s.Source = Wire, rest
	}
	s.lo = r.at
	if r.at < len(r.file.lines) && isResult(r.file.lines[r.at]) {
		s.Want = parseResult(r.lines(func(line string) bool { return !isIndented(line) }))
	}
	s.hi = r.at
	r.add(s)
}

// lines returns the next line and those behind it, up to a blank one or one
// that belongs to something else.
func (r *reader) lines(ends func(line string) bool) string {
	lo := r.at
	for r.at++; r.at < len(r.file.lines); r.at++ {
		if line := r.file.lines[r.at]; strings.TrimSpace(line) == "" || ends(line) {
			break
		}
	}
	return strings.Join(r.file.lines[lo:r.at], "\n")
}

func isIndented(line string) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
}

func isHeading(line string) bool {
	return strings.HasPrefix(line, "== ") || strings.HasPrefix(line, "-- ") || strings.HasPrefix(line, "#")
}

func isResult(line string) bool {
	return strings.HasPrefix(line, "=> ") || strings.HasPrefix(line, "=+ ") || strings.HasPrefix(line, "=! ")
}

// parseResult reads "=> VALUE", "=+ VALUE" and "=! STATUS ERRORS".
func parseResult(s string) *Result {
	kind, rest := s[:2], strings.TrimSpace(s[2:])
	switch kind {
	case "=>":
		return &Result{200, rest}
	case "=+":
		return &Result{201, rest}
	default:
		status, list, _ := strings.Cut(rest, " ")
		n, _ := strconv.Atoi(status) // 0 fits no result
		return &Result{n, strings.TrimSpace(list)}
	}
}

// String returns r as a file says it.
func (r *Result) String() string {
	switch r.Status {
	case 200:
		return "=> " + r.JSON
	case 201:
		return "=+ " + r.JSON
	default:
		return "=! " + strconv.Itoa(r.Status) + " " + r.JSON
	}
}

// rewrite writes the file with other results: those of the steps in got.
func (f *File) rewrite(got map[*Step]string) error {
	var out []string
	at := 0
	for _, c := range f.Cases {
		for _, s := range c.Steps {
			result, ok := got[s]
			if !ok {
				continue
			}
			out = append(out, f.lines[at:s.lo]...)
			out = append(out, result)
			at = s.hi
		}
	}
	out = append(out, f.lines[at:]...)
	return os.WriteFile(f.Path, []byte(strings.Join(out, "\n")+"\n"), 0o644) //nolint:gosec // a source file
}
