package engine_test

import (
	"fmt"
	"strings"
	"testing"
)

// privileges are the actions of roles on documents.
var privileges = []string{
	"read", "unrestricted_read", "write", "create", "create_with_id", "delete", "history_read", "history_write",
}

// privilegeRows returns what may be done on a kind, each with the actions that
// suffice, one by itself.
func privilegeRows(k matrixKind) []matrixRow {
	rows := []matrixRow{
		{query: `Get(` + k.ref + `)`, may: "read"},
		{query: `Exists(` + k.ref + `)`, may: "read", test: true},
		{query: `ContainsValue(` + k.ref + `, Documents(` + k.set + `))`, may: "read unrestricted_read", test: true},
		{query: `Create(` + k.set + `, ` + k.params + `)`, may: "create"},
		{query: `Update(` + k.ref + `, {})`, may: "write"},
		{query: `Delete(` + k.ref + `)`, may: "delete"},
		{query: `Paginate(Events(` + k.ref + `))`, may: "history_read"},
		{query: `Paginate(Singleton(` + k.ref + `))`, may: "history_read"},
	}
	if k.withID {
		id := k.ref[:strings.LastIndex(k.ref, ",")] + `, "77")`
		rows = append(rows, matrixRow{query: `Create(` + id + `, ` + k.params + `)`, may: "create_with_id"})
	}
	if k.set != "Indexes()" { // whose source cannot be replaced by another
		rows = append(rows, matrixRow{query: `Replace(` + k.ref + `, ` + k.params + `)`, may: "write"})
	}
	if strings.HasPrefix(k.set, "Collection(") {
		rows = append(rows,
			matrixRow{query: `Insert(` + k.ref + `, Now(), "create", {})`, may: "history_write"},
			matrixRow{query: `Remove(` + k.ref + `, Now(), "create")`, may: "history_write"})
	}
	return rows
}

// TestPrivilegesMatrix checks for every action of a role on every kind of
// document that it allows what it is for and nothing else, on this kind and on
// no other, and that a predicate does as much as true.
func TestPrivilegesMatrix(t *testing.T) {
	for _, value := range []string{`true`, `Query(Lambda("_", true))`} {
		for _, granted := range matrixKinds {
			t.Run(fmt.Sprintf("%s of %s", value, granted.set), func(t *testing.T) {
				db := newSandbox(t)
				db.root(matrixSchema)
				for _, action := range privileges {
					name := "only_" + action
					db.root(`CreateRole({ name: "` + name + `", privileges: [{ resource: ` + granted.set + `, actions: { ` + action + `: ` + value + ` } }] })`)
					key := db.text(`Select("secret", CreateKey({ role: "` + name + `" }))`)
					for _, k := range matrixKinds {
						k.params = strings.Replace(k.params, `source: Collection("docs")`, `source: Tokens()`, 1) // what everybody may name
						for _, row := range privilegeRows(k) {
							may := k.set == granted.set && strings.Contains(" "+row.may+" ", " "+action+" ")
							if got := row.try(t, db, key, nil); got != may {
								t.Errorf("%s: %s: got %v, want %v", action, row.query, got, may)
							}
						}
					}
				}
			})
		}
	}
}
