package engine_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/kvtest"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/password"
)

// sandbox is a fresh database in memory with a clock of its own, and what it
// reads of its store.
type sandbox struct {
	*engine.DB
	t     testing.TB
	store *kvtest.Counting
	now   *atomic.Int64 // microseconds
}

func newSandbox(t testing.TB) *sandbox {
	t.Helper()
	now := new(atomic.Int64)
	now.Store(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
	clock := func() int64 { return now.Add(1) }
	store := kvtest.Count(mem.New(mem.Options{Clock: clock}))
	db, err := engine.OpenStore(store, engine.Options{
		RootSecret:    "root",
		Clock:         func() time.Time { return time.UnixMicro(clock()).UTC() },
		PasswordCost:  password.Cost{Memory: 8, Time: 1, Lanes: 1},
		SweepInterval: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		damage := func(f engine.Finding) { t.Error(f) }
		if err := engine.Check(context.Background(), store, damage); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &sandbox{DB: db, t: t, store: store, now: now}
}

func (s *sandbox) forward(d time.Duration) { s.now.Add(d.Microseconds()) }

// do runs a query that must succeed and returns the JSON of its value.
func (s *sandbox) do(q string) string {
	s.t.Helper()
	res, err := s.Query(context.Background(), "root", q, nil)
	if err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
	b, err := res.AppendJSON(nil)
	if err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
	return string(b)
}

// spaces are the spaces of the store that documents and entries are in: live
// and past documents, live and removed entries, notes of ttls, keys, garbage,
// and schemas, seals and digests of tokens, and counters of tries.
const spaces = "dhijtkxnvefc"

// kept counts what the store has, by space.
func (s *sandbox) kept() map[string]int {
	s.t.Helper()
	snap, err := s.store.Snapshot()
	if err != nil {
		s.t.Fatal(err)
	}
	defer snap.Close()
	out := map[string]int{}
	it := snap.Scan(nil, nil, false)
	defer it.Close()
	for it.Next() {
		if space := string(it.Key()[:1]); strings.Contains(spaces, space) {
			out[space]++
		}
	}
	if err := it.Err(); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// keptIn counts the keys that the store has in some spaces.
func (s *sandbox) keptIn(some string) int {
	s.t.Helper()
	n := 0
	for space, count := range s.kept() {
		if strings.Contains(some, space) {
			n += count
		}
	}
	return n
}

// numbers lists the numbers from lo up to hi, not included: "1, 2, 3".
func numbers(lo, hi int) string {
	var list []string
	for ; lo < hi; lo++ {
		list = append(list, strconv.Itoa(lo))
	}
	return strings.Join(list, ", ")
}

// replace puts with in the place of every % in q.
func replace(q, with string) string { return strings.ReplaceAll(q, "%", with) }
