package query

import (
	"slices"

	"github.com/fawndb/fawn/query/ast"
	"github.com/fawndb/fawn/query/value"
)

// Sizes of pages, in elements.
const (
	defaultPageSize = 64
	maxPageSize     = 100_000
)

// pageFunctions read a set page by page.
// Source: chapter on documents, section 5.
var pageFunctions = []*Function{{
	Name:  "Paginate",
	Makes: true,
	Params: []Param{
		arg("paginate", refOrSet), either("after", anything), either("before", anything), either("cursor", anything),
		named("ts", moment), named("size", integer), named("events", boolean), named("sources", boolean),
	},
	Effect: ast.Read,
	Doc: "reads one page of a set: size elements from the cursor after on, or those that end before the cursor before; " +
		"the page has the cursors of its neighbours",
	Examples: []string{
		`Paginate(Collections(), { size: 10 }) // { data: [] }`,
		`Paginate(1) // invalid argument ["paginate"]`,
		`Paginate(Collections(), { size: null }) // invalid argument ["size"]`,
		`Paginate(Collections(), { cursor: 1 }) // invalid argument ["cursor"]`,
	},
	Errors: []string{
		mistyped(cursorKinds), undefined,
		"invalid argument: Invalid cursor object. Expected an object with either 'before' or 'after' key in it.",
		"invalid argument: Cannot create event cursor with keys <names>", noEvents,
		"bad request: Requested timestamp <time> less than minimum allowed timestamp <time>.",
	},
	Eval: paginate,
}}

// The arguments of paginate, in the order of its parameters.
const (
	argPaginate = iota
	argAfter
	argBefore
	argCursor
	argTS
	argSize
	argEvents
	argSources
)

// pager makes one page.
type pager struct {
	c       *Context
	set     Set
	size    int
	cursor  cursor
	sources bool
	page    *value.Page
}

// newPage returns a page with room for a few elements, in one piece of memory.
func newPage() *value.Page {
	room := new(struct {
		page value.Page
		data [4]value.Value
	})
	room.page.Data = room.data[:0]
	return &room.page
}

func paginate(c *Context, args []value.Value) (value.Value, error) {
	given, err := c.givenCursor(args)
	if err != nil {
		return nil, err
	}
	what := args[argPaginate]
	if args[argEvents] == value.Value(value.Boolean(true)) {
		if s, ok := what.(*value.Set); !ok || s.Op != value.SetEvents {
			if what, err = c.events(what); err != nil {
				return nil, err
			}
		}
	}
	p := pager{c: c, size: defaultPageSize, page: newPage()}
	if n, ok := args[argSize].(value.Long); ok {
		p.size = int(min(max(n, -1), maxPageSize))
	}
	p.sources = args[argSources] == value.Value(value.Boolean(true))
	at := c.at
	if args[argTS] != nil {
		at = c.validTime(args[argTS])
	}
	if p.set, err = c.Host.Open(what, c.readingAt(at)); err != nil {
		return nil, c.place(err, "paginate")
	}
	if p.cursor, err = c.cursorIn(p.set.Shape(), given); err != nil {
		return nil, err
	}
	if err := p.read(); err != nil {
		return nil, c.place(err, "paginate")
	}
	return p.page, nil
}

// read fills the page, and its cursors: that which was given, and on the other
// side that of the nearest element left out.
func (p *pager) read() error {
	cursor := p.cursor
	if p.size == 0 {
		p.page.Before, p.page.After = cursor.echo, cursor.echo
		return nil
	}
	if cursor.backward {
		p.page.After = cursor.echo
	} else {
		p.page.Before = cursor.echo
	}
	if p.size < 0 {
		return nil
	}
	it := p.set.Scan(cursor.bound, cursor.backward)
	defer it.Close()
	more, err := p.collect(it)
	if err != nil {
		return err
	}
	if cursor.backward {
		slices.Reverse(p.page.Data)
		slices.Reverse(p.page.Elements)
	}
	if p.page.Elements == nil {
		p.page.Refs = p.page.Data
	}
	if cursor.backward && more {
		p.page.Before = p.page.Cursor(0)
	}
	return nil
}

// more is for how many elements room is made when n have filled it: up to a
// whole page, but no more at once than there were, beyond the first few.
func (p *pager) more(n int) int { return min(p.size, max(defaultPageSize, 2*n)) - n }

// collect takes as many elements as the page holds and reports whether there
// are more.
func (p *pager) collect(it Elements) (more bool, err error) {
	for it.Next() {
		if len(p.page.Data) == p.size {
			if !p.cursor.backward {
				p.page.After = it.Element().Cursor()
			}
			return true, nil
		}
		e := it.Element()
		v := e.Render()
		if p.sources {
			v = &value.Sourced{Value: v, Sources: it.Sources()}
		}
		if p.page.Elements != nil || p.sources || e.Event != nil || len(e.Values) > 0 {
			p.keep(e)
		}
		if len(p.page.Data) == cap(p.page.Data) {
			p.page.Data = slices.Grow(p.page.Data, p.more(len(p.page.Data)))
		}
		p.page.Data = append(p.page.Data, v)
		if len(p.page.Data)&0xff == 0 {
			if err := p.c.alive(); err != nil {
				return false, err
			}
		}
	}
	return false, it.Err()
}

// keep adds an element to those as read. What was read before the first that
// is kept was nothing but refs.
func (p *pager) keep(e value.Element) {
	if p.page.Elements == nil {
		p.page.Elements = make([]value.Element, 0, min(p.size, 4))
		for _, v := range p.page.Data {
			p.page.Elements = append(p.page.Elements, value.Element{Ref: v.(value.Ref)})
		}
	}
	if n := len(p.page.Elements); n == cap(p.page.Elements) {
		p.page.Elements = slices.Grow(p.page.Elements, p.more(n))
	}
	p.page.Elements = append(p.page.Elements, e)
}
