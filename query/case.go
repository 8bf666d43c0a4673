package query

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// The functions that change case, by the full mappings of Unicode and without
// a language's own rules. Source: chapter on functions, section 15.8.
var (
	lowerCase = &Function{
		Name:   "LowerCase",
		Makes:  true,
		Params: []Param{arg("lowercase", text)},
		Doc:    "turns a string into lower case",
		Examples: []string{
			`LowerCase("One FISH") // "one fish"`, `LowerCase("ΟΔΟΣ") // "οδος"`,
		},
		Eval: mapText(toLower),
	}
	upperCase = &Function{
		Name:   "UpperCase",
		Makes:  true,
		Params: []Param{arg("uppercase", text)},
		Doc:    "turns a string into upper case",
		Examples: []string{
			`UpperCase("straße") // "STRASSE"`, `UpperCase(7) // invalid argument ["uppercase"]`,
		},
		Eval: mapText(toUpper),
	}
	titleCase = &Function{
		Name:   "TitleCase",
		Makes:  true,
		Params: []Param{arg("titlecase", text)},
		Doc:    "begins every word of a string with a capital and turns the rest into lower case",
		Examples: []string{
			`TitleCase("one fISH") // "One Fish"`, `TitleCase("o'neil-3rd") // "O'neil-3rd"`,
		},
		Eval: mapText(toTitle),
	}
)

func toLower(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return cases.Lower(language.Und).String(s)
}

func toUpper(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return cases.Upper(language.Und).String(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// toTitle title-cases the first letter, digit or symbol of each segment between
// two word boundaries (UAX #29); all else is lower-cased.
func toTitle(s string) string {
	title, lower := cases.Title(language.Und), cases.Lower(language.Und)
	// The whole is lower-cased at once since a final sigma depends on what
	// follows; a part alone has the same length as in the whole.
	low := lower.String(s)
	var b strings.Builder
	b.Grow(len(s))
	for segments := words.FromString(s); segments.Next(); {
		segment := segments.Value()
		rest := len(lower.String(segment))
		if start := strings.IndexFunc(segment, beginsWord); start >= 0 {
			first := segment[start : start+offset(segment[start:], 1)]
			b.WriteString(segment[:start])
			b.WriteString(title.String(first))
			low, rest = low[len(lower.String(segment[:start]+first)):], rest-len(lower.String(segment[:start]+first))
		}
		b.WriteString(low[:rest])
		low = low[rest:]
	}
	return b.String()
}

// beginsWord reports whether r may be the first of a word: a letter, digit,
// symbol or private character, but a modifier letter only if it has case.
func beginsWord(r rune) bool {
	if unicode.Is(unicode.Lm, r) {
		return unicode.In(r, unicode.Other_Lowercase, unicode.Other_Uppercase)
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.S, unicode.Co)
}
