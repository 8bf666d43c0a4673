package value

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func lambda(version, params, body string, captured ...Field) *Lambda {
	return &Lambda{Version: version, Code: &Source{params, body}, Captured: captured}
}

var identity = lambda("4", `"x"`, `{"var":"x"}`)

// ordered lists values in the order of the language, with the sections of the
// chapter on documents that say so.
var ordered = []Value{
	// 4.1, 4.2: numbers
	Double(math.Inf(-1)), Long(math.MinInt64), Long(-1), Double(-0.5), Double(math.Copysign(0, -1)),
	Long(0), Double(0.5), Long(1), Double(1.5), Long(2), Double(3.14), Long(4), Long(math.MaxInt64),
	Double(1e300), Double(math.Inf(1)), Double(math.NaN()),
	Bytes{},
	Bytes{0},
	Bytes{0, 1},
	Bytes{1},
	Bytes{0xff},
	String(""), String("10"), String("9"), String("a"), String("A"), String("add"), Action("create"), String("str"),
	Array{},
	Array{Long(1)},
	Array{Long(1), Long(2)},
	Array{String("a")},
	Array{Null{}},
	Object{},
	Object{{"a", Long(1)}},
	Object{{"b", Long(0)}, {"a", Long(1)}},
	Object{{"a", Long(2)}},
	Object{{"b", Long(0)}},
	// {class, collection, ref, ts}: "class" comes after "b" and before "data"
	NewDocument(user1, 5, nil), NewDocument(user1, 6, nil), NewDocument(Ref{1, 1024, 2}, 5, nil),
	Object{{"data", Long(1)}},
	&Page{data: Array{}},
	Object{{"data", Null{}}},
	// 4.4: by id, then collection
	Ref{1, Databases, 0},
	CollectionRef(1, Tokens),
	Ref{1, 1024, 3},
	Ref{1, 1025, 3},
	CollectionRef(1, 1024),
	Ref{1, 1024, -1},
	&Unresolved{Class: Collections, Name: "nope"},
	Time{-1, 999999999},
	Time{0, 0},
	Time{0, 1},
	Time{1, 0},
	Date(-1), Date(0), Date(1),
	lambda("3", `"x"`, `1`), lambda("4", `"x"`, `1`), lambda("4", `"y"`, `1`), lambda("2.12", `"x"`, `1`),
	TxnTime{},
	UUID{},
	UUID{0: 1},
	UUID{0: 0xff},
	Boolean(false), Boolean(true),
	Null{},
}

func TestCompareOrder(t *testing.T) {
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := Compare(a, b), cmp.Compare(i, j); got != want {
				t.Errorf("Compare(%#v, %#v) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestCompareSame(t *testing.T) {
	set := func() Value { return &Set{Op: SetMatch, Ref: nameIndex, Terms: []Value{String("a")}} }
	pairs := [][2]Value{
		{Long(1), Double(1)},
		{Long(0), Double(0)},
		{Double(math.NaN()), Double(-math.NaN())},
		{Action("add"), String("add")},
		{Object{{"a", Long(1)}, {"b", Long(2)}}, Object{{"b", Long(2)}, {"a", Long(1)}}},
		{set(), set()},
		{set(), Object{{"@set", Object{{"match", nameIndex}, {"terms", String("a")}}}}},
		{
			NewDocument(user1, 5, Object{{"data", Object{}}}),
			Object{{"ref", user1}, {"class", users}, {"collection", users}, {"ts", Long(5)}, {"data", Object{}}},
		},
		{&Page{data: Array{Long(1)}, Before: Array{}}, Object{{"before", Array{}}, {"data", Array{Long(1)}}}},
		{&Event{TS: 1, Action: "create", Document: user1}, Object{{"ts", Long(1)}, {"action", String("create")}, {"document", user1}}},
		{&Sourced{Value: Long(1)}, Object{{"value", Long(1)}, {"sources", Array{}}}},
	}
	for _, p := range pairs {
		if got := Compare(p[0], p[1]); got != 0 {
			t.Errorf("Compare(%#v, %#v) = %d, want 0", p[0], p[1], got)
		}
	}
}

func TestCompareUTF16(t *testing.T) {
	list := []string{"", "a", "a\x00", "é", "\ud7ff", "\U00010000", "\U0010ffff", "\ue000", "\uffff"}
	for i, a := range list {
		for j, b := range list {
			if got, want := compareUTF16(a, b), cmp.Compare(i, j); got != want {
				t.Errorf("compareUTF16(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestEqual(t *testing.T) {
	nan := math.NaN()
	match := func(term Value) *Set { return &Set{Op: SetMatch, Ref: nameIndex, Terms: []Value{term}} }
	cases := []struct {
		a, b           Value
		strict, equals bool
	}{
		{Long(1), Long(1), true, true},
		{Long(1), Double(1), false, true},
		{Long(0), Double(math.Copysign(0, -1)), false, false},
		{Double(0), Double(math.Copysign(0, -1)), true, false},
		{Double(nan), Double(nan), false, true},
		{Array{Long(1)}, Array{Double(1)}, false, false},
		{Array{Double(nan)}, Array{Double(nan)}, false, false},
		{Long(1), String("1"), false, false},
		{Null{}, Null{}, true, true},
		{Null{}, Boolean(false), false, false},
		{Bytes("a"), Bytes("a"), true, true},
		{Bytes("a"), String("a"), false, false},
		{UUID{1}, UUID{1}, true, true},
		{Time{1, 2}, Time{1, 2}, true, true},
		{Time{0, 0}, Date(0), false, false},
		{TxnTime{}, TxnTime{}, true, true},
		{String("e\u0301"), String("é"), false, false},
		{Object{{"a", Long(1)}, {"b", Long(2)}}, Object{{"b", Long(2)}, {"a", Long(1)}}, true, true},
		{Object{{"a", Long(1)}}, Object{{"a", Long(1)}, {"b", Null{}}}, false, false},
		{Object{{"a", Null{}}}, Object{{"b", Null{}}}, false, false},
		{Action("create"), String("create"), true, true},
		{Action("update"), String("create"), false, true},
		{String("create"), Action("add"), false, true},
		{Action("remove"), String("delete"), false, true},
		{Action("add"), String("delete"), false, false},
		{Action("add"), Action("create"), false, false},
		{String("add"), Action("add"), true, true},
		{Array{Action("update")}, Array{String("create")}, false, false},
		{user1, user1, true, true},
		{user1, Ref{2, 1024, 1}, false, false},
		{&Unresolved{Class: Collections, Name: "x"}, &Unresolved{Class: Collections, Name: "x"}, true, true},
		{&Unresolved{Class: Collections, Name: "x"}, &Unresolved{Class: Indexes, Name: "x"}, false, false},
		{match(String("a")), match(String("a")), true, true},
		{match(Long(1)), match(Double(1)), false, false},
		{match(Null{}), &Set{Op: SetDocuments, Ref: users}, false, false},
		{&Set{Op: SetFilter, Lambda: identity, Sets: []Value{match(Null{})}}, &Set{Op: SetFilter, Lambda: lambda("4", `"x"`, `{"var":"x"}`), Sets: []Value{match(Null{})}}, true, true},
		{identity, lambda("4", `"x"`, `{"var":"x"}`), true, true},
		{identity, lambda("4", `["x"]`, `{"var":"x"}`), false, false},
		{identity, lambda("4", `"x"`, `{"var":"x"}`, Field{"y", Long(1)}), false, false},
		{&Page{data: Array{Long(1)}}, &Page{data: Array{Long(1)}}, true, true},
		{&Page{data: Array{Long(1)}}, &Page{data: Array{Long(1)}, After: Array{Long(2)}}, false, false},
		{&Page{data: Array{Long(1)}}, Object{{"data", Array{Long(1)}}}, false, false},
		{NewDocument(user1, 5, Object{{"data", Long(1)}}), NewDocument(user1, 5, nil), true, true},
		{NewDocument(user1, 5, nil), NewDocument(user1, 6, nil), false, false},
		{NewDocument(user1, 0, Object{{"data", Long(1)}}), NewDocument(user1, 0, nil), false, false},
		{NewDocument(user1, 5, nil), Object{{"ref", user1}, {"ts", Long(5)}}, false, false},
		{&Event{TS: 1, Action: "add", Document: user1}, &Event{TS: 1, Action: "add", Document: user1, Cursor: true}, true, true},
		{&Event{TS: 1, Action: "add", Document: user1}, &Event{TS: 2, Action: "add", Document: user1}, false, false},
		{&Sourced{Long(1), []Value{match(Null{})}}, &Sourced{Long(1), []Value{match(Null{})}}, true, true},
		{&Sourced{Long(1), nil}, &Sourced{Long(1), []Value{match(Null{})}}, false, false},
	}
	for _, c := range cases {
		for _, pair := range [][2]Value{{c.a, c.b}, {c.b, c.a}} {
			if got := Equal(pair[0], pair[1]); got != c.strict {
				t.Errorf("Equal(%#v, %#v) = %v, want %v", pair[0], pair[1], got, c.strict)
			}
			if got := Equals(pair[0], pair[1]); got != c.equals {
				t.Errorf("Equals(%#v, %#v) = %v, want %v", pair[0], pair[1], got, c.equals)
			}
		}
	}
}

// drawValue draws any value that is not a damaged document, nested up to
// depth. Its doubles keep clear of integers beyond 2^53.
func drawValue(t *rapid.T, depth int) Value {
	kind := rapid.IntRange(0, int(KindLambda)).Draw(t, "kind")
	small := rapid.Int64Range(-3, 3)
	word := rapid.SampledFrom([]string{"", "a", "A", "é", "b", "@a", "data", "x\x00"})
	ref := Ref{Scope(rapid.IntRange(0, 2).Draw(t, "scope")), rapid.SampledFrom([]Class{Collections, Tokens, 1024}).Draw(t, "class"), small.Draw(t, "id")}
	list := func() []Value {
		out := make([]Value, rapid.IntRange(0, 3).Draw(t, "n"))
		for i := range out {
			out[i] = Null{}
			if depth > 0 {
				out[i] = drawValue(t, depth-1)
			}
		}
		return out
	}
	object := func() Object {
		var o Object
		for _, v := range list() {
			o = o.With(word.Draw(t, "name"), v)
		}
		return o
	}
	switch Kind(kind) {
	case KindNull:
		return Null{}
	case KindBoolean:
		return Boolean(rapid.Bool().Draw(t, "bool"))
	case KindLong:
		return Long(rapid.OneOf(small, rapid.Int64()).Draw(t, "long"))
	case KindDouble:
		return Double(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -2, 0.5, 1e300, math.Inf(1), math.NaN()}).Draw(t, "double"))
	case KindString:
		return String(rapid.OneOf(word, rapid.String()).Draw(t, "string"))
	case KindAction:
		return Action(rapid.SampledFrom([]string{"create", "update", "delete", "add", "remove"}).Draw(t, "action"))
	case KindBytes:
		return Bytes(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes"))
	case KindUUID:
		return UUID{0: byte(small.Draw(t, "uuid"))}
	case KindTime:
		return Time{rapid.OneOf(small, rapid.Int64Range(minSecond, maxSecond)).Draw(t, "sec"), rapid.Int32Range(0, 999999999).Draw(t, "nano")}
	case KindDate:
		return Date(rapid.OneOf(small, rapid.Int64Range(int64(MinDate), int64(MaxDate))).Draw(t, "date"))
	case KindTxnTime:
		return TxnTime{}
	case KindArray:
		return Array(list())
	case KindObject:
		return object()
	case KindDocument:
		return NewDocument(ref, small.Draw(t, "ts"), object())
	case KindEvent:
		return &Event{TS: small.Draw(t, "ts"), Action: "add", Document: ref, Data: Array(list())}
	case KindSourced:
		return &Sourced{Value: object(), Sources: list()}
	case KindPage:
		return &Page{data: list()}
	case KindRef:
		return ref
	case KindUnresolved:
		return &Unresolved{Class: Indexes, Name: word.Draw(t, "name"), Path: []string{"d"}[:rapid.IntRange(0, 1).Draw(t, "path")]}
	case KindSet:
		return &Set{Op: SetMatch, Ref: ref, Terms: list()}
	default:
		return lambda(rapid.SampledFrom([]string{"2.12", "3", "4"}).Draw(t, "version"), `"x"`, `{"var":"x"}`, object()...)
	}
}

// checkOrderLaws checks that Compare is an order of a, b and c, apart from the
// doubles that equal several integers.
func checkOrderLaws(t interface{ Errorf(string, ...any) }, a, b, c Value) {
	ab, ba, bc, ac := Compare(a, b), Compare(b, a), Compare(b, c), Compare(a, c)
	switch {
	case Compare(a, a) != 0:
		t.Errorf("Compare(%#v, itself) = %d", a, Compare(a, a))
	case ab != -ba:
		t.Errorf("%#v and %#v compare %d and %d", a, b, ab, ba)
	case ab < 0 && bc < 0 && ac >= 0:
		t.Errorf("%#v < %#v < %#v, but not the first and the last", a, b, c)
	case Equal(a, b) != Equal(b, a):
		t.Errorf("Equal of %#v and %#v depends on their order", a, b)
	}
}

func TestCompareLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkOrderLaws(t, drawValue(t, 2), drawValue(t, 2), drawValue(t, 2))
	})
}

func FuzzCompareTotal(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		checkOrderLaws(t, drawValue(t, 2), drawValue(t, 2), drawValue(t, 2))
	}))
}

func TestTypeNames(t *testing.T) {
	cases := []struct {
		v             Value
		name, storage string
		scalar        bool
	}{
		{Null{}, "Null", "Null", true},
		{Boolean(true), "Boolean", "Boolean", true},
		{Long(1), "Integer", "Long", true},
		{Double(1), "Double", "Double", true},
		{String(""), "String", "String", true},
		{Action("add"), "Action", "String", true},
		{Bytes{}, "Bytes", "Bytes", true},
		{UUID{}, "UUID", "UUID", true},
		{Time{}, "Time", "Time", true},
		{Date(0), "Date", "Date", true},
		{TxnTime{}, "Unresolved Transaction Time", "TransactionTime", true},
		{Array{}, "Array", "Array", false},
		{Object{}, "Object", "Map", false},
		{NewDocument(user1, 1, nil), "Object", "Map", false},
		{&Event{}, "Object", "Map", false},
		{&Sourced{}, "Object", "Map", false},
		{&Page{}, "Page", "Map", false},
		{user1, "Ref", "Ref", true},
		{Ref{1, Tokens, 1}, "Ref", "Ref", true},
		{Ref{1, Credentials, 1}, "Ref", "Ref", true},
		{Ref{1, Roles, 1}, "Ref", "Ref", true},
		{Ref{1, AccessProviders, 1}, "Ref", "Ref", true},
		{users, "Collection Ref", "Ref", true},
		{CollectionRef(1, Tokens), "Collection Ref", "Ref", true},
		{nameIndex, "Index Ref", "Ref", true},
		{Ref{1, Databases, 1}, "Database Ref", "Ref", true},
		{Ref{1, Keys, 1}, "Key Ref", "Ref", true},
		{Ref{1, Functions, 1}, "User Function Ref", "Ref", true},
		{&Unresolved{Class: Collections, Name: "x"}, "Collection Ref", "Ref", true},
		{&Unresolved{Class: Collections, Name: "x", ID: "1"}, "Ref", "Ref", true},
		{&Unresolved{Class: Indexes, Name: "x"}, "Index Ref", "Ref", true},
		{&Unresolved{Class: Databases, Name: "x"}, "Database Ref", "Ref", true},
		{&Unresolved{Class: Functions, Name: "x"}, "User Function Ref", "Ref", true},
		{&Unresolved{Class: Roles, Name: "x"}, "Role Ref", "Ref", true},
		{&Unresolved{Class: AccessProviders, Name: "x"}, "Access Provider Ref", "Ref", true},
		{&Unresolved{Class: Keys, ID: "1"}, "Key Ref", "Ref", true},
		{&Unresolved{Class: Tokens, ID: "1", Path: []string{"x"}}, "Ref", "Ref", true},
		{&Unresolved{Class: Tokens, Path: []string{"x"}}, "Collection Ref", "Ref", true},
		{&Set{}, "Set", "Map", false},
		{identity, "Lambda", "Query", false},
	}
	for _, c := range cases {
		name, storage, scalar := TypeName(c.v), StorageTypeName(c.v), Scalar(c.v)
		if name != c.name || storage != c.storage || scalar != c.scalar {
			t.Errorf("%#v is %q, stored %q, scalar %v; want %q, %q, %v", c.v, name, storage, scalar, c.name, c.storage, c.scalar)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	fields := Object{{"id", Long(1)}, {"name", String("alice")}, {"tags", Array{String("a"), String("b")}}}
	for _, c := range []struct {
		name string
		a, b Value
	}{
		{"long", Long(1), Long(2)},
		{"ref", user1, users},
		{"object", fields, fields.With("name", String("bob"))},
	} {
		b.Run(fmt.Sprintf("kind=%s", strings.ToLower(c.name)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Compare(c.a, c.b)
			}
		})
	}
}
