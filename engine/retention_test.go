package engine_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
)

// TestFloorIsKept checks that history which was lost when less of it was kept
// stays lost, also after the file was closed, and the text that says so.
func TestFloorIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var now atomic.Int64
	now.Store(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
	open := func() *engine.DB {
		db, err := engine.Open(path, engine.Options{
			RootSecret: "root", NoSync: true, SweepInterval: -1,
			Clock: func() time.Time { return time.UnixMicro(now.Load()).UTC() },
		})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	ask[any](t, db, `CreateCollection({ name: "c", history_days: 7 })`)
	ask[any](t, db, `Create(Ref(Collection("c"), 1))`)
	now.Add((2 * time.Hour).Microseconds())
	ask[any](t, db, `Update(Collection("c"), { history_days: 0 })`)
	ask[any](t, db, `Update(Collection("c"), { history_days: null })`)
	now.Add(time.Hour.Microseconds())
	for _, when := range []string{"as it was changed", "after it was closed"} {
		_, err := db.Query(context.Background(), "root",
			`Exists(Ref(Collection("c"), 1), Time("2024-05-01T13:00:00Z"))`, nil)
		e := query.Decisive(err)
		if e == nil || e.Code != query.BadRequest || e.Position != nil {
			t.Fatalf("%s: %v", when, err)
		}
		const text = "Requested timestamp 2024-05-01T13:00:00Z less than minimum allowed timestamp "
		lowest, err := time.Parse(time.RFC3339Nano, e.Description[len(text):len(e.Description)-1])
		if err != nil || e.Description[:len(text)] != text || e.Description[len(e.Description)-1] != '.' {
			t.Errorf("%s: %s", when, e.Description)
		}
		if want := time.Date(2024, 5, 1, 13, 45, 0, 0, time.UTC); lowest.Sub(want).Abs() > time.Minute {
			t.Errorf("%s: the lowest time is %v, want about %v", when, lowest, want)
		}
		if !ask[bool](t, db, `Exists(Ref(Collection("c"), 1), Time("2024-05-01T13:50:00Z"))`) {
			t.Errorf("%s: what is kept cannot be read", when)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open()
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
