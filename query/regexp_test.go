package query

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

func match(start, end int, data string) value.Object {
	return value.Object{
		{Name: "start", Value: value.Long(start)},
		{Name: "end", Value: value.Long(end)},
		{Name: "data", Value: value.String(data)},
	}
}

func TestRegexp(t *testing.T) {
	const invalid = "Search pattern /{/ is not a valid regular expression."
	many := make([]any, maxMatches)
	for i := range many {
		many[i] = match(i, i, "a")
	}
	checkText(t, []textCase{
		{function: "ContainsStrRegex", args: in("ABC1", "[0-9]"), want: true},
		{function: "ContainsStrRegex", args: in("ABC", "[0-9]"), want: false},
		{function: "ContainsStrRegex", args: in("", "{"), errors: bad("pattern", invalid)},
		{function: "ContainsStrRegex", args: in("", 1), errors: bad("pattern", "String expected, Integer provided.")},
		{function: "ContainsStrRegex", args: in(1, "{"), errors: bad("containsstrregex", "String expected, Integer provided.")},
		{
			function: "ContainsStrRegex", args: in(strings.Repeat("a", 64), "(a+)+b"),
			errors: bad("pattern", "Search pattern /(a+)+b/ takes too long to match."),
		},
		{function: "FindStrRegex", args: in("one fish two Fish", "[fF]ish"), want: in(match(4, 7, "fish"), match(13, 16, "Fish"))},
		{
			function: "FindStrRegex", args: in("fauna,database", "^|$|database"),
			want: in(match(0, 0, ""), match(6, 13, "database"), match(14, 14, "")),
		},
		{function: "FindStrRegex", args: in("aXaX", "^a|(?<=X)a", 1), want: in(match(2, 2, "a"))},
		{function: "FindStrRegex", args: in("aXaX", `\Aa`, 2), want: in(match(2, 2, "a"))},
		{function: "FindStrRegex", args: in("aXaX", "(?<=X)a", 2), want: in()},
		{function: "FindStrRegex", args: in("aa", "a", 2), want: in(match(0, 0, "a"), match(1, 1, "a"))},
		{function: "FindStrRegex", args: in("é😀é😀", "😀é?", 1), want: in(match(1, 2, "😀é"), match(3, 3, "😀"))},
		{function: "FindStrRegex", args: in("aaa", "a", nil, 2), want: in(match(0, 0, "a"), match(1, 1, "a"))},
		{function: "FindStrRegex", args: in("aaa", "a", nil, 0), want: in()},
		{function: "FindStrRegex", args: in("aaa", "a", nil, -1<<63), want: in()},
		{function: "FindStrRegex", args: in(strings.Repeat("a", 2000), "a", 0, 1<<62), want: many},
		{function: "FindStrRegex", args: in(7, "7"), errors: bad("findstrregex", "String expected, Integer provided.")},
		{function: "FindStrRegex", args: in("7", "{", "x"), errors: bad("pattern", invalid)},
		{function: "FindStrRegex", args: in("a", "a", 1.5), errors: bad("start", "Integer expected, Double provided.")},
		{function: "ReplaceStrRegex", args: in("1 Cat 2 Cap", "[cC]a.", "FISH", true), want: "1 FISH 2 Cap"},
		{function: "ReplaceStrRegex", args: in("1 Cat 2 Cap", "[cC]a.", "FISH"), want: "1 FISH 2 FISH"},
		{function: "ReplaceStrRegex", args: in("abc", "(b)", "[$1]"), want: "a[b]c"},
		{function: "ReplaceStrRegex", args: in("abc", "(?<x>b)", `\${x}=${x}`), want: "a${x}=bc"},
		{function: "ReplaceStrRegex", args: in("abc", "x", "$"), want: "abc"},
		{function: "ReplaceStrRegex", args: in("abc", "b", "$"), errors: bad("replace", "Replacement '$' is not valid.")},
		{function: "ReplaceStrRegex", args: in("abc", "b", `\`), errors: bad("replace", `Replacement '\' is not valid.`)},
		{function: "ReplaceStrRegex", args: in("", "{", ""), errors: bad("pattern", invalid)},
		{
			function: "ReplaceStrRegex", args: in(strings.Repeat("a", 4097), "", strings.Repeat("b", 4097)),
			errors: bad("", "string length must be less than or equal to 16777216"),
		},
		{function: "RegexEscape", args: in("ABCDEF"), want: `\QABCDEF\E`},
		{function: "RegexEscape", args: in(`a\Eb\E`), want: `\Qa\E\\E\Qb\E\\E\Q\E`},
		{function: "RegexEscape", args: in(""), want: `\Q\E`},
		{function: "RegexEscape", args: in(1), errors: bad("regexescape", "String expected, Integer provided.")},
	})
}

func TestRegexpEndsWithItsQuery(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, call := range []*ast.Call{
		textCall(t, "FindStrRegex", "aaa", "a"), textCall(t, "ReplaceStrRegex", "aaa", "a", "b"),
	} {
		_, _, err := Eval(ctx, nil, call, Options{})
		var e *Error
		if !errors.As(err, &e) || e.Code != TimeOut || e.Position != nil {
			t.Errorf("%s: %v", call.Form.Name, err)
		}
	}
}

func BenchmarkRegexp(b *testing.B) {
	for _, bm := range []textCase{
		{function: "ContainsStrRegex", args: in("a big apple", "b[aeiou]g")},
		{function: "FindStrRegex", args: in("one fish two Fish", "[fF]ish")},
		{function: "ReplaceStrRegex", args: in("1 Cat 2 Cap", "[cC]a.", "FISH")},
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
