//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// The guides are the pages of the doors, README.md in the folder of each. What
// a page tells its reader to do is done here, in the order of the page:
//
//   - A block of sh that begins with "fawn serve" starts a server. The next such
//     block ends it, as does one of another command on the file, with --data.
//   - Any other block of sh is run, all by one bash.
//   - A block of text or json that follows at once is what is shown then: "…"
//     stands for anything, and the layout of JSON is free.
//   - In sh, NAME=… is what stood in place of "…" there: the first for the
//     first.
//   - A block of another kind is a file, whose name its first line tells in a
//     comment.
//
// Addresses are those of the page, but on a loopback address of its own. All
// that passes between the reader and the server is compared with the server's
// OpenAPI document.

// block is a fenced block of a page.
type block struct {
	line       int
	kind, text string
	joined     bool // it follows another one at once
}

// blocksOf reads the fenced blocks of a page.
func blocksOf(page string) (out []block) {
	inside, joined := false, false
	for i, line := range strings.Split(page, "\n") {
		kind, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && inside:
			inside, joined = false, true
		case fence:
			inside = true
			out = append(out, block{line: i + 1, kind: kind, joined: joined})
		case inside:
			out[len(out)-1].text += line + "\n"
		case line != "":
			joined = false
		}
	}
	return out
}

// guides are the pages, by the folders of their doors.
func guides(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("../../server/*/README.md")
	if err != nil || len(pages) < len(doorways) {
		t.Fatalf("%v, there are only the pages %v", err, pages)
	}
	return pages
}

func TestGuides(t *testing.T) {
	for i, page := range guides(t) {
		t.Run(filepath.Base(filepath.Dir(page)), func(t *testing.T) {
			if runtime.GOOS == "linux" { // elsewhere pages share their addresses
				t.Parallel()
			}
			b, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			g := newGuide(t, page, i)
			for _, b := range blocksOf(string(b)) {
				g.follow(b)
			}
			if g.ran == 0 {
				t.Errorf("%s has no commands", page)
			}
		})
	}
}

// TestDoorsAreDocumented: each door has a page, which README.md names beside its
// flag.
func TestDoorsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]bool{}
	for _, d := range doorways {
		row := fmt.Sprintf("| `--%s` | %s | [%s](%s) |", d.flag, d.who, d.page, d.page)
		if pages["../../"+d.page] = true; !strings.Contains(string(b), row+"\n") {
			t.Errorf("README.md has no row %s", row)
		}
		if serveCommand().Flags().Lookup(d.flag) == nil {
			t.Errorf("there is no flag --%s", d.flag)
		}
	}
	for _, page := range guides(t) {
		if !pages[page] {
			t.Errorf("no door is documented by %s", page)
		}
		delete(pages, page)
	}
	for page := range pages {
		t.Errorf("there is no page %s", page)
	}
	links := regexp.MustCompile(`\]\(([^):]+)\)`)
	for _, link := range links.FindAllStringSubmatch(string(b), -1) {
		if _, err := os.Stat(filepath.Join("../..", link[1])); err != nil {
			t.Errorf("README.md links what is not there: %v", err)
		}
	}
}

// setting is a row of a page's table: its flags and their defaults.
var setting = regexp.MustCompile("(?m)^\\| (`--.*?`) \\| (.*?) ?\\|")

// TestSettingsAreDocumented: the pages name all flags of serve, and those only,
// with the defaults that they have. A default in words is that of nothing.
func TestSettingsAreDocumented(t *testing.T) {
	var all strings.Builder
	for _, page := range append(guides(t), "../../README.md") {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
		_, settings, _ := strings.Cut(string(b), "\n## Settings\n")
		for _, row := range setting.FindAllStringSubmatch(settings, -1) {
			flags, defaults := strings.Split(row[1], ", "), strings.Split(row[2], ", ")
			for i, name := range flags {
				f := serveCommand().Flags().Lookup(strings.Trim(name, "`-"))
				if f == nil {
					t.Errorf("%s: there is no flag %s", page, name)
					continue
				}
				said := "" // of all flags of the row
				if len(defaults) == len(flags) {
					said = strings.Trim(defaults[i], "`")
				}
				if is := f.DefValue; is != "" && is != "[]" {
					if said == "off" {
						said = "false"
					}
					if err := f.Value.Set(said); err != nil || f.Value.String() != is {
						t.Errorf("%s: %s is %s, not %s", page, name, is, said)
					}
				}
			}
		}
	}
	serveCommand().Flags().VisitAll(func(f *pflag.Flag) {
		if !regexp.MustCompile("--" + f.Name + "[^a-z-]").MatchString(all.String()) {
			t.Errorf("no page tells of --%s", f.Name)
		}
	})
}

// guide is a page that is followed.
type guide struct {
	t       *testing.T
	page    string
	dir     string // where its files are
	address string // in place of 127.0.0.1
	server  *serving
	witness *witness  // at the server's address
	stdin   io.Writer // of bash
	stdout  *bufio.Reader
	ran     int      // blocks of sh
	said    string   // what the last one has shown, for "…"
	shown   []string // what stood in place of "…", and is not used yet
}

func newGuide(t *testing.T, page string, number int) *guide {
	t.Helper()
	dir, err := os.MkdirTemp("", "fawn-guide-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	g := &guide{t: t, page: page, dir: dir, address: "127.0.0.1"}
	if runtime.GOOS == "linux" { // where all of 127.0.0.0/8 is this machine
		pid := os.Getpid()
		g.address = fmt.Sprintf("127.%d.%d.%d", 1+pid>>8%250, pid&255, 1+number)
	}
	t.Cleanup(func() {
		if g.server != nil {
			g.witness.end()
			g.server.kill()
		}
	})
	g.startShell()
	return g
}

// prelude is what bash reads first. The packages that pages install are those
// that make has installed for the tests of the clients.
const prelude = `
set -euo pipefail
PATH=$PATH:/usr/sbin
npm() {
	grep -q "\"${2%@*}\": \"${2##*@}\"" "$PACKAGES/package.json" && [ "$1" = install ] && [ -d "$PACKAGES/node_modules" ] ||
		{ echo "npm $* is not what make has installed in $PACKAGES"; return 1; }
	ln -sfn "$PACKAGES/node_modules" node_modules
}
`

// done is the line that ends what a block of sh shows.
const done = "=== done"

func (g *guide) startShell() {
	t := g.t
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	packages := filepath.Join(checkout, "testdata/drivers/dfx")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, "bash", "--noprofile", "--norc")
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "PACKAGES="+packages, "CHECKOUT="+checkout,
		"XDG_DATA_HOME="+g.dir, "XDG_CONFIG_HOME="+g.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // and all that it started
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = w.CloseWithError(errors.Join(io.EOF, cmd.Wait()))
		close(ended)
	}()
	t.Cleanup(func() {
		_ = r.Close() // what it still says is not read
		cancel()
		<-ended
	})
	g.stdin, g.stdout = stdin, bufio.NewReader(r)
	if _, err := io.WriteString(stdin, prelude); err != nil {
		t.Fatal(err)
	}
}

// onFile is a command on a file, which a server must not have open.
var onFile = regexp.MustCompile(`(?m)^fawn .*--data`)

// follow does what a block says.
func (g *guide) follow(b block) {
	g.t.Helper()
	text := strings.ReplaceAll(b.text, "127.0.0.1", g.address)
	switch b.kind {
	case "sh":
		g.ran++
		serves := strings.HasPrefix(text, "fawn serve")
		if serves || onFile.MatchString(text) {
			g.end(b)
		}
		if serves {
			g.serve(b, strings.Fields(strings.NewReplacer("\\\n", "", "'", "").Replace(text))[2:])
			return
		}
		g.run(b, text)
	case "text", "json":
		if !b.joined || g.ran == 0 {
			g.fail(b, "it shows what no command has printed")
		}
		g.compare(b)
	default:
		g.write(b, text)
	}
}

func (g *guide) fail(b block, format string, args ...any) {
	g.t.Helper()
	g.t.Fatalf("%s:%d: %s", g.page, b.line, fmt.Sprintf(format, args...))
}

// end ends the server that runs, if any.
func (g *guide) end(b block) {
	g.t.Helper()
	if g.server == nil {
		return
	}
	g.witness.end()
	if err := g.server.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		g.fail(b, "%v", err)
	}
	if err := g.server.wait(); err != nil {
		g.fail(b, "the server ended with %v\n%s", err, &g.server.stderr)
	}
	g.server = nil
}

// serve starts a server in the folder of the page, as its command says.
func (g *guide) serve(b block, args []string) {
	g.t.Helper()
	at := g.address + ":8443"
	server, err := startServingIn(g.dir, append([]string{"--addr", g.address + ":0", "--public-url", "http://" + at}, args...))
	if err != nil {
		g.fail(b, "%v", err)
	}
	if g.witness, err = newWitness(g.t, at, server.addr); err != nil {
		server.kill()
		g.fail(b, "%v", err)
	}
	g.server, g.said = server, strings.ReplaceAll(server.said, server.addr, at)
}

// blank is a variable whose value was shown: TOKEN=… or TOKEN=at_….
var blank = regexp.MustCompile(`(?m)^((?:export )?[A-Z_]+=\w*)…`)

// run has bash run a block.
func (g *guide) run(b block, text string) {
	g.t.Helper()
	text = blank.ReplaceAllStringFunc(text, func(s string) string {
		if len(g.shown) == 0 {
			g.fail(b, "%s: nothing was shown in place of …", s)
		}
		v := g.shown[0]
		g.shown = g.shown[1:]
		return strings.TrimSuffix(s, "…") + "'" + strings.ReplaceAll(v, "'", `'\''`) + "'"
	})
	if strings.Contains(text, "…") {
		g.fail(b, "a command has …")
	}
	script := filepath.Join(g.dir, ".block")
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		g.fail(b, "%v", err)
	}
	if _, err := fmt.Fprintf(g.stdin, "source '%s' </dev/null\nprintf '\\n%%s\\n' '%s'\n", script, done); err != nil {
		g.fail(b, "%v", err)
	}
	g.said = ""
	for {
		line, err := g.stdout.ReadString('\n')
		if err != nil {
			g.fail(b, "it fails: %v\n%s%s\nThe server has said: %s", err, g.said, line, &g.server.stderr)
		}
		if line == done+"\n" {
			return
		}
		g.said += line
	}
}

// compare compares what the last command has shown with what the page shows.
func (g *guide) compare(b block) {
	g.t.Helper()
	said := regexp.MustCompile(`[ \r]+\n`).ReplaceAllString(strings.ReplaceAll(g.said, g.address, "127.0.0.1"), "\n")
	want := b.text
	if b.kind == "json" {
		want, said = dense(want), dense(said)
	}
	said, want = strings.TrimSpace(said), strings.TrimSpace(want)
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), "…", "(.*?)")
	found := regexp.MustCompile(`\A(?s:` + pattern + `)\z`).FindStringSubmatch(said)
	if found == nil {
		g.fail(b, "\nshown: %s\nwant:  %s\nThe server has said: %s", said, want, &g.server.stderr)
	}
	g.shown = found[1:]
}

// dense is a text without blanks and line breaks.
func dense(s string) string { return strings.Join(strings.Fields(s), "") }

// write makes the file that a block is.
func (g *guide) write(b block, text string) {
	g.t.Helper()
	first, _, _ := strings.Cut(text, "\n")
	name := regexp.MustCompile(`^(?://|#) ([\w.-]+)$`).FindStringSubmatch(first)
	if name == nil {
		g.fail(b, "the block of %q is no command, and its first line does not name a file", b.kind)
	}
	if b.kind == "yaml" {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			g.fail(b, "%v", err)
		}
	}
	if err := os.WriteFile(filepath.Join(g.dir, name[1]), []byte(text), 0o600); err != nil {
		g.fail(b, "%v", err)
	}
}

func TestBlocks(t *testing.T) {
	got := blocksOf("a\n```sh\nx\ny\n```\n\n```json\n{}\n```\nb\n```text\n```\n")
	want := []block{{2, "sh", "x\ny\n", false}, {7, "json", "{}\n", true}, {11, "text", "", false}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
	if !bytes.Equal([]byte(dense(" a\n b")), []byte("ab")) {
		t.Error("not dense")
	}
}
