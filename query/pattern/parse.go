package pattern

import (
	"errors"
	"math"
	"slices"
	"strconv"
)

// ErrSyntax says that a pattern is not of the dialect, or uses of it what
// cannot be carried over: \b{g} and \p{javaMirrored}.
var ErrSyntax = errors.New("pattern: not a valid regular expression")

// The limits of a pattern. None has been seen that comes near them.
const (
	maxSource      = 1 << 16 // bytes of a pattern
	maxTranslation = 1 << 20 // bytes of what it becomes
	maxNesting     = 250     // of groups and classes
	maxSpans       = 1 << 18 // of predefined classes and properties, added up
)

// flags are the ones that stand in a pattern as (?i).
type flags uint8

const (
	ignoreCase     flags = 1 << iota // i: of ASCII
	allLines                         // m: ^ and $ match at every line
	dotAll                           // s: the dot matches line terminators
	unixLines                        // d: lines end with \n only
	unicodeCase                      // u: case of all characters
	comments                         // x: white space and # comments do not count
	unicodeClasses                   // U: classes of all characters
)

var flagOf = map[rune]flags{
	'i': ignoreCase, 'm': allLines, 's': dotAll, 'd': unixLines, 'u': unicodeCase, 'x': comments,
	'U': unicodeClasses | unicodeCase,
	'c': 0, // canonical equivalence, without effect inside a pattern
}

func (f flags) has(g flags) bool { return f&g == g }

// char is one character of a pattern. A quoted one, from between \Q and \E,
// stands for itself.
type char struct {
	r      rune
	quoted bool
}

const eof = -1

func (c char) is(r rune) bool { return c.r == r && !c.quoted }

func (c char) digit() bool { return c.r >= '0' && c.r <= '9' && !c.quoted }

// parser reads a pattern and writes its translation.
type parser struct {
	in     []char
	pos    int
	flags  flags
	depth  int
	groups int            // opened so far
	names  map[string]int // of groups
	total  int            // groups of the whole pattern, known the second time
	spans  int            // of predefined classes so far
	out    []byte
}

// translate turns a pattern into one for the engine, in which all groups are
// numbered as in the dialect. It is read twice, since a reference to a group
// means another thing if there is no such group.
func translate(source string) (out string, groups int, names map[string]int, err error) {
	if len(source) > maxSource {
		return "", 0, nil, ErrSyntax
	}
	p := &parser{in: unquote(source)}
	if err := p.parse(); err != nil {
		return "", 0, nil, err
	}
	p = &parser{in: p.in, total: p.groups}
	if err := p.parse(); err != nil {
		return "", 0, nil, err
	}
	return string(p.out), p.groups, p.names, nil
}

// unquote takes \Q and \E out of a pattern.
func unquote(source string) []char {
	runes := []rune(source)
	out := make([]char, 0, len(runes))
	for i := 0; i < len(runes); i++ {
		if runes[i] != '\\' || i+1 == len(runes) {
			out = append(out, char{r: runes[i]})
			continue
		}
		i++
		if runes[i] != 'Q' {
			out = append(out, char{r: '\\'}, char{r: runes[i]})
			continue
		}
		for i++; i < len(runes); i++ {
			if runes[i] == '\\' && i+1 < len(runes) && runes[i+1] == 'E' {
				i++
				break
			}
			out = append(out, char{r: runes[i], quoted: true})
		}
	}
	return out
}

func (p *parser) parse() error {
	p.names = map[string]int{}
	if err := p.alternatives(); err != nil {
		return err
	}
	if p.peek().r != eof {
		return ErrSyntax // a closing parenthesis too many
	}
	return nil
}

// raw is the next character as it stands, white space and all.
func (p *parser) raw() char {
	if p.pos >= len(p.in) {
		return char{r: eof}
	}
	return p.in[p.pos]
}

func (p *parser) take() char {
	c := p.raw()
	p.pos++
	return c
}

// peek is the next character that counts.
func (p *parser) peek() char {
	for p.flags.has(comments) {
		switch c := p.raw(); {
		case c.quoted || !c.is('#') && !isBlank(c.r):
			return c
		case c.is('#'):
			for c := p.raw(); c.r != eof && !p.endsLine(c.r); c = p.raw() {
				p.pos++
			}
		default:
			p.pos++
		}
	}
	return p.raw()
}

func (p *parser) next() char {
	c := p.peek()
	p.pos++
	return c
}

func isBlank(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }

func (p *parser) endsLine(r rune) bool {
	if p.flags.has(unixLines) {
		return r == '\n'
	}
	return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxNesting {
		return ErrSyntax
	}
	return nil
}

func (p *parser) emit(s string) { p.out = append(p.out, s...) }

func (p *parser) alternatives() error {
	for {
		if err := p.sequence(); err != nil {
			return err
		}
		if !p.peek().is('|') {
			return nil
		}
		p.pos++
		p.emit("|")
	}
}

func (p *parser) sequence() error {
	for len(p.out) <= maxTranslation {
		c := p.peek()
		if c.r == eof || c.is('|') || c.is(')') {
			return nil
		}
		start := len(p.out)
		flagsOnly, err := p.atom(c)
		if err == nil && !flagsOnly {
			err = p.quantifier(start)
		}
		if err != nil {
			return err
		}
	}
	return ErrSyntax
}

// atom translates what a quantifier may follow. It is given the character it
// starts with, which is still the next. A group of flags only is no atom.
func (p *parser) atom(c char) (flagsOnly bool, err error) {
	switch {
	case c.is('*') || c.is('+') || c.is('?'):
		return false, ErrSyntax
	case c.is('{'):
		p.emit("(?:)") // repeats nothing
		return false, nil
	case c.is('('):
		return p.group()
	case c.is('\\'):
		return false, p.escape()
	}
	p.pos++
	switch {
	case c.is('['):
		s, err := p.class()
		p.emitSet(s)
		return false, err
	case c.is('^'):
		p.emit(lineStart(p.flags))
	case c.is('$'):
		p.emit(lineEnd(p.flags))
	case c.is('.'):
		p.emit(anyCharacter(p.flags))
	default:
		p.literal(c.r)
	}
	return false, nil
}

// quantifier translates what says how often the atom from start on repeats.
func (p *parser) quantifier(start int) error {
	c := p.peek()
	switch {
	case c.is('*') || c.is('+') || c.is('?'):
		p.pos++
		p.emit(string(c.r))
	case c.is('{'):
		p.pos++
		if err := p.counts(); err != nil {
			return err
		}
	default:
		return nil
	}
	switch c := p.peek(); {
	case c.is('?'):
		p.pos++
		p.emit("?")
	case c.is('+'):
		p.pos++
		p.out = slices.Insert(p.out, start, []byte("(?>")...)
		p.emit(")")
	}
	return nil
}

// counts translates {n}, {n,} and {n,m}.
func (p *parser) counts() error {
	if !p.raw().digit() {
		return ErrSyntax
	}
	lo, ok := p.number()
	hi, open := lo, false
	if p.peek().is(',') {
		p.pos++
		if open = p.peek().is('}'); !open {
			var fits bool
			hi, fits = p.number()
			ok = ok && fits
		}
	}
	if !p.next().is('}') || !ok || hi < lo {
		return ErrSyntax
	}
	p.emit("{" + strconv.Itoa(lo))
	switch {
	case open:
		p.emit(",")
	case lo != hi:
		p.emit("," + strconv.Itoa(hi))
	}
	p.emit("}")
	return nil
}

// number reads digits; it is false for more than 31 bits. No digits are 0.
func (p *parser) number() (n int, ok bool) {
	ok = true
	for c := p.peek(); c.digit(); c = p.peek() {
		p.pos++
		if n = n*10 + int(c.r-'0'); n > math.MaxInt32 {
			n, ok = 0, false
		}
	}
	return n, ok
}
