package pattern

import (
	"sync"
	"unicode"
)

// folded is what all characters that match without regard to case have in
// common, by the dialect's definition.
func folded(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// letter is a character that has a case.
type letter struct{ r, upper, folded rune }

var letters = sync.OnceValue(func() []letter {
	var out []letter
	for _, c := range unicode.CaseRanges {
		for r := rune(c.Lo); r <= rune(c.Hi); r++ {
			out = append(out, letter{r, unicode.ToUpper(r), folded(r)})
		}
	}
	return out
})

// alike are all letters, in groups of those that match each other.
var alike = sync.OnceValue(func() map[rune][]span {
	groups := map[rune][]span{}
	for _, l := range letters() {
		groups[l.folded] = append(groups[l.folded], span{l.r, l.r})
	}
	return groups
})

// withCases returns s and everything that matches a character of s without
// regard to case: of ASCII letters the other case, or, if all is set, what
// Unicode says.
func withCases(s span, all bool) []span {
	switch {
	case !all:
		return withASCIICases(s)
	case s.lo < s.hi:
		out := []span{s}
		for _, l := range letters() {
			if s.has(l.upper) || s.has(l.folded) {
				out = append(out, span{l.r, l.r})
			}
		}
		return out
	}
	low := folded(s.lo)
	if low == unicode.ToUpper(s.lo) {
		return []span{s} // ß, but not its capital, matches itself alone
	}
	return append([]span{s, {low, low}}, alike()[low]...)
}

func withASCIICases(s span) []span {
	out := []span{s}
	for _, letters := range []span{{'a', 'z'}, {'A', 'Z'}} {
		if lo, hi := max(s.lo, letters.lo), min(s.hi, letters.hi); lo <= hi {
			out = append(out, span{lo ^ 0x20, hi ^ 0x20})
		}
	}
	return out
}
