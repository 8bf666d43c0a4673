package value

import (
	"encoding/base64"
	"errors"
	"strconv"
)

// Renderer writes values as JSON for one reader.
type Renderer struct {
	// Names are the names in refs, as the reader's database sees them.
	Names Names
	// TxnTime stands for pending times: the commit's, in microseconds.
	TxnTime int64
	// Legacy writes refs and events as API version 2.1 does, with class and
	// instance for collection and document: {"@ref":{"id":"1","class":...}}.
	Legacy bool
	// Exact writes numbers that JSON has no form for as {"@double":"NaN"}, not
	// as strings, so that what is read again is the same value.
	Exact bool
	// Limit is how many bytes may be appended; 0 is no bound. A value may hold
	// another many times over, and be far longer in JSON than in memory.
	Limit int
}

// ErrTooLong is the error of a value that is longer than its limit.
var ErrTooLong = errors.New("value: longer than its limit")

// Append appends v to dst in the form of responses: compact, members in
// order, what JSON cannot express in tags, such as {"@ts":"..."}. Stored
// documents are rewritten from their bytes without being decoded.
//
// A ref whose collection, index or the like never existed is left out of
// arrays and objects, and so is a document with such a ref; v itself is then
// null. The error is ErrDamaged, when a stored document is, and
// ErrTooLong beyond Limit; what was appended is then of no use.
// Source: chapter on the wire protocol, section 2.
func (r Renderer) Append(dst []byte, v Value) ([]byte, error) {
	p := printer{Renderer: r, dst: dst, start: len(dst)}
	p.orNull(v, false)
	return p.dst, p.err
}

// AppendExpr appends v to dst as an expression whose value is v: as Append,
// but each outermost object is written {"quote":{...}}.
func (r Renderer) AppendExpr(dst []byte, v Value) ([]byte, error) {
	p := printer{Renderer: r, dst: dst, start: len(dst)}
	p.orNull(v, true)
	return p.dst, p.err
}

// AppendJSON appends v to dst as Renderer.Append does, for values without
// pending times. A damaged document is written null.
func AppendJSON(dst []byte, v Value, n Names) []byte {
	out, err := Renderer{Names: n}.Append(dst, v)
	if err != nil {
		return append(dst, "null"...)
	}
	return out
}

// printer appends JSON to dst. Its methods for values report whether the value
// is shown; when it is not they may leave bytes behind, which the caller drops.
type printer struct {
	Renderer
	dst   []byte
	start int
	err   error
}

// orNull writes v, or null when it is not shown.
func (p *printer) orNull(v Value, expr bool) {
	if mark := len(p.dst); !p.write(v, expr) {
		p.dst = append(p.dst[:mark], "null"...)
	}
	if p.Limit > 0 {
		p.over()
	}
}

// write writes v as a value or as an expression.
func (p *printer) write(v Value, expr bool) bool {
	if p.Limit > 0 && p.over() {
		return true
	}
	if expr {
		return p.expr(v)
	}
	return p.value(v)
}

func (p *printer) raw(s string) { p.dst = append(p.dst, s...) }

func (p *printer) value(v Value) bool { //nolint:cyclop // a plain switch over kinds
	switch v := v.(type) {
	case Null:
		p.raw("null")
	case Boolean:
		p.dst = strconv.AppendBool(p.dst, bool(v))
	case Long:
		p.dst = strconv.AppendInt(p.dst, int64(v), 10)
	case Double:
		p.double(float64(v))
	case String:
		p.dst = appendString(p.dst, string(v))
	case Action:
		p.dst = appendString(p.dst, string(v))
	case Bytes:
		p.bytes(v)
	case UUID:
		p.uuid(v)
	case Time:
		p.time(v)
	case Date:
		p.date(v)
	case TxnTime:
		p.txnTime(0)
	case Array:
		p.list(v, false)
	case Object:
		p.object(v)
	case *Document:
		return p.document(v)
	case *Event:
		p.event(v)
	case *Sourced:
		p.object(v.Object())
	case *Page:
		p.page(v)
	case Ref:
		return p.ref(v)
	case *Unresolved:
		p.unresolved(v)
	case *Set:
		return p.set(v)
	case *Lambda:
		p.raw(`{"@query":`)
		p.lambda(v)
		p.raw(`}`)
	default:
		panic("value: unknown kind")
	}
	return true
}

// over reports whether there is no use to write more.
func (p *printer) over() bool {
	if p.err == nil && len(p.dst)-p.start > p.Limit {
		p.err = ErrTooLong
	}
	return p.err != nil
}

// txnTime writes a time in microseconds; 0 is the pending one.
func (p *printer) txnTime(ts int64) {
	if ts == 0 {
		ts = p.TxnTime
	}
	p.dst = strconv.AppendInt(p.dst, ts, 10)
}

// double writes a number; what is none in JSON is a string.
func (p *printer) double(f float64) {
	finite := f-f == 0
	if finite {
		p.dst = AppendDouble(p.dst, f)
		return
	}
	if p.Exact {
		p.raw(`{"@double":`)
		defer p.raw(`}`)
	}
	p.raw(`"`)
	p.dst = AppendDouble(p.dst, f)
	p.raw(`"`)
}

func (p *printer) bytes(b []byte) {
	p.raw(`{"@bytes":"`)
	p.dst = base64.StdEncoding.AppendEncode(p.dst, b)
	p.raw(`"}`)
}

func (p *printer) uuid(u UUID) {
	p.raw(`{"@uuid":"`)
	p.dst = u.AppendFormat(p.dst)
	p.raw(`"}`)
}

func (p *printer) time(t Time) {
	p.raw(`{"@ts":"`)
	p.dst = t.AppendFormat(p.dst)
	p.raw(`"}`)
}

func (p *printer) date(d Date) {
	p.raw(`{"@date":"`)
	p.dst = d.AppendFormat(p.dst)
	p.raw(`"}`)
}

// list writes an array, its elements as values or as expressions.
func (p *printer) list(list []Value, expr bool) {
	p.raw(`[`)
	first := true
	for _, v := range list {
		mark := p.comma(&first)
		p.keep(p.write(v, expr), mark, &first)
	}
	p.raw(`]`)
}

// refs writes an array of refs.
func (p *printer) refs(list []Ref) {
	p.raw(`[`)
	first := true
	for _, r := range list {
		mark := p.comma(&first)
		p.keep(p.ref(r), mark, &first)
	}
	p.raw(`]`)
}

// comma writes the comma before every element but the first, and returns
// where the element began with it.
func (p *printer) comma(first *bool) (mark int) {
	mark = len(p.dst)
	if !*first {
		p.raw(`,`)
	}
	return mark
}

// keep drops an element or member that is not shown, with its comma.
func (p *printer) keep(shown bool, mark int, first *bool) {
	if shown {
		*first = false
	} else {
		p.dst = p.dst[:mark]
	}
}

// key writes a member's name. It reports whether it begins with @.
func (p *printer) key(name string) bool {
	p.dst = appendString(p.dst, name)
	p.raw(`:`)
	return name != "" && name[0] == '@'
}

// object writes an object; {"@obj":...} around it when a name begins with @.
func (p *printer) object(o Object) {
	start := len(p.dst)
	p.raw(`{`)
	tagged := p.members(o, true)
	p.raw(`}`)
	if tagged {
		p.wrap(start)
	}
}

// members writes members, the first of them without a comma when first is
// set. It reports whether a name begins with @.
func (p *printer) members(o Object, first bool) (tagged bool) {
	for _, f := range o {
		mark := p.comma(&first)
		at := p.key(f.Name)
		shown := p.write(f.Value, false)
		p.keep(shown, mark, &first)
		tagged = tagged || at && shown
	}
	return tagged
}

// wrap puts what was written since start into {"@obj":...}.
func (p *printer) wrap(start int) {
	const head = `{"@obj":`
	n := len(p.dst)
	p.raw(head)
	copy(p.dst[start+len(head):], p.dst[start:n])
	copy(p.dst[start:], head)
	p.raw(`}`)
}

// event writes the members of an event.
func (p *printer) event(e *Event) {
	o := e.Object()
	for i := range o {
		if p.Legacy && o[i].Name == "document" {
			o[i].Name = "instance"
		}
	}
	p.object(o)
}

// document writes ref, ts, the fields and Once.
func (p *printer) document(d *Document) bool {
	p.raw(`{"ref":`)
	if !p.ref(d.Ref) {
		return false
	}
	p.raw(`,"ts":`)
	p.txnTime(d.TS)
	if f := d.fields.Load(); f != nil {
		p.members(*f, false)
	} else {
		p.storedFields(d.raw)
	}
	p.members(d.Once, false)
	p.raw(`}`)
	return true
}

// page writes a page; a cursor that was given is shown even when its ref is
// not.
func (p *printer) page(g *Page) {
	p.raw(`{`)
	first := p.cursor(`"before":`, g.Before, true)
	first = p.cursor(`"after":`, g.After, first)
	p.comma(&first)
	p.raw(`"data":`)
	if g.Plain() {
		p.refs(g.Refs())
	} else {
		p.list(g.Data(), false)
	}
	p.raw(`}`)
}

func (p *printer) cursor(key string, v Value, first bool) bool {
	if v == nil {
		return first
	}
	p.comma(&first)
	p.raw(key)
	p.orNull(v, false)
	return false
}
