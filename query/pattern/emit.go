package pattern

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// The parts of the dialect whose fine print differs from the engine's, in the
// engine's syntax.

// terminator is any line terminator but \n, which may belong to a \r.
const terminator = `[\r\x85\u2028\u2029]`

func anyCharacter(f flags) string {
	switch {
	case f.has(dotAll):
		return "(?s:.)"
	case f.has(unixLines):
		return `[^\n]`
	default:
		return `[^\n\r\x85\u2028\u2029]`
	}
}

// lineStart is ^. At every line, it does not match at the end of the input.
func lineStart(f flags) string {
	switch {
	case !f.has(allLines):
		return `\A`
	case f.has(unixLines):
		return `(?:(?!\z)(?:\A|(?<=\n)))`
	default:
		return `(?:(?!\z)(?:\A|(?<=[\n\x85\u2028\u2029])|(?<=\r)(?!\n)))`
	}
}

// lineEnd is $: the end of the input, or before a line terminator at its end.
func lineEnd(f flags) string {
	switch {
	case f.has(unixLines | allLines):
		return `(?=\n|\z)`
	case f.has(unixLines):
		return `(?=\n?\z)`
	case f.has(allLines):
		return `(?:\z|(?=` + terminator + `)|(?<!\r)(?=\n))`
	default:
		return `(?:\z|(?=\r\n\z|` + terminator + `\z)|(?<!\r)(?=\n\z))`
	}
}

// wordBoundary is \b, or \B. Letters, digits and the underscore make words,
// and so do marks on a letter or digit.
func wordBoundary(f flags, boundary bool) string {
	within := `(?:(?<=_|[\p{L}\p{Nd}]\p{Mn}*)(?![\p{L}\p{Nd}_])(?!(?<=[\p{L}\p{Nd}]\p{Mn}*)\p{Mn})` +
		`|(?<!_|[\p{L}\p{Nd}]\p{Mn}*)(?=[\p{L}\p{Nd}_]))`
	if f.has(unicodeClasses) {
		p := parser{}
		p.emitSet(word())
		w := string(p.out)
		within = "(?:(?<=" + w + ")(?!" + w + ")|(?<!" + w + ")(?=" + w + "))"
	}
	if boundary {
		return within
	}
	return "(?!" + within + ")"
}

// literal translates a character that stands for itself.
func (p *parser) literal(r rune) {
	if p.flags.has(ignoreCase) {
		p.emitSet(newSet(withCases(span{r, r}, p.flags.has(unicodeCase))...))
	} else {
		p.emitSet(set{{r, r}})
	}
}

// emitSet writes a class, by what is in it or by what is not.
func (p *parser) emitSet(s set) {
	not := len(s) > 0 && s[len(s)-1].hi == unicode.MaxRune
	if not {
		s = s.negated()
	}
	s = s.withoutSurrogates()
	switch {
	case len(s) == 0 && not:
		p.emit("(?s:.)")
	case len(s) == 0:
		p.emit("(?!)")
	case len(s) == 1 && s[0].lo == s[0].hi && !not:
		p.emitRune(s[0].lo)
	case not:
		p.emit("[^")
		p.emitSpans(s)
	default:
		p.emit("[")
		p.emitSpans(s)
	}
}

func (p *parser) emitSpans(s set) {
	for _, sp := range s {
		p.emitRune(sp.lo)
		if sp.hi > sp.lo {
			p.emit("-")
			p.emitRune(sp.hi)
		}
	}
	p.emit("]")
}

// emitRune writes a character so that it has no meaning, in a class or out of
// one.
func (p *parser) emitRune(r rune) {
	if r >= utf8.RuneSelf || isLetter(r) || r >= '0' && r <= '9' {
		p.out = utf8.AppendRune(p.out, r)
	} else {
		p.out = fmt.Appendf(p.out, `\x%02X`, r)
	}
}

// withoutSurrogates cuts out the code points that are halves of a pair in
// UTF-16: no text has them, and a pattern could not spell them.
func (s set) withoutSurrogates() set {
	return s.intersect(set{{0, 0xD7FF}, {0xE000, unicode.MaxRune}})
}
