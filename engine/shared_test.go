package engine_test

import (
	"context"
	"fmt"
	"testing"
)

// TestSharedEntries makes an index that has the entries of one of the
// system's, and others that nearly do: only those have entries of their own.
func TestSharedEntries(t *testing.T) {
	s := newSandbox(t)
	s.do(`CreateCollection({ name: "users" })`)
	s.do(`Foreach([1, 2], (u) => Create(Ref(Collection("users"), u), {}))`)
	s.do(`Foreach([` + numbers(0, 200) + `], (n) => Create(Tokens(), { instance: Ref(Collection("users"), 1), data: { n: n } }))`)
	s.do(`Foreach(Select("data", Paginate(Tokens(), { size: 50 })), (r) => Delete(r))`)
	alone := s.kept()["i"]

	// It is active at once, however many tokens there are.
	if v := s.do(`Select("active", CreateIndex({ name: "shared", source: Tokens(), terms: [{ field: "instance" }] }))`); v != "true" {
		t.Errorf("active is %v", v)
	}
	const count = `Count(Match("shared", Ref(Collection("users"), 1)))`
	if v := s.do(count); v != "150" {
		t.Errorf("%v tokens", v)
	}
	// The history from before the index is there, too.
	if v := s.do(`Count(Select("data", Paginate(Events(Match("shared", Ref(Collection("users"), 1))), { size: 1000 })))`); v != "250" {
		t.Errorf("%v events", v)
	}
	if n := s.kept()["i"]; n != alone {
		t.Errorf("%d entries, %d without the index", n, alone)
	}
	for i, other := range []string{
		`terms: [{ field: "instance" }], values: [{ field: ["data", "n"] }]`,
		`terms: [{ field: "instance" }, { field: ["data", "n"] }]`,
		`terms: [{ field: ["data", "n"] }]`,
	} {
		s.do(fmt.Sprintf(`CreateIndex({ name: "other%d", source: Tokens(), %s })`, i, other))
		if err := s.AwaitBuilds(context.Background()); err != nil {
			t.Fatal(err)
		}
		before := s.kept()["i"]
		s.do(`Create(Tokens(), { instance: Ref(Collection("users"), 2), data: { n: 1000 } })`)
		if s.kept()["i"]-before < 2+i {
			t.Errorf("%s has no entries of its own", other)
		}
	}
	// With the index its entries do not go.
	s.do(`Delete(Index("shared"))`)
	s.do(`CreateIndex({ name: "shared", source: Tokens(), terms: [{ field: "instance" }] })`)
	if v := s.do(count); v != "150" {
		t.Errorf("%v tokens after the index was made anew", v)
	}
}
