package querytest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script is a session that has an answer to each query and keeps a log.
type script struct {
	answers map[string]string // "STATUS BODY" by source
	log     []string
}

func (s *script) Forward(d time.Duration) { s.log = append(s.log, "forward "+d.String()) }

func (s *script) Query(secret string, form Form, src string) (int, []byte) {
	s.log = append(s.log, strings.TrimSpace(fmt.Sprintf("%s %s %s", secret, form, src)))
	status, body, ok := strings.Cut(s.answers[src], " ")
	if !ok {
		return 500, []byte(`{"errors":[]}`)
	}
	n := 0
	_, _ = fmt.Sscan(status, &n)
	return n, []byte(expand(body))
}

func load(t *testing.T, content string) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "some.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// readme is the sample in the description of the format.
func readme(t *testing.T) string {
	b, err := os.ReadFile("../../testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, sample, _ := strings.Cut(string(b), "```\n")
	sample, _, _ = strings.Cut(sample, "```\n")
	return sample
}

func TestReadme(t *testing.T) {
	f := load(t, readme(t))
	if len(f.Cases) != 1 || f.Cases[0].Name != "accounts" {
		t.Fatalf("the sample has the cases %v", f.Cases)
	}
	const (
		collection = "CreateCollection({ name: \"users\" })"
		document   = "Create(Ref(Collection(\"users\"), \"1\"), {\n  data: { name: \"Ann\" }\n})"
		made       = `{"select":"ts","from":{"get":«users/1»}}`
		token      = "Create(Tokens(), { instance: Ref(Collection(\"users\"), \"1\") })"
		missing    = `Get(Ref(Collection("users"), "2"))`
		secret     = "fnABCDEFGHIJKLMNOPQRSTUVWXYZ"
	)
	s := &script{answers: map[string]string{
		collection:          `201 {"resource":{"ref":«collections/users»,"ts":17,"name":"users","history_days":0}}`,
		document:            `201 {"resource":{"ref":«users/1»,"ts":18,"data":{"name":"Ann"}}}`,
		expand(made):        `200 {"resource":18}`,
		token:               `201 {"resource":{"ref":«tokens/5»,"ts":19,"instance":«users/1»,"secret":"` + secret + `"}}`,
		"CurrentIdentity()": `200 {"resource":«users/1»}`,
		missing:             `404 {"errors":[{"position":[],"code":"instance not found","description":"Document not found."}]}`,
	}}
	r := &run{t: t, file: f, session: s, names: captures{}}
	r.all(f.Cases[0])
	want := []string{
		"text " + collection, "text " + document, "forward 10m0s", "wire " + expand(made), "text " + token,
		secret + " text CurrentIdentity()", secret + " text " + missing,
	}
	if diff := cmp.Diff(want, s.log); diff != "" {
		t.Errorf("the session's log (-want +got):\n%s", diff)
	}
}

func TestMatch(t *testing.T) {
	known := func() captures { return captures{"int:a": {kind: 'n', text: "1"}, "string:s": {kind: '"', text: "x"}} }
	for _, tc := range []struct {
		name, want, got string
		ok              bool
	}{
		{"equal", `{"a":[1,"b",null]}`, `{"a":[1,"b",null]}`, true},
		{"blanks do not count", `{ "a" : 1 }`, `{"a":1}`, true},
		{"another number", `1`, `1.0`, false},
		{"another order", `{"a":1,"b":2}`, `{"b":2,"a":1}`, false},
		{"a member too many", `{"a":1}`, `{"a":1,"b":2}`, false},
		{"an element too few", `[1,2]`, `[1]`, false},
		{"an array for an object", `{}`, `[]`, false},
		{"a string for a literal", `"null"`, `null`, false},
		{"placeholder", `{"ts":<ts>}`, `{"ts":5}`, true},
		{"placeholder of another kind", `{"ts":<ts>}`, `{"ts":"5"}`, false},
		{"placeholder in a string", `{"id":"<id>"}`, `{"id":"5"}`, true},
		{"placeholder of any kind", `<any>`, `[1,{"a":2}]`, true},
		{"the same name twice", `[<int:n>,<int:n>]`, `[5,5]`, true},
		{"the same name for two", `[<int:n>,<int:n>]`, `[5,6]`, false},
		{"a known name", `<int:a>`, `1`, true},
		{"a known name for another", `<int:a>`, `2`, false},
		{"a known name inside a string", `"No key for <string:s>."`, `"No key for x."`, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want, err := parseJSON(quoteMarkers(tc.want))
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseJSON(tc.got)
			if err != nil {
				t.Fatal(err)
			}
			if err := known().match(want, got, "$"); (err == nil) != tc.ok {
				t.Errorf("match(%s, %s): %v", tc.want, tc.got, err)
			}
		})
	}
}

func TestFill(t *testing.T) {
	names := captures{"id:id": {kind: '"', text: "5"}, "ts:t": {kind: 'n', text: "17"}}
	for src, want := range map[string]string{
		`Ref(c, <id:id>)`:              `Ref(c, "5")`,
		`At(<ts:t>, 'a <id:id> \' b')`: `At(17, 'a 5 \' b')`,
		`LT(<`:                         `LT(<`,
		`"a" <ts:t> "b"`:               `"a" 17 "b"`,
	} {
		if got, err := names.fill(src); err != nil || got != want {
			t.Errorf("fill(%s) = %s, %v, want %s", src, got, err, want)
		}
	}
	if got, err := names.fill(`<ts:later>`); err == nil {
		t.Errorf("fill of an unknown name gave %s", got)
	}
}

func TestExpand(t *testing.T) {
	for src, want := range map[string]string{
		`«tokens»`:   `{"@ref":{"id":"tokens"}}`,
		`«tokens/5»`: `{"@ref":{"id":"5","collection":{"@ref":{"id":"tokens"}}}}`,
		`«c/<id:x>»`: `{"@ref":{"id":"<id:x>","collection":{"@ref":{"id":"c","collection":{"@ref":{"id":"collections"}}}}}}`,
	} {
		if got := expand(src); got != want {
			t.Errorf("expand(%s) = %s, want %s", src, got, want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	for _, content := range []string{"=> 1\n", "-- forward\n", "-- forward soon\n", "-- jump 5m\n"} {
		path := filepath.Join(t.TempDir(), "bad.txt")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "bad.txt:1: ") {
			t.Errorf("Load(%q): %v", content, err)
		}
	}
}

func TestRewrite(t *testing.T) {
	f := load(t, "# First.\n1\n=> 1\n\n2\n=! 400 [\n  1]\n3\n# Last.\n")
	steps := f.Cases[0].Steps
	if len(steps) != 3 || steps[1].Want.JSON != "[\n  1]" || steps[2].Want != nil {
		t.Fatalf("the file has the steps %+v", steps)
	}
	if err := f.rewrite(map[*Step]string{steps[1]: "=> 2", steps[2]: "=+ 3"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# First.\n1\n=> 1\n\n2\n=> 2\n3\n=+ 3\n# Last.\n"; string(got) != want {
		t.Errorf("the file is now\n%s\nwant\n%s", got, want)
	}
}
