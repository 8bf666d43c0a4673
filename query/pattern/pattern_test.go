package pattern

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// matches returns the matches of a pattern as "lo-hi", with " lo-hi" for each.
func matches(t *testing.T, source, text string) string {
	t.Helper()
	p, err := Compile(source)
	if err != nil {
		return "syntax error"
	}
	var out []string
	err = p.Find(context.Background(), []rune(text), func(lo, hi int) bool {
		out = append(out, fmt.Sprintf("%d-%d", lo, hi))
		return true
	})
	if err != nil {
		t.Fatalf("%q on %q: %v", source, text, err)
	}
	ok, err := p.Match(text)
	if err != nil || ok != (out != nil) {
		t.Errorf("%q on %q: Match is %v, %v but Find found %v", source, text, ok, err, out)
	}
	return strings.Join(out, " ")
}

// The wanted matches are those of java.util.regex in Java 17.
func TestFind(t *testing.T) {
	for _, tc := range []struct{ pattern, text, want string }{
		// Characters
		{`a.c`, "abc a\nc a\rc a\u0085c a\u2028c", "0-3"},
		{`(?s)a.c`, "abc a\nc", "0-3 4-7"},
		{`(?d)a.c`, "a\nc a\rc", "4-7"},
		{`a\.c`, "abc a.c", "4-7"},
		{`.`, "é😀", "0-1 1-2"},
		{`\t\n\r\f\a\e\x0B`, "\t\n\r\f\a\x1b\v", "0-7"},
		{`\x41\x{1F600}\u0042\uD83D\uDE00\0101\cA\060`, "A😀B😀A\x010", "0-7"},
		{`\N{LATIN SMALL LETTER A}\N{ digit one }`, "a1", "0-2"},
		{`\uD83D`, "😀", ""},
		{`\-\_\é\ `, "-_é ", "0-4"},
		{`]}`, "]}", "0-2"},
		{`a\Q.*[\E.`, "a.*[x a.*[", "0-5"},
		{`\Qa\Eb`, "ab", "0-2"},
		{`\Qab`, "ab", "0-2"},
		{`\Qab\E+`, "abb", "0-3"},
		{`\Qa\E\\E\Qb\E`, `a\Eb`, "0-4"},
		{`(?x) a b # c
			d \ e [ f g ]`, "abd eg", "0-6"},
		{"(?x)\\Q #\\E", " #", "0-2"},
		// Classes
		{`\d`, "1٣", "0-1"},
		{`(?U)\d`, "1٣", "0-1 1-2"},
		{`\w+`, "aé_1", "0-1 2-4"},
		{`(?U)\w+`, "aé_1", "0-4"},
		{`\s`, " \t\n\x0b\f\r\u00a0\u0085", "0-1 1-2 2-3 3-4 4-5 5-6"},
		{`\D\W\S`, "a a", "0-3"},
		{`\h+`, " \t\u00a0\u180e\u2003\n", "0-5"},
		{`\v+\V`, "\n\x0b\f\r\u0085\u2028\u2029a", "0-8"},
		{`\H`, " a", "1-2"},
		{`\R`, "\r\n\n\r\u2029", "0-2 2-3 3-4 4-5"},
		{`\R\n`, "\r\n", "0-2"},
		{`\X`, "e\u0301a", "0-2 2-3"},
		{`[a-c]+`, "xabcd", "1-4"},
		{`[^a-c]`, "axb\n", "1-2 3-4"},
		{`[]a]+`, "a]", "0-2"},
		{`[^]a]`, "]ab", "2-3"},
		{`[a-]+[-a]`, "a-a", "0-3"},
		{`[a[b-c]]+`, "abc", "0-3"},
		{`[a-z&&[^b]]`, "abc", "0-1 2-3"},
		{`[a-z&&b-d&&c-e]`, "abcde", "2-3 3-4"},
		{`[a-z&&^b]`, "^b", "1-2"},
		{`[^a&&b]`, "ab", "0-1 1-2"},
		{`[a&b]`, "a&b", "0-1 1-2 2-3"},
		{`[\w&&[^\d]]`, "a1_", "0-1 2-3"},
		{`[\Q^]\E]`, "^]a", "0-1 1-2"},
		{`[\d-z]`, "1-z", "0-1 1-2 2-3"},
		{`[[:alpha:]]`, "ab:lz", "0-1 2-3 3-4"},
		{`[+--]+`, "+,-.", "0-3"},
		{`[\x{10000}-\x{10FFFF}]`, "😀\uffff", "0-1"},
		{`[\uD800-\uDFFF]`, "a\ufffd", ""},
		// Properties
		{`\p{L}\pL\P{L}\PL`, "aé1 ", "0-4"},
		{`\p{Lu}`, "aAÉ", "1-2 2-3"},
		{`\p{IsLatin}+`, "aéж", "0-2"},
		{`\p{script=Cyrl}\p{sc=cyrillic}`, "жж", "0-2"},
		{`\p{InGreek}\p{blk=Greek and Coptic}`, "αβ", "0-2"},
		{`\p{Alpha}+`, "aé", "0-1"},
		{`(?U)\p{Alpha}+`, "aé", "0-2"},
		{`\p{IsAlphabetic}\p{javaLowerCase}\p{gc=Nd}`, "éé1", "0-3"},
		{`[^\p{L}\p{N}]`, "a1-", "2-3"},
		{`\p{IsUnknown}`, "a\U000e0080", "1-2"},
		{`(?i)\p{Lower}\p{Lu}`, "Aa", "0-2"},
		// Case
		{`(?i)aé`, "Aé AÉ", "0-2"},
		{`(?iu)aé`, "Aé AÉ", "0-2 3-5"},
		{`(?i)k`, "kK\u212a", "0-1 1-2"},
		{`(?iu)k`, "kK\u212a", "0-1 1-2 2-3"},
		{`(?i)[a-c]`, "B", "0-1"},
		{`(?iu)[à-ç]`, "Æ", "0-1"},
		{`(?i:a)a`, "AaAA", "0-2"},
		{`(?i)a(?-i)a`, "AaAA", "0-2"},
		{`((?i)a)a`, "Aa AA", "0-2"},
		{`(?i)(a)\1`, "aA", "0-2"},
		{`(?i)\Qa\E`, "A", "0-1"},
		// Anchors
		{`^.`, "ab\nc", "0-1"},
		{`(?m)^.`, "a\nb\r\nc\u2028d", "0-1 2-3 5-6 7-8"},
		{`(?m)^`, "a\n", "0-0"},
		{`(?m)^`, "", ""},
		{`(?md)^.`, "a\rb\nc", "0-1 4-5"},
		{`$`, "a\n", "1-1 2-2"},
		{`$`, "a\r\n", "1-1 3-3"},
		{`(?d)$`, "a\r\n", "2-2 3-3"},
		{`(?m)$`, "a\nb", "1-1 3-3"},
		{`\Aa|a\z|a\Z`, "aa\n", "0-1 1-2"},
		{`\Ga`, "aaba", "0-1 1-2"},
		{`\b`, "aé b_", "0-0 2-2 3-3 5-5"},
		{`\b`, "e\u0301 \u0301", "0-0 2-2"},
		{`\B`, "ab", "1-1"},
		{`(?U)\b\w+\b`, "é٣ b", "0-2 3-4"},
		{`^*a`, "a", "0-1"},
		// Repetition
		{`a{2}`, "aaaaa", "0-2 2-4"},
		{`a{2,}`, "aaaaa", "0-5"},
		{`a{1,2}b`, "aaab", "1-4"},
		{`a+?`, "aa", "0-1 1-2"},
		{`a*+a`, "aaa", ""},
		{`a{1,2}+a`, "aaa", "0-3"},
		{`(?:ab?)++b`, "abab", ""},
		{`a{2}{3}`, "aaa", "0-2"},
		{`a??b`, "ab", "0-2"},
		{`(|a)+b`, "aab", "0-3"},
		// Groups
		{`(a)(b)\2\1`, "abba", "0-4"},
		{`(?<x>a)\k<x>`, "aa", "0-2"},
		{`(a)\12`, "aa2", "0-3"},
		{`(a)\2`, "a", ""},
		{`\1(a)`, "a", ""},
		{`(?>a|ab)c`, "abc", ""},
		{`a(?=b)`, "abac", "0-1"},
		{`a(?!b)`, "abac", "2-3"},
		{`(?<=a)b`, "bab", "2-3"},
		{`(?<!a)b`, "bab", "0-1"},
		{`(?<=ab|c)d`, "abd cd bd", "2-3 5-6"},
		{`a|b|`, "ac", "0-1 1-1 2-2"},
		{`()`, "a", "0-0 1-1"},
		{`fauna|`, "😀", "0-0 1-1"},
	} {
		if got := matches(t, tc.pattern, tc.text); got != tc.want {
			out, _, _, _ := translate(tc.pattern)
			t.Errorf("%q on %q: got %q, want %q; translated to %q", tc.pattern, tc.text, got, tc.want, out)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, source := range []string{
		`{`, `a{`, `[`, `(`, `)`, `*`, `+a`, `a|?`, `a**`, `a*?+`, `a+++`, `\`, `(?P<n>x)`, `(?#c)`, `(?|a)`, `(?(1)a|b)`,
		`\K`, `\y`, `\g1`, `\E`, `\i`, `\p{XX}`, `\pX`, `\p`, `\p{`, `\p{}`, `\p{Alphabetic}`, `\p{isLatin}`, `\p{javaMirrored}`,
		`\k<undefined>`, `\kx`, `\k<x>(?<x>a)`, `{2,1}`, `a{2,1}`, `a{,3}`, `a{1`, `a{1,`, `a{x}`, `a{2147483648}`, `\b{g}`,
		`(?`, `(?i`, `(?i:`, `(?z)`, `(?i)*`, `(?'n'a)`, `(?<n>a)(?<n>b)`, `(?<1>a)`, `(?<a_b>a)`, `(?<n`, `(?i-s-m)`,
		`[]`, `[^]`, `[a`, `[a[b]`, `[z-a]`, `[a-\d]`, `[\b]`, `[\1]`, `[\k<n>]`, `[\R]`, `[\X]`, `[\A]`, `[&&]`, `[\p{XX}]`, `[a&&[b]`,
		`\x4`, `\xg0`, `\x{110000}`, `\x{41`, `\x{}`, `\u12`, `\uD83D\u1`, `\0`, `\08`, `\c`, `\N`, `\N{x}`, `\N{DIGIT ONE`,
		strings.Repeat("(", maxNesting+1) + strings.Repeat(")", maxNesting+1),
		strings.Repeat("[a", maxNesting+1) + strings.Repeat("]", maxNesting+1),
		strings.Repeat("[a&&", maxNesting+1) + strings.Repeat("]", maxNesting+1),
		strings.Repeat("a", maxSource+1), strings.Repeat(`\PL`, 1000), "[" + strings.Repeat(`\pL`, 1000) + "]",
	} {
		if _, err := Compile(source); !errors.Is(err, ErrSyntax) {
			t.Errorf("%.60q: %v", source, err)
		}
	}
}

func TestEndlessMatchIsStopped(t *testing.T) {
	for _, source := range []string{`(a+)+b`, `(a|aa)+b`, `(a*)*\1c`, `(){2000000000}`} {
		p, err := Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Repeat("a", 64)
		if _, err := p.Match(text); !errors.Is(err, ErrEndless) {
			t.Errorf("Match of %q: %v", source, err)
		}
		err = p.Find(context.Background(), []rune(text), func(int, int) bool { return true })
		if !errors.Is(err, ErrEndless) {
			t.Errorf("Find of %q: %v", source, err)
		}
	}
}

func TestFindEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p, err := Compile("a")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	err = p.Find(ctx, []rune("aaaa"), func(int, int) bool {
		found++
		cancel()
		return true
	})
	if !errors.Is(err, context.Canceled) || found != 1 {
		t.Errorf("%d matches, %v", found, err)
	}
}

func TestReplace(t *testing.T) {
	for _, tc := range []struct{ pattern, text, replacement, all, first string }{
		{`b`, "abcb", "x", "axcx", "axcb"},
		{`(b)(c)`, "abc", "[$2$1$0]", "a[cbbc]", "a[cbbc]"},
		{`(b)`, "abc", "$12", "ab2c", "ab2c"},
		{`(?<l>b)|c`, "abc", "<${l}>", "a<b><>", "a<b>c"},
		{`b`, "abc", `\$1\\é\é`, `a$1\ééc`, `a$1\ééc`},
		{``, "é😀", "-", "-é-😀-", "-é😀"},
		{`x`, "abc", "$", "abc", "abc"},
		{`^|$`, "a", "|", "|a|", "|a"},
	} {
		p, err := Compile(tc.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for first, want := range map[bool]string{false: tc.all, true: tc.first} {
			got, err := p.Replace(context.Background(), tc.text, tc.replacement, first, 100)
			if err != nil || got != want {
				t.Errorf("%q on %q by %q: got %q, %v, want %q", tc.pattern, tc.text, tc.replacement, got, err, want)
			}
		}
	}
}

func TestReplaceErrors(t *testing.T) {
	for _, tc := range []struct {
		pattern, replacement string
		want                 error
	}{
		{`a`, `$`, ErrReplacement},
		{`a`, `\`, ErrReplacement},
		{`a`, `$1`, ErrReplacement},
		{`(a)`, `$2`, ErrReplacement},
		{`(?<n>a)`, `${m}`, ErrReplacement},
		{`(?<n>a)`, `${n`, ErrReplacement},
		{`a`, `$x`, ErrReplacement},
		{`a`, strings.Repeat("x", 51), ErrLength},
		{`a`, strings.Repeat("$0", 200), ErrLength},
	} {
		p, err := Compile(tc.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Replace(context.Background(), "aab", tc.replacement, false, 100); !errors.Is(err, tc.want) {
			t.Errorf("%q by %q: %q, %v", tc.pattern, tc.replacement, got, err)
		}
	}
	p, _ := Compile("b")
	if _, err := p.Replace(context.Background(), "aaab", "c", false, 3); !errors.Is(err, ErrLength) {
		t.Errorf("the rest of a text is not counted: %v", err)
	}
}

func TestCompileKeepsPatterns(t *testing.T) {
	a, err := Compile("kept")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := Compile("kept"); a != b {
		t.Error("a pattern is compiled twice")
	}
	for i := range 2 * cacheSize {
		if _, err := Compile(fmt.Sprint("p", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := cache.order.Len(); n != cacheSize || len(cache.entries) != n {
		t.Errorf("%d patterns in order, %d found, want %d", n, len(cache.entries), cacheSize)
	}
	if b, _ := Compile("kept"); a == b {
		t.Error("the pattern used longest ago is still kept")
	}
	if long, _ := Compile(strings.Repeat("a", cacheSource+1)); long == nil || cache.entries[long.re.String()] != nil {
		t.Error("a long pattern is kept")
	}
}

func TestSets(t *testing.T) {
	sets := rapid.Custom(func(t *rapid.T) set {
		var spans []span
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			lo := rapid.Int32Range(0, 40).Draw(t, "lo")
			spans = append(spans, span{lo, lo + rapid.Int32Range(0, 5).Draw(t, "more")})
		}
		return newSet(spans...)
	})
	has := func(s set, r rune) bool {
		for _, sp := range s {
			if sp.has(r) {
				return true
			}
		}
		return false
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := sets.Draw(t, "a"), sets.Draw(t, "b")
		for r := range rune(50) {
			x, y := has(a, r), has(b, r)
			if has(a.union(b), r) != (x || y) || has(a.intersect(b), r) != (x && y) || has(a.negated(), r) == x {
				t.Fatalf("%v and %v are wrong about %d", a, b, r)
			}
		}
		if !slices.Equal(a, a.negated().negated()) {
			t.Fatalf("%v is another set when it is negated twice", a)
		}
	})
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a.b*", `\E`, `\Q\E`, `a\Eb\`, "é😀\n", "[]{}()|^$&&#"} {
		f.Add(s, "x"+s+s)
	}
	f.Fuzz(func(t *testing.T, literal, text string) {
		text, literal = string([]rune(text)), string([]rune(literal))
		p, err := compile(Quote(literal))
		if err != nil {
			if len(Quote(literal)) <= maxSource {
				t.Fatalf("%q: %v", literal, err)
			}
			return
		}
		ok, err := p.Match(text)
		if err != nil || ok != strings.Contains(text, literal) {
			t.Fatalf("%q in %q: %v, %v", literal, text, ok, err)
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		`a(?<n>b|c)\k<n>*+`, `[a-z&&[^b\d]]{1,2}?`, `(?imsdux-U:\Q.\E)\p{L}\PN`, `^\b\B\A\z\Z\G$`, `\x{1F600}\u0041\0101\cA\N{DIGIT ONE}`,
		`(?<=a|bc)(?!d)(?>e)`, "(?x) # c\n a", `(a)\1\2`, `\R\X\h\H\v\V`,
	} {
		f.Add(s, "aAb1\n é😀")
	}
	f.Fuzz(func(t *testing.T, source, text string) {
		translated, groups, _, err := translate(source)
		if err != nil {
			return
		}
		p, err := compile(source)
		if err != nil {
			t.Fatalf("%q is refused as %q", source, translated)
		}
		if n := len(p.re.GetGroupNumbers()) - 1; n != groups {
			t.Fatalf("%q has %d groups, not %d, as %q", source, n, groups, translated)
		}
		if ok, err := p.Match(text); err == nil && !ok {
			err := p.Find(context.Background(), []rune(text), func(lo, hi int) bool {
				t.Fatalf("%q matches %q at %d-%d, or not at all", source, text, lo, hi)
				return false
			})
			if err != nil && !errors.Is(err, ErrEndless) {
				t.Fatal(err)
			}
		}
	})
}
