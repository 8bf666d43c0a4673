package value

import "testing"

func TestObject(t *testing.T) {
	o := Object{{"a", Long(1)}, {"b", Long(2)}}
	if got := o.With("a", Long(3)); !Equal(got, Object{{"a", Long(3)}, {"b", Long(2)}}) || got[0].Name != "a" {
		t.Errorf("With an old name: %#v", got)
	}
	if got := o.With("c", Long(3)); len(got) != 3 || got[2].Name != "c" {
		t.Errorf("With a new name: %#v", got)
	}
	if got := o.Without("a"); !Equal(got, Object{{"b", Long(2)}}) {
		t.Errorf("Without a: %#v", got)
	}
	if got := o.Without("c"); !Equal(got, o) {
		t.Errorf("Without c: %#v", got)
	}
	if !Equal(o, Object{{"a", Long(1)}, {"b", Long(2)}}) {
		t.Errorf("the object has changed: %#v", o)
	}
}

func TestElement(t *testing.T) {
	event := &Event{TS: 1, Action: "create", Document: user1, Data: Object{}}
	cases := []struct {
		e              Element
		render, cursor Value
	}{
		{Element{Ref: user1}, user1, Array{user1}},
		{Element{Values: []Value{Long(1)}, Ref: user1}, Long(1), Array{Long(1), user1}},
		{Element{Values: []Value{Long(1), Null{}}, Ref: user1}, Array{Long(1), Null{}}, Array{Long(1), Null{}, user1}},
		{Element{Event: event}, event, &Event{TS: 1, Action: "create", Document: user1}},
	}
	for _, c := range cases {
		if got := c.e.Render(); !Equal(got, c.render) {
			t.Errorf("%#v renders as %#v", c.e, got)
		}
		if got := c.e.Cursor(); !Equal(got, c.cursor) {
			t.Errorf("%#v has cursor %#v", c.e, got)
		}
	}
}

func TestNativeClasses(t *testing.T) {
	for c := range FirstUserClass {
		name := NativeName(c)
		if got, ok := NativeClass(name); ok != (name != "") || ok && got != c {
			t.Errorf("NativeClass(%q) = %d, %v, want %d", name, got, ok, c)
		}
	}
	if got, ok := NativeClass("classes"); !ok || got != Collections {
		t.Errorf("classes is %d, %v", got, ok)
	}
	if name := NativeName(FirstUserClass); name != "" {
		t.Errorf("a user's collection is called %q", name)
	}
}
