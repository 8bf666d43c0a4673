package pattern

// class reads a class whose opening bracket has been read, and its end.
func (p *parser) class() (set, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	negate := false
	if p.raw().is('^') {
		p.pos++
		negate = true
	}
	s, err := p.classItems()
	if err != nil {
		return nil, err
	}
	p.pos++
	if negate {
		s = s.negated()
	}
	return s, nil
}

// classItems reads the inside of a class up to the closing bracket. One that
// comes first is an item.
func (p *parser) classItems() (set, error) {
	var b builder
	for empty := true; ; empty = false {
		switch c := p.peek(); {
		case c.r == eof:
			return nil, ErrSyntax
		case c.is(']') && !empty:
			return b.set(), nil
		case c.is('['):
			p.pos++
			s, err := p.class()
			if err != nil {
				return nil, err
			}
			b.add(s...)
		case c.is('&') && p.ampersands():
			if err := p.intersection(&b, empty); err != nil {
				return nil, err
			}
		default:
			if err := p.classRange(&b); err != nil {
				return nil, err
			}
		}
	}
}

// ampersands reads && if it is next.
func (p *parser) ampersands() bool {
	back := p.pos
	p.pos++
	if p.peek().is('&') {
		p.pos++
		return true
	}
	p.pos = back
	return false
}

// intersection reads what stands behind && and leaves in b what is on both
// sides. With nothing before it, the right side is taken; with nothing behind
// it, the left one.
func (p *parser) intersection(b *builder, empty bool) error {
	right, found, err := p.operand()
	switch {
	case err != nil || empty && !found:
		return ErrSyntax
	case empty:
		*b = builder{spans: right}
	case found:
		*b = builder{spans: b.set().intersect(right)}
	}
	return nil
}

// operand reads what stands behind &&: classes and items up to the next && or
// the end of the class.
func (p *parser) operand() (s set, found bool, err error) {
	var b builder
	for c := p.peek(); !c.is(']') && !c.is('&'); c = p.peek() {
		var part set
		if c.is('[') {
			p.pos++
			part, err = p.class()
		} else if err = p.enter(); err == nil {
			part, err = p.classItems()
			p.depth--
		}
		if err != nil {
			return nil, false, err
		}
		b.add(part...)
		found = true
	}
	return b.set(), found, nil
}

// classRange reads one item: a character, a range, or an escape.
func (p *parser) classRange(b *builder) error {
	c := p.next()
	lo := c.r
	if c.is('\\') {
		s, ok, err := p.classEscape()
		if ok || err != nil {
			b.add(s...)
			return err
		}
		if lo, err = p.charEscape(); err != nil {
			return err
		}
	}
	hi := lo
	if p.peek().is('-') {
		p.pos++
		if end := p.raw(); end.is('[') || end.is(']') {
			p.pos--
		} else {
			var err error
			if hi, err = p.rangeEnd(); err != nil || hi < lo {
				return ErrSyntax
			}
		}
	}
	if p.flags.has(ignoreCase) {
		b.add(withCases(span{lo, hi}, p.flags.has(unicodeCase))...)
	} else {
		b.add(span{lo, hi})
	}
	return nil
}

func (p *parser) rangeEnd() (rune, error) {
	c := p.next()
	if c.is('\\') {
		return p.charEscape()
	}
	return c.r, nil
}
