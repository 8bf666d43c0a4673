package engine_test

import (
	"context"
	"fmt"
	"testing"
)

// TestDeadDataIsNotRead checks that what it takes to find a user's tokens, to
// check a secret, or to read a document does not depend on how many tokens and
// versions there were before.
func TestDeadDataIsNotRead(t *testing.T) {
	s := newSandbox(t)
	s.do(`Do(
		CreateCollection({ name: "users" }),
		CreateIndex({ name: "tokens_by_instance", source: Tokens(), terms: [{ field: "instance" }] }),
		CreateIndex({ name: "by_n", source: Collection("users"), terms: [{ field: ["data", "k"] }], values: [{ field: ["data", "n"] }] })
	)`)
	s.do(`Create(Ref(Collection("users"), 1), { data: { k: 1, n: 0 } })`)
	var secret string
	res, err := s.Query(context.Background(), "root", `Do(
		Map([1, 2], (x) => Create(Tokens(), { instance: Ref(Collection("users"), 1) })),
		Select("secret", Create(Tokens(), { instance: Ref(Collection("users"), 1) })))`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Decode(&secret); err != nil {
		t.Fatal(err)
	}
	queries := []struct{ who, q string }{
		{"root", `Paginate(Match("tokens_by_instance", Ref(Collection("users"), 1)))`},
		{"root", `Paginate(Match("tokens_by_instance", Ref(Collection("users"), 1)), { before: null })`},
		{"root", `Map(Paginate(Match("tokens_by_instance", Ref(Collection("users"), 1))), (r) => Get(r))`},
		{"root", `Count(Documents(Tokens()))`},
		{"root", `Get(Match("by_n", 1))`},
		{"root", `Get(Ref(Collection("users"), 1))`},
		{secret, `CurrentIdentity()`},
	}
	count := func() (reads []int64) {
		for _, c := range queries {
			before := s.store.Reads()
			if _, err := s.Query(context.Background(), c.who, c.q, nil); err != nil {
				t.Fatalf("%s: %v", c.q, err)
			}
			reads = append(reads, s.store.Reads()-before)
		}
		return reads
	}
	count() // what is read once and kept
	want := count()
	for range 100 {
		s.do(`Foreach(Map([` + numbers(0, 100) + `], (x) => Select("ref", Create(Tokens(), { instance: Ref(Collection("users"), 1) }))), (r) => 1)`)
		s.do(`Foreach(Select("data", Paginate(Match("tokens_by_instance", Ref(Collection("users"), 1)), { before: null, size: 100 })), (r) => Delete(r))`)
	}
	for range 1000 {
		s.do(`Update(Ref(Collection("users"), 1), { data: { n: Add(1, Select(["data", "n"], Get(Ref(Collection("users"), 1)))) } })`)
	}
	count()
	if got := count(); fmt.Sprint(got) != fmt.Sprint(want) {
		for i, c := range queries {
			t.Errorf("%s: %d entries were read before, now %d", c.q, want[i], got[i])
		}
	}
	if kept := s.kept(); kept["h"] < 20_000 || kept["j"] < 10_000 {
		t.Errorf("the dead data is not there: %v", kept)
	}
}

// TestFewOfMany checks that what a set of three has in common with one of a
// hundred thousand is found by a few reads, wherever the three are, forward and
// backward, and that a page of a large set reads what it shows.
func TestFewOfMany(t *testing.T) {
	const many, batch = 100_000, 5000
	s := newSandbox(t)
	s.do(`CreateCollection({ name: "c" })`)
	s.do(`CreateIndex({ name: "by_t", source: Collection("c"), terms: [{ field: ["data", "t"] }] })`)
	for from := 0; from < many; from += batch {
		s.do(fmt.Sprintf(`Foreach([%s], (id) => Create(Ref(Collection("c"), id), { data: { t: "all" } }))`, numbers(from, from+batch)))
	}
	for _, id := range []int{0, 50_000, 99_999} {
		s.do(fmt.Sprintf(`Update(Ref(Collection("c"), %d), { data: { t: ["all", "few"] } })`, id))
	}
	three := `[{"@ref":{"id":"0",%[1]s}},{"@ref":{"id":"50000",%[1]s}},{"@ref":{"id":"99999",%[1]s}}]`
	three = fmt.Sprintf(three, `"collection":{"@ref":{"id":"c","collection":{"@ref":{"id":"collections"}}}}`)
	for _, c := range []struct {
		q, want string
		most    int64
	}{
		{`Select("data", Paginate(Intersection(Match("by_t", "few"), Match("by_t", "all"))))`, three, 50},
		{`Select("data", Paginate(Intersection(Match("by_t", "all"), Match("by_t", "few"))))`, three, 50},
		{`Select("data", Paginate(Intersection(Documents(Collection("c")), Match("by_t", "few")), { before: null }))`, three, 50},
		{`Count(Intersection(Match("by_t", "all"), Match("by_t", "few"), Documents(Collection("c"))))`, "3", 50},
		{`Count(Difference(Match("by_t", "few"), Match("by_t", "all")))`, "0", 50},
		{`IsEmpty(Match("by_t", "all"))`, "false", 10},
		{`Select("id", Last(Match("by_t", "all")))`, `"99999"`, 10},
		{`Count(Select("data", Paginate(Match("by_t", "all"), { after: Ref(Collection("c"), 70000) })))`, "64", 80},
	} {
		before := s.store.Reads()
		if got := s.do(c.q); got != c.want {
			t.Errorf("%s: %s", c.q, got)
		}
		if n := s.store.Reads() - before; n > c.most {
			t.Errorf("%s: %d entries were read, more than %d", c.q, n, c.most)
		}
	}
}
