package reference

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
)

// Page is one file of the reference.
type Page struct {
	Name    string // "math.md"
	Content []byte // Markdown
}

// Pages returns the index and the pages of the families.
func Pages() []Page {
	pages := []Page{index()}
	for _, family := range query.Families() {
		var b bytes.Buffer
		fmt.Fprintf(&b, "# %s\n\n%s\n", family.Title, family.Doc)
		for _, f := range family.Functions {
			section(&b, f)
		}
		pages = append(pages, Page{family.Name + ".md", b.Bytes()})
	}
	return pages
}

// Write writes the reference into a directory, which must exist.
func Write(dir string) error {
	for _, p := range Pages() {
		if err := os.WriteFile(filepath.Join(dir, p.Name), p.Content, 0o644); err != nil { //nolint:gosec // to be read by all
			return err
		}
	}
	return nil
}

func index() Page {
	var b bytes.Buffer
	b.WriteString(`# The functions of FQL

Made by ` + "`make docs`" + ` from the table of functions; ` + "`fawn help FUNCTION`" + ` tells the same.

In signatures ` + "`...name`" + ` takes all the arguments that are left, ` + "`[name]`" + ` may be left out, and ` + "`{ name }`" + `
are the members of an object at the end, all of which may be left out. On the wire a call is an object with a key for each argument;
where several are taken, one that is no array may be sent bare.

An argument of a type that a function does not take is an ` + "`invalid argument`" + `. Its position leads to the argument. In the errors
a word in angle brackets stands for what differs. An example is a query and, behind ` + "`//`" + `, its value, or its error with the position.

A function is pure, reads or writes. What it does itself counts together with what its arguments do: where only pure expressions
are allowed, as in the binding of an index, no part may read.
`)
	for _, family := range query.Families() {
		fmt.Fprintf(&b, "\n## [%s](%s.md)\n\n%s\n\n", family.Title, family.Name, family.Doc)
		for _, f := range family.Functions {
			fmt.Fprintf(&b, "- [%s](%s.md#%s) %s\n", f.Name, family.Name, strings.ToLower(f.Name), strings.TrimSuffix(f.Doc, "."))
		}
	}
	return Page{"README.md", b.Bytes()}
}

func section(b *bytes.Buffer, f *query.Function) {
	fmt.Fprintf(b, "\n## %s\n\n```\n%s\n%s\n```\n\n", f.Name, text.Signature(f.Form()), Wire(f))
	fmt.Fprintf(b, "%s\n", strings.Join(append([]string{Sentence(f), Effect(f)}, Notes(f)...), " "))
	b.WriteString("\n| argument | takes |\n|---|---|\n")
	for _, a := range Arguments(f) {
		fmt.Fprintf(b, "| `%s` | %s |\n", a.Key, a.Takes)
	}
	if errors := Errors(f); len(errors) > 0 {
		b.WriteString("\nErrors:\n\n")
		for _, e := range errors {
			fmt.Fprintf(b, "- `%s`\n", e)
		}
	}
	if len(f.Examples) > 0 {
		fmt.Fprintf(b, "\n```js\n%s\n```\n", strings.Join(f.Examples, "\n"))
	}
}
