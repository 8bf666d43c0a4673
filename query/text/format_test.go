package text

import (
	"os"
	"strings"
	"testing"
)

// TestFormat formats the cases of testdata/format.txt. A case is a title, the
// source, a line "----" and the result; a line "====" ends it.
func TestFormat(t *testing.T) {
	file, err := os.ReadFile("testdata/format.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split(strings.TrimSuffix(string(file), "====\n"), "====\n") {
		title, rest, _ := strings.Cut(c, "\n")
		src, want, _ := strings.Cut(rest, "----\n")
		t.Run(title, func(t *testing.T) {
			got, err := Format(src)
			if err != nil {
				got = err.Error() + "\n"
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if err == nil {
				formatLaws(t, src, got)
			}
		})
	}
}

// formatLaws checks that formatting twice changes nothing, that no comment is
// lost and that the queries are the same.
func formatLaws(t *testing.T, src, formatted string) {
	t.Helper()
	again, err := Format(formatted)
	if err != nil {
		t.Fatalf("%s\nis formatted as\n%s\n%v", src, formatted, err)
	}
	if again != formatted {
		t.Fatalf("%s\nis formatted as\n%s\nand then as\n%s", src, formatted, again)
	}
	before, after := readComments(src).rest, readComments(formatted).rest
	if len(before) != len(after) {
		t.Fatalf("%s\nis formatted as\n%s\nwith %d of %d comments", src, formatted, len(after), len(before))
	}
	for i := range before {
		if before[i].text != after[i].text {
			t.Fatalf("%s\nis formatted as\n%s\nwith the comment %q for %q", src, formatted, after[i].text, before[i].text)
		}
	}
	old, err := ParseAll(src, testForms)
	if err != nil {
		return
	}
	now, err := ParseAll(formatted, testForms)
	if err != nil || len(old) != len(now) {
		t.Fatalf("%s\nis formatted as\n%s\nwith %d of %d queries: %v", src, formatted, len(now), len(old), err)
	}
	for i := range old {
		if string(old[i].Wire) != string(now[i].Wire) {
			t.Fatalf("%s\nis formatted as\n%s\nwhich says\n%s\nfor\n%s", src, formatted, now[i].Wire, old[i].Wire)
		}
	}
}

// TestPrintIsFormatted checks that Print writes as Format does.
func TestPrintIsFormatted(t *testing.T) {
	for _, src := range []string{
		`Paginate(Match(Index("tokens_by_instance"), Ref(Collection("users"), "1")), { size: 10 })`,
		`CreateIndex({ name: "all", source: [{ collection: Collection("users"), fields: { a: Query(x => ({ b: x, c: [1, 2, 3], d: 1.5 })) } }] })`,
		`Let([{ a: 1 }, { a: Add(a, 22222222222222222, 33333333333333333, 4444444444444444444, 55555555555555555) }], [a, a, @obj({ "@ts": a })])`,
	} {
		q, err := Parse(src, testForms)
		if err != nil {
			t.Fatal(err)
		}
		printed := Print(q.Expr) + "\n"
		if got, err := Format(printed); err != nil || got != printed {
			t.Errorf("printed\n%s\nformatted\n%s\n%v", printed, got, err)
		}
	}
}
