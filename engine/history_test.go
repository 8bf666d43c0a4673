package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// life is the history of one document as the model has it: by time, the
// number in it, or gone. Times of insertions are small; the n-th query has the
// time later+n.
type life map[int]int

const (
	gone  = -1
	later = 1000
)

// at returns what the document was at a time, gone when it was not.
func (l life) at(ts int) int {
	found, n := -1, gone
	for at, v := range l {
		if at <= ts && at > found {
			found, n = at, v
		}
	}
	return n
}

// historyModel is a few documents, in the database and in the model.
type historyModel struct {
	s    *sandbox
	docs []life
}

// step draws one change of one document in the query with a time, does it in
// the model, and returns it as an expression.
func (m *historyModel) step(rt *rapid.T, now int) string {
	id := rapid.IntRange(0, len(m.docs)-1).Draw(rt, "document")
	l, n := m.docs[id], rapid.IntRange(0, 3).Draw(rt, "number")
	ts := rapid.IntRange(1, 12).Draw(rt, "time")
	ref := fmt.Sprintf(`Ref(Collection("c"), %d)`, id)
	switch op := rapid.IntRange(0, 5).Draw(rt, "change"); {
	case op == 0:
		l[ts] = n
		return fmt.Sprintf(`Insert(%s, %d, "update", { data: { n: %d } })`, ref, ts, n)
	case op == 1:
		l[ts] = gone
		return fmt.Sprintf(`Insert(%s, %d, "delete", {})`, ref, ts)
	case op == 2:
		if v, ok := l[ts]; ok && v != gone {
			delete(l, ts)
		}
		return fmt.Sprintf(`Remove(%s, %d, "create")`, ref, ts)
	case op == 3:
		if v, ok := l[ts]; ok && v == gone {
			delete(l, ts)
		}
		return fmt.Sprintf(`Remove(%s, %d, "delete")`, ref, ts)
	case l.at(now) == gone:
		l[now] = n
		return fmt.Sprintf(`Create(%s, { data: { n: %d } })`, ref, n)
	case op == 4:
		l[now] = n
		return fmt.Sprintf(`Update(%s, { data: { n: %d } })`, ref, n)
	default:
		l[now] = gone
		if delete(l, now); l.at(now) != gone {
			l[now] = gone
		}
		return fmt.Sprintf(`Delete(%s)`, ref)
	}
}

// want is what the model says a time looks like: the documents under each
// number, and all of them.
func (m *historyModel) want(ts int) string {
	var parts []string
	for n := range 4 {
		parts = append(parts, m.list(func(l life) bool { return l.at(ts) == n }))
	}
	return strings.Join(append(parts, m.list(func(l life) bool { return l.at(ts) != gone })), ",")
}

func (m *historyModel) list(f func(life) bool) string {
	var ids []string
	for id, l := range m.docs {
		if f(l) {
			ids = append(ids, fmt.Sprint(id))
		}
	}
	return "[" + strings.Join(ids, ",") + "]"
}

// TestHistoryModel does random things to a few documents, several in a query,
// and compares every time that there was with a model.
func TestHistoryModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &historyModel{s: newSandbox(t), docs: []life{{}, {}, {}}}
		m.s.do(`Do(CreateCollection({ name: "c", history_days: null }),
			CreateIndex({ name: "by_n", source: Collection("c"), terms: [{ field: ["data", "n"] }] }))`)
		var trail []string
		for i := range rapid.IntRange(1, 8).Draw(rt, "queries") {
			var steps []string
			for range rapid.IntRange(1, 5).Draw(rt, "changes") {
				steps = append(steps, m.step(rt, later+i))
			}
			trail = append(trail, `Do(`+strings.Join(steps, ", ")+`)`)
			m.s.do(trail[i])
		}
		const look = `[Map([0, 1, 2, 3], (n) => Map(Select("data", Paginate(Match("by_n", n))), (r) => ToInteger(Select("id", r)))),
			Map(Select("data", Paginate(Documents(Collection("c")))), (r) => ToInteger(Select("id", r)))]`
		for _, ts := range []int{1, 2, 3, 5, 7, 8, 11, 12, 500} {
			if got := flat(m.s.do(fmt.Sprintf(`At(%d, %s)`, ts, look))); got != m.want(ts) {
				rt.Fatalf("at %d: got %s, want %s\n%s", ts, got, m.want(ts), strings.Join(trail, "\n"))
			}
		}
		if got, want := flat(m.s.do(look)), m.want(later+len(trail)); got != want {
			rt.Fatalf("now: got %s, want %s\n%s", got, want, strings.Join(trail, "\n"))
		}
		m.s.check()
		if t.Failed() {
			rt.Fatalf("after\n%s", strings.Join(trail, "\n"))
		}
	})
}

// flat turns [[A,B],C] into A,B,C.
func flat(s string) string {
	return strings.TrimSuffix(strings.Replace(strings.TrimPrefix(s, "[["), "]],[", "],[", 1), "]")
}

// TestLife tests the model itself.
func TestLife(t *testing.T) {
	l := life{5: 1, 7: gone, 9: 2}
	var got []int
	for _, ts := range []int{4, 5, 6, 7, 8, 9, 10} {
		got = append(got, l.at(ts))
	}
	if want := []int{gone, 1, 1, gone, gone, 2, 2}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
}
