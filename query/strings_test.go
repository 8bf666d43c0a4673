package query

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// textCase is a call of a function with constant arguments in the order of
// its keys, and its value or its errors. A nil argument is left out.
type textCase struct {
	function string
	args     []any
	want     any
	errors   []textError
}

type textError struct {
	Position    string // joined by dots
	Description string
}

func in(args ...any) []any { return args }

func bad(position, description string) []textError { return []textError{{position, description}} }

func checkText(t *testing.T, cases []textCase) {
	t.Helper()
	for _, tc := range cases {
		got, err := evalText(t, tc.function, tc.args...)
		if diff := cmp.Diff(tc.errors, textErrors(t, err)); diff != "" {
			t.Errorf("%s%q errors (-want +got):\n%s", tc.function, tc.args, diff)
			continue
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(textValue(tc.want), got); diff != "" {
			t.Errorf("%s%q (-want +got):\n%s", tc.function, tc.args, diff)
		}
	}
}

func evalText(tb testing.TB, function string, args ...any) (value.Value, error) {
	tb.Helper()
	v, _, err := Eval(context.Background(), nil, textCall(tb, function, args...), Options{})
	return v, err
}

func textCall(tb testing.TB, function string, args ...any) *ast.Call {
	tb.Helper()
	f, ok := Lookup(function)
	if !ok {
		tb.Fatalf("no function is called %s", function)
	}
	call := &ast.Call{Form: f.form, Args: make([]ast.Expr, len(f.Params))}
	for i, arg := range args {
		if arg != nil {
			call.Args[i] = constant(textValue(arg))
		}
	}
	return call
}

// constant is the expression of a value as the readers make it.
func constant(v value.Value) ast.Expr {
	list, ok := v.(value.Array)
	if !ok {
		return &ast.Literal{Value: v}
	}
	out := &ast.Array{}
	for _, item := range list {
		out.Items = append(out.Items, constant(item))
	}
	return out
}

func textValue(v any) value.Value {
	switch v := v.(type) {
	case string:
		return value.String(v)
	case int:
		return value.Long(v)
	case float64:
		return value.Double(v)
	case bool:
		return value.Boolean(v)
	case []any:
		out := make(value.Array, len(v))
		for i := range v {
			out[i] = textValue(v[i])
		}
		return out
	case value.Value:
		return v
	}
	return value.Null{}
}

func textErrors(t *testing.T, err error) []textError {
	t.Helper()
	if err == nil {
		return nil
	}
	list, ok := asErrors(err)
	if !ok {
		t.Fatalf("not an error of the language: %v", err)
	}
	var out []textError
	for _, e := range list {
		if e.Code != InvalidArgument {
			t.Errorf("%v has the code %q", e, e.Code)
		}
		out = append(out, textError{strings.Join(e.Position.Strings(), "."), e.Description})
	}
	return out
}

func TestStrings(t *testing.T) {
	const outside = "start must be less than or equal to the string length"
	checkText(t, []textCase{
		{function: "Concat", args: in(in("a", "b", "c"), "."), want: "a.b.c"},
		{function: "Concat", args: in("x", ", "), want: "x"},
		{function: "Concat", args: in(in(), "."), want: ""},
		{function: "Concat", args: in(in("", ""), "-"), want: "-"},
		{function: "Concat", args: in(in("a", 5, true)), errors: []textError{
			{"concat.1", "String expected, Integer provided."}, {"concat.2", "String expected, Boolean provided."},
		}},
		{function: "Concat", args: in(in("a"), value.Null{}), errors: bad("separator", "String expected, Null provided.")},
		{function: "Concat", args: in(in(value.Action("add"))), errors: bad("concat.0", "String expected, Action provided.")},
		{function: "Length", args: in(""), want: 0},
		{function: "Length", args: in("é€😀"), want: 3},
		{function: "Length", args: in(in("a")), errors: bad("length", "String expected, Array provided.")},
		{function: "SubString", args: in("ABCDEF"), want: "ABCDEF"},
		{function: "SubString", args: in("ABCDEF", -3), want: "DEF"},
		{function: "SubString", args: in("ABCDEF", -6, 1), want: "A"},
		{function: "SubString", args: in("ABCDEF", nil, 2), want: "AB"},
		{function: "SubString", args: in("é€😀x", 1, 2), want: "€😀"},
		{function: "SubString", args: in("é€😀x", -2, 1), want: "😀"},
		{function: "SubString", args: in("ABC", 1, 1<<62), want: "BC"},
		{function: "SubString", args: in("ABC", 3, 2), want: ""},
		{function: "SubString", args: in("ABC", 4), errors: bad("", outside)},
		{function: "SubString", args: in("ABC", -4, -1), errors: bad("", outside)},
		{function: "SubString", args: in("ABC", -1<<63), errors: bad("", outside)},
		{function: "SubString", args: in("ABC", 0, -1), errors: bad("", "length must be positive")},
		{function: "SubString", args: in("ABC", 1.0), errors: bad("start", "Integer expected, Double provided.")},
		{function: "Repeat", args: in("ab"), want: "abab"},
		{function: "Repeat", args: in("ab", 3), want: "ababab"},
		{function: "Repeat", args: in("ab", -1<<63), want: ""},
		{function: "Repeat", args: in("ab", 1<<62), want: strings.Repeat("ab", 1024)},
		{function: "Repeat", args: in(strings.Repeat("a", 1<<14+1), 1024), errors: bad("", "string length must be less than or equal to 16777216")},
		{function: "Space", args: in(3), want: "   "},
		{function: "Space", args: in(0), want: ""},
		{function: "Space", args: in(1025), want: strings.Repeat(" ", 1024)},
		{function: "LTrim", args: in("\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2000\u2006\u2008\u200a\u2028\u2029\u205f\u3000a "), want: "a "},
		{function: "RTrim", args: in(" a \u3000\u205f\u2029\u2028\u200a\u2008\u2006\u2000\u1680\x1c\t"), want: " a"},
		{function: "Trim", args: in("\x1b \x1b"), want: "\x1b \x1b"},
		{function: "Trim", args: in(" \u0085 "), want: "\u0085"},
		{function: "Trim", args: in(" \u00a0 "), want: "\u00a0"},
		{function: "Trim", args: in(" \u2007 "), want: "\u2007"},
		{function: "Trim", args: in(" \u202f "), want: "\u202f"},
		{function: "Trim", args: in("\u200b\ufeff"), want: "\u200b\ufeff"},
		{function: "Trim", args: in(" \t\n"), want: ""},
		{function: "Trim", args: in(value.Null{}), errors: bad("trim", "String expected, Null provided.")},
	})
}

func TestSearch(t *testing.T) {
	checkText(t, []textCase{
		{function: "ContainsStr", args: in("a big apple", "g a"), want: true},
		{function: "ContainsStr", args: in("abc", "B"), want: false},
		{function: "ContainsStr", args: in("", ""), want: true},
		{function: "ContainsStr", args: in("\u00e9", "e\u0301"), want: false},
		{function: "StartsWith", args: in("abc", "ab"), want: true},
		{function: "StartsWith", args: in("abc", "b"), want: false},
		{function: "EndsWith", args: in("abc", ""), want: true},
		{function: "EndsWith", args: in("abc", "abcd"), want: false},
		{function: "EndsWith", args: in(1, 2), errors: bad("endswith", "String expected, Integer provided.")},
		{function: "FindStr", args: in("a big apple", "a"), want: 0},
		{function: "FindStr", args: in("a big apple", "a", 2), want: 6},
		{function: "FindStr", args: in("ABC", "A", 1), want: -1},
		{function: "FindStr", args: in("ABC", "A", 3), want: 0},
		{function: "FindStr", args: in("ABC", "A", -5), want: 0},
		{function: "FindStr", args: in("ABC", "", 2), want: 2},
		{function: "FindStr", args: in("ABC", "", 3), want: 0},
		{function: "FindStr", args: in("", "", 0), want: 0},
		{function: "FindStr", args: in("é😀é😀", "😀", 2), want: 3},
		{function: "FindStr", args: in("😀😀x", "😀", 3), want: -1}, // five units of UTF-16
		{function: "FindStr", args: in("😀😀x", "😀", 4), want: -1},
		{function: "FindStr", args: in("😀😀x", "😀", 5), want: 0},
		{function: "ReplaceStr", args: in("aaa", "aa", "b"), want: "ba"},
		{function: "ReplaceStr", args: in("a.a", ".", "$1"), want: "a$1a"},
		{function: "ReplaceStr", args: in("abc", "", "-"), want: "-a-b-c-"},
		{function: "ReplaceStr", args: in("", "", "-"), want: "-"},
		{function: "ReplaceStr", args: in("é😀", "", "-"), want: "-é-😀-"},
		{function: "ReplaceStr", args: in("abc", "b", ""), want: "ac"},
		{
			function: "ReplaceStr", args: in(strings.Repeat("a", 4097), "", strings.Repeat("b", 4097)),
			errors: bad("", "string length must be less than or equal to 16777216"),
		},
	})
}

func TestCase(t *testing.T) {
	checkText(t, []textCase{
		{function: "LowerCase", args: in("ABC"), want: "abc"},
		{function: "LowerCase", args: in("İstanbul"), want: "i\u0307stanbul"},
		{function: "LowerCase", args: in("ΟΔΟΣ ΣΑΣ"), want: "οδος σας"},
		{function: "UpperCase", args: in("straße ﬁne ŉ"), want: "STRASSE FINE ʼN"},
		{function: "TitleCase", args: in("one fISH"), want: "One Fish"},
		{function: "TitleCase", args: in("o'neil don't"), want: "O'neil Don't"},
		{function: "TitleCase", args: in("hello-world foo_bar a/b c&d"), want: "Hello-World Foo_bar A/B C&D"},
		{function: "TitleCase", args: in("hello.world U.S.A."), want: "Hello.world U.s.a."},
		{function: "TitleCase", args: in("3rd place"), want: "3rd Place"},
		{function: "TitleCase", args: in("12abc a1b2"), want: "12abc A1b2"},
		{function: "TitleCase", args: in(`(hello) "world"`), want: `(Hello) "World"`},
		{function: "TitleCase", args: in("ß ǆ ﬁne"), want: "Ss ǅ Fine"},
		{function: "TitleCase", args: in("ΟΔΟΣ ΣΑΣ"), want: "Οδος Σας"},
		{function: "TitleCase", args: in("ΑΣ`Α"), want: "Ασ`Α"},
		{function: "TitleCase", args: in("İI"), want: "İi"},
		{function: "TitleCase", args: in(""), want: ""},
		{function: "TitleCase", args: in(7), errors: bad("titlecase", "String expected, Integer provided.")},
	})
}

func TestCasefold(t *testing.T) {
	const names = "String 'NFKCCaseFold', 'NFC', 'NFD', 'NFKC', or 'NFKD' expected, "
	checkText(t, []textCase{
		{function: "Casefold", args: in("Weißkopfseeadler"), want: "weisskopfseeadler"},
		{function: "Casefold", args: in(in("A", 1, "B")), want: in("a", 1, "b")},
		{function: "Casefold", args: in(in("A")), want: "a"},
		{function: "Casefold", args: in(in()), want: in()},
		{function: "Casefold", args: in(7), want: 7},
		{function: "Casefold", args: in("\u212b", "NFKCCaseFold"), want: "\u00e5"},
		{function: "Casefold", args: in("ﬁ\u00ad①\u200d\ufe0f\u034f"), want: "fi1"},
		{function: "Casefold", args: in("\u1e9e\u0345Ⅷ\uab70\u13f8"), want: "ssιviii\u13a0\u13f0"},
		{function: "Casefold", args: in("\u212b", "NFC"), want: "\u00c5"},
		{function: "Casefold", args: in("\u00c5", "NFD"), want: "A\u030a"},
		{function: "Casefold", args: in("ﬁÅ", "NFKC"), want: "fiÅ"},
		{function: "Casefold", args: in("ﬁ\u00c5", "NFKD"), want: "fiA\u030a"},
		{function: "Casefold", args: in("foo", "nope"), errors: bad("normalizer", names+"String provided.")},
		{function: "Casefold", args: in("foo", 1), errors: bad("normalizer", names+"Integer provided.")},
		{function: "Casefold", args: in(in("a", in("b"))), errors: bad("casefold.1", "Scalar expected, Array provided.")},
	})
}

func TestNGram(t *testing.T) {
	const (
		minBeyondMax = "min ngram size must be > 0 and <= max"
		minTooSmall  = "min ngram size must be >= max - 1"
		maxNotAbove  = "max ngram size must be > 0"
		maxTooBig    = "max ngram size must be <= min + 1"
		maxBelow     = "max ngram size must be > 0 and >= min"
	)
	checkText(t, []textCase{
		{function: "NGram", args: in("what", 2, 3), want: in("wh", "wha", "ha", "hat", "at")},
		{function: "NGram", args: in(in("john", "doe"), 3, 4), want: in("joh", "john", "ohn", "doe")},
		{function: "NGram", args: in(in("ab", 1)), want: in("a", "ab", "b", 1)},
		{function: "NGram", args: in("é😀"), want: in("é", "é😀", "😀")},
		{function: "NGram", args: in("abc", 2), want: in("ab", "bc")},
		{function: "NGram", args: in("abc", 1), want: in("a", "ab", "b", "bc", "c")},
		{function: "NGram", args: in("abc", nil, 2), want: in("a", "ab", "b", "bc", "c")},
		{function: "NGram", args: in("abc", 3, 3), want: in("abc")},
		{function: "NGram", args: in("abc", 4, 5), want: in()},
		{function: "NGram", args: in("abc", 1<<62, 1<<62), want: in()},
		{function: "NGram", args: in(""), want: in()},
		{function: "NGram", args: in(in()), want: in()},
		{function: "NGram", args: in("abc", 1, 3), errors: bad("", maxTooBig)},
		{function: "NGram", args: in("abc", 3, 2), errors: bad("", minBeyondMax)},
		{function: "NGram", args: in("abc", 0, 2), errors: []textError{{"", minBeyondMax}, {"", maxTooBig}}},
		{function: "NGram", args: in("abc", 0, 0), errors: []textError{{"", minBeyondMax}, {"", maxNotAbove}}},
		{function: "NGram", args: in("abc", 1, -1), errors: []textError{{"", minBeyondMax}, {"", maxNotAbove}}},
		{function: "NGram", args: in("abc", -1<<63, 1<<63-1), errors: []textError{{"", minBeyondMax}, {"", maxTooBig}}},
		{function: "NGram", args: in("abc", 3), errors: bad("", minBeyondMax)},
		{function: "NGram", args: in("abc", 0), errors: []textError{{"", minBeyondMax}, {"", minTooSmall}}},
		{function: "NGram", args: in("abc", nil, 1), errors: bad("", maxBelow)},
		{function: "NGram", args: in("abc", nil, 3), errors: bad("", maxTooBig)},
		{function: "NGram", args: in(in("a", in())), errors: bad("ngram.1", "Scalar expected, Array provided.")},
		{
			function: "NGram", args: in(strings.Repeat("a", 1<<20)),
			errors: bad("", "number of ngrams must be less than or equal to 1048576"),
		},
	})
}

func TestSubStringTakesEveryPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := []rune(rapid.String().Draw(t, "s"))
		from := rapid.IntRange(0, len(s)).Draw(t, "from")
		length := rapid.IntRange(0, len(s)+2).Draw(t, "length")
		got, err := evalTextIn(string(s), from, length)
		if want := string(s[from:min(from+length, len(s))]); err != nil || got != value.String(want) {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	})
}

func evalTextIn(s string, from, length int) (value.Value, error) {
	f, _ := Lookup("SubString")
	call := &ast.Call{Form: f.form, Args: []ast.Expr{
		constant(value.String(s)), constant(value.Long(from)), constant(value.Long(length)),
	}}
	v, _, err := Eval(context.Background(), nil, call, Options{})
	return v, err
}

func TestFoldCaseIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		once := FoldCase(s)
		if twice := FoldCase(once); once != twice {
			t.Fatalf("%+q folds to %+q and that to %+q", s, once, twice)
		}
		if !norm.NFC.IsNormalString(once) {
			t.Fatalf("%+q folds to %+q, which is not composed", s, once)
		}
	})
}

func TestTitleCaseKeepsLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if got := toTitle(s); !utf8.ValidString(got) || FoldCase(toUpper(got)) != FoldCase(toUpper(s)) {
			t.Fatalf("%+q becomes %+q", s, got)
		}
	})
}

// BenchmarkText measures one call of a function with constant arguments.
func BenchmarkText(b *testing.B) {
	for _, bm := range []textCase{
		{function: "Concat", args: in(in("a", "b", "c"), ".")},
		{function: "Length", args: in("two words")},
		{function: "SubString", args: in("ABCDEF", 1, 3)},
		{function: "ContainsStr", args: in("a big apple", "g a")},
		{function: "FindStr", args: in("a big apple", "a", 2)},
		{function: "LowerCase", args: in("One FISH")},
		{function: "Casefold", args: in("One FISH")},
		{function: "ReplaceStr", args: in("One Fish", "Fish", "Cat")},
		{function: "Trim", args: in(" a ")},
		{function: "Format", args: in("%s %d", in("a", 1))},
	} {
		b.Run(bm.function, func(b *testing.B) {
			call := textCall(b, bm.function, bm.args...)
			c := &Context{rows: theTable().rows, ctx: context.Background(), options: Options{Allow: ast.Write}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Eval(call); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
