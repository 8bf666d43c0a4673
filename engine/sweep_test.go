package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

func (s *sandbox) sweep() {
	s.t.Helper()
	if err := s.Sweep(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	s.check()
}

// check checks that all that the store has agrees.
func (s *sandbox) check() {
	s.t.Helper()
	err := engine.Check(context.Background(), s.store, func(f engine.Finding) { s.t.Errorf("%+v", f) })
	if err != nil {
		s.t.Fatal(err)
	}
}

// checkKept compares what the store has with what it had, in all spaces but
// those of schemas.
func (s *sandbox) checkKept(what string, want map[string]int) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.kept()); diff != "" {
		s.t.Errorf("%s: the store has (-want +got):\n%s", what, diff)
	}
}

const sweepSchema = `Do(
	CreateCollection({ name: "users", history_days: 0 }),
	CreateCollection({ name: "notes", history_days: null }),
	CreateIndex({ name: "by_n", source: [Collection("users"), Collection("notes")], terms: [{ field: ["data", "n"] }], values: [{ field: ["data", "v"] }] }),
	CreateIndex({ name: "all", source: "_" }),
	CreateIndex({ name: "tokens_by_instance", source: Tokens(), terms: [{ field: "instance" }] })
)`

// TestSweepExpired checks that a round leaves nothing of documents that
// expired, and all of the others.
func TestSweepExpired(t *testing.T) {
	s := newSandbox(t)
	s.do(sweepSchema)
	s.do(`Create(Ref(Collection("users"), 1), { data: { n: 1 } })`)
	s.do(`Create(Ref(Collection("users"), 2), { data: { n: 2, v: 2 }, ttl: TimeAdd(Now(), 2, "hours") })`)
	want := s.kept()
	s.do(`Map(Take(1, [1]), (x) => Create(Ref(Collection("notes"), Var("x")), { data: { n: [1, 2, 3], v: [4, 5] } }))`)
	s.do(`Update(Ref(Collection("notes"), 1), { data: { n: [2, 7] }, ttl: TimeAdd(Now(), 1, "hour") })`)
	s.do(`Create(Tokens(), { instance: Ref(Collection("users"), 1), ttl: TimeAdd(Now(), 1, "hour") })`)
	s.do(`CreateKey({ role: "server", ttl: TimeAdd(Now(), 1, "hour") })`)
	s.do(`Foreach([` + numbers(1000, 1300) + `], (i) => Create(Ref(Collection("users"), i), { data: { n: i, v: i }, ttl: TimeAdd(Now(), 1, "hour") }))`)
	before := s.kept()
	s.sweep()
	s.checkKept("before anything expired", before)
	s.forward(time.Hour + time.Minute)
	s.sweep()
	s.checkKept("after the ttl", want)
	if got := s.do(`[Count(Documents(Collection("users"))), Paginate(Match("by_n", 2)), Count(Match("all"))]`); got !=
		`[2,{"data":[2]},2]` {
		t.Errorf("left is %s", got)
	}
}

// TestSweepSpared checks that a document which lives on is not freed at the
// ttl that it had.
func TestSweepSpared(t *testing.T) {
	s := newSandbox(t)
	s.do(`CreateCollection({ name: "users" })`)
	s.do(`Create(Ref(Collection("users"), 1), { ttl: TimeAdd(Now(), 1, "hour") })`)
	s.do(`Create(Ref(Collection("users"), 2), { ttl: TimeAdd(Now(), 1, "hour") })`)
	s.do(`Update(Ref(Collection("users"), 1), { ttl: null })`)
	s.do(`Update(Ref(Collection("users"), 2), { ttl: TimeAdd(Now(), 2, "hours") })`)
	s.forward(time.Hour + time.Minute)
	s.sweep()
	if got := s.do(`[Exists(Ref(Collection("users"), 1)), Exists(Ref(Collection("users"), 2))]`); got != `[true,true]` {
		t.Errorf("they exist: %s", got)
	}
}

// TestSweepGarbage checks that nothing is left of collections, indexes and
// databases that were deleted, but their own history.
func TestSweepGarbage(t *testing.T) {
	s := newSandbox(t)
	s.do(sweepSchema)
	s.do(`Create(Ref(Collection("users"), 1), { data: { n: 1, v: 1 } })`)
	for _, c := range []struct{ name, made, dead string }{
		{"index", `CreateIndex({ name: "x", source: Collection("users"), values: [{ field: ["data", "v"] }] })`, `Delete(Index("x"))`},
		{"collection", `CreateCollection({ name: "x" })`, `Delete(Collection("x"))`},
		{"database", `CreateDatabase({ name: "x" })`, `Delete(Database("x"))`},
	} {
		s.do(c.made)
		s.do(c.dead)
		s.sweep()
		want := s.kept()
		s.do(c.made)
		switch c.name {
		case "index":
			s.do(`Do(Create(Ref(Collection("users"), 9), { data: { v: [1, 2] } }), Delete(Ref(Collection("users"), 9)))`)
		case "collection":
			s.do(`Foreach([` + numbers(1, 300) + `], (i) => Create(Ref(Collection("x"), i), { data: { n: i, v: [1, 2] }, ttl: TimeAdd(Now(), 1, "day") }))`)
			s.do(`Update(Ref(Collection("x"), 1), { data: { n: 1000 } })`)
			s.do(`Delete(Ref(Collection("x"), 2))`)
		case "database":
			s.do(`CreateKey({ role: "admin", database: Database("x") })`)
			s.do(`Delete(Select("ref", Get(Keys())))`)
			s.forward(time.Hour)
			s.sweep()
			s.inside("x", `CreateCollection({ name: "c" })`)
			s.inside("x", `CreateDatabase({ name: "below" })`)
			s.inside("x", `CreateKey({ role: "admin" })`)
			s.inside("x", `Foreach([`+numbers(1, 300)+`], (i) => Create(Ref(Collection("c"), i), { ttl: TimeAdd(Now(), 1, "day") }))`)
		}
		s.do(c.dead)
		s.sweep()
		// One object more has been made and deleted: two versions in history.
		want["h"] += 2
		if c.name == "database" {
			want["v"] = s.kept()["v"]
		}
		s.checkKept(c.name, want)
	}
}

// inside runs a query in a child database.
func (s *sandbox) inside(child, q string) {
	s.t.Helper()
	if _, err := s.Query(context.Background(), "root:"+child+":admin", q, nil); err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
}

// TestSweepHistory checks that the history that may be read reads the same
// before and after, and that nothing else is left of it.
func TestSweepHistory(t *testing.T) {
	s := newSandbox(t)
	s.do(sweepSchema)
	for i := range 6 {
		for _, c := range []string{"users", "notes"} {
			s.do(`Let({ r: Ref(Collection("` + c + `"), 1), p: { data: { n: ` + numbers(i, i+1) + `, v: [1, ` + numbers(i, i+1) + `] } } },
				If(Exists(Var("r")), Update(Var("r"), Var("p")), Create(Var("r"), Var("p"))))`)
			s.do(`Create(Ref(Collection("` + c + `"), ` + numbers(10+i, 11+i) + `), { data: { n: 0, v: 0 } })`)
			if i > 1 {
				s.do(`Delete(Ref(Collection("` + c + `"), ` + numbers(10+i, 11+i) + `))`)
			}
		}
		s.forward(5 * time.Minute)
	}
	const look = `Map([1, 4, 7, 10, 13], (m) => At(TimeSubtract(Epoch(%, "microseconds"), m, "minutes"), [
		Map([Collection("users"), Collection("notes")], (c) => [Paginate(Documents(c)), If(Exists(Ref(c, 1)), Get(Ref(c, 1)), null)]),
		Map([0, 1, 2, 3, 4, 5], (n) => Paginate(Match("by_n", n)))
	]))`
	const events = `Map([Collection("users"), Collection("notes")], (c) => [Paginate(Events(Ref(c, 1))), Paginate(Events(Ref(c, 11))), Paginate(Events(Documents(c))),
		Map([0, 1, 2, 3, 4, 5], (n) => Paginate(Events(Match("by_n", n))))])`
	at := s.do(`ToMicros(Now())`)
	past := replace(look, at)
	before, told := s.do(past), s.do(events)
	was := s.kept()
	s.sweep()
	if diff := cmp.Diff(before, s.do(past)); diff != "" {
		t.Errorf("the past has changed:\n%s", diff)
	}
	if diff := cmp.Diff(told, s.do(events)); diff != "" {
		t.Errorf("the events have changed:\n%s", diff)
	}
	is := s.kept()
	for _, space := range []string{"h", "j"} {
		if is[space] >= was[space] {
			t.Errorf("space %s has %d of %d", space, is[space], was[space])
		}
	}
	if is["d"] != was["d"] || is["i"] != was["i"] {
		t.Errorf("what is live has changed: %v, %v", was, is)
	}
	s.forward(time.Hour)
	s.do(`Delete(Ref(Collection("notes"), 1))`)
	s.sweep()
	if got := s.do(`Map([` + numbers(1, 20) + `], (i) => Count(Events(Ref(Collection("users"), i))))`); got !=
		`[1,0,0,0,0,0,0,0,0,1,1,0,0,0,0,0,0,0,0]` {
		t.Errorf("left are %s", got)
	}
}

// TestSweepUnderLoad sweeps while others write: neither disturbs the other.
func TestSweepUnderLoad(t *testing.T) {
	s := newSandbox(t)
	s.do(sweepSchema)
	s.do(`Create(Ref(Collection("users"), 1), { data: { n: 0 } })`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				s.do(`Update(Ref(Collection("users"), 1), { data: { n: Add(1, Select(["data", "n"], Get(Ref(Collection("users"), 1)))) } })`)
				s.do(`Create(Collection("notes"), { data: { n: 1 }, ttl: Now() })`)
				s.forward(time.Minute)
			}
		})
	}
	for range 20 {
		s.sweep()
	}
	wg.Wait()
	s.forward(time.Hour)
	s.sweep()
	if got := s.do(`[Select(["data", "n"], Get(Ref(Collection("users"), 1))), Count(Events(Ref(Collection("users"), 1)))]`); got != `[200,1]` {
		t.Errorf("got %s", got)
	}
	if kept := s.kept(); kept["t"] != 0 || kept["j"] != 0 {
		t.Errorf("left are %v", kept)
	}
}

// TestSweepIsNoNews checks that streams hear nothing of what a round frees.
func TestSweepIsNoNews(t *testing.T) {
	s := newSandbox(t)
	s.do(sweepSchema)
	s.do(`Create(Ref(Collection("users"), 1), { data: { n: 1 }, ttl: TimeAdd(Now(), 1, "hour") })`)
	var streams []*engine.Stream
	for _, q := range []string{`Ref(Collection("users"), 1)`, `Documents(Collection("users"))`, `Match("by_n", 1)`, `Match("all")`} {
		e, err := s.Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := s.Subscribe(context.Background(), engine.Request{Secret: "root", Expr: e.Expr}, engine.StreamFields{Action: true, Document: true})
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		defer stream.Close()
		streams = append(streams, stream)
	}
	s.forward(2 * time.Hour)
	s.sweep()
	if kept := s.kept(); kept["t"] != 0 {
		t.Fatalf("nothing was swept: %v", kept)
	}
	made := s.do(`Create(Ref(Collection("users"), 1), { data: { n: 1, v: 1 } })`)
	for i, want := range []string{"create", "add", "add", "add"} {
		e, err := streams[i].Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		o, _ := e.Event.(value.Object)
		if action, _ := o.Get("action"); fmt.Sprint(action) != want {
			t.Errorf("stream %d: the first event after %s is %v, want %s", i, made, e.Event, want)
		}
	}
}
