package pattern

import (
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/runenames"
)

// escape translates what begins with a backslash, outside of a class.
func (p *parser) escape() error {
	p.pos++
	c := p.raw()
	switch c.r {
	case 'A', 'z', 'G':
		p.emit(`\` + string(c.r))
	case 'Z':
		p.emit(lineEnd(p.flags &^ allLines))
	case 'b', 'B':
		p.emit(wordBoundary(p.flags, c.r == 'b'))
	case 'R':
		p.emit(`(?:\r\n|[\n-\r\x85\u2028\u2029])`)
	case 'X':
		p.emit(`\X`)
	case 'k':
		return p.namedReference()
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.reference()
		return nil
	default:
		s, ok, err := p.classEscape()
		if ok || err != nil {
			p.emitSet(s)
			return err
		}
		r, err := p.charEscape()
		if err != nil {
			return err
		}
		p.literal(r)
		return nil
	}
	p.pos++
	return nil
}

// reference translates \1. Further digits belong to it as long as a group of
// that number has begun.
func (p *parser) reference() {
	n := int(p.take().r - '0')
	for c := p.peek(); c.digit() && n*10+int(c.r-'0') <= p.groups; c = p.peek() {
		n = n*10 + int(c.r-'0')
		p.pos++
	}
	p.emitReference(n)
}

func (p *parser) namedReference() error {
	p.pos++
	if !p.next().is('<') {
		return ErrSyntax
	}
	name, ok := p.groupName(p.next())
	n, defined := p.names[name]
	if !ok || !defined {
		return ErrSyntax
	}
	p.emitReference(n)
	return nil
}

func (p *parser) emitReference(n int) {
	switch {
	case n > p.total:
		p.emit("(?!)") // to a group that is not there: matches nothing
	case p.flags.has(ignoreCase):
		p.emit(`(?i:\` + strconv.Itoa(n) + ")")
	default:
		p.emit(`(?:\` + strconv.Itoa(n) + ")")
	}
}

// classEscape reads \d and its like and \p{...}. It is false, and has read
// nothing, where another escape stands.
func (p *parser) classEscape() (s set, ok bool, err error) {
	c := p.raw()
	if c.r == 'p' || c.r == 'P' {
		p.pos++
		if s, err = p.property(); err != nil {
			return nil, true, err
		}
	} else {
		if s = predefined(unicode.ToLower(c.r), p.flags); s == nil {
			return nil, false, nil
		}
		p.pos++
	}
	if p.spans += len(s); p.spans > maxSpans {
		return nil, true, ErrSyntax
	}
	if unicode.IsUpper(c.r) {
		s = s.negated()
	}
	return s, true, nil
}

func (p *parser) property() (set, error) {
	name := ""
	if c := p.next(); c.is('{') {
		var ok bool
		if name, ok = p.braced(); !ok {
			return nil, ErrSyntax
		}
	} else if c.r != eof {
		name = string(c.r)
	}
	s, ok := property(name, p.flags)
	if !ok {
		return nil, ErrSyntax
	}
	return s, nil
}

// braced reads up to a closing brace; the opening one has been read.
func (p *parser) braced() (string, bool) {
	var b strings.Builder
	for c := p.take(); !c.is('}'); c = p.take() {
		if c.r == eof {
			return "", false
		}
		b.WriteRune(c.r)
	}
	return b.String(), true
}

// controls are the escapes of one letter that stand for one character.
var controls = map[rune]rune{'a': '\a', 'e': 0x1B, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// charEscape reads an escape that stands for one character; the backslash has
// been read.
func (p *parser) charEscape() (rune, error) {
	c := p.take()
	if r, ok := controls[c.r]; ok {
		return r, nil
	}
	switch {
	case c.r == '0':
		return p.octal()
	case c.r == 'x':
		return p.hex()
	case c.r == 'u':
		return p.utf16()
	case c.r == 'N':
		return p.characterName()
	case c.r == 'c':
		if c := p.take(); c.r != eof {
			return c.r ^ 64, nil
		}
		return 0, ErrSyntax
	case c.r == eof || isLetter(c.r) || c.digit():
		return 0, ErrSyntax
	default:
		return c.r, nil
	}
}

// octal reads one to three digits, up to 377.
func (p *parser) octal() (rune, error) {
	n, digits := rune(0), 0
	for c := p.raw(); c.r >= '0' && c.r <= '7' && digits < 3 && n*8+c.r-'0' <= 0o377; c = p.raw() {
		n = n*8 + c.r - '0'
		digits++
		p.pos++
	}
	if digits == 0 {
		return 0, ErrSyntax
	}
	return n, nil
}

func (p *parser) hex() (rune, error) {
	if !p.raw().is('{') {
		return p.hexDigits(2)
	}
	p.pos++
	text, ok := p.braced()
	n, err := strconv.ParseUint(text, 16, 32)
	if !ok || err != nil || n > unicode.MaxRune {
		return 0, ErrSyntax
	}
	return rune(n), nil
}

func (p *parser) hexDigits(count int) (rune, error) {
	n := rune(0)
	for range count {
		d, err := strconv.ParseUint(string(p.take().r), 16, 8)
		if err != nil {
			return 0, ErrSyntax
		}
		n = n<<4 | rune(d)
	}
	return n, nil
}

// utf16 reads the four digits of \u, and the second half of a pair if one
// follows.
func (p *parser) utf16() (rune, error) {
	r, err := p.hexDigits(4)
	if err != nil || !utf16.IsSurrogate(r) || !p.raw().is('\\') {
		return r, err
	}
	back := p.pos
	p.pos++
	if p.take().r == 'u' {
		if low, err := p.hexDigits(4); err != nil {
			return 0, err
		} else if pair := utf16.DecodeRune(r, low); pair != unicode.ReplacementChar {
			return pair, nil
		}
	}
	p.pos = back
	return r, nil
}

func (p *parser) characterName() (rune, error) {
	if !p.take().is('{') {
		return 0, ErrSyntax
	}
	name, ok := p.braced()
	r, known := characterNames()[strings.ToUpper(strings.TrimSpace(name))]
	if !ok || !known {
		return 0, ErrSyntax
	}
	return r, nil
}

// characterNames are the characters by their names in Unicode. Ideographs and
// others that are named by a rule are not among them.
var characterNames = sync.OnceValue(func() map[string]rune {
	names := make(map[string]rune, 1<<15)
	for _, s := range assigned() {
		for r := s.lo; r <= s.hi; r++ {
			if name := runenames.Name(r); name != "" && name[0] != '<' {
				names[name] = r
			}
		}
	}
	return names
})
