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
	room    *value.PageRoom
	page    *value.Page // of the room
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
	room := new(value.PageRoom)
	p := pager{c: c, size: defaultPageSize, room: room, page: &room.Page}
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
	more, ok, err := p.refs(it)
	if !ok && err == nil {
		more, err = p.collect(it)
	}
	if err != nil {
		return err
	}
	if cursor.backward && more {
		p.page.Before = p.page.Cursor(0)
	}
	return nil
}

// more is for how many elements room is made when n have filled it: up to a
// whole page, but no more at once than there were, beyond the first few. The
// page with the element behind it is most.
func (p *pager) more(n int) int { return min(p.size+1, max(defaultPageSize+1, 2*n)) - n }

// refs takes as many elements as the page holds and reports whether there are
// more, if they are nothing but refs.
func (p *pager) refs(it Elements) (more, ok bool, err error) {
	if p.sources {
		return false, false, nil
	}
	list := p.room.List[:0]
	for end := false; len(list) <= p.size && !end; {
		if len(list) == cap(list) {
			if err := p.c.alive(); err != nil {
				return false, false, err
			}
			list = slices.Grow(list, p.more(len(list)))
		}
		rest := list[len(list):min(cap(list), p.size+1)]
		n, ok := it.Refs(rest)
		if !ok {
			return false, false, nil
		}
		list, end = list[:len(list)+n], n < len(rest)
	}
	if more = len(list) > p.size; more {
		if !p.cursor.backward {
			p.page.After = value.Array{list[p.size]}
		}
		list = list[:p.size:p.size]
	}
	if p.cursor.backward {
		slices.Reverse(list)
	}
	p.room.SetRefs(list)
	return more, true, it.Err()
}

// collect takes elements of any kind.
func (p *pager) collect(it Elements) (more bool, err error) {
	var data value.Array
	for it.Next() {
		if more = len(data) == p.size; more {
			if !p.cursor.backward {
				p.page.After = it.Element().Cursor()
			}
			break
		}
		e := it.Element()
		v := e.Render()
		if p.sources {
			v = &value.Sourced{Value: v, Sources: it.Sources()}
		}
		if n := len(data); n == cap(data) {
			data = slices.Grow(data, p.more(n))
			p.page.Elements = slices.Grow(p.page.Elements, p.more(n))
		}
		data, p.page.Elements = append(data, v), append(p.page.Elements, e)
		if len(data)&0xff == 0 {
			if err := p.c.alive(); err != nil {
				return false, err
			}
		}
	}
	if p.cursor.backward {
		slices.Reverse(data)
		slices.Reverse(p.page.Elements)
	}
	p.page.SetData(data)
	return more, it.Err()
}
