package value

import "strconv"

// ref writes {"@ref":{"id":...,"collection":...,"database":...}}. It is not
// shown when a name in it never existed.
// Source: chapter on the wire protocol, section 2.5.
func (p *printer) ref(r Ref) bool {
	switch {
	case r.Native():
		return p.native(r.Scope, Class(r.ID))
	case r.Class.Named():
		return p.named(r)
	}
	p.raw(`{"@ref":{"id":"`)
	p.dst = strconv.AppendInt(p.dst, r.ID, 10)
	p.raw(`"`)
	p.collectionKey()
	if !p.ref(r.Collection()) {
		return false
	}
	p.raw(`}}`)
	return true
}

// native writes the ref of a system collection itself.
func (p *printer) native(s Scope, c Class) bool {
	if NativeName(c) == "" {
		return false
	}
	p.raw(`{"@ref":{"id":"`)
	p.nativeName(c)
	p.raw(`"`)
	if !p.database(s) {
		return false
	}
	p.raw(`}}`)
	return true
}

// named writes the ref of a schema object.
func (p *printer) named(r Ref) bool {
	name, ok := p.Names.Name(r)
	if !ok {
		return false
	}
	p.raw(`{"@ref":{"id":`)
	p.dst = appendString(p.dst, name)
	p.collection(r.Class)
	if !p.database(r.Scope) {
		return false
	}
	p.raw(`}}`)
	return true
}

// collection writes the system collection that a ref is in.
func (p *printer) collection(c Class) {
	p.collectionKey()
	p.raw(`{"@ref":{"id":"`)
	p.nativeName(c)
	p.raw(`"}}`)
}

func (p *printer) collectionKey() {
	if p.Legacy {
		p.raw(`,"class":`)
	} else {
		p.raw(`,"collection":`)
	}
}

// nativeName writes the name of a system collection.
func (p *printer) nativeName(c Class) {
	if p.Legacy && c == Collections {
		p.raw("classes")
	} else {
		p.raw(NativeName(c))
	}
}

// database writes the member that names database s, unless it is the reader's
// own: a ref of the reader's database, or of one that is not inside it, ends
// the chain.
func (p *printer) database(s Scope) bool {
	if s == p.Names.Scope() {
		return true
	}
	parent, ok := p.Names.Parent(s)
	if !ok {
		return true
	}
	p.raw(`,"database":`)
	return p.named(parent)
}

// unresolved writes a ref as it came.
func (p *printer) unresolved(u *Unresolved) {
	if u.ID != "" {
		p.raw(`{"@ref":{"id":`)
		p.dst = appendString(p.dst, u.ID)
		p.collectionKey()
	}
	p.raw(`{"@ref":{"id":`)
	if u.Name != "" {
		p.dst = appendString(p.dst, u.Name)
		p.collection(u.Class)
	} else {
		p.raw(`"`)
		p.nativeName(u.Class)
		p.raw(`"`)
	}
	p.path(u.Path)
	p.raw(`}}`)
	if u.ID != "" {
		p.raw(`}}`)
	}
}

// path writes the database at the end of a chain of names.
func (p *printer) path(names []string) {
	if len(names) == 0 {
		return
	}
	p.raw(`,"database":{"@ref":{"id":`)
	last := len(names) - 1
	p.dst = appendString(p.dst, names[last])
	p.collection(Databases)
	p.path(names[:last])
	p.raw(`}}`)
}
