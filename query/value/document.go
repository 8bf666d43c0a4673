package value

// Document is one version of a document: its ref, its time and its top-level
// fields (data, ttl, name, ...), without ref and ts.
//
// A document read from a store holds its stored bytes and decodes them when
// somebody asks for more than one field.
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

	fields  Object
	raw     []byte
	decoded bool
}

// NewDocument returns a document made of decoded fields. TS 0 means pending.
func NewDocument(r Ref, ts int64, fields Object) *Document {
	return &Document{Ref: r, TS: ts, fields: fields, decoded: true}
}

// StoredDocument returns a document over its stored msgpack fields. It keeps
// raw, which must not change afterwards.
func StoredDocument(r Ref, ts int64, raw []byte) *Document {
	return &Document{Ref: r, TS: ts, raw: raw}
}

// Time returns ts as a value: a Long, or TxnTime while it is pending.
func (d *Document) Time() Value {
	if d.TS == 0 {
		return TxnTime{}
	}
	return Long(d.TS)
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

// Page is a stretch of a set. Before and After are nil where there is none.
// Elements are the elements as read, one for each element of the set that the
// page covered; Take and Drop make cursors of them.
type Page struct {
	Data     Array
	Before   Value
	After    Value
	Elements []Element
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

func (e *Event) cursor() Value {
	c := *e
	c.Cursor = true
	if !e.SetEvent() {
		c.Data = nil
	}
	return &c
}
