package query

import (
	"strings"
	"unicode/utf8"

	"github.com/fawndb/fawn/query/value"
)

// The functions that look for one string in another. They compare code point
// by code point, without case folding or normalization.
// Source: chapter on functions, sections 15.3, 15.5 and 15.13.
var (
	containsStr = &Function{
		Name:   "ContainsStr",
		Params: []Param{arg("containsstr", text), arg("search", text)},
		Doc:    "reports whether a string contains another; the empty one is always contained",
		Examples: []string{
			`ContainsStr("a big apple", "g a") // true`, `ContainsStr("a big apple", "Apple") // false`,
		},
		Eval: compareText(strings.Contains),
	}
	startsWith = &Function{
		Name:   "StartsWith",
		Params: []Param{arg("startswith", text), arg("search", text)},
		Doc:    "reports whether a string begins with another",
		Examples: []string{
			`StartsWith("abc", "ab") // true`, `StartsWith("abc", 1) // invalid argument ["search"]`,
		},
		Eval: compareText(strings.HasPrefix),
	}
	endsWith = &Function{
		Name:     "EndsWith",
		Params:   []Param{arg("endswith", text), arg("search", text)},
		Doc:      "reports whether a string ends with another",
		Examples: []string{`EndsWith("abc", "bc") // true`, `EndsWith("abc", "") // true`},
		Eval:     compareText(strings.HasSuffix),
	}
	findStr = &Function{
		Name:   "FindStr",
		Params: []Param{arg("findstr", text), arg("find", text), opt("start", integer)},
		Doc:    "returns where a string first contains another, at or after start, or -1",
		Examples: []string{
			`FindStr("a big apple", "a", 2) // 6`, `FindStr("ABC", "A", 1) // -1`, `FindStr("ABC", "A", 10) // 0`,
		},
		Eval: find,
	}
	replaceStr = &Function{
		Name:   "ReplaceStr",
		Makes:  true,
		Params: []Param{arg("replacestr", text), arg("find", text), arg("replace", text)},
		Doc:    "replaces every occurrence of a string; the empty one stands before every character and at the end",
		Examples: []string{
			`ReplaceStr("One Fis? Two", "Fis?", "Cat") // "One Cat Two"`, `ReplaceStr("abc", "", "-") // "-a-b-c-"`,
		},
		Errors: []string{tooLong},
		Eval:   replace,
	}
)

// compareText is the code of a question about two strings.
func compareText(f func(a, b string) bool) func(*Context, []value.Value) (value.Value, error) {
	return func(_ *Context, args []value.Value) (value.Value, error) {
		return value.Boolean(f(string(args[0].(value.String)), string(args[1].(value.String)))), nil
	}
}

func find(_ *Context, args []value.Value) (value.Value, error) {
	s, what := string(args[0].(value.String)), string(args[1].(value.String))
	start := startOf(s, args[2])
	rest := s[offset(s, start):]
	i := strings.Index(rest, what)
	if i < 0 {
		return value.Long(-1), nil
	}
	return value.Long(start + utf8.RuneCountInString(rest[:i])), nil
}

// startOf reads the optional argument that says at which code point of s a
// search begins. One outside of s, whose length counts UTF-16 units here,
// begins at 0.
func startOf(s string, v value.Value) int {
	if v == nil {
		return 0
	}
	start := v.(value.Long)
	if start <= 0 || start >= value.Long(len(s)) || start >= value.Long(utf16Len(s)) {
		return 0
	}
	return min(int(start), utf8.RuneCountInString(s))
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// replace leaves a character above U+FFFF whole where the empty string is
// replaced: its halves in UTF-16 are no text of their own.
func replace(c *Context, args []value.Value) (value.Value, error) {
	s, what, with := string(args[0].(value.String)), string(args[1].(value.String)), string(args[2].(value.String))
	if n := strings.Count(s, what); len(s)+n*(len(with)-len(what)) > maxText {
		return nil, c.textTooLong()
	}
	return value.String(strings.ReplaceAll(s, what, with)), nil
}
