package value

import (
	"slices"
	"sync"
	"testing"
)

// TestPlainPage has pages whose elements are just refs: they look like pages
// with those refs as data, and stay so when a copy gets other data.
func TestPlainPage(t *testing.T) {
	refs := []Ref{user1, unknown, CollectionRef(1, Tokens)} // the second has no name
	list := Array{}
	for _, r := range refs {
		list = append(list, r)
	}
	var room PageRoom
	room.SetRefs(slices.Clone(refs))
	plain, full := &room.Page, NewPage(list)
	if !plain.Plain() || full.Plain() || plain.Len() != 3 {
		t.Errorf("plain %v and %v, %d elements", plain.Plain(), full.Plain(), plain.Len())
	}
	json := func(p *Page) string {
		b, err := Renderer{Names: app}.Append(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got, want := json(plain), json(full); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !Equal(plain, full) || !Equal(plain.Object(), full.Object()) || !Equal(Resolve(plain, 5), full) {
		t.Error("they are not equal")
	}
	if v, ok, err := Select(plain, Path{Index(2)}, app); v != Value(refs[2]) || !ok || err != nil {
		t.Errorf("the last is %v, %v, %v", v, ok, err)
	}
	if c := plain.Cursor(1); !Equal(c, Array{refs[1]}) || plain.Cursor(3) != nil {
		t.Errorf("cursors %v and %v", c, plain.Cursor(3))
	}
	other := *plain
	other.SetData(nil) // what a map of none leaves
	if other.Plain() || other.Len() != 0 || !plain.Plain() || other.Cursor(1) == nil {
		t.Errorf("a copy without data has %v, the page %v", other.Data(), plain.Data())
	}
	part := *plain
	part.SetRefs(refs[:1:1])
	if part.Len() != 1 || plain.Len() != 3 || len(part.Data()) != 1 || len(plain.Data()) != 3 {
		t.Errorf("a part has %v, the page %v", part.Data(), plain.Data())
	}
	var none Page
	if none.Data() != nil || none.Refs() != nil || none.Len() != 0 || none.Plain() {
		t.Errorf("no page has %v", none.Data())
	}
}

// TestPlainPageShared reads a result from several goroutines.
func TestPlainPageShared(t *testing.T) {
	var p Page
	p.SetRefs([]Ref{user1, user1})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			if got := p.Data(); len(got) != 2 || got[1] != Value(user1) {
				t.Errorf("got %v", got)
			}
		})
	}
	readers.Wait()
}
