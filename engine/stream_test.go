package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
)

// listen opens a stream of what a query yields.
func listen(t *testing.T, db *engine.DB, target string) *engine.Stream {
	t.Helper()
	q, err := text.Parse(target, query.Forms())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := db.Subscribe(t.Context(), engine.Request{Secret: db.RootSecret(), Expr: q.Expr},
		engine.StreamFields{Action: true, Document: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stream.Close)
	return stream
}

// run runs a query that must succeed.
func run(t *testing.T, db *engine.DB, q string, args map[string]any) {
	t.Helper()
	if _, err := db.Query(t.Context(), db.RootSecret(), q, args); err != nil {
		t.Fatal(err)
	}
}

// next is the next event of a stream, in which something must come.
func next(t *testing.T, s *engine.Stream) engine.StreamEvent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	e, err := s.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestSlowReader checks how much may wait for a reader: so many commits, or so
// many bytes, but one of any size. Others hear of everything.
func TestSlowReader(t *testing.T) {
	for _, c := range []struct {
		name          string
		size, commits int
		given         int // commits that waited when it was given up, 0 if it was not
	}{
		{"as many as may wait", 1, 4096, 0},
		{"one too many", 1, 4097, 4096},
		{"more after the end", 1, 4200, 4096},
		{"one that is large", 7 << 20, 1, 0},
		{"many that are large", 1 << 20, 20, 8}, // each with the version that it replaces, which for the first is small
	} {
		t.Run(c.name, func(t *testing.T) {
			db := openMemory(t)
			defer db.Close()
			run(t, db, `CreateCollection({ name: "users" })`, nil)
			run(t, db, `Create(Ref(Collection("users"), "1"), {})`, nil)
			slow, quick := listen(t, db, `Ref(Collection("users"), "1")`), listen(t, db, `Ref(Collection("users"), "1")`)
			told := make(chan struct{})
			stop := slow.AfterCongestion(func() { close(told) })
			defer stop()
			pad := strings.Repeat("x", c.size)
			for i := range c.commits {
				run(t, db, `Update(Ref(Collection("users"), "1"), { data: { i: i, pad: pad } })`, map[string]any{"i": i, "pad": pad})
				if e := next(t, quick); e.Type != "version" {
					t.Fatalf("who reads got a %s: %v", e.Type, e.Event)
				}
			}
			e := next(t, slow)
			if c.given == 0 {
				if e.Type != "version" || !stop() {
					t.Errorf("got a %s: %.100v", e.Type, e.Event)
				}
				return
			}
			<-told
			want := fmt.Sprintf("Stream closed due to congestion after accumulating %d items.", c.given)
			object, _ := e.Event.(value.Object)
			if got, _ := object.Get("description"); e.Type != "error" || got != value.String(want) {
				t.Errorf("got %s %.200v, want %s", e.Type, e.Event, want)
			}
		})
	}
}

// TestIdleStreams opens thousands, of which each is told of its own document
// only, and measures what one of them holds.
func TestIdleStreams(t *testing.T) {
	const streams, most = 5000, 4 << 10 // bytes
	db := openMemory(t)
	defer db.Close()
	run(t, db, `CreateCollection({ name: "users" })`, nil)
	before := heap()
	opened := make([]*engine.Stream, streams)
	for i := range opened {
		opened[i] = listen(t, db, fmt.Sprintf(`Ref(Collection("users"), "%d")`, i+1))
	}
	if each := (heap() - before) / streams; each > most {
		t.Errorf("an idle stream holds %d bytes, want at most %d", each, most)
	}
	for _, i := range []int{0, streams / 2, streams - 1} {
		run(t, db, fmt.Sprintf(`Create(Ref(Collection("users"), "%d"), {})`, i+1), nil)
		if e := next(t, opened[i]); e.Type != "version" {
			t.Errorf("stream %d: %s %v", i, e.Type, e.Event)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e, err := opened[1].Next(ctx); err == nil {
		t.Errorf("a stream of another document got %v", e)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestStreamsBeginAtOnce opens the first streams of a database together while
// it is written to: none misses a commit after its start.
func TestStreamsBeginAtOnce(t *testing.T) {
	for range 50 {
		db := openMemory(t)
		run(t, db, `CreateCollection({ name: "users" })`, nil)
		run(t, db, `Create(Ref(Collection("users"), "1"), { data: { n: 0 } })`, nil)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				s := listen(t, db, `Ref(Collection("users"), "1")`)
				run(t, db, `Let({ r: Ref(Collection("users"), "1") }, Update(r, { data: { n: Add(1, Select(["data", "n"], Get(r))) } }))`, nil)
				if e := next(t, s); e.Type != "version" {
					t.Errorf("got %s %v", e.Type, e.Event)
				}
			})
		}
		all.Wait()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
