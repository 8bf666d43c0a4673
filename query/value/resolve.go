package value

// Resolve returns v with the time of its transaction, in microseconds, in
// place of pending times. It is for a value that outlives its transaction.
func Resolve(v Value, ts int64) Value {
	switch v := v.(type) {
	case TxnTime:
		return Long(ts)
	case Array:
		return Array(resolveList(v, ts))
	case Object:
		return resolveObject(v, ts)
	case *Document:
		return v.resolve(ts)
	case *Event:
		e := *v
		if e.TS == 0 && !e.Partial {
			e.TS = ts
		}
		e.Data = Resolve(e.Data, ts)
		return &e
	case *Sourced:
		return &Sourced{Resolve(v.Value, ts), resolveList(v.Sources, ts)}
	case *Page:
		return v.resolve(ts)
	case *Set:
		return v.resolve(ts)
	case *Lambda:
		l := *v
		l.Captured = resolveObject(l.Captured, ts)
		return &l
	default: // nil too
		return v
	}
}

func resolveList(list []Value, ts int64) []Value {
	out := make([]Value, len(list))
	for i, v := range list {
		out[i] = Resolve(v, ts)
	}
	return out
}

func resolveObject(o []Field, ts int64) Object {
	out := make(Object, len(o))
	for i, f := range o {
		out[i] = Field{f.Name, Resolve(f.Value, ts)}
	}
	return out
}

// resolve gives a pending document its time. A stored document holds nothing
// pending.
func (d *Document) resolve(ts int64) *Document {
	f := d.fields.Load()
	if d.raw != nil || f == nil {
		return d
	}
	out := NewDocument(d.Ref, d.TS, resolveObject(*f, ts))
	if out.TS == 0 {
		out.TS = ts
	}
	out.Once, out.Fresh = resolveObject(d.Once, ts), d.Fresh
	return out
}

func (s Set) resolve(ts int64) *Set {
	s.Terms, s.Sets = resolveList(s.Terms, ts), resolveList(s.Sets, ts)
	s.From, s.To = resolveList(s.From, ts), resolveList(s.To, ts)
	if s.Lambda != nil {
		s.Lambda = Resolve(s.Lambda, ts).(*Lambda)
	}
	return &s
}
