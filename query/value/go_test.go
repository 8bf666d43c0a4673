package value

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

type base struct {
	Ref Ref
	TS  int64 `fauna:"ts"`
	A   string
}

type account struct {
	base
	ID      string `fauna:"ref"`
	Name    string `fauna:"name"`
	Age     uint8  `fauna:"age,omitempty"`
	Tags    []string
	Seen    time.Time `fauna:"seen"`
	Next    *account  `fauna:"next,omitempty"`
	Extra   any       `fauna:"extra"`
	Secret  string    `fauna:"-"`
	private int
}

func TestDecode(t *testing.T) {
	type word string
	at := time.Unix(1700000000, 5).UTC()
	doc := NewDocument(user1, 5, Object{{"name", String("a")}})
	doc.Once = Object{{"A", String("once")}}
	page := &Page{data: Array{Long(1), Long(2)}}
	two := 2
	cases := []struct {
		v    Value
		want any // a pointer's element after decoding into a new one
	}{
		{Long(7), int(7)},
		{Long(-7), int8(-7)},
		{Long(7), uint16(7)},
		{Long(7), 7.0},
		{Double(1.5), float32(1.5)},
		{String("x"), "x"},
		{Action("add"), "add"},
		{String("x"), word("x")},
		{UUID{}, "00000000-0000-0000-0000-000000000000"},
		{Boolean(true), true},
		{Null{}, 0},
		{Null{}, (*int)(nil)},
		{Long(2), &two},
		{Bytes("x"), []byte("x")},
		{Bytes("x"), Bytes("x")},
		{Array{Long(1)}, []uint8{1}},
		{UUID{1}, [16]byte{1}},
		{UUID{1}, UUID{1}},
		{Time{1700000000, 5}, at},
		{Date(1), time.Unix(86400, 0).UTC()},
		{Long(1700000000000000), time.Unix(1700000000, 0).UTC()},
		{Time{1, 2}, Time{1, 2}},
		{Date(1), Date(1)},
		{Array{Long(1), Null{}}, []int{1, 0}},
		{page, []int{1, 2}},
		{Array{}, []int{}},
		{user1, user1},
		{user1, "1"},
		{users, "users"},
		{Object{{"a", Long(1)}}, map[string]int{"a": 1}},
		{Object{{"a", Long(1)}}, map[word]any{"a": int64(1)}},
		{Object{{"a", Long(1)}}, Object{{"a", Long(1)}}},
		{page, map[string]any{"data": []any{int64(1), int64(2)}}},
		{doc, map[string]any{"ref": user1, "ts": int64(5), "name": "a", "A": "once"}},
		{doc, account{base: base{TS: 5, A: "once"}, ID: "1", Name: "a"}},
		{&Event{TS: 1, Action: "add", Document: user1}, map[string]any{"ts": int64(1), "action": "add", "document": user1}},
		{&Sourced{Value: Long(1)}, struct{ value, Value int }{}},
		{
			Object{{"name", String("a")}, {"Tags", Array{String("x")}}, {"seen", Time{1700000000, 5}}, {"extra", Array{Null{}, Bytes("b"), Date(1)}}, {"next", Object{{"age", Long(255)}}}},
			account{Name: "a", Tags: []string{"x"}, Seen: at, Extra: []any{nil, []byte("b"), Date(1)}, Next: &account{Age: 255}},
		},
		{Object{{"extra", Object{{"x", Double(1)}, {"b", Boolean(true)}, {"t", Time{}}}}}, account{Extra: map[string]any{"x": 1.0, "b": true, "t": time.Unix(0, 0).UTC()}}},
	}
	for _, c := range cases {
		got := reflect.New(reflect.TypeOf(c.want))
		if err := Decode(c.v, app, got.Interface()); err != nil {
			t.Errorf("%#v into %T: %v", c.v, c.want, err)
			continue
		}
		if diff := gocmp.Diff(c.want, got.Elem().Interface(), gocmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%#v into %T (-want +got):\n%s", c.v, c.want, diff)
		}
	}
	var v Value
	if err := Decode(identity, app, &v); err != nil || v != Value(identity) {
		t.Errorf("into a Value: %#v, %v", v, err)
	}
	var x any = 5
	if err := Decode(nil, app, &x); err != nil || x != nil {
		t.Errorf("nothing into any: %#v, %v", x, err)
	}
	kept := account{Name: "kept", Tags: []string{"kept"}}
	if err := Decode(Object{{"Tags", Null{}}}, app, &kept); err != nil || kept.Name != "kept" || kept.Tags != nil {
		t.Errorf("into a struct: %#v, %v", kept, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	cases := []struct {
		v      Value
		target any
		want   string
	}{
		{String("x"), new(int), "value: cannot decode String into int"},
		{Long(300), new(uint8), "value: cannot decode Integer into uint8"},
		{Long(-1), new(uint), "value: cannot decode Integer into uint"},
		{Double(1), new(int64), "value: cannot decode Double into int64"},
		{Long(1), new(bool), "value: cannot decode Integer into bool"},
		{Long(1), new(string), "value: cannot decode Integer into string"},
		{unknown.Collection(), new(string), "value: cannot decode Collection Ref into string"},
		{String("x"), new(time.Time), "value: cannot decode String into time.Time"},
		{Long(1), new([]int), "value: cannot decode Integer into []int"},
		{Array{}, new(map[string]int), "value: cannot decode Array into map[string]int"},
		{Object{}, new(map[int]int), "value: cannot decode Object into map[int]int"},
		{Array{}, new(account), "value: cannot decode Array into value.account"},
		{Long(1), new(chan int), "value: cannot decode Integer into chan int"},
		{Object{{"next", Object{{"Tags", Array{String(""), Long(1)}}}}}, new(account), "value: cannot decode Integer into string at [next,Tags,1]"},
		{Array{Object{{"a", Null{}}, {"b", Long(1)}}}, new([]map[string]string), "value: cannot decode Integer into string at [0,b]"},
		{Long(1), nil, ErrTarget.Error()},
		{Long(1), 5, ErrTarget.Error()},
		{Long(1), (*int)(nil), ErrTarget.Error()},
		{Array{StoredDocument(user1, 1, nil)}, new([]account), ErrDamaged.Error()},
		{StoredDocument(user1, 1, nil), new(any), ErrDamaged.Error()},
	}
	for _, c := range cases {
		err := Decode(c.v, app, c.target)
		if err == nil || err.Error() != c.want {
			t.Errorf("%#v into %T: %v, want %s", c.v, c.target, err, c.want)
		}
	}
}

func TestFrom(t *testing.T) {
	type word string
	n := 5
	cases := []struct {
		v    any
		want Value
	}{
		{nil, Null{}},
		{true, Boolean(true)},
		{7, Long(7)},
		{int8(-7), Long(-7)},
		{uint64(7), Long(7)},
		{float32(0.5), Double(0.5)},
		{"x", String("x")},
		{word("x"), String("x")},
		{[]byte("x"), Bytes("x")},
		{&n, Long(5)},
		{(*int)(nil), Null{}},
		{time.Unix(1, 2), Time{1, 2}},
		{user1, user1},
		{Array{Long(1)}, Array{Long(1)}},
		{(*Set)(nil), Null{}},
		{[]int{1, 2}, Array{Long(1), Long(2)}},
		{[]int(nil), Array{}},
		{[2]bool{true}, Array{Boolean(true), Boolean(false)}},
		{[]any{nil, 1, "x", user1}, Array{Null{}, Long(1), String("x"), user1}},
		{[]Value{nil, Long(1)}, Array{Null{}, Long(1)}},
		{map[string]int{"b": 1, "a": 2}, Object{{"a", Long(2)}, {"b", Long(1)}}},
		{map[word]any{}, Object{}},
		{map[string]any(nil), Object{}},
		{
			account{base: base{TS: 1}, Name: "a", Next: &account{Age: 1}, Secret: "s", private: 1},
			Object{
				{"ref", String("")},
				{"name", String("a")},
				{"Tags", Array{}},
				{"seen", Time{-62135596800, 0}},
				{"next", Object{
					{"ref", String("")},
					{"name", String("")},
					{"age", Long(1)},
					{"Tags", Array{}},
					{"seen", Time{-62135596800, 0}},
					{"extra", Null{}},
					{"Ref", Ref{}},
					{"ts", Long(0)},
					{"A", String("")},
				}},
				{"extra", Null{}},
				{"Ref", Ref{}},
				{"ts", Long(1)},
				{"A", String("")},
			},
		},
	}
	for _, c := range cases {
		got, err := From(c.v)
		if err != nil || !Equal(got, c.want) {
			t.Errorf("From(%#v) = %#v, %v, want %#v", c.v, got, err, c.want)
			continue
		}
		if o, ok := got.(Object); ok {
			for i, f := range c.want.(Object) {
				if o[i].Name != f.Name {
					t.Errorf("member %d of %#v is %s, want %s", i, c.v, o[i].Name, f.Name)
				}
			}
		}
	}
}

func TestFromErrors(t *testing.T) {
	type ring []ring
	cycle := make(ring, 1)
	cycle[0] = cycle
	var self any
	self = &self
	for _, v := range []any{cycle, self} {
		if _, err := From(v); !errors.Is(err, ErrTooDeep) {
			t.Errorf("a cycle: %v", err)
		}
	}
	cases := []struct {
		v    any
		want string
	}{
		{make(chan int), "value: no value for chan int"},
		{uint64(math.MaxUint64), "value: no value for uint64"},
		{map[int]int{}, "value: no value for map[int]int"},
		{[]any{1, map[string]any{"f": func() {}}}, "value: no value for func() at [1,f]"},
		{struct{ X complex64 }{}, "value: no value for complex64 at [X]"},
		{time.Unix(math.MaxInt64/2, 0), "value: no value for time.Time"},
	}
	for _, c := range cases {
		if _, err := From(c.v); err == nil || err.Error() != c.want {
			t.Errorf("From(%T): %v, want %s", c.v, err, c.want)
		}
	}
}

func TestResolve(t *testing.T) {
	pending := func(v Value, ts int64) []Value {
		doc := NewDocument(user1, ts, Object{{"data", v}})
		doc.Once = Object{{"at", v}}
		doc.Fresh = true
		return []Value{
			v,
			Array{v, Long(1)},
			Object{{"a", v}},
			doc,
			&Event{TS: ts, Action: "add", Document: user1, Data: Array{v}},
			&Sourced{v, []Value{v}},
			&Page{data: Array{v}, Before: v},
			&Set{Op: SetFilter, Ref: nameIndex, Terms: []Value{v}, Lambda: lambda("4", `"x"`, `1`, Field{"t", v})},
			lambda("4", `"x"`, `1`, Field{"t", v}),
		}
	}
	got, want := pending(TxnTime{}, 0), pending(Long(7), 7)
	for i := range got {
		resolved := Resolve(got[i], 7)
		if !Equal(resolved, want[i]) {
			t.Errorf("%#v becomes %#v", got[i], resolved)
		}
		before, _ := Renderer{Names: app, TxnTime: 7}.Append(nil, got[i])
		if after := string(AppendJSON(nil, resolved, app)); after != string(before) {
			t.Errorf("%s becomes %s", before, after)
		}
	}
	stored := StoredDocument(user1, 5, mustPack(t, sampleFields))
	if Resolve(stored, 7) != Value(stored) {
		t.Error("a stored document is copied")
	}
	cursor := &Event{Action: "add", Partial: true}
	if e := Resolve(cursor, 7).(*Event); e.TS != 0 {
		t.Errorf("a cursor's time becomes %d", e.TS)
	}
}
