package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fawndb/fawn/query"
)

// twice is a query that binds v to a value which holds another twice, and so
// on, levels times over.
func twice(levels int, in string) string {
	var b strings.Builder
	b.WriteString(`Let({ v0: { a: 1 }`)
	for i := range levels {
		fmt.Fprintf(&b, `, v%d: { a: v%d, b: v%d }`, i+1, i, i)
	}
	fmt.Fprintf(&b, `, v: v%d }, %s)`, levels, in)
	return b.String()
}

func TestLimits(t *testing.T) {
	list := "[" + strings.Repeat("1,", 1000) + "]"
	wide := map[string]any{"wide": make([]int, 100_001)}
	for name, tc := range map[string]struct {
		edit func(*Options)
		src  string
		want string // how the description begins
	}{
		"steps": {
			func(o *Options) { o.MaxSteps = 100_000 },
			`Foreach(` + list + `, (x) => Foreach(` + list + `, (y) => y))`,
			"Transaction does too much compute: got 100096, limit: 100000",
		},
		"memory": {
			func(o *Options) { o.MaxMemory = 1 << 20 },
			`Map(` + list + `, (x) => Repeat("0123456789", 1024))`,
			"Query exceeds max memory. Max: 1048576, current: ",
		},
		"a response":          {nil, twice(60, `v`), "Query exceeds max memory. Max: 268435456, current: "},
		"part of a response":  {nil, twice(60, `[v]`), "Query exceeds max memory. Max: 268435456, current: "},
		"what is written":     {nil, twice(60, `Create(Collection("c"), { data: v })`), "Query exceeds max memory. Max: 268435456, current: "},
		"the width of a call": {nil, `Map(Var("wide"), (x) => x)`, "Query exceeds max width. Max: 100000, current: 100001."},
	} {
		t.Run(name, func(t *testing.T) {
			db, _ := openTest(t, tc.edit)
			run(t, db, `CreateCollection({ name: "c" })`)
			res, err := db.Query(context.Background(), "root", tc.src, wide)
			var fault *query.Error
			if !errors.As(err, &fault) || fault.Code != query.BadRequest || !strings.HasPrefix(fault.Description, tc.want) {
				t.Errorf("got %v, %v, want %s", res, err, tc.want)
			}
		})
	}
}

// TestResponseLimit bounds what a value is in JSON, where it may be longer
// than in memory: every character here has six there.
func TestResponseLimit(t *testing.T) {
	db, _ := openTest(t, func(o *Options) { o.MaxMemory = 64 << 10 })
	res, err := db.Query(context.Background(), "root", `Repeat("`+strings.Repeat(`\u0001`, 32)+`", 1024)`, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = res.AppendJSON(nil)
	var fault *query.Error
	if !errors.As(err, &fault) || fault.Code != query.BadRequest || fault.Description != "Response exceeds max size. Max: 65536." {
		t.Errorf("got %v", err)
	}
}
