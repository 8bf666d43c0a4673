package engine

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/query"
)

// logged keeps what a database tells its log.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// numbersTo lists the numbers from 0 up to n, not included.
func numbersTo(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strconv.Itoa(i)
	}
	return strings.Join(list, ", ")
}

// soon waits until something holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("not in 20 seconds: %s", what)
		}
	}
}

// TestBuildIsTriedAgain lets the store fail once while an index is built: the
// log hears of it, and the build goes on by itself.
func TestBuildIsTriedAgain(t *testing.T) {
	g, _, o := newGated(t, 500)
	log := new(logged)
	o.Log = log.logger()
	failed := false
	g.set(func(b *kv.Batch) error {
		if isBuild(b) && !failed {
			failed = true
			return errors.New("the disk is on fire")
		}
		return nil
	})
	db := mustOpen(t, g, o)
	run(t, db, `%s`, createByX)
	soon(t, "the index is active", func() bool { return isActive(t, db) == "true" })
	if got := run(t, db, `Count(Match(Index("by_x"), 3))`); got != "50" {
		t.Errorf("the index has %s documents, want 50", got)
	}
	if text := log.String(); !strings.Contains(text, "build of an index failed") || !strings.Contains(text, "the disk is on fire") {
		t.Errorf("the log has %q", text)
	}
	soon(t, "nothing stands still", func() bool { return db.AwaitBuilds(context.Background()) == nil })
	mustBeClean(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCloseWhileBuildWaits closes a database whose build is to be tried again
// later.
func TestCloseWhileBuildWaits(t *testing.T) {
	g, _, o := newGated(t, 500)
	g.set(func(b *kv.Batch) error {
		if isBuild(b) {
			return errors.New("the disk is on fire")
		}
		return nil
	})
	db := mustOpen(t, g, o)
	run(t, db, `%s`, createByX)
	if err := db.AwaitBuilds(context.Background()); err == nil {
		t.Error("the build did not fail")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSweepTellsTheLog lets the store fail while the background sweeps.
func TestSweepTellsTheLog(t *testing.T) {
	g, clock, o := newGated(t, 1)
	log := new(logged)
	o.Log, o.SweepInterval = log.logger(), time.Millisecond
	db := mustOpen(t, g, o)
	run(t, db, `Create(Collection("many"), {ttl: TimeAdd(Now(), 1, "second")})`)
	g.set(func(*kv.Batch) error { return errors.New("the disk is on fire") })
	clock.advance(2 * time.Second)
	soon(t, "the log hears of it", func() bool {
		return strings.Contains(log.String(), "sweep failed") && strings.Contains(log.String(), "the disk is on fire")
	})
	g.set(nil)
	soon(t, "the document is freed", func() bool {
		snap, err := g.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		defer snap.Close()
		it := snap.Scan([]byte{spaceTTL}, []byte{spaceTTL + 1}, false)
		defer it.Close()
		return !it.Next()
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestUniqueWhileBuilt writes a document that is equal to one that the build of
// a unique index has not come to. It is told at the end, and refused when one
// of them is written again.
func TestUniqueWhileBuilt(t *testing.T) {
	g, _, o := newGated(t, 0)
	db := mustOpen(t, g, o)
	run(t, db, `Foreach([%s], (i) => Create(Ref(Collection("many"), i), {data: {x: i}}))`, numbersTo(500))
	hold := make(chan struct{})
	g.set(func(b *kv.Batch) error {
		if isBuild(b) {
			<-hold
		}
		return nil
	})
	run(t, db, `%s`, strings.Replace(createByX, `name:`, `unique: true, name:`, 1))
	run(t, db, `Create(Ref(Collection("many"), "1000"), {data: {x: 499}})`)
	close(hold)
	mustBuild(t, db)
	builds, err := db.Builds()
	if err != nil || len(builds) != 1 || !builds[0].Ended || builds[0].Duplicates != 1 || builds[0].Left != 0 || builds[0].Done < 500 {
		t.Errorf("builds: %+v, %v", builds, err)
	}
	if got := run(t, db, `[Count(Match(Index("by_x"), 499)), Select("active", Get(Index("by_x")))]`); got != "[2,true]" {
		t.Errorf("the index has %s", got)
	}
	_, err = db.Query(context.Background(), "root", `Create(Collection("many"), {data: {x: 499}})`, nil)
	if e := query.Decisive(err); e == nil || e.Code != query.InstanceNotUnique {
		t.Errorf("a third document: %v", err)
	}
	mustBeClean(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// It is told until the index is deleted.
	db = mustOpen(t, g, o)
	if builds, err := db.Builds(); err != nil || len(builds) != 1 || builds[0].Duplicates != 1 {
		t.Errorf("builds after opening again: %+v, %v", builds, err)
	}
	run(t, db, `Delete(Index("by_x"))`)
	if builds, err := db.Builds(); err != nil || len(builds) != 0 {
		t.Errorf("builds without the index: %+v, %v", builds, err)
	}
	mustBeClean(t, g)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBuildLeavesOut builds an index over a document that would have far too
// many entries there.
func TestBuildLeavesOut(t *testing.T) {
	g, _, o := newGated(t, 300)
	log := new(logged)
	o.Log = log.logger()
	db := mustOpen(t, g, o)
	const many = `CreateIndex({name: "by_x", source: Collection("many"),
		terms: [{field: ["data", "x"]}, {field: ["data", "y"]}, {field: ["data", "z"]}]})`
	list := numbersTo(128)
	run(t, db, `Update(Ref(Collection("many"), "7"), {data: {x: [%s], y: [%s], z: [%s]}})`, list, list, list)
	run(t, db, `%s`, many)
	mustBuild(t, db)
	builds, err := db.Builds()
	if err != nil || len(builds) != 1 || !builds[0].Ended || builds[0].Left != 1 || builds[0].Done != 300 || builds[0].Name != "by_x" {
		t.Errorf("builds: %+v, %v", builds, err)
	}
	if text := log.String(); !strings.Contains(text, `"documents left out"=1`) {
		t.Errorf("the log has %q", text)
	}
	// Before it was changed, the document had an entry.
	if got := run(t, db, `[Select("active", Get(Index("by_x"))), Count(Match(Index("by_x"), [7, null, null])), Count(Match(Index("by_x"), [8, null, null]))]`); got != "[true,29,30]" {
		t.Errorf("the index has %s", got)
	}
	mustBeClean(t, g)
	// The document is no prisoner of the index.
	run(t, db, `Update(Ref(Collection("many"), "7"), {data: {x: 8, y: null, z: null}})`)
	if got := run(t, db, `Count(Match(Index("by_x"), [8, null, null]))`); got != "31" {
		t.Errorf("the index has %s", got)
	}
	mustBeClean(t, g)
	if err := db.Sweep(context.Background()); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// An index that is built at once is refused with such a document, also
	// where that is in the past.
	o.BuildAtOnce = math.MaxInt
	db = mustOpen(t, g, o)
	_, err = db.Query(context.Background(), "root", strings.Replace(many, "by_x", "by_y", 1), nil)
	if e := query.Decisive(err); e == nil || e.Code != query.BadRequest || !strings.HasPrefix(e.Description, "Index entries for doc 7 in scope 0 and index by_y have estimated byte size ") {
		t.Errorf("built at once: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
