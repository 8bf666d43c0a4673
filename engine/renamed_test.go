package engine_test

import (
	"fmt"
	"testing"
)

// TestEntriesStay changes all that a document is not: names of collections
// that it shows, names that bindings look up, and the time. A version has the
// same entries whenever they are derived, so none of that may be in them.
func TestEntriesStay(t *testing.T) {
	s := newSandbox(t)
	s.do(`Do(CreateCollection({ name: "a", history_days: null }), CreateCollection({ name: "b", history_days: null }))`)
	bindings := map[string]string{
		"selected": `Select(["ref", "collection", "id"], d)`,
		"looked":   `If(Equals(Select(["ref", "collection"], d), Collection("b")), "b", "other")`,
		"literal":  `Equals(Select(["ref", "collection"], d), Collection("none"))`,
		"now":      `ToString(Now())`,
		"time":     `Time("now")`,
		"ts":       `Select("ts", d)`,
		"counted":  `Add(1, Select("ts", d))`,
		"plain":    `Concat([Select(["data", "n"], d), "!"])`,
		"tokens":   `Equals(Tokens(), Select("ref", d))`,
		"format":   `Format("%s-%s", Select(["data", "n"], d), Select(["data", "n"], d))`,
	}
	for name, body := range bindings {
		s.do(fmt.Sprintf(`CreateIndex({ name: "%[1]s", source: { collection: "_", fields: { %[1]s: Query((d) => %[2]s) } },
			values: [{ binding: "%[1]s" }, { field: ["data", "n"] }] })`, name, body))
	}
	s.do(`CreateIndex({ name: "shown", source: Collection("a"), values: [{ field: ["ref", "collection", "id"] }, { field: ["data", "n"] }] })`)
	s.do(`CreateIndex({ name: "names", source: Collections(), values: [{ field: ["ref", "id"] }, { field: ["name"] }] })`)
	s.do(`CreateIndex({ name: "ids", source: Collection("a"), values: [{ field: ["ref", "id"] }] })`)
	s.do(`Do(Create(Ref(Collection("a"), 1), { data: { n: "x" } }), Create(Ref(Collection("b"), 2), { data: { n: "y" } }))`)
	s.check()
	pages := func() map[string]string {
		out := map[string]string{}
		for name := range bindings {
			out[name] = s.do(fmt.Sprintf(`Select("data", Paginate(Match("%s")))`, name))
		}
		for _, name := range []string{"shown", "ids", "names"} {
			out[name] = s.do(fmt.Sprintf(`Select("data", Paginate(Match("%s")))`, name))
		}
		return out
	}
	before := pages()
	ts := s.do(`Select("ts", Get(Ref(Collection("a"), 1)))`)
	unknown := `[[null,"x"],[null,"y"]]`
	for name, want := range map[string]string{
		"selected": unknown, "looked": unknown, "literal": unknown, "now": unknown, "time": unknown, "counted": unknown,
		"ts":     `[[` + ts + `,"x"],[` + ts + `,"y"]]`,
		"plain":  `[["x!","x"],["y!","y"]]`,
		"tokens": `[[false,"x"],[false,"y"]]`,
		"format": `[["x-x","x"],["y-y","y"]]`,
		"shown":  `[[null,"x"]]`, "ids": `["1"]`, "names": `[[null,"a"],[null,"b"]]`,
	} {
		if before[name] != want {
			t.Errorf("%s has %s, want %s", name, before[name], want)
		}
	}
	s.do(`Update(Collection("b"), { name: "c" })`)
	s.do(`Update(Collection("a"), { name: "b" })`)
	s.do(`CreateCollection({ name: "none" })`)
	s.check()
	after := pages()
	after["names"], before["names"] = "", ""
	if fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("before: %v\nafter: %v", before, after)
	}
	s.do(`Do(Update(Ref(Collection("b"), 1), { data: { n: "z" } }), Delete(Ref(Collection("c"), 2)))`)
	s.check()
	s.do(`CreateIndex({ name: "again", source: { collection: "_", fields: { ts: Query((d) => Select("ts", d)) } }, values: [{ binding: "ts" }] })`)
	s.check()
}
