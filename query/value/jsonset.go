package value

// set writes {"@set":{...}}. It is not shown when a ref in it is not.
// Source: chapter on documents, section 2.2.
func (p *printer) set(s *Set) bool {
	p.raw(`{"@set":`)
	shown := p.parts(s.parts())
	p.raw(`}`)
	return shown
}

// parts writes the members of a set's constructor, lambdas without a tag.
func (p *printer) parts(o Object) bool {
	p.raw(`{`)
	first := true
	for _, f := range o {
		p.comma(&first)
		first = false
		p.key(f.Name)
		if !p.part(f) {
			return false
		}
	}
	p.raw(`}`)
	return true
}

func (p *printer) part(f Field) bool {
	switch v := f.Value.(type) {
	case *Lambda:
		if f.Name == "with" || f.Name == "filter" {
			p.lambda(v)
			return true
		}
	case Object:
		if f.Name == "events" {
			return p.parts(v)
		}
	default: // written as everywhere else
	}
	return p.write(f.Value, false)
}

// lambda writes {"api_version":...,"lambda":...,"expr":...}, with a let around
// the body when variables were captured.
func (p *printer) lambda(l *Lambda) {
	p.raw(`{"api_version":`)
	p.dst = appendString(p.dst, l.Version)
	p.raw(`,"lambda":`)
	p.dst = l.Code.AppendParams(p.dst)
	p.raw(`,"expr":`)
	if len(l.Captured) == 0 {
		p.dst = l.Code.AppendBody(p.dst)
		p.raw(`}`)
		return
	}
	p.raw(`{"let":{`)
	first := true
	for _, f := range l.Captured {
		p.comma(&first)
		first = false
		p.key(f.Name)
		p.orNull(f.Value, true)
	}
	p.raw(`},"in":`)
	p.dst = l.Code.AppendBody(p.dst)
	p.raw(`}}`)
}

// expr writes v as an expression. An array stands for itself, with such
// elements; an object is quoted; a double that JSON has no number for is
// read from a string.
func (p *printer) expr(v Value) bool {
	switch v := v.(type) {
	case Double:
		p.doubleExpr(float64(v))
		return true
	case Array:
		p.list(v, true)
		return true
	case Object, *Document, *Event, *Sourced, *Page:
		p.raw(`{"quote":`)
		p.orNull(v, false)
		p.raw(`}`)
		return true
	default:
		return p.value(v)
	}
}

func (p *printer) doubleExpr(f float64) {
	switch {
	case f-f == 0:
		p.dst = AppendDouble(p.dst, f)
	case f > 0:
		p.raw(`{"to_double":"∞"}`)
	case f < 0:
		p.raw(`{"to_double":"-∞"}`)
	default:
		p.raw(`{"to_double":"NaN"}`)
	}
}
