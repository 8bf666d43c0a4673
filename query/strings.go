package query

import (
	"strings"
	"unicode/utf8"

	"github.com/fawndb/fawn/query/value"
)

// maxText is how long a string made by a function may be, in bytes: as long
// as all that one transaction may write. Source: chapter on the wire, 1.7.
const maxText = 16 << 20

// maxRepeat is the greatest count of repeat and space; higher ones are
// lowered to it. Source: chapter on functions, section 22.
const maxRepeat = 1024

// tooLong is the error of a result beyond maxText.
const tooLong = "invalid argument: string length must be less than or equal to 16777216"

// stringFunctions search, cut and change text. Offsets and lengths count code
// points. Source: chapter on functions, section 15.
var stringFunctions = []*Function{
	{
		Name:   "Concat",
		Makes:  true,
		Params: []Param{many("concat", text), opt("separator", text)},
		Doc:    "joins strings, with a separator between them if one is given",
		Examples: []string{
			`Concat(["a", "b", "c"], ".") // "a.b.c"`, `Concat([]) // ""`,
			`Concat(["a", 5]) // invalid argument ["concat",1]`,
		},
		Errors: []string{tooLong},
		Eval:   concat,
	},
	{
		Name:     "Length",
		Params:   []Param{arg("length", text)},
		Doc:      "returns the number of code points of a string",
		Examples: []string{`Length("two words") // 9`, `Length([1]) // invalid argument ["length"]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return value.Long(utf8.RuneCountInString(string(args[0].(value.String)))), nil
		},
	},
	{
		Name:   "SubString",
		Params: []Param{arg("substring", text), opt("start", integer), opt("length", integer)},
		Doc:    "returns the part of a string from start, which counts from the end if negative, length long or to the end",
		Examples: []string{
			`SubString("ABCDEF", -3) // "DEF"`, `SubString("DEABCHIJ", 2, 3) // "ABC"`,
			`SubString("ABCDE", 6) // invalid argument []`,
		},
		Errors: []string{
			"invalid argument: start must be less than or equal to the string length",
			"invalid argument: length must be positive",
		},
		Eval: substring,
	},
	{
		Name:     "Repeat",
		Makes:    true,
		Params:   []Param{arg("repeat", text), opt("number", integer)},
		Doc:      "repeats a string, twice or as often as given; counts end at 1024",
		Examples: []string{`Repeat("ABC", 3) // "ABCABCABC"`, `Repeat("A") // "AA"`, `Repeat("A", -1) // ""`},
		Errors:   []string{tooLong},
		Eval:     repeat,
	},
	{
		Name:     "Space",
		Makes:    true,
		Params:   []Param{arg("space", integer)},
		Doc:      "returns a string of spaces; counts end at 1024",
		Examples: []string{`Space(3) // "   "`, `Space(-10) // ""`, `Space("Hello") // invalid argument ["space"]`},
		Eval: func(_ *Context, args []value.Value) (value.Value, error) {
			return value.String(strings.Repeat(" ", count(args[0]))), nil
		},
	},
	{
		Name:   "LTrim",
		Params: []Param{arg("ltrim", text)},
		Doc:    "removes white space from the start of a string",
		Examples: []string{
			`LTrim("  ABC ") // "ABC "`, `LTrim(7) // invalid argument ["ltrim"]`,
		},
		Eval: mapText(func(s string) string { return strings.TrimLeftFunc(s, isWhiteSpace) }),
	},
	{
		Name:   "RTrim",
		Params: []Param{arg("rtrim", text)},
		Doc:    "removes white space from the end of a string",
		Examples: []string{
			`RTrim(" ABC  ") // " ABC"`, `RTrim(7) // invalid argument ["rtrim"]`,
		},
		Eval: mapText(func(s string) string { return strings.TrimRightFunc(s, isWhiteSpace) }),
	},
	{
		Name:   "Trim",
		Params: []Param{arg("trim", text)},
		Doc:    "removes white space from both ends of a string",
		Examples: []string{
			`Trim("\t ABC DEF \n") // "ABC DEF"`, `Trim(7) // invalid argument ["trim"]`,
		},
		Eval: mapText(func(s string) string { return strings.TrimFunc(s, isWhiteSpace) }),
	},
	lowerCase,
	upperCase,
	titleCase,
	casefoldFunction,
	ngramFunction,
	containsStr,
	startsWith,
	endsWith,
	findStr,
	replaceStr,
}

// mapText is the code of a function from one string to another.
func mapText(f func(string) string) func(*Context, []value.Value) (value.Value, error) {
	return func(_ *Context, args []value.Value) (value.Value, error) {
		return value.String(f(string(args[0].(value.String)))), nil
	}
}

// textTooLong is the error of a result beyond maxText.
func (c *Context) textTooLong() error {
	return c.fail(InvalidArgument, strings.TrimPrefix(tooLong, "invalid argument: "))
}

func concat(c *Context, args []value.Value) (value.Value, error) {
	list := args[0].(value.Array)
	separator := ""
	if args[1] != nil {
		separator = string(args[1].(value.String))
	}
	n := len(separator) * max(len(list)-1, 0)
	for _, v := range list {
		n += len(v.(value.String))
	}
	if n > maxText {
		return nil, c.textTooLong()
	}
	var b strings.Builder
	b.Grow(n)
	for i, v := range list {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(string(v.(value.String)))
	}
	return value.String(b.String()), nil
}

func substring(c *Context, args []value.Value) (value.Value, error) {
	s := string(args[0].(value.String))
	n := value.Long(utf8.RuneCountInString(s))
	var start value.Long
	if args[1] != nil {
		start = args[1].(value.Long)
	}
	if start < 0 {
		start += n
	}
	if start < 0 || start > n {
		return nil, c.fail(InvalidArgument, "start must be less than or equal to the string length")
	}
	length := n - start
	if args[2] != nil {
		length = min(args[2].(value.Long), length)
	}
	if length < 0 {
		return nil, c.fail(InvalidArgument, "length must be positive")
	}
	s = s[offset(s, int(start)):]
	return value.String(s[:offset(s, int(length))]), nil
}

// offset returns where code point n of s begins, in bytes. There must be so
// many, or one less.
func offset(s string, n int) int {
	i := 0
	for ; n > 0; n-- {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return i
}

func repeat(c *Context, args []value.Value) (value.Value, error) {
	s, n := string(args[0].(value.String)), 2
	if args[1] != nil {
		n = count(args[1])
	}
	if len(s)*n > maxText {
		return nil, c.textTooLong()
	}
	return value.String(strings.Repeat(s, n)), nil
}

// count reads how often something is to be repeated.
func count(v value.Value) int { return int(min(max(v.(value.Long), 0), maxRepeat)) }

// isWhiteSpace reports whether trims remove r: as Unicode's white space, but
// without NEL and the spaces that do not break, and with the four separators
// of ASCII. Source: chapter on functions, section 15.9.
func isWhiteSpace(r rune) bool {
	switch {
	case r <= ' ':
		return r >= 0x09 && r <= 0x0D || r >= 0x1C
	case r >= 0x2000 && r <= 0x200A:
		return r != 0x2007
	default:
		return r == 0x1680 || r == 0x2028 || r == 0x2029 || r == 0x205F || r == 0x3000
	}
}
