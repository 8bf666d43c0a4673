package index

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/btree"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// row is one entry of the store of these tests.
type row struct{ key, value []byte }

// store is a transaction over a sorted map, and the indexes of these tests.
type store struct {
	rows    *btree.BTreeG[row]
	indexes map[value.Ref]*Definition
	now     int64
	reads   int // entries that iterators stood on
	// unreadable and denied are what the caller may not read; filtered says
	// that documents are to be looked at one by one.
	unreadable map[value.Ref]bool
	denied     map[value.Ref]bool
	filtered   bool
	retained   int64
}

func newStore() *store {
	return &store{
		rows:       btree.NewG(8, func(a, b row) bool { return bytes.Compare(a.key, b.key) < 0 }),
		indexes:    map[value.Ref]*Definition{},
		unreadable: map[value.Ref]bool{}, denied: map[value.Ref]bool{},
		now: 1 << 60,
	}
}

func (s *store) Now() int64 { return s.now }

func (s *store) Index(r value.Ref, _ []value.Value, _ int64) (*Definition, bool, error) {
	if s.denied[r] {
		return nil, false, query.Denied(query.AtVerb)
	}
	return s.indexes[r], s.filtered, nil
}

func (s *store) Documents(r value.Ref, native bool, _ int64) (bool, error) {
	if native && s.denied[r] {
		return false, query.Denied(query.AtVerb)
	}
	return s.filtered, nil
}

func (s *store) Document(r value.Ref, _ int64) error {
	if s.denied[r] {
		return query.Denied(query.AtVerb)
	}
	return nil
}

func (s *store) Reachable(value.Scope, value.Class) bool { return true }

func (s *store) Readable(r value.Ref, _ int64) (bool, error) { return !s.unreadable[r], nil }
func (s *store) Retained(value.Scope, value.Class) int64     { return s.retained }
func (s *store) put(key, v []byte)                           { s.rows.ReplaceOrInsert(row{key, v}) }
func (s *store) drop(key []byte)                             { s.rows.Delete(row{key: key}) }
func (s *store) Scope() value.Scope                          { return 0 }
func (s *store) Parent(value.Scope) (value.Ref, bool)        { return value.Ref{}, false }
func (s *store) Name(r value.Ref) (string, bool)             { return "n", r.Class.Named() }
func (s *store) get(key []byte) []byte                       { r, _ := s.rows.Get(row{key: key}); return r.value }

func (s *store) Scan(lo, hi []byte, reverse bool) Iterator {
	return &iterator{s: s, lo: lo, hi: hi, reverse: reverse}
}

// iterator is that of package kv, over the store as it is at each step.
type iterator struct {
	s       *store
	lo, hi  []byte
	reverse bool
	begun   bool
	row     row
	ok      bool
}

func (it *iterator) Next() bool {
	switch {
	case !it.begun && it.reverse:
		return it.Seek(nil)
	case !it.begun:
		return it.Seek(it.lo)
	case !it.ok:
		return false
	case it.reverse:
		return it.Seek(it.row.key)
	default:
		return it.Seek(append(bytes.Clone(it.row.key), 0))
	}
}

// Seek takes nil, in reverse, for the end of all keys.
func (it *iterator) Seek(key []byte) bool {
	it.begun, it.ok = true, false
	if it.reverse {
		if key == nil || it.hi != nil && bytes.Compare(key, it.hi) > 0 {
			key = it.hi
		}
		pick := func(r row) bool {
			if key != nil && bytes.Compare(r.key, key) >= 0 {
				return true
			}
			it.row, it.ok = r, bytes.Compare(r.key, it.lo) >= 0
			return false
		}
		if key == nil {
			it.s.rows.Descend(pick)
		} else {
			it.s.rows.DescendLessOrEqual(row{key: key}, pick)
		}
	} else {
		if bytes.Compare(key, it.lo) < 0 {
			key = it.lo
		}
		it.s.rows.AscendGreaterOrEqual(row{key: key}, func(r row) bool {
			it.row, it.ok = r, it.hi == nil || bytes.Compare(r.key, it.hi) < 0
			return false
		})
	}
	if it.ok {
		it.s.reads++
	}
	return it.ok
}

func (it *iterator) Fill(keys, values [][]byte) int { return fillByNext(it, keys, values) }

func fillByNext(it Iterator, keys, values [][]byte) (n int) {
	for n < len(keys) && it.Next() {
		keys[n], values[n] = it.Key(), it.Value()
		n++
	}
	return n
}

func (it *iterator) Key() []byte   { return it.row.key }
func (it *iterator) Value() []byte { return it.row.value }
func (it *iterator) Err() error    { return nil }
func (it *iterator) Close()        {}

// things is the collection of these tests.
const things = value.FirstUserClass

func thing(id int64) value.Ref { return value.Ref{Class: things, ID: id} }

// document returns a version of a thing. A nil data is a deletion.
func document(id, ts int64, data value.Object, ttl value.Value) *value.Document {
	fields := value.Object{{Name: "data", Value: data}}
	if ttl != nil {
		fields = append(fields, value.Field{Name: "ttl", Value: ttl})
	}
	return value.NewDocument(thing(id), ts, fields)
}

func (s *store) env() Env {
	return Env{Names: s, Bind: func(*value.Lambda, *value.Document) (value.Value, error) { return value.Null{}, nil }}
}

// live returns the present version of a thing, nil if there is none.
func (s *store) live(t testing.TB, id int64) *value.Document {
	t.Helper()
	v := s.get(liveDocument(thing(id)))
	if v == nil {
		return nil
	}
	h, fields, err := ReadHeader(v)
	if err != nil {
		t.Fatal(err)
	}
	return value.StoredDocument(thing(id), h.TS, fields)
}

func liveDocument(r value.Ref) []byte {
	return binary.BigEndian.AppendUint64(documentPrefix(SpaceLive, r.Scope, r.Class), uint64(r.ID))
}

// write makes doc the present version of a thing at ts, or, when it is nil,
// deletes the thing: as an engine does it, entries included.
func (s *store) write(t testing.TB, id, ts int64, doc *value.Document) {
	t.Helper()
	old := s.live(t, id)
	if old == nil && doc == nil {
		return
	}
	if old != nil {
		s.put(historyKey(thing(id), old.TS), s.get(liveDocument(thing(id))))
		s.drop(liveDocument(thing(id)))
	}
	if doc == nil {
		s.put(historyKey(thing(id), ts), AppendHeader(nil, Header{TS: ts, Tombstone: true}))
	} else {
		s.put(liveDocument(thing(id)), storedVersion(t, doc))
	}
	for _, d := range s.indexes {
		s.writeEntries(t, d, ts, old, doc)
	}
}

func storedVersion(t testing.TB, doc *value.Document) []byte {
	t.Helper()
	h, err := headerOf(doc)
	if err != nil {
		t.Fatal(err)
	}
	fields, err := doc.Fields()
	if err != nil {
		t.Fatal(err)
	}
	b, err := value.AppendMsgpack(AppendHeader(nil, h), fields, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *store) writeEntries(t testing.TB, d *Definition, ts int64, old, doc *value.Document) {
	t.Helper()
	c := Diff(s.entries(t, d, old), s.entries(t, d, doc))
	for _, e := range c.Removed {
		v := s.get(e.Key)
		if v == nil {
			t.Fatalf("the entry to be removed is not there: %x", e.Key)
		}
		key, _ := RemovedKey(e.Key, ts)
		s.put(key, v)
		s.drop(e.Key)
	}
	for _, e := range c.Kept {
		h, _, err := ReadHeader(s.get(e.Key))
		if err != nil {
			t.Fatal(err)
		}
		s.put(e.Key, e.Since(h.TS).Value)
	}
	for _, e := range c.Added {
		s.put(e.Key, e.Since(ts).Value)
	}
}

func (s *store) entries(t testing.TB, d *Definition, doc *value.Document) []Entry {
	t.Helper()
	if doc == nil {
		return nil
	}
	list, err := d.Entries(doc, s.env())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// define adds an index over things. Columns are "data.a", "-data.a" (reversed)
// or "ref".
func (s *store) define(t testing.TB, number int64, terms, values string) value.Ref {
	t.Helper()
	fields := value.Object{{Name: "name", Value: value.String("i")}, {Name: "source", Value: value.CollectionRef(0, things)}}
	for _, list := range []struct{ name, columns string }{{"terms", terms}, {"values", values}} {
		var items value.Array
		for c := range strings.FieldsSeq(list.columns) {
			name, reverse := strings.CutPrefix(c, "-")
			var path value.Array
			for step := range strings.SplitSeq(name, ".") {
				path = append(path, value.String(step))
			}
			items = append(items, value.Object{{Name: "field", Value: path}, {Name: "reverse", Value: value.Boolean(reverse)}})
		}
		fields = append(fields, value.Field{Name: list.name, Value: items})
	}
	stored, failures := Prepare(nil, fields)
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	r := value.Ref{Class: value.Indexes, ID: number}
	d, err := Define(r, stored)
	if err != nil {
		t.Fatal(err)
	}
	s.indexes[r] = d
	return r
}

func (s *store) reading(at int64) query.Reading { return query.Reading{At: at} }

// scan returns what a set has, in the order in which it came.
func (s *store) scan(t testing.TB, set value.Value, r query.Reading, from query.Bound, backward bool, limit int) []value.Element {
	t.Helper()
	opened, err := Open(set, s, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	it := opened.Scan(from, backward)
	defer it.Close()
	var out []value.Element
	for limit != 0 && it.Next() {
		out = append(out, it.Element())
		limit--
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// all returns all elements of a set, and checks that they are the same
// backward, and the same again page by page in both directions.
func (s *store) all(t testing.TB, set value.Value, r query.Reading) []value.Element {
	t.Helper()
	out := s.scan(t, set, r, query.Bound{}, false, -1)
	back := s.scan(t, set, r, query.Bound{After: true}, true, -1)
	slices.Reverse(back)
	if got, want := renderAll(back), renderAll(out); got != want {
		t.Fatalf("backward:\n%s\nforward:\n%s", got, want)
	}
	for _, size := range []int{1, 2, 3, 7} {
		if got, want := renderAll(s.pages(t, set, r, size, false)), renderAll(out); got != want {
			t.Fatalf("pages of %d:\n%s\nwant:\n%s", size, got, want)
		}
		if got, want := renderAll(s.pages(t, set, r, size, true)), renderAll(out); got != want {
			t.Fatalf("pages of %d backward:\n%s\nwant:\n%s", size, got, want)
		}
	}
	return out
}

// pages reads a set page by page and returns all elements in the set's order.
func (s *store) pages(t testing.TB, set value.Value, r query.Reading, size int, backward bool) []value.Element {
	t.Helper()
	opened, err := Open(set, s, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []value.Element
	from := query.Bound{After: backward}
	for range 10000 {
		var page []value.Element
		var next value.Value
		it := opened.Scan(from, backward)
		for it.Next() {
			if len(page) == size {
				next = it.Element().Cursor()
				break
			}
			page = append(page, it.Element())
		}
		if err := it.Err(); err != nil {
			t.Fatal(err)
		}
		it.Close()
		all = append(all, page...)
		if next == nil {
			if backward {
				slices.Reverse(all)
			}
			return all
		}
		if backward {
			next = page[len(page)-1].Cursor()
		}
		from = opened.Shape().Bound(next.(value.Array))
	}
	t.Fatal("the pages have no end")
	return nil
}

// renderAll is how elements compare in these tests: as a reader sees them.
func renderAll(list []value.Element) string {
	var lines []string
	for _, e := range list {
		lines = append(lines, show(e.Render()))
	}
	return strings.Join(lines, "\n")
}

func show(v value.Value) string {
	return string(value.AppendJSON(nil, v, newStore()))
}
