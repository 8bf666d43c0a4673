package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
	"github.com/fawndb/fawn/query"
)

// step is one query of a workload with its numbers.
type step struct {
	kind    string
	a, b, n int
}

// workload is a kind of concurrent transactions, and what they do one after
// the other.
type workload struct {
	name  string
	setup []string
	// queries are the texts of the steps; they use the variables a, b and n.
	queries map[string]string
	pick    func(r *rand.Rand) step
	start   any
	// next returns what a step returns in a state, as JSON, or the code of its
	// error, and the state after it.
	next func(state any, s step) (any, string)
}

// accounts are what accounts hold.
type accounts [4]int

// slots are how many documents there are in each slot.
type slots [3]int

// owners are who has a name, by person; 0 is nobody, 1 is the name 0.
type owners [4]int

// numbers is a set of numbers from -8 to 7, as bits.
type numbers uint16

// has reports whether a number is in the set.
func (s numbers) has(n int) bool { return s>>(n+8)&1 == 1 }

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

var workloads = []workload{
	{
		name: "bank transfers",
		setup: []string{
			`CreateCollection({name: "accounts"})`,
			`CreateIndex({name: "balances", source: Collection("accounts"), values: [{field: "ref"}, {field: ["data", "n"]}]})`,
			`Foreach([0, 1, 2, 3], (i) => Create(Ref(Collection("accounts"), i), {data: {n: 10}}))`,
		},
		queries: map[string]string{
			"transfer": `Let({from: Ref(Collection("accounts"), Var("a")), to: Ref(Collection("accounts"), Var("b")),
				has: Select(["data", "n"], Get(Var("from")))},
				If(LT(Var("has"), Var("n")), false, Do(
					Update(Var("from"), {data: {n: Subtract(Var("has"), Var("n"))}}),
					Update(Var("to"), {data: {n: Add(Select(["data", "n"], Get(Var("to"))), Var("n"))}}), true)))`,
			"balances": `Select("data", Map(Paginate(Match(Index("balances"))), (ref, n) => n))`,
		},
		pick: func(r *rand.Rand) step {
			if r.IntN(3) == 0 {
				return step{kind: "balances"}
			}
			a := r.IntN(4)
			return step{"transfer", a, (a + 1 + r.IntN(3)) % 4, r.IntN(8)}
		},
		start: accounts{10, 10, 10, 10},
		next: func(state any, s step) (any, string) {
			now := state.(accounts)
			switch {
			case s.kind == "balances":
				return now, toJSON(now)
			case now[s.a] < s.n:
				return now, "false"
			}
			now[s.a] -= s.n
			now[s.b] += s.n
			return now, "true"
		},
	},
	{
		name: "write skew over empty ranges",
		setup: []string{
			`CreateCollection({name: "claims"})`,
			`CreateIndex({name: "in", source: Collection("claims"), terms: [{field: ["data", "slot"]}]})`,
		},
		queries: map[string]string{
			"claim": `If(And(IsEmpty(Match(Index("in"), Var("a"))), IsEmpty(Match(Index("in"), Var("b")))),
				Do(Create(Collection("claims"), {data: {slot: Var("a")}}), true), false)`,
			"append": `Let({n: Count(Match(Index("in"), Var("a")))}, Do(Create(Collection("claims"), {data: {slot: Var("a")}}), Var("n")))`,
			"clear":  `Do(Foreach(Paginate(Match(Index("in"), Var("a"))), (ref) => Delete(ref)), true)`,
			"count":  `[Count(Match(Index("in"), 0)), Count(Match(Index("in"), 1)), Count(Match(Index("in"), 2))]`,
		},
		pick: func(r *rand.Rand) step {
			a := r.IntN(3)
			return step{kind: []string{"claim", "claim", "append", "clear", "clear", "count"}[r.IntN(6)], a: a, b: (a + 1) % 3}
		},
		start: slots{},
		next: func(state any, s step) (any, string) {
			now := state.(slots)
			switch s.kind {
			case "count":
				return now, toJSON(now)
			case "clear":
				now[s.a] = 0
				return now, "true"
			case "append":
				now[s.a]++
				return now, toJSON(now[s.a] - 1)
			}
			if now[s.a]+now[s.b] > 0 {
				return now, "false"
			}
			now[s.a]++
			return now, "true"
		},
	},
	{
		name: "unique names",
		setup: []string{
			`CreateCollection({name: "people"})`,
			`CreateIndex({name: "name", source: Collection("people"), terms: [{field: ["data", "name"]}], unique: true})`,
		},
		queries: map[string]string{
			"take": `Let({me: Ref(Collection("people"), Var("a"))}, Do(If(Exists(Var("me")),
				Update(Var("me"), {data: {name: Var("n")}}), Create(Var("me"), {data: {name: Var("n")}})), true))`,
			"leave": `Let({me: Ref(Collection("people"), Var("a"))}, If(Exists(Var("me")), Do(Delete(Var("me")), true), false))`,
			"who":   `Select(["data", 0, "id"], Paginate(Match(Index("name"), Var("n"))), "nobody")`,
		},
		pick: func(r *rand.Rand) step {
			return step{kind: []string{"take", "take", "leave", "who"}[r.IntN(4)], a: r.IntN(4), n: r.IntN(3) + 1}
		},
		start: owners{},
		next: func(state any, s step) (any, string) {
			now := state.(owners)
			owner := -1
			for person, name := range now {
				if name == s.n {
					owner = person
				}
			}
			switch {
			case s.kind == "who" && owner < 0:
				return now, `"nobody"`
			case s.kind == "who":
				return now, fmt.Sprintf("%q", fmt.Sprint(owner))
			case s.kind == "leave" && now[s.a] == 0:
				return now, "false"
			case s.kind == "leave":
				now[s.a] = 0
				return now, "true"
			case owner >= 0 && owner != s.a:
				return now, string(query.InstanceNotUnique)
			}
			now[s.a] = s.n
			return now, "true"
		},
	},
	{
		name: "pages under inserts",
		setup: []string{
			`CreateCollection({name: "numbers"})`,
			`CreateIndex({name: "sorted", source: Collection("numbers"), values: [{field: ["data", "n"]}]})`,
			`CreateIndex({name: "which", source: Collection("numbers"), terms: [{field: ["data", "n"]}]})`,
		},
		queries: map[string]string{
			"toggle": `Let({here: Match(Index("which"), Var("n"))}, If(IsEmpty(Var("here")),
				Do(Create(Collection("numbers"), {data: {n: Var("n")}}), true),
				Do(Foreach(Paginate(Var("here")), (ref) => Delete(ref)), false)))`,
			"after":  `Select("data", Paginate(Match(Index("sorted")), {after: Var("n"), size: 3}))`,
			"before": `Select("data", Paginate(Match(Index("sorted")), {before: Var("n"), size: 3}))`,
		},
		pick: func(r *rand.Rand) step {
			return step{kind: []string{"toggle", "toggle", "after", "before"}[r.IntN(4)], n: r.IntN(16) - 8}
		},
		start: numbers(0),
		next: func(state any, s step) (any, string) {
			now := state.(numbers)
			page := []int{}
			switch s.kind {
			case "after":
				for n := s.n; n < 8 && len(page) < 3; n++ {
					if now.has(n) {
						page = append(page, n)
					}
				}
				return now, toJSON(page)
			case "before":
				for n := s.n - 1; n >= -8 && len(page) < 3; n-- {
					if now.has(n) {
						page = append([]int{n}, page...)
					}
				}
				return now, toJSON(page)
			}
			now ^= 1 << (s.n + 8)
			return now, toJSON(now.has(s.n))
		},
	},
}

// model is a workload as porcupine takes it.
func (w *workload) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return w.start },
		Step: func(state, in, out any) (bool, any) {
			after, want := w.next(state, in.(step))
			return want == out.(string), after
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %v", in, out) },
	}
}

// do runs a step and returns its result as the model gives it.
func (w *workload) do(db *DB, s step) (string, error) {
	res, err := db.Query(context.Background(), "root", w.queries[s.kind], map[string]any{"a": s.a, "b": s.b, "n": s.n})
	if e := query.Decisive(err); e != nil && e.Code == query.InstanceNotUnique {
		return string(e.Code), nil
	}
	if err != nil {
		return "", err
	}
	b, err := res.AppendJSON(nil)
	return string(b), err
}

// TestSerializable runs random transactions at once and looks for an order in
// which they could have run one after the other.
func TestSerializable(t *testing.T) {
	stores := map[string]func(*testing.T, *testClock) kv.Store{
		"mem": func(_ *testing.T, c *testClock) kv.Store { return newStore(c) },
		"bolt": func(t *testing.T, c *testClock) kv.Store {
			s, err := bolt.Open(filepath.Join(t.TempDir(), "test.db"), bolt.Options{
				NoSync: true, Clock: func() int64 { return c.Now().UnixMicro() },
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	}
	for name, open := range stores {
		for i := range workloads {
			t.Run(name+"/"+workloads[i].name, func(t *testing.T) {
				clock := newTestClock()
				db := mustOpen(t, open(t, clock), testOptions(clock))
				workloads[i].check(t, db)
				mustBeClean(t, db.store)
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// check runs a workload in rounds, each of which begins where the last ended.
func (w *workload) check(t *testing.T, db *DB) {
	const rounds, clients, steps = 8, 4, 40
	for _, q := range w.setup {
		run(t, db, "%s", q)
	}
	r := newRand(t)
	var history []porcupine.Operation
	var mu sync.Mutex
	var clock atomic.Int64
	for range rounds {
		var all sync.WaitGroup
		for client := range clients {
			mine := rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
			all.Go(func() {
				for range steps {
					op := porcupine.Operation{ClientId: client, Input: w.pick(mine), Call: clock.Add(1)}
					out, err := w.do(db, op.Input.(step))
					if err != nil {
						t.Errorf("%+v: %v", op.Input, err)
						return
					}
					op.Output, op.Return = out, clock.Add(1)
					mu.Lock()
					history = append(history, op)
					mu.Unlock()
				}
			})
		}
		all.Wait()
	}
	if t.Failed() {
		return
	}
	switch porcupine.CheckOperationsTimeout(w.model(), history, 20*time.Second) {
	case porcupine.Ok:
	case porcupine.Illegal:
		var lines []string
		for _, op := range history {
			lines = append(lines, fmt.Sprintf("%d %4d-%-4d %+v -> %v", op.ClientId, op.Call, op.Return, op.Input, op.Output))
		}
		t.Errorf("there is no order in which this could have happened:\n%s", strings.Join(lines, "\n"))
	case porcupine.Unknown:
		t.Error("no order was found in time")
	}
}
