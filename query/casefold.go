package query

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/fawndb/fawn/query/value"
)

// Source: chapter on functions, section 15.2.
var casefoldFunction = &Function{
	Name:   "Casefold",
	Makes:  true,
	Params: []Param{many("casefold", scalar), opt("normalizer", normalizer)},
	Doc:    "makes strings that differ in case or encoding the same, or normalizes them as given; other scalars stay",
	Examples: []string{
		`Casefold("Weißkopfseeadler") // "weisskopfseeadler"`, `Casefold(["A", 1, "B"]) // ["a", 1, "b"]`,
		`Casefold("A", "NFC") // "A"`, `Casefold("foo", "nope") // invalid argument ["normalizer"]`,
	},
	Eval: casefold,
}

// normalizers are the transformations by their names on the wire.
var normalizers = map[value.String]func(string) string{
	"NFKCCaseFold": FoldCase,
	"NFC":          norm.NFC.String,
	"NFD":          norm.NFD.String,
	"NFKC":         norm.NFKC.String,
	"NFKD":         norm.NFKD.String,
}

const normalizerNames = "String 'NFKCCaseFold', 'NFC', 'NFD', 'NFKC', or 'NFKD'"

// normalizer is the cast that accepts the name of a normalizer.
var normalizer = Cast{Name: "Normalizer", fails: []string{mistyped(normalizerNames)}, check: func(c *Context, v value.Value) (value.Value, error) {
	if name, ok := v.(value.String); ok && normalizers[name] != nil {
		return v, nil
	}
	return nil, c.typeError(normalizerNames, v)
}}

func casefold(_ *Context, args []value.Value) (value.Value, error) {
	transform := FoldCase
	if args[1] != nil {
		transform = normalizers[args[1].(value.String)]
	}
	list := args[0].(value.Array)
	if len(list) == 1 {
		return mapString(list[0], transform), nil
	}
	out := make(value.Array, len(list))
	for i, v := range list {
		out[i] = mapString(v, transform)
	}
	return out, nil
}

// mapString transforms a string and leaves any other value.
func mapString(v value.Value, transform func(string) string) value.Value {
	if s, ok := v.(value.String); ok {
		return value.String(transform(string(s)))
	}
	return v
}

// FoldCase is Unicode's NFKC_Casefold. Folding may undo the normal form and
// normalizing may make new capitals, so each is done twice; a third time
// changes nothing.
func FoldCase(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	fold := cases.Fold()
	s = strings.Map(foldRune, norm.NFD.String(s))
	s = norm.NFKC.String(fold.String(s))
	s = norm.NFKC.String(fold.String(s))
	return norm.NFC.String(strings.Map(foldRune, s))
}

// foldRune does what package cases leaves out: it drops what is ignorable and
// folds Cherokee, whose small letters become capitals.
func foldRune(r rune) rune {
	switch {
	case isIgnorable(r):
		return -1
	case r >= 0x13F8 && r <= 0x13FD:
		return r - 0x13F8 + 0x13F0
	case r >= 0xAB70 && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	default:
		return r
	}
}

// isIgnorable is Unicode's Default_Ignorable_Code_Point, which the standard
// library has in parts only.
func isIgnorable(r rune) bool {
	if r < 0x80 {
		return false
	}
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return true
	}
	annotation := r >= 0xFFF9 && r <= 0xFFFB
	hieroglyph := r >= 0x13430 && r <= 0x13440
	return unicode.Is(unicode.Cf, r) && !annotation && !hieroglyph && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
