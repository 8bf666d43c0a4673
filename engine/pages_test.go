package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// member is a document as a set has it.
type member struct {
	id, x int
	tag   string
}

// world is what the documents were at one time.
type world struct {
	ts      int64
	members map[int]member
}

// list returns the members for which keep holds, in an order.
func (w world) list(keep func(member) bool, order func(a, b member) int) []member {
	var out []member
	for _, m := range w.members {
		if keep(m) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, order)
	return out
}

func byID(a, b member) int { return cmp.Compare(a.id, b.id) }
func byX(a, b member) int  { return cmp.Or(cmp.Compare(a.x, b.x), byID(a, b)) }
func down(a, b member) int { return cmp.Or(cmp.Compare(b.x, a.x), byID(a, b)) }

func anyMember(member) bool { return true }

func tagged(tag string) func(member) bool { return func(m member) bool { return m.tag == tag } }

// pagedSet is a set and what is in it; its elements are rendered as ids or as
// the values of x.
type pagedSet struct {
	query  string
	keep   func(member) bool
	order  func(a, b member) int
	render func(m member) any
}

func idOf(m member) any { return m.id }
func xOf(m member) any  { return m.x }

var pagedSets = []pagedSet{
	{`Documents(Collection("c"))`, anyMember, byID, idOf},
	{`Reverse(Documents(Collection("c")))`, anyMember, func(a, b member) int { return byID(b, a) }, idOf},
	{`Match(Index("by_tag"), "p")`, tagged("p"), byID, idOf},
	{`Match(Index("by_x"))`, anyMember, byX, xOf},
	{`Reverse(Match(Index("by_x")))`, anyMember, func(a, b member) int { return byX(b, a) }, xOf},
	{`Match(Index("down"))`, anyMember, down, xOf},
	{`Match(Index("tag_x"), "q")`, tagged("q"), byX, xOf},
	{`Filter(Match(Index("by_x")), (x) => LT(x, 0))`, func(m member) bool { return m.x < 0 }, byX, xOf},
	{`Range(Match(Index("by_x")), [-3], [2])`, func(m member) bool { return m.x >= -3 && m.x <= 2 }, byX, xOf},
	{
		`Union(Match(Index("by_tag"), "p"), Match(Index("by_tag"), "q"))`,
		func(m member) bool { return m.tag != "r" }, byID, idOf,
	},
	{
		`Difference(Documents(Collection("c")), Match(Index("by_tag"), "p"))`,
		func(m member) bool { return m.tag != "p" }, byID, idOf,
	},
	{`Intersection(Documents(Collection("c")), Match(Index("by_tag"), "r"))`, tagged("r"), byID, idOf},
}

// history makes documents at random, some of them deleted and made again, and
// returns what they were after each change.
func history(t *testing.T, db *DB, r *rand.Rand) []world {
	t.Helper()
	for _, q := range []string{
		`CreateCollection({name: "c"})`,
		`CreateIndex({name: "by_tag", source: Collection("c"), terms: [{field: ["data", "tag"]}]})`,
		`CreateIndex({name: "by_x", source: Collection("c"), values: [{field: ["data", "x"]}]})`,
		`CreateIndex({name: "down", source: Collection("c"), values: [{field: ["data", "x"], reverse: true}]})`,
		`CreateIndex({name: "tag_x", source: Collection("c"), terms: [{field: ["data", "tag"]}], values: [{field: ["data", "x"]}]})`,
	} {
		run(t, db, "%s", q)
	}
	var out []world
	members := map[int]member{}
	for range 40 {
		m := member{id: r.IntN(14), x: r.IntN(11) - 5, tag: []string{"p", "q", "r"}[r.IntN(3)]}
		_, exists := members[m.id]
		q := fmt.Sprintf(`Create(Ref(Collection("c"), %d), {data: {x: %d, tag: %q}})`, m.id, m.x, m.tag)
		switch {
		case exists && r.IntN(3) == 0:
			q = fmt.Sprintf(`Delete(Ref(Collection("c"), %d))`, m.id)
			delete(members, m.id)
		case exists:
			q = fmt.Sprintf(`Update(Ref(Collection("c"), %d), {data: {x: %d, tag: %q}})`, m.id, m.x, m.tag)
			fallthrough
		default:
			members[m.id] = m
		}
		res, err := db.Query(context.Background(), "root", q, nil)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		w := world{res.Time, map[int]member{}}
		for id, m := range members {
			w.members[id] = m
		}
		out = append(out, w)
	}
	return out
}

// TestPagesEqualSet reads sets in pages of every size, in both directions, in
// the present and at past times: the pages in a row are the set.
func TestPagesEqualSet(t *testing.T) {
	db, _ := openTest(t, nil)
	r := newRand(t)
	worlds := history(t, db, r)
	for _, set := range pagedSets {
		for _, i := range []int{r.IntN(len(worlds)), r.IntN(len(worlds)), len(worlds) - 1} {
			w := worlds[i]
			want := []any{}
			list := w.list(set.keep, set.order)
			for _, m := range list {
				want = append(want, set.render(m))
			}
			for size := 1; size <= len(want)+2; size++ {
				for _, backward := range []bool{false, true} {
					got := readPages(t, db, set.query, w.ts, size, backward)
					if toJSON(got) != toJSON(want) {
						t.Fatalf("%s at %d in pages of %d, backward %v:\ngot  %s\nwant %s",
							set.query, w.ts, size, backward, toJSON(got), toJSON(want))
					}
				}
			}
		}
	}
}

// readPages reads a set page by page, from its start or from its end.
func readPages(t *testing.T, db *DB, set string, ts int64, size int, backward bool) []any {
	t.Helper()
	next, direction := "", "after"
	if backward {
		direction = "before"
		next = ", before: " + endOf(set)
	}
	out := []any{}
	for {
		page := run(t, db, `Let({p: Paginate(%s, {size: %d, ts: %d%s})}, [
			Map(Select("data", Var("p")), (e) => If(IsRef(e), ToInteger(Select("id", e)), e)), Select(%q, Var("p"), "none")])`,
			set, size, ts, next, direction)
		var got [2]json.RawMessage
		var data []any
		if err := json.Unmarshal([]byte(page), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got[0], &data); err != nil {
			t.Fatal(err)
		}
		if len(data) > size {
			t.Fatalf("a page of %d has %d elements", size, len(data))
		}
		if backward {
			out = append(data, out...)
		} else {
			out = append(out, data...)
		}
		if string(got[1]) == `"none"` {
			return out
		}
		next = fmt.Sprintf(", %s: %s", direction, cursorText(t, got[1]))
	}
}

// endOf is the cursor behind all elements: null is the greatest value, and
// comes first where the order is turned round.
func endOf(set string) string {
	if set == `Match(Index("down"))` || set[:3] == "Rev" {
		return "-100"
	}
	return "null"
}

// cursorText writes a cursor of numbers and refs as a query.
func cursorText(t *testing.T, b []byte) string {
	t.Helper()
	var items []any
	if err := json.Unmarshal(b, &items); err != nil {
		t.Fatalf("cursor %s: %v", b, err)
	}
	out := "["
	for i, item := range items {
		if i > 0 {
			out += ", "
		}
		if o, ok := item.(map[string]any); ok {
			out += fmt.Sprintf(`Ref(Collection("c"), %q)`, o["@ref"].(map[string]any)["id"])
		} else {
			out += fmt.Sprint(item)
		}
	}
	return out + "]"
}

// TestSetAlgebra compares union, intersection and difference with their
// definition: by how often each operand holds a value.
func TestSetAlgebra(t *testing.T) {
	db, _ := openTest(t, nil)
	worlds := history(t, db, newRand(t))
	for _, w := range []world{worlds[len(worlds)/3], worlds[len(worlds)/2], worlds[len(worlds)-1]} {
		counts := map[string]map[int]int{}
		for _, tag := range []string{"p", "q", "r"} {
			counts[tag] = map[int]int{}
			for _, m := range w.members {
				if m.tag == tag {
					counts[tag][m.x]++
				}
			}
		}
		for _, test := range []struct {
			name string
			of   func(first int, others ...int) int
		}{
			{"Union", func(first int, others ...int) int { return max(first, slices.Max(others)) }},
			{"Intersection", func(first int, others ...int) int { return min(first, slices.Min(others)) }},
			{"Difference", func(first int, others ...int) int {
				if slices.Max(others) > 0 {
					return 0
				}
				return first
			}},
		} {
			for _, tags := range [][]string{{"p", "q"}, {"q", "p"}, {"p", "q", "r"}, {"r", "r"}} {
				want := []int{}
				for x := -5; x <= 5; x++ {
					n := make([]int, len(tags))
					for i, tag := range tags {
						n[i] = counts[tag][x]
					}
					for range test.of(n[0], n[1:]...) {
						want = append(want, x)
					}
				}
				operands := ""
				for i, tag := range tags {
					if i > 0 {
						operands += ", "
					}
					operands += fmt.Sprintf(`Match(Index("tag_x"), %q)`, tag)
				}
				got := run(t, db, `Select("data", Paginate(%s(%s), {ts: %d, size: 1000}))`, test.name, operands, w.ts)
				if got != toJSON(want) {
					t.Errorf("%s of %v at %d:\ngot  %s\nwant %s", test.name, tags, w.ts, got, toJSON(want))
				}
			}
		}
	}
}
