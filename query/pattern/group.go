package pattern

import "strings"

// group translates what begins with a parenthesis. Flags that stand alone, as
// (?i), hold to the end of the group around.
func (p *parser) group() (flagsOnly bool, err error) {
	if err := p.enter(); err != nil {
		return false, err
	}
	defer func() { p.depth-- }()
	outer := p.flags
	p.pos++
	if p.peek().is('?') {
		p.pos++
		if flagsOnly, err = p.groupKind(); flagsOnly || err != nil {
			return flagsOnly, err
		}
	} else {
		p.groups++
		p.emit("(")
	}
	if err := p.alternatives(); err != nil {
		return false, err
	}
	if !p.next().is(')') {
		return false, ErrSyntax
	}
	p.flags = outer
	p.emit(")")
	return false, nil
}

// groupKind translates what stands between (? and the body of a group.
func (p *parser) groupKind() (flagsOnly bool, err error) {
	switch c := p.take(); {
	case c.is(':') || c.is('=') || c.is('!') || c.is('>'):
		p.emit("(?" + string(c.r))
	case c.is('<'):
		c := p.next()
		if c.is('=') || c.is('!') {
			p.emit("(?<" + string(c.r))
			return false, nil
		}
		name, ok := p.groupName(c)
		if _, taken := p.names[name]; taken || !ok {
			return false, ErrSyntax
		}
		p.groups++
		p.names[name] = p.groups
		p.emit("(")
	default:
		p.pos--
		p.readFlags()
		switch c := p.next(); {
		case c.is(')'):
			return true, nil
		case c.is(':'):
			p.emit("(?:")
		default:
			return false, ErrSyntax
		}
	}
	return false, nil
}

// readFlags reads flags that are set and, after a minus, flags that are not.
func (p *parser) readFlags() {
	set := true
	for c := p.peek(); ; c = p.peek() {
		f, known := flagOf[c.r]
		switch {
		case c.is('-') && set:
			set = false
		case !known || c.quoted:
			return
		case set:
			p.flags |= f
		default:
			p.flags &^= f
		}
		p.pos++
	}
}

// groupName reads a name, whose first character is given, and the > after it.
func (p *parser) groupName(c char) (string, bool) {
	if !isLetter(c.r) {
		return "", false
	}
	var name strings.Builder
	for ; isLetter(c.r) || c.r >= '0' && c.r <= '9'; c = p.next() {
		name.WriteRune(c.r)
	}
	return name.String(), c.is('>')
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
