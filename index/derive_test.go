package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

func str(s string) value.Value              { return value.String(s) }
func list(items ...value.Value) value.Array { return items }

func obj(pairs ...any) value.Object {
	var o value.Object
	for i := 0; i < len(pairs); i += 2 {
		v, err := value.From(pairs[i+1])
		if err != nil {
			panic(err)
		}
		o = append(o, value.Field{Name: pairs[i].(string), Value: v})
	}
	return o
}

// field is a term or a value over a path, with further members.
func field(path string, more ...any) value.Object {
	var steps value.Array
	for step := range strings.SplitSeq(path, ".") {
		steps = append(steps, value.String(step))
	}
	return append(obj("field", steps), obj(more...)...)
}

// definition makes an index over things, of its terms and values.
func definition(t testing.TB, terms, values value.Array) *Definition {
	t.Helper()
	fields := obj("name", "i", "source", value.CollectionRef(0, things), "terms", terms, "values", values)
	stored, failures := Prepare(nil, fields)
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	d, err := Define(value.Ref{Class: value.Indexes, ID: 32768}, stored)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// describe shows entries as "terms -> values", sorted.
func describe(t testing.TB, d *Definition, doc *value.Document, entries []Entry) string {
	t.Helper()
	var lines []string
	for _, e := range entries {
		terms := e.Key[1+scopeSize+indexSize:]
		n := int(terms[0])
		encoded, rest := terms[1:1+n], terms[1+n:]
		if !bytes.HasSuffix(rest, d.appendOwner(nil, uint64(doc.Ref.ID), uint32(doc.Ref.Class))) {
			t.Errorf("the key %x does not end with its document", e.Key)
		}
		line := showItems(t, len(d.Terms), encoded) + " ->"
		if len(d.Values) > 0 {
			v, err := value.DecodeMsgpack(e.Value[e.body:])
			if err != nil {
				t.Fatal(err)
			}
			line += " " + show(v)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// showItems shows the n terms that are encoded one after the other.
func showItems(t testing.TB, n int, encoded []byte) string {
	t.Helper()
	items := []byte{0x90 | byte(n)}
	for len(encoded) > 0 && encoded[0] == termRef { // those that come first
		scope, a := binary.Uvarint(encoded[1:])
		class, b := binary.Uvarint(encoded[1+a:])
		id := encoded[1+a+b:]
		r := value.Ref{Scope: value.Scope(scope), Class: value.Class(class), ID: int64(binary.BigEndian.Uint64(id))}
		var err error
		if items, err = value.AppendMsgpack(items, r, nil); err != nil {
			t.Fatal(err)
		}
		encoded = id[8:]
	}
	v, err := value.DecodeMsgpack(append(items, encoded...))
	if err != nil {
		t.Fatal(err)
	}
	return show(v)
}

// TestEntries has the table of the chapter on documents, section 3.7, and the
// rest of what that section says.
func TestEntries(t *testing.T) {
	foo, bar := list(field("data.foo")), list(field("data.bar"))
	for _, c := range []struct {
		name          string
		terms, values value.Array
		data          value.Object
		want          string
	}{
		{"array as term", foo, bar, obj("foo", list(value.Long(1), value.Long(42)), "bar", 2), "[1] -> [2]\n[42] -> [2]"},
		{
			"nested array as value", foo, bar, obj("foo", 1, "bar", list(list(value.Long(4), value.Long(5)), value.Long(6))),
			"[1] -> [4]\n[1] -> [5]\n[1] -> [6]",
		},
		{"no term", foo, bar, obj("bar", 56), ""},
		{"no value", foo, bar, obj("foo", 1), ""},
		{
			"path through an array", list(field("data.foo.baz")), bar,
			obj("foo", list(obj("baz", 1), obj("baz", 2)), "bar", "y"), "[1] -> [\"y\"]\n[2] -> [\"y\"]",
		},
		{"object as term", foo, bar, obj("foo", obj("x", 1), "bar", 1), ""},
		{
			"object among terms", list(field("data.p1"), field("data.p2")), nil,
			obj("p1", list(obj("x", "y"), value.Long(1)), "p2", 2), "[1,2] ->\n[null,2] ->",
		},
		{
			"product", foo, bar, obj("foo", list(str("a"), str("b")), "bar", list(value.Long(1), value.Long(2))),
			"[\"a\"] -> [1]\n[\"a\"] -> [2]\n[\"b\"] -> [1]\n[\"b\"] -> [2]",
		},
		{"duplicates", foo, nil, obj("foo", list(value.Long(1), value.Long(1))), "[1] ->"},
		{"1 and 1.0 are different terms", foo, nil, obj("foo", list(value.Long(1), value.Double(1))), "[1.0] ->\n[1] ->"},
		{
			"nulls beside values", nil, list(field("data.foo"), field("ref")), obj(),
			`[] -> [null,{"@ref":{"id":"7","collection":{"@ref":{"id":"n","collection":{"@ref":{"id":"collections"}}}}}}]`,
		},
		{"casefold", list(field("data.foo", "transform", "casefold")), nil, obj("foo", list(str("WEIß"), value.Long(3))), "[\"weiss\"] ->\n[3] ->"},
		{"whole array", list(field("data.foo", "mva", false)), nil, obj("foo", list(value.Long(1), obj("b", 1, "a", 2))), `[[1,{"a":2,"b":1}]] ->`},
		{"whole object", nil, list(field("data.foo", "mva", false)), obj("foo", obj("x", 1)), `[] -> [{"x":1}]`},
		{"whole but missing", nil, list(field("data.foo", "mva", false)), obj(), ""},
		{"ref's id", list(field("ref.id")), nil, obj(), "[\"7\"] ->"},
		{
			"ref's collection", list(field("ref.collection"), field("data.x")), nil, obj("x", 1),
			`[{"@ref":{"id":"n","collection":{"@ref":{"id":"collections"}}}},1] ->`,
		},
		{"class", list(field("class")), nil, obj(), `[{"@ref":{"id":"n","collection":{"@ref":{"id":"collections"}}}}] ->`},
		{"collection is no field", list(field("collection")), nil, obj("collection", 1), ""},
		{"ts as a term is null", list(field("ts"), field("data.foo")), nil, obj("foo", 1), "[null,1] ->"},
		{"ts as a value", nil, list(field("ts")), obj(), "[] -> [99]"},
		{"one step with a dot", list(obj("field", "data.foo")), nil, obj("foo", 1), ""},
		{
			"index of an array", list(obj("field", list(str("data"), str("foo"), value.Long(1)))), nil,
			obj("foo", list(str("a"), str("b"))), "[\"b\"] ->",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := definition(t, c.terms, c.values)
			doc := document(7, 99, c.data, nil)
			stored := value.StoredDocument(doc.Ref, doc.TS, fieldsOf(t, doc))
			for _, doc := range []*value.Document{doc, stored} {
				entries, err := d.Entries(doc, newStore().env())
				if err != nil {
					t.Fatal(err)
				}
				if got := describe(t, d, doc, entries); got != c.want {
					t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
				}
			}
		})
	}
}

func fieldsOf(t testing.TB, doc *value.Document) []byte {
	t.Helper()
	_, fields, err := ReadHeader(storedVersion(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestBindings(t *testing.T) {
	lambda := &value.Lambda{Version: "4", Code: &value.Source{Params: `"x"`, Body: `1`}}
	fields := obj("name", "i", "terms", list(obj("binding", "b")), "active", true, "serialized", true)
	fields = append(fields, value.Field{Name: "source", Value: obj(
		"collection", value.CollectionRef(0, things), "fields", value.Object{{Name: "b", Value: lambda}},
	)})
	d, err := Define(value.Ref{Class: value.Indexes, ID: 32768}, fields)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		result value.Value
		err    error
		want   string
	}{
		{"scalar", str("x"), nil, `["x"] ->`},
		{"array", list(str("x"), list(str("y")), obj("z", 1)), nil, `["x"] ->`},
		{"object", obj("x", 1), nil, ""},
		{"undefined ref", &value.Unresolved{Class: value.Collections, Name: "x"}, nil, ""},
		{"null", value.Null{}, nil, ""},
		{"error", nil, errors.New("value not found"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := document(7, 99, obj("a", 1), nil)
			entries, err := d.Entries(doc, Env{Names: newStore(), Bind: func(l *value.Lambda, d *value.Document) (value.Value, error) {
				if l != lambda || d != doc {
					t.Errorf("called with %v and %v", l, d)
				}
				return c.result, c.err
			}})
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(t, d, doc, entries); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestWildcards: a collection that is named has its own bindings; system
// collections are never meant.
func TestWildcards(t *testing.T) {
	own := &value.Lambda{Version: "4", Code: &value.Source{Params: `"x"`, Body: `1`}}
	other := &value.Lambda{Version: "4", Code: &value.Source{Params: `"x"`, Body: `2`}}
	bound := func(of any, l *value.Lambda) value.Object {
		return obj("collection", of, "fields", value.Object{{Name: "b", Value: l}})
	}
	d, err := Define(value.Ref{Class: value.Indexes, ID: 32768}, obj(
		"terms", list(obj("binding", "b")), "source", list(bound("_", other), bound(value.CollectionRef(0, things), own)),
	))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		class value.Class
		want  *value.Lambda
	}{{things, own}, {things + 1, other}, {value.Tokens, nil}} {
		var called *value.Lambda
		doc := value.NewDocument(value.Ref{Class: c.class, ID: 1}, 1, nil)
		if _, err := d.Entries(doc, Env{Bind: func(l *value.Lambda, _ *value.Document) (value.Value, error) {
			called = l
			return value.Long(1), nil
		}}); err != nil {
			t.Fatal(err)
		}
		if called != c.want || d.Covers(c.class) != (c.want != nil) {
			t.Errorf("class %d: called %v, want %v", c.class, called, c.want)
		}
	}
	if !d.Wildcard() || !slices.Equal(d.Classes(), []value.Class{things}) {
		t.Errorf("wildcard %v, classes %v", d.Wildcard(), d.Classes())
	}
}

func TestTooLargeEntries(t *testing.T) {
	d := definition(t, list(field("data.t")), list(field("data.v")))
	long := str(strings.Repeat("x", maxTuple+1))
	for _, data := range []value.Object{obj("t", long, "v", 1), obj("t", 1, "v", long)} {
		entries, err := d.Entries(document(1, 1, data, nil), newStore().env())
		if err != nil || len(entries) != 0 {
			t.Errorf("%d entries, error %v", len(entries), err)
		}
	}
	entries, err := d.Entries(document(1, 1, obj("t", strings.Repeat("x", 30000), "v", 1), nil), newStore().env())
	if err != nil || len(entries) != 1 || len(entries[0].Key) > 100 {
		t.Errorf("a long term is hashed: %d entries, error %v", len(entries), err)
	}
	_, err = matchTerms(nil, []value.Value{long})
	var refused *query.Refusal
	if !errors.As(err, &refused) || refused.Code != query.BadRequest || refused.Place != query.Nowhere ||
		refused.Description != "buf length 32771 exceeds 32767" {
		t.Errorf("matching a long term: %v", err)
	}
	both := obj("t", strings.Repeat("x", 32700), "v", value.Bytes(strings.Repeat("x", 31500)))
	_, err = d.Entries(document(1, 1, both, nil), newStore().env())
	if !errors.As(err, &refused) || refused.Code != query.BadRequest ||
		refused.Description != "Key bytes (64206) exceeds threshold (64000)" {
		t.Errorf("a long term with a long value: %v", err)
	}
	many := make(value.Array, 3000)
	for i := range many {
		many[i] = value.Long(i)
	}
	_, err = d.Entries(document(1, 1, obj("t", many, "v", many), nil), newStore().env())
	if !errors.As(err, &refused) || refused.Code != query.BadRequest {
		t.Errorf("nine million entries: %v", err)
	}
}

// TestPendingTimes checks that the key of an entry written by a commit is the
// one derived from the document afterwards.
func TestPendingTimes(t *testing.T) {
	const ts = 1_700_000_000_000_000
	for _, columns := range []value.Array{
		list(field("ts")), list(field("ts", "reverse", true)), list(field("data.t"), field("data.t", "reverse", true)),
		list(field("data.l", "mva", false)),
	} {
		for _, terms := range []value.Array{nil, list(field("data.t"))} {
			d := definition(t, terms, columns)
			data := obj("t", value.TxnTime{}, "l", list(value.Long(1), value.TxnTime{}))
			pending, err := d.Entries(document(7, 0, data, nil), newStore().env())
			if err != nil {
				t.Fatal(err)
			}
			known, err := d.Entries(document(7, ts, value.Resolve(data, ts).(value.Object), nil), newStore().env())
			if err != nil {
				t.Fatal(err)
			}
			if len(pending) != len(known) || len(known) == 0 {
				t.Fatalf("%d entries while pending, %d later", len(pending), len(known))
			}
			for i, e := range pending {
				stamp(e, ts)
				if !bytes.Equal(e.Key, known[i].Key) {
					t.Errorf("stamped key %x, derived %x", e.Key, known[i].Key)
				}
				if h, rest, err := ReadHeader(e.Value); err != nil || h.TS != ts || !equalMsgpack(rest, known[i].Value[known[i].body:]) {
					t.Errorf("stamped value %x, derived %x", e.Value, known[i].Value)
				}
			}
		}
	}
}

func equalMsgpack(a, b []byte) bool {
	x, errX := value.DecodeMsgpack(a)
	y, errY := value.DecodeMsgpack(b)
	return errX == nil && errY == nil && value.Equal(x, y)
}

// stamp writes a commit's time where an entry asks for it, as a store does.
func stamp(e Entry, ts int64) {
	put := func(b []byte, offsets []int, ts uint64) {
		for _, at := range offsets {
			for i := range 8 {
				b[at+i] = byte(ts >> (56 - 8*i))
			}
		}
	}
	put(e.Key, e.KeyTimes, uint64(ts))
	put(e.Key, e.KeyStamps, ^uint64(ts))
	put(e.Value, e.ValueStamps, uint64(ts))
}

func TestDiff(t *testing.T) {
	d := definition(t, list(field("data.t")), list(field("data.v")))
	entries := func(data value.Object, ttl value.Value) []Entry {
		list, err := d.Entries(document(1, 5, data, ttl), newStore().env())
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	one := entries(obj("t", 1, "v", list(value.Long(1), value.Long(2))), nil)
	for _, c := range []struct {
		name                 string
		old, fresh           []Entry
		removed, added, kept int
	}{
		{"nothing", one, one, 0, 0, 0},
		{"create", nil, one, 0, 2, 0},
		{"delete", one, nil, 2, 0, 0},
		{"one of two", one, entries(obj("t", 1, "v", list(value.Long(2), value.Long(3))), nil), 1, 1, 0},
		{"ttl", one, entries(obj("t", 1, "v", list(value.Long(1), value.Long(2))), value.Time{Sec: 9}), 0, 0, 2},
		{"another kind of number", one, entries(obj("t", 1, "v", list(value.Double(1), value.Long(2))), nil), 1, 1, 0},
	} {
		got := Diff(c.old, c.fresh)
		if len(got.Removed) != c.removed || len(got.Added) != c.added || len(got.Kept) != c.kept {
			t.Errorf("%s: %d removed, %d added, %d kept", c.name, len(got.Removed), len(got.Added), len(got.Kept))
		}
	}
}

// TestTimeline writes versions one by one, and all at once from the history:
// the store must be the same.
func TestTimeline(t *testing.T) {
	s := newStore()
	r := s.define(t, 32768, "data.t", "data.v")
	versions := []Version{
		{1, document(1, 1, obj("t", 1, "v", 1), nil)},
		{2, document(1, 2, obj("t", 1, "v", list(value.Long(1), value.Long(2))), nil)},
		{3, document(1, 3, obj("t", 1, "v", list(value.Long(1), value.Long(2))), value.Time{Sec: 1 << 40})},
		{4, nil},
		{5, document(1, 5, obj("t", 1, "v", 2), nil)},
	}
	for _, v := range versions {
		s.write(t, 1, v.TS, v.Doc)
	}
	stretches, refused, err := s.indexes[r].Timeline(versions, s.env())
	if err != nil || refused != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, space := range []byte{SpaceEntry, SpaceRemoved} {
		for it := s.Scan([]byte{space}, []byte{space + 1}, false); it.Next(); {
			want[string(it.Key())] = string(it.Value())
		}
	}
	for _, stretch := range stretches {
		e := stretch.Stored()
		if got, ok := want[string(e.Key)]; !ok || got != string(e.Value) {
			t.Errorf("%x: %x, want %x", e.Key, e.Value, got)
		}
		delete(want, string(e.Key))
	}
	if len(want) > 0 {
		t.Errorf("%d entries are missing", len(want))
	}
}

func TestHeaders(t *testing.T) {
	for _, h := range []Header{{}, {TS: 5}, {TS: 5, HasTTL: true}, {TS: 1 << 62, TTL: -1, HasTTL: true}, {TS: 1, Tombstone: true}} {
		got, rest, err := ReadHeader(append(AppendHeader(nil, h), "rest"...))
		if err != nil || got != h || string(rest) != "rest" {
			t.Errorf("%+v came back as %+v, %q, %v", h, got, rest, err)
		}
	}
	for _, b := range []string{"", "\x00", "\x00abcdefg", "\x01abcdefghijk", "\x08abcdefgh"} {
		if _, _, err := ReadHeader([]byte(b)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v", b, err)
		}
	}
	for _, c := range []struct {
		t    value.Time
		want int64
	}{{value.Time{Sec: 1}, 1e6}, {value.Time{Sec: 1, Nano: 1}, 1e6 + 1}, {value.Time{Sec: -1, Nano: 1001}, -1e6 + 2}, {value.Time{Sec: 1 << 50}, 1<<63 - 1}} {
		if got := TTLOf(c.t); got != c.want {
			t.Errorf("ttl %v is %d, want %d", c.t, got, c.want)
		}
	}
}

func FuzzReadHeader(f *testing.F) {
	f.Add([]byte("\x03abcdefghabcdefgh"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, rest, err := ReadHeader(b)
		if err == nil && !bytes.Equal(append(AppendHeader(nil, h), rest...), b) {
			t.Errorf("%x came back as %+v and %x", b, h, rest)
		}
	})
}
