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
	if got := count(); fmt.Sprint(got) != fmt.Sprint(want) {
		for i, c := range queries {
			t.Errorf("%s: %d entries were read before, now %d", c.q, want[i], got[i])
		}
	}
	if kept := s.kept(); kept["h"] < 20_000 || kept["j"] < 10_000 {
		t.Errorf("the dead data is not there: %v", kept)
	}
}
