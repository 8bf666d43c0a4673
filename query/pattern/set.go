package pattern

import (
	"slices"
	"unicode"
)

// span is the characters from lo to hi, both included.
type span struct{ lo, hi rune }

func (s span) has(r rune) bool { return s.lo <= r && r <= s.hi }

// set is a set of characters: spans in ascending order that do not touch.
type set []span

var everything = set{{0, unicode.MaxRune}}

// newSet returns the set of all characters in spans, which it sorts.
func newSet(spans ...span) set {
	slices.SortFunc(spans, func(a, b span) int { return int(a.lo) - int(b.lo) })
	out := spans[:0]
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && s.lo <= out[last].hi+1 {
			out[last].hi = max(out[last].hi, s.hi)
		} else {
			out = append(out, s)
		}
	}
	return set(out)
}

// setOf returns the set of the given characters.
func setOf(runes string) set {
	var spans []span
	for _, r := range runes {
		spans = append(spans, span{r, r})
	}
	return newSet(spans...)
}

// tables returns the set of all characters in tables of the standard library.
func tables(list ...*unicode.RangeTable) set {
	var spans []span
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			spans = append(spans, span{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			spans = append(spans, span{r, r})
		}
	}
	for _, t := range list {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return newSet(spans...)
}

func (s set) union(t set) set { return newSet(slices.Concat(s, t)...) }

func (s set) negated() set {
	out := make(set, 0, len(s)+1)
	next := rune(0)
	for _, sp := range s {
		if next < sp.lo {
			out = append(out, span{next, sp.lo - 1})
		}
		next = sp.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, span{next, unicode.MaxRune})
	}
	return out
}

func (s set) intersect(t set) set {
	var out set
	for len(s) > 0 && len(t) > 0 {
		if lo, hi := max(s[0].lo, t[0].lo), min(s[0].hi, t[0].hi); lo <= hi {
			out = append(out, span{lo, hi})
		}
		if s[0].hi < t[0].hi {
			s = s[1:]
		} else {
			t = t[1:]
		}
	}
	return out
}

// builder collects the spans of a set.
type builder struct {
	spans []span
	limit int // length at which they are put in order
}

func (b *builder) add(spans ...span) {
	b.spans = append(b.spans, spans...)
	if len(b.spans) > b.limit {
		b.spans = newSet(b.spans...)
		b.limit = 2*len(b.spans) + 1024
	}
}

func (b *builder) set() set { return newSet(b.spans...) }
