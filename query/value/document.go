package value

import (
	"slices"
	"sync/atomic"
)

// Document is one version of a document: its ref, its time and its top-level
// fields (data, ttl, name, ...), without ref and ts.
//
// A document read from a store holds its stored bytes and decodes them when
// somebody asks for more than one field. It may be shared between goroutines,
// but not copied.
type Document struct {
	Ref Ref
	// TS is the version's time in microseconds; 0 while it is pending.
	TS int64
	// Once holds members shown only on the value that made the document, such
	// as the secret of a new token. They are rendered after the fields, are
	// found by paths, and are never stored.
	Once Object
	// Fresh marks a document newly made by this query's create or login: as
	// the result of a query it makes the status 201.
	Fresh bool

	raw    []byte                 // stored fields; nil when they were given decoded
	fields atomic.Pointer[Object] // nil until they are decoded
}

// NewDocument returns a document made of decoded fields. TS 0 means pending.
func NewDocument(r Ref, ts int64, fields Object) *Document {
	d := &Document{Ref: r, TS: ts}
	d.fields.Store(&fields)
	return d
}

// StoredDocument returns a document over its stored msgpack fields. It keeps
// raw, which must not change afterwards.
func StoredDocument(r Ref, ts int64, raw []byte) *Document {
	return &Document{Ref: r, TS: ts, raw: raw}
}

// Raw returns the stored fields of a document that was read from a store, nil
// for any other. They must not be changed.
func (d *Document) Raw() []byte { return d.raw }

// Fields returns the top-level fields, without ref, ts and Once. They are
// decoded at the first call. The error is ErrDamaged.
func (d *Document) Fields() (Object, error) {
	if f := d.fields.Load(); f != nil {
		return *f, nil
	}
	v, err := DecodeMsgpack(d.raw)
	if err != nil {
		return nil, err
	}
	fields, ok := v.(Object)
	if !ok {
		return nil, ErrDamaged
	}
	d.fields.CompareAndSwap(nil, &fields)
	return fields, nil
}

// Field returns one top-level field, or a member of Once. It does not decode
// the others. The error is ErrDamaged.
func (d *Document) Field(name string) (Value, bool, error) {
	if f := d.fields.Load(); f != nil {
		if v, ok := f.Get(name); ok {
			return v, true, nil
		}
	} else {
		raw, ok, err := Locate(d.raw, name)
		if err != nil {
			return nil, false, err
		}
		if ok {
			v, err := DecodeMsgpack(raw)
			return v, err == nil, err
		}
	}
	v, ok := d.Once.Get(name)
	return v, ok, nil
}

// Object returns the document as a plain object: ref, ts and its fields. The
// error is ErrDamaged.
func (d *Document) Object() (Object, error) {
	fields, err := d.Fields()
	if err != nil {
		return nil, err
	}
	return slices.Concat(Object{{"ref", d.Ref}, {"ts", d.Time()}}, fields), nil
}

// Time returns ts as a value: a Long, or TxnTime while it is pending.
func (d *Document) Time() Value { return timestamp(d.TS) }

// timestamp returns a time in microseconds as a value; 0 is a pending one.
func timestamp(ts int64) Value {
	if ts == 0 {
		return TxnTime{}
	}
	return Long(ts)
}

// Element is one element of a set: the values it covers and the ref of the
// document it comes from, or an event.
type Element struct {
	Values []Value
	Ref    Ref
	Event  *Event
}

// Render returns what a reader sees of e: the ref, the one value, the array
// of several values, or the event.
func (e Element) Render() Value {
	switch {
	case e.Event != nil:
		return e.Event
	case len(e.Values) == 0:
		return e.Ref
	case len(e.Values) == 1:
		return e.Values[0]
	default:
		return Array(e.Values)
	}
}

// Cursor returns e as a page's cursor: [values..., ref], or the event without
// its document data.
func (e Element) Cursor() Value {
	if e.Event != nil {
		return e.Event.cursor()
	}
	c := make(Array, len(e.Values)+1)
	copy(c, e.Values)
	c[len(e.Values)] = e.Ref
	return c
}

// Event is one entry of a history: a version of a document (create, update,
// delete), or a document's entering or leaving a set (add, remove).
type Event struct {
	TS       int64 // microseconds; 0 while pending
	Action   Action
	Document Ref
	// Data is the change of a document event (Null when there is none), the
	// array of covered values of a set event, nil where it is not shown.
	Data Value
	// Cursor marks an event that stands for a position, not for something
	// that happened; Partial one without a document.
	Cursor  bool
	Partial bool
}

// SetEvent reports whether e belongs to a set's history, not a document's.
func (e *Event) SetEvent() bool { return e.Action == "add" || e.Action == "remove" }

// Time returns the event's time as a value: a Long, or TxnTime while it is
// pending.
func (e *Event) Time() Value {
	if e.Partial {
		return Long(e.TS)
	}
	return timestamp(e.TS)
}

// Object returns the event as it is rendered: ts, action, document and data,
// as far as they are shown.
func (e *Event) Object() Object {
	o := Object{{"ts", e.Time()}}
	if e.Action != "" {
		o = append(o, Field{"action", e.Action})
	}
	if !e.Partial {
		o = append(o, Field{"document", e.Document})
	}
	if e.hasData() {
		o = append(o, Field{"data", e.Data})
	}
	return o
}

// hasData reports whether data is shown: an empty array of covered values is
// not.
func (e *Event) hasData() bool {
	if values, ok := e.Data.(Array); ok && len(values) == 0 && e.SetEvent() {
		return false
	}
	return e.Data != nil
}

func (e *Event) cursor() Value {
	c := *e
	c.Cursor = true
	if !e.SetEvent() {
		c.Data = nil
	}
	return &c
}
