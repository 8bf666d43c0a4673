package value

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// TestStringOrder lists strings in order. Source: chapter on documents,
// section 4.3.
func TestStringOrder(t *testing.T) {
	const printable = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"
	ascii := []string{"", "\t", " "}
	for _, c := range printable {
		ascii = append(ascii, string(c))
	}
	for c := 'a'; c <= 'z'; c++ {
		ascii = append(ascii, string(c), string(c-32))
	}
	lists := [][]string{
		ascii,
		{"a", "A", "ab", "aB", "Ab", "AB", "b"},
		{"A0", "a1"},
		{"resume", "Resume", "résumé", "Résumé"},
		{"10", "9"},
		{"co-op", "coop"},
		{"a", "a\x00", "a\x00a", "ab"},
		{"\x01a", "a", "a\x01"},
		{"cote", "coté", "côte", "côté"},
		{"Z", "α", "б", "中"},
		{"e\u0301", "\u00e9"}, // collate equal, differ in bytes
	}
	for _, list := range lists {
		for i, a := range list {
			for j, b := range list {
				want := cmp.Compare(i, j)
				if got := compareStrings(a, b); got != want {
					t.Errorf("compareStrings(%q, %q) = %d, want %d", a, b, got, want)
				}
				ka, kb := AppendCollationKey(nil, a), AppendCollationKey(nil, b)
				if got := bytes.Compare(ka, kb); got != want {
					t.Errorf("keys of %q and %q: %d, want %d", a, b, got, want)
				}
			}
		}
	}
}

func TestCollationVersion(t *testing.T) {
	got := CollationVersion()
	if !strings.HasPrefix(got, "CLDR 23, UCA 6.2.0, Unicode ") || !strings.HasSuffix(got, ", key 1") {
		t.Errorf("CollationVersion() = %q: the order of strings has changed", got)
	}
}

// TestCollationKeyOfEveryRune checks what the layout of keys relies on.
func TestCollationKeyOfEveryRune(t *testing.T) {
	c := collators.Get().(*collator)
	for r := rune(0); r <= 0x10ffff; r++ {
		w := c.read(string(r))
		for _, s := range w.secondary {
			if s < commonSecondary || s == commonSecondary && len(w.primary) == 0 {
				t.Fatalf("%U has secondary weight %#x", r, s)
			}
		}
		for _, x := range w.tertiary {
			if x < commonTertiary {
				t.Fatalf("%U has tertiary weight %#x", r, x)
			}
		}
	}
}

func TestCollationKeyString(t *testing.T) {
	for _, s := range []string{"", "a", "Fire", "a\x00b\x00", "\x00", "résumé", "中文", "\xff\x00\xfe", strings.Repeat("x", 300)} {
		key := AppendCollationKey([]byte("pre"), s)[3:]
		got, rest, ok := CollationKeyString(append(key, "rest"...))
		if got != s || string(rest) != "rest" || !ok {
			t.Errorf("CollationKeyString(key of %q) = %q, %q, %v", s, got, rest, ok)
		}
		for n := range len(key) {
			if _, _, ok := CollationKeyString(key[:n]); ok {
				t.Errorf("a key of %q cut to %d bytes is read", s, n)
			}
		}
	}
}

func FuzzCollationKey(f *testing.F) {
	for _, s := range []string{"", "a", "A", "résumé", "e\u0301", "\u00e9", "เก", "中", "a\x00", "\x01", "\xed\xa0\x80", "ﷺ", "\uffff", "가", "\ufcf2"} {
		f.Add(s, "b"+s)
		f.Add(s+"x", s)
	}
	reference := collate.New(language.Und)
	f.Fuzz(func(t *testing.T, a, b string) {
		want := reference.CompareString(a, b)
		if want == 0 {
			want = strings.Compare(a, b)
		}
		ka, kb := AppendCollationKey(nil, a), AppendCollationKey(nil, b)
		if got := bytes.Compare(ka, kb); got != want {
			t.Errorf("keys of %q and %q: %d, want %d\n%x\n%x", a, b, got, want, ka, kb)
		}
		if got := compareStrings(a, b); got != want {
			t.Errorf("compareStrings(%q, %q) = %d, want %d", a, b, got, want)
		}
		if isASCII(a) {
			slow := appendTerminated(collators.Get().(*collator).read(a).append(nil), a)
			if !bytes.Equal(slow, ka) {
				t.Errorf("key of %q is %x, by the collator %x", a, ka, slow)
			}
		}
		if bytes.HasPrefix(ka, kb) && a != b {
			t.Errorf("the key of %q begins with that of %q", a, b)
		}
		if s, rest, ok := CollationKeyString(ka); s != a || len(rest) != 0 || !ok {
			t.Errorf("CollationKeyString(key of %q) = %q, %q, %v", a, s, rest, ok)
		}
		CollationKeyString([]byte(b))
	})
}

func TestCollatorsAreShared(t *testing.T) {
	list := []string{"é", "e", "É", "f", "ê", "中", "a", "Z"}
	want := slices.Clone(list)
	slices.SortFunc(want, compareStrings)
	done := make(chan []string)
	for range 8 {
		go func() {
			got := slices.Clone(list)
			for range 50 {
				slices.Reverse(got)
				slices.SortFunc(got, compareStrings)
			}
			done <- got
		}()
	}
	for range 8 {
		if got := <-done; !slices.Equal(got, want) {
			t.Errorf("sorted %q, want %q", got, want)
		}
	}
}

func BenchmarkCollationKey(b *testing.B) {
	for _, s := range []string{"alice@example.com", "Zoë Müller"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			dst := make([]byte, 0, 256)
			for b.Loop() {
				dst = AppendCollationKey(dst[:0], s)
			}
		})
	}
}

func BenchmarkCompareStrings(b *testing.B) {
	for _, s := range []string{"alice@example.com", "Zoë Müller"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			other := s + "x"
			for b.Loop() {
				compareStrings(s, other)
			}
		})
	}
}
