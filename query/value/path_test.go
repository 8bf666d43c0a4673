package value

import (
	"errors"
	"testing"
)

// path makes a path of strings and ints.
func path(steps ...any) Path {
	p := Path{}
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			p = append(p, Member(s))
		case int:
			p = append(p, Index(int64(s)))
		}
	}
	return p
}

func TestPathString(t *testing.T) {
	if got := path("a", 0, "b c", -3).String(); got != "[a,0,b c,-3]" {
		t.Errorf("path is %s", got)
	}
	if got := (Path{}).String(); got != "[]" {
		t.Errorf("path is %s", got)
	}
	for _, v := range []Value{Long(7), String("x")} {
		if s, ok := StepOf(v); !ok || s != map[Value]Step{Long(7): Index(7), String("x"): Member("x")}[v] {
			t.Errorf("StepOf(%#v) = %#v, %v", v, s, ok)
		}
	}
	for _, v := range []Value{Double(1), Null{}, Action("add"), Array{}} {
		if s, ok := StepOf(v); ok {
			t.Errorf("StepOf(%#v) = %#v", v, s)
		}
	}
}

// TestSelect lists the table of the chapter on functions, section 10.1; a nil
// want is not found.
func TestSelect(t *testing.T) {
	object := Object{{"a", Object{{"b", Long(1)}, {"n", Null{}}}}, {"list", Array{Long(0), Object{{"x", Long(2)}}, Array{Long(3)}}}}
	made := NewDocument(user1, 5, Object{{"data", object}, {"ttl", Time{1, 0}}})
	stored := StoredDocument(user1, 5, mustPack(t, Object{{"data", object.With("owner", user1)}, {"ttl", Time{1, 0}}}))
	secret := StoredDocument(user1, 5, mustPack(t, Object{{"data", object}}))
	secret.Once = Object{{"secret", String("s")}}
	oneSource := Object{{"collection", users}}
	index := func(source Value) Value { return StoredDocument(nameIndex, 5, mustPack(t, Object{{"source", source}})) }
	page := &Page{data: Array{Long(7), Object{{"x", Long(2)}}}, After: Array{user1}}
	event := &Event{TS: 1, Action: "create", Document: user1, Data: Null{}}
	match := &Set{Op: SetMatch, Ref: nameIndex, Terms: []Value{String("a")}}
	cases := []struct {
		v    Value
		p    Path
		want Value
	}{
		{Long(1), path(), Long(1)},
		{object, path("a", "b"), Long(1)},
		{object, path("a", "n"), Null{}},
		{object, path("a", "n", "x"), nil},
		{object, path("c"), nil},
		{object, path(0), nil},
		{object, path("list", 1, "x"), Long(2)},
		{object, path("list", 3), nil},
		{object, path("list", -1), nil},
		{object, path("list", 1<<32+2, 0), Long(3)},
		{object, path("list", "x"), nil},

		{page, path("data", 0), Long(7)},
		{page, path(1, "x"), Long(2)},
		{page, path(2), nil},
		{page, path("after", 0, "id"), String("1")},
		{page, path("before"), nil},

		{made, path("ref"), user1},
		{made, path("ref", "id"), String("1")},
		{made, path("ts"), Long(5)},
		{NewDocument(user1, 0, nil), path("ts"), TxnTime{}},
		{made, path("class"), users},
		{made, path("collection"), nil},
		{made, path("data", "a", "b"), Long(1)},
		{made, path("ttl"), Time{1, 0}},
		{made, path(0), nil},
		{made, path("source"), nil},
		{stored, path("ref", "collection"), users},
		{stored, path("ts"), Long(5)},
		{stored, path("class"), users},
		{stored, path("data"), object.With("owner", user1)},
		{stored, path("data", "a", "b"), Long(1)},
		{stored, path("data", "a", "n"), Null{}},
		{stored, path("data", "a", "b", "c"), nil},
		{stored, path("data", "list", 1, "x"), Long(2)},
		{stored, path("data", "list", 2, 0), Long(3)},
		{stored, path("data", "list", 3), nil},
		{stored, path("data", "list", "x"), nil},
		{stored, path("data", "owner", "id"), String("1")},
		{stored, path("data", 0), nil},
		{stored, path("nope", "x"), nil},
		{stored, path(0), nil},
		{secret, path("secret"), String("s")},
		{secret, path("secret", "x"), nil},

		{index(oneSource), path("source", "collection"), users},
		{index(oneSource), path("source", "class"), users},
		{index(Array{String("_"), oneSource}), path("source", 1, "class", "id"), String("users")},
		{index(users), path("source"), users},
		{index(users), path("source", "class"), CollectionRef(1, Collections)},
		{index(users), path("source", 0), nil},

		{user1, path("id"), String("1")},
		{user1, path("id", 0), nil},
		{user1, path("collection"), users},
		{user1, path("class", "class"), CollectionRef(1, Collections)},
		{user1, path("database"), nil},
		{user1, path("data"), nil},
		{user1, path(0), nil},
		{users, path("id"), String("users")},
		{CollectionRef(1, Tokens), path("id"), String("tokens")},
		{unknown, path("collection", "id"), nil},
		{Ref{2, 1024, 1}, path("database"), Ref{1, Databases, 200}},
		{Ref{2, 1024, 1}, path("database", "id"), String("sub")},
		{Ref{0, 1024, 1}, path("database"), nil},

		{event, path("ts"), Long(1)},
		{event, path("action"), Action("create")},
		{event, path("document"), user1},
		{event, path("instance"), user1},
		{event, path("resource", "id"), String("1")},
		{event, path("data"), Null{}},
		{event.cursor(), path("data"), nil},
		{event, path("x"), nil},
		{event, path(0), nil},
		{&Sourced{Long(1), []Value{match}}, path("value"), Long(1)},
		{&Sourced{Long(1), []Value{match}}, path("sources", 0, "@set", "terms"), String("a")},
		{match, path("@set", "match"), nameIndex},
		{match, path("match"), nil},
		{&Set{Op: SetUnion, Sets: []Value{match, users}}, path("@set", "union", 0, "@set", "match", "id"), String("by_name")},

		{String("abc"), path(0), nil},
		{Null{}, path("x"), nil},
		{identity, path("lambda"), nil},
		{&Unresolved{Class: Collections, Name: "x"}, path("id"), nil},
	}
	for _, c := range cases {
		got, ok, err := Select(c.v, c.p, app)
		if err != nil || ok != (c.want != nil) || ok && !Equal(got, c.want) {
			t.Errorf("Select(%#v, %s) = %#v, %v, %v, want %#v", c.v, c.p, got, ok, err, c.want)
		}
	}
	if _, err := stored.Fields(); err != nil { // from here on it is decoded
		t.Fatal(err)
	}
	if got, ok, err := Select(stored, path("data", "list", 1, "x"), app); !ok || err != nil || !Equal(got, Long(2)) {
		t.Errorf("after decoding: %#v, %v, %v", got, ok, err)
	}
}

// TestSelectAll lists examples of the chapter on functions, sections 10.2 and
// 10.3.
func TestSelectAll(t *testing.T) {
	teams := Object{{"data", Object{{"teams", Array{
		Object{{"users", Array{Long(1), Long(2)}}}, Object{{"none", Null{}}}, Long(5), Object{{"users", Long(3)}},
	}}}}}
	cases := []struct {
		v    Value
		p    Path
		want Array
	}{
		{Array{Object{{"foo", Array{Long(0), Long(1)}}}, Object{{"foo", Array{Long(2), Long(3)}}}}, path("foo", 0), Array{Long(0), Long(2)}},
		{Object{{"arr", Array{Long(1), Array{Long(2), Array{Long(3)}}, Long(4)}}}, path("arr"), Array{Long(1), Long(2), Long(3), Long(4)}},
		{Object{}, path("nope"), Array{}},
		{Object{{"a", Null{}}}, path("a"), Array{Null{}}},
		{Object{{"a", Long(1)}}, path("a"), Array{Long(1)}},
		{Long(1), path(), Array{Long(1)}},
		{Array{Array{Long(1)}, Array{}}, path(), Array{Long(1)}},
		{Array{Array{Long(1)}, Array{Long(2)}}, path(1), Array{Long(2)}},
		{Array{Array{Object{{"a", Long(1)}}}, Object{{"a", Long(2)}}}, path("a"), Array{Long(1), Long(2)}},
		{teams, path("data", "teams", "users"), Array{Long(1), Long(2), Long(3)}},
		{StoredDocument(user1, 5, mustPack(t, teams)), path("data", "teams", "users"), Array{Long(1), Long(2), Long(3)}},
		{StoredDocument(user1, 5, mustPack(t, teams)), path("data", "teams", 0, "users"), Array{Long(1), Long(2)}},
		{StoredDocument(user1, 5, mustPack(t, teams)), path("ref", "id"), Array{String("1")}},
	}
	for _, c := range cases {
		got, err := SelectAll(c.v, c.p, app)
		if err != nil || got == nil || !Equal(got, c.want) {
			t.Errorf("SelectAll(%#v, %s) = %#v, %v, want %#v", c.v, c.p, got, err, c.want)
		}
	}
}

func TestSelectDamaged(t *testing.T) {
	raw := mustPack(t, sampleFields)
	for n := range len(raw) {
		d := StoredDocument(user1, 5, raw[:n])
		if _, _, err := Select(d, path("ttl"), app); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
		if _, err := SelectAll(Array{d}, path("ttl"), app); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	d := StoredDocument(user1, 5, mustPack(b, sampleFields))
	p := path("data", "name")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, _ := Select(d, p, app); !ok {
			b.Fatal("not found")
		}
	}
}
