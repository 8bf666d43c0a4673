package value

import "sync"

// Page is a stretch of a set. Before and After are nil where there is none.
type Page struct {
	Before Value
	After  Value
	// Elements are the elements as read, one for each element of the set that
	// the page covered; Take and Drop make cursors of them. Where all of them
	// are just refs, they are Refs instead.
	Elements []Element

	refs *refs // nil is none
	data Array // nil where the refs are the data
}

// refs are the elements of a page that are just refs. They are made values only
// when somebody asks for those: most are written out as they are.
type refs struct {
	list  []Ref
	once  sync.Once
	array Array
}

func (r *refs) values() Array {
	r.once.Do(func() {
		r.array = make(Array, len(r.list))
		for i, ref := range r.list {
			r.array[i] = ref
		}
	})
	return r.array
}

// NewPage returns a page with data.
func NewPage(data Array) *Page {
	p := &Page{}
	p.SetData(data)
	return p
}

// Data returns what a reader sees of the elements.
func (p *Page) Data() Array {
	if p.Plain() {
		return p.refs.values()
	}
	return p.data
}

// SetData sets what a reader sees of the elements.
func (p *Page) SetData(data Array) {
	if p.data = data; data == nil {
		p.data = Array{}
	}
}

// Plain reports whether the data are the refs as read.
func (p *Page) Plain() bool { return p.data == nil && p.refs != nil }

// Len is the number of elements in the data.
func (p *Page) Len() int {
	if p.Plain() {
		return len(p.refs.list)
	}
	return len(p.data)
}

// At returns the i-th of the data.
func (p *Page) At(i int) Value {
	if p.Plain() {
		return p.refs.list[i]
	}
	return p.data[i]
}

// Refs returns the elements as read where all of them are just refs. They must
// not be changed.
func (p *Page) Refs() []Ref {
	if p.refs == nil {
		return nil
	}
	return p.refs.list
}

// SetRefs sets the elements as read, just refs. They are the data, too, unless
// that is set.
func (p *Page) SetRefs(list []Ref) { p.refs = &refs{list: list} }

// Cursor returns the cursor of the i-th element as read, nil if there is none.
func (p *Page) Cursor(i int) Value {
	switch {
	case i < len(p.Elements):
		return p.Elements[i].Cursor()
	case i < len(p.Refs()):
		return Array{p.refs.list[i]}
	}
	return nil
}

// Object returns the page as it is rendered: before, after and data.
func (p *Page) Object() Object {
	o := make(Object, 0, 3)
	if p.Before != nil {
		o = append(o, Field{"before", p.Before})
	}
	if p.After != nil {
		o = append(o, Field{"after", p.After})
	}
	return append(o, Field{"data", p.Data()})
}

func (p *Page) resolve(ts int64) *Page {
	out := *p
	if !p.Plain() {
		out.SetData(resolveList(p.data, ts))
	}
	out.Before, out.After = Resolve(p.Before, ts), Resolve(p.After, ts)
	return &out
}

// PageRoom is memory for a page of few refs, in one piece.
type PageRoom struct {
	Page Page
	refs refs
	List [8]Ref
}

// SetRefs is that of the page, in the room's memory.
func (r *PageRoom) SetRefs(list []Ref) {
	r.refs.list, r.Page.refs = list, &r.refs
}
