package engine_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/transfer"
)

// TestExportResumed: an export that was cut short anywhere goes on in the state
// of its beginning, and is the same as if it had not been.
func TestExportResumed(t *testing.T) {
	db := rich(t)
	whole := db.export(engine.ExportOptions{Secrets: true})
	db.forward(time.Minute)
	// What is written meanwhile is not in it.
	db.root(`Do(Update(Ref(Collection("users"), "1"), { data: { later: true } }), Delete(Ref(Collection("users"), "2")),
		Create(Ref(Collection("posts"), "8"), { data: {} }), Login(Ref(Collection("users"), "1"), { password: "sekrit" }))`)
	begun := strings.Index(whole, "\n") + 1
	end := strings.LastIndex(whole[:len(whole)-1], "\n") + 1
	for size := begun + strings.Index(whole[begun:], "\n") + 1; size < end; size += 97 {
		point, err := transfer.ReadPoint(strings.NewReader(whole[:size]))
		if err != nil {
			t.Fatalf("cut at %d: %v", size, err)
		}
		out := bytes.NewBufferString(whole[:point.Offset])
		if _, err := db.Export(context.Background(), "root", out, engine.ExportOptions{Secrets: true, Resume: point}); err != nil {
			t.Fatalf("cut at %d: %v", size, err)
		}
		if got := out.String(); got != whole {
			t.Fatalf("cut at %d:\n%s", size, differing(whole, got))
		}
	}

	if _, err := transfer.ReadPoint(strings.NewReader(whole)); !errors.Is(err, transfer.ErrWhole) {
		t.Errorf("a whole one: %v", err)
	}
	for _, text := range []string{"", "{}\n", whole[:begun], whole[:20]} {
		if _, err := transfer.ReadPoint(strings.NewReader(text)); !errors.Is(err, transfer.ErrNoExport) {
			t.Errorf("%q: %v", text, err)
		}
	}
	point, err := transfer.ReadPoint(strings.NewReader(whole[:end]))
	if err != nil {
		t.Fatal(err)
	}
	resume := func(o engine.ExportOptions) error {
		o.Resume = point
		_, err := db.Export(context.Background(), "root", &bytes.Buffer{}, o)
		return err
	}
	if err := resume(engine.ExportOptions{}); err == nil || !strings.Contains(err.Error(), "other options") {
		t.Errorf("other options: %v", err)
	}
	db.forward(time.Hour)
	if err := resume(engine.ExportOptions{Secrets: true}); !errors.Is(err, engine.ErrChanged) {
		t.Errorf("tokens of an hour ago: %v", err)
	}
	db.forward(-time.Hour)
	db.root(`CreateCollection({ name: "new" })`)
	if err := resume(engine.ExportOptions{Secrets: true}); !errors.Is(err, engine.ErrChanged) {
		t.Errorf("another schema: %v", err)
	}
}

// TestExportWithout: secrets and history are there only when they are wanted.
func TestExportWithout(t *testing.T) {
	db := rich(t)
	plain := db.export(engine.ExportOptions{NoHistory: true})
	for _, absent := range []string{"hashed_", `{"@ref":{"id":"credentials"}}}},"ts"`, `"email":"x@"`} {
		if strings.Contains(plain, absent) {
			t.Errorf("it has %s", absent)
		}
	}
	to := newSandbox(t)
	to.now.Store(db.now.Load() + 1)
	if _, problems := to.take(plain, engine.ImportOptions{}); len(problems) > 0 {
		t.Error(problems)
	}
	if got := to.do(`[Count(Events(Ref(Collection("users"), "2"))), Exists(Ref(Collection("users"), "4")), Count(Credentials())]`); got != `[1,false,0]` {
		t.Errorf("got %s", got)
	}
}

// TestExportBesideWriters: an export shows one moment, whatever is written
// meanwhile.
func TestExportBesideWriters(t *testing.T) {
	db := newSandbox(t)
	db.root(`Do(CreateCollection({ name: "pairs" }), 1)`)
	db.root(`Foreach([` + numbers(0, 3000) + `], (n) => Create(Ref(Collection("pairs"), Add(n, 1)), { data: { round: 0 } }))`)
	w := &writing{write: func() {
		db.root(`Foreach([1, 1500, 3000], (n) => Update(Ref(Collection("pairs"), n), { data: { round: Now() } }))`)
	}}
	if _, err := db.Export(context.Background(), "root", w, engine.ExportOptions{NoHistory: true}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(w.String(), `"round":0`); n != 3000 || w.calls < 2 {
		t.Errorf("%d of 3000 documents are as they were, after %d writes", n, w.calls)
	}
}

// writing writes to a database whenever it is written to.
type writing struct {
	bytes.Buffer
	write func()
	calls int
}

func (w *writing) Write(b []byte) (int, error) {
	w.calls++
	w.write()
	return w.Buffer.Write(b)
}
