package index

import (
	"encoding/binary"
	"strconv"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Env is what it takes to derive entries beside the document.
type Env struct {
	// Names give the ids of named objects.
	Names value.Names
	// Bind calls a binding with a document. Its errors count as null.
	Bind func(l *value.Lambda, doc *value.Document) (value.Value, error)
}

// Entry is an entry of a document in an index, as it is written to the store.
// While the document's time is pending, so are those at the stamps.
type Entry struct {
	Key   []byte // in SpaceEntry
	Value []byte // header, then the covered values
	// KeyTimes and KeyStamps are offsets in Key at which the commit's time is
	// to be written, complemented at KeyStamps; ValueStamps those in Value.
	KeyTimes, KeyStamps, ValueStamps []int
	// Tuple is the length of the part of Key that says terms and values: all
	// entries of the index that begin with it have the same.
	Tuple int

	body int // length of the header
}

// maxEntriesSize is how many bytes the entries of one document in one index
// may have. Source: chapter on documents, section 1.16.
const maxEntriesSize = 16 << 20

// Entries returns the entries of a live document in d, without duplicates.
// Entries that are too large are left out. The error is value.ErrDamaged, a
// refusal when there are too many, or one of the msgpack writer.
// Source: chapter on documents, sections 3.5 to 3.7.
func (d *Definition) Entries(doc *value.Document, env Env) ([]Entry, error) {
	s := d.sourceOf(doc.Ref.Class)
	if s == nil {
		return nil, nil
	}
	header, err := headerOf(doc)
	if err != nil {
		return nil, err
	}
	v := deriver{d: d, s: s, doc: doc, env: env, header: AppendHeader(nil, header)}
	terms, err := v.candidates(d.Terms, true)
	if err != nil {
		return nil, err
	}
	values, err := v.candidates(d.Values, false)
	if err != nil {
		return nil, err
	}
	if entriesCount(terms)*entriesCount(values) > 1 {
		v.seen = map[string]bool{}
	}
	size := entriesSize(terms)*entriesCount(values) + entriesSize(values)*entriesCount(terms)
	if size > maxEntriesSize {
		return nil, v.tooMany(size)
	}
	err = each(terms, func(key []*candidate) error {
		return each(values, func(tuple []*candidate) error { return v.add(key, tuple) })
	})
	return v.entries, err
}

// headerOf returns the header of entries of a document's version.
func headerOf(doc *value.Document) (Header, error) {
	h := Header{TS: doc.TS}
	v, ok, err := doc.Field("ttl")
	if t, isTime := v.(value.Time); ok && isTime {
		h.HasTTL, h.TTL = true, TTLOf(t)
	}
	return h, err
}

// deriver makes the entries of one document.
type deriver struct {
	d       *Definition
	s       *source
	doc     *value.Document
	env     Env
	header  []byte
	entries []Entry
	seen    map[string]bool // their keys, where there may be several
}

// candidate is one of the values that a term or a column may have, encoded.
type candidate struct {
	v      value.Value
	key    []byte
	stamps []int
}

// candidates returns those of each column. Those of a term are encoded to be
// matched, those of a value to be sorted.
func (v *deriver) candidates(columns []Column, terms bool) ([][]*candidate, error) {
	out := make([][]*candidate, len(columns))
	for i := range columns {
		list, err := v.extract(&columns[i], terms)
		if err != nil {
			return nil, err
		}
		var seen map[string]bool // of one there is no other
		if len(list) > 1 {
			seen = make(map[string]bool, len(list))
		}
		for _, item := range list {
			c := &candidate{v: item}
			if terms {
				c.key, err = appendTerm(nil, item, &c.stamps)
			} else {
				c.key = appendColumn(nil, item, columns[i].Reverse, &c.stamps)
			}
			if err != nil {
				return nil, err
			}
			if seen[string(c.key)] {
				continue
			}
			if seen != nil {
				seen[string(c.key)] = true
			}
			out[i] = append(out[i], c)
		}
	}
	return out, nil
}

// extract returns what a column finds in the document, at least null. A
// version's time cannot be a term.
func (v *deriver) extract(c *Column, term bool) ([]value.Value, error) {
	var found []value.Value
	var err error
	switch {
	case c.Binding != "":
		found = v.bound(c)
	case term && len(c.Path) > 0 && c.Path[0] == value.Member("ts"):
	case c.Whole:
		found, err = v.whole(c)
	default:
		found, err = v.expanded(c)
	}
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return []value.Value{value.Null{}}, nil
	}
	return found, nil
}

// start returns the document, or what the first step of a path leads to where
// that is no field of it.
func (v *deriver) start(p value.Path) (value.Value, value.Path) {
	if len(p) == 0 {
		return v.doc, nil
	}
	switch p[0] {
	case value.Member("class"):
		return v.doc.Ref.Collection(), p[1:]
	case value.Member("collection"), value.Member("database"):
		return value.Null{}, nil
	}
	return v.doc, p
}

// expanded returns all scalars at the end of a column's path; an object there
// is a null.
func (v *deriver) expanded(c *Column) ([]value.Value, error) {
	from, path := v.start(c.Path)
	found, err := value.SelectAll(from, path, v.env.Names)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i] = scalar(found[i], c.Casefold)
	}
	return found, nil
}

// whole returns the one value at the end of a column's path.
func (v *deriver) whole(c *Column) ([]value.Value, error) {
	from, path := v.start(c.Path)
	found, ok, err := value.Select(from, path, v.env.Names)
	if err != nil || !ok {
		return nil, err
	}
	if s, isString := found.(value.String); isString && c.Casefold {
		found = value.String(query.FoldCase(string(s)))
	}
	return []value.Value{found}, nil
}

// bound returns the results of a column's binding: those of an array one by
// one. What cannot be had is nothing.
func (v *deriver) bound(c *Column) []value.Value {
	var l *value.Lambda
	for _, f := range v.s.bindings {
		if f.Name == c.Binding {
			l = f.Value.(*value.Lambda)
		}
	}
	if l == nil {
		return nil
	}
	result, err := v.env.Bind(l, v.doc)
	if err != nil {
		return nil
	}
	list, isArray := result.(value.Array)
	if !isArray || c.Whole {
		list = value.Array{result}
	}
	out := make([]value.Value, len(list))
	for i, item := range list {
		switch {
		case c.Whole && item.Kind() != value.KindUnresolved:
			out[i] = item
		case item.Kind() == value.KindArray:
			out[i] = value.Null{}
		default:
			out[i] = scalar(item, false)
		}
	}
	return out
}

// scalar returns v as a column holds it: null for what has members or stands
// for something undefined.
func scalar(v value.Value, fold bool) value.Value {
	switch v.Kind() {
	case value.KindString:
		if fold {
			return value.String(query.FoldCase(string(v.(value.String))))
		}
		return v
	case value.KindObject, value.KindDocument, value.KindEvent, value.KindSourced, value.KindPage,
		value.KindUnresolved, value.KindSet:
		return value.Null{}
	default:
		return v
	}
}

// each calls f with every combination of candidates, one of each column, that
// is not all null. Without columns that is one, the empty one.
func each(columns [][]*candidate, f func([]*candidate) error) error {
	pick := make([]int, len(columns))
	tuple := make([]*candidate, len(columns))
	for {
		empty := len(columns) > 0
		for i, list := range columns {
			tuple[i] = list[pick[i]]
			empty = empty && tuple[i].v.Kind() == value.KindNull
		}
		if !empty {
			if err := f(tuple); err != nil {
				return err
			}
		}
		i := len(pick) - 1
		for ; i >= 0; i-- {
			if pick[i]++; pick[i] < len(columns[i]) {
				break
			}
			pick[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// add makes the entry of one combination of terms and values, unless it is too
// large or there already.
func (v *deriver) add(terms, values []*candidate) error {
	encoded, termStamps := joined(terms)
	tuple, _ := joined(values)
	if len(encoded) > maxTuple || len(tuple) > maxTuple {
		return nil
	}
	if n := len(encoded) + len(tuple); n > maxTermsAndTuple {
		return &query.Refusal{
			Code: query.BadRequest, Place: query.Nowhere,
			Description: "Key bytes (" + strconv.Itoa(n) + ") exceeds threshold (" + strconv.Itoa(maxTermsAndTuple) + ")",
		}
	}
	e := Entry{Key: appendPrefix(nil, SpaceEntry, v.d.Scope, v.d.home, encoded), body: len(v.header)}
	if len(encoded) <= maxPlainTerms {
		for _, at := range termStamps {
			e.KeyTimes = append(e.KeyTimes, len(e.Key)-len(encoded)+at)
		}
	}
	for i, c := range values {
		for _, at := range c.stamps {
			if v.d.Values[i].Reverse {
				e.KeyStamps = append(e.KeyStamps, len(e.Key)+at)
			} else {
				e.KeyTimes = append(e.KeyTimes, len(e.Key)+at)
			}
		}
		e.Key = append(e.Key, c.key...)
	}
	e.Tuple = len(e.Key)
	e.Key = v.d.appendOwner(e.Key, uint64(v.doc.Ref.ID), uint32(v.doc.Ref.Class))
	if len(e.Key) > maxEntryKey || v.seen[string(e.Key)] {
		return nil
	}
	if v.seen != nil {
		v.seen[string(e.Key)] = true
	}
	return v.cover(&e, values)
}

// cover gives an entry its value and takes it into the list.
func (v *deriver) cover(e *Entry, values []*candidate) error {
	e.Value = append([]byte(nil), v.header...)
	if v.doc.TS == 0 {
		e.ValueStamps = append(e.ValueStamps, HeaderStamp)
	}
	if len(values) > 0 {
		list := make(value.Array, len(values))
		for i, c := range values {
			list[i] = c.v
		}
		var err error
		if e.Value, err = value.AppendMsgpack(e.Value, list, &e.ValueStamps); err != nil {
			return err
		}
	}
	v.entries = append(v.entries, *e)
	return nil
}

// joined returns the encodings of all columns, and the stamps in them.
func joined(list []*candidate) (key []byte, stamps []int) {
	for _, c := range list {
		for _, at := range c.stamps {
			stamps = append(stamps, len(key)+at)
		}
		key = append(key, c.key...)
	}
	return key, stamps
}

// entriesCount is how many combinations there are.
func entriesCount(columns [][]*candidate) float64 {
	n := 1.0
	for _, list := range columns {
		n *= float64(len(list))
	}
	return n
}

// entriesSize is about how many bytes all combinations have together.
func entriesSize(columns [][]*candidate) float64 {
	const overhead = 16
	n := entriesCount(columns)
	size := overhead * n
	for _, list := range columns {
		sum := 0
		for _, c := range list {
			sum += len(c.key)
		}
		size += float64(sum) * n / float64(len(list))
	}
	return size
}

func (v *deriver) tooMany(size float64) error {
	return &query.Refusal{
		Code: query.BadRequest, Place: query.Nowhere,
		Description: "Index entries for doc " + strconv.FormatInt(v.doc.Ref.ID, 10) + " in scope " +
			strconv.FormatUint(uint64(v.d.Scope), 10) + " and index " + v.d.Name + " have estimated byte size " +
			strconv.FormatFloat(size, 'f', 0, 64) + " that exceeds limit " + strconv.Itoa(maxEntriesSize),
	}
}

// RemovedKey returns the key under which the history keeps a live entry that
// was removed at a time, and the offset of that time. 0 is a pending time:
// then the offset is one for a complemented stamp.
func RemovedKey(live []byte, removed int64) (key []byte, stamp int) {
	key = append(make([]byte, 0, len(live)+timeSize), live...)
	key[0] = SpaceRemoved
	if removed == 0 {
		return append(key, make([]byte, timeSize)...), len(live)
	}
	return binary.BigEndian.AppendUint64(key, ^uint64(removed)), len(live)
}

// removedTime returns the time in the key of a removed entry, 0 while it is
// pending.
func removedTime(key []byte) int64 {
	n := binary.BigEndian.Uint64(key[len(key)-timeSize:])
	if n == 0 {
		return 0
	}
	return int64(^n)
}
