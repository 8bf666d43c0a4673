package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/mem"
)

// beaten is a store where somebody else always commits first.
type beaten struct {
	kv.Store
	first func()
}

func (s *beaten) Commit(ctx context.Context, b *kv.Batch) (int64, error) {
	if f := s.first; f != nil {
		s.first = nil
		f()
		s.first = f
	}
	return s.Store.Commit(ctx, b)
}

// TestContended checks the answer to a query that may not be run again, and
// loses against another: it names the document.
func TestContended(t *testing.T) {
	store := &beaten{Store: mem.New(mem.Options{})}
	db, err := engine.OpenStore(store, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	run := func(q string) {
		t.Helper()
		if _, err := db.Query(context.Background(), db.RootSecret(), q, nil); err != nil {
			t.Fatal(err)
		}
	}
	run(`CreateCollection({ name: "users" })`)
	run(`Create(Ref(Collection("users"), "1"), {})`)
	run(`Create(Ref(Collection("users"), "2"), {})`)
	const ref = `{"@ref":{"id":"1","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}}`
	for _, test := range []struct{ name, other, named string }{
		{"an update", `Update(Ref(Collection("users"), "1"), { data: { a: 1 } })`, `"ref":` + ref + `,`},
		{"a deletion", `Delete(Ref(Collection("users"), "1"))`, `"ref":` + ref + `,`},
		{"of what it only read", `Update(Ref(Collection("users"), "2"), { data: { a: 1 } })`, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			store.first = func() { run(test.other) }
			t.Cleanup(func() { store.first = nil; run(`If(Exists(` + user + `), 0, Create(` + user + `, {}))`) })
			body := `{"do":[{"get":` + strings.Replace(ref, `"1"`, `"2"`, 1) + `},{"update":` + ref + `,"params":{"object":{}}}]}`
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+db.RootSecret())
			r.Header.Set("X-Max-Retries-On-Contention", "0")
			w := httptest.NewRecorder()
			New(db, Options{}).Handler().ServeHTTP(w, r)
			want := `{"errors":[{` + test.named +
				`"code":"contended transaction","description":"Transaction was aborted due to detection of concurrent modification."}]}`
			if w.Code != http.StatusConflict || w.Body.String() != want {
				t.Errorf("%d %s\nwant 409 %s", w.Code, w.Body, want)
			}
		})
	}
}

const user = `Ref(Collection("users"), "1")`

// losing is a store whose next commits lose against others.
type losing struct {
	kv.Store
	left atomic.Int64
}

func (s *losing) Commit(ctx context.Context, b *kv.Batch) (int64, error) {
	if s.left.Add(-1) >= 0 {
		return 0, kv.ErrConflict
	}
	return s.Store.Commit(ctx, b)
}

// TestRetries checks how often a query that loses is run again, that the answer
// tells, and that what it writes is written once or not at all.
func TestRetries(t *testing.T) {
	store := &losing{Store: mem.New(mem.Options{})}
	h := openOver(t, Options{}, func() (*engine.DB, error) { return engine.OpenStore(store, engine.Options{}) })
	const ref = `{"ref":{"collection":"users"},"id":"1"}`
	const increment = `{"select":["data","n"],"from":{"update":` + ref +
		`,"params":{"object":{"data":{"object":{"n":{"add":[1,{"select":["data","n"],"from":{"get":` + ref + `}}]}}}}}}}`
	c := client(t, "HTTP/1.1")
	h.ask(t, c, ask{body: `{"create_collection":{"object":{"name":"users"}}}`})
	h.ask(t, c, ask{body: `{"create":` + ref + `,"params":{"object":{"data":{"object":{"n":0}}}}}`})
	done := 0
	for _, test := range []struct {
		most    string // header, "" for none
		loses   int64
		status  int
		retries string
	}{
		{"", 0, 200, "0"},
		{"", 3, 200, "3"},
		{"", 7, 200, "7"}, // the last run is alone, and does not lose
		{"0", 0, 200, "0"},
		{"0", 1, 409, "0"},
		{"2", 2, 200, "2"},
		{"2", 3, 409, "2"},
		{"7", 7, 200, "7"},
		{"7", 8, 409, "7"},
	} {
		store.left.Store(test.loses)
		header := http.Header{}
		if test.most != "" {
			header.Set("X-Max-Retries-On-Contention", test.most)
		}
		got := h.ask(t, c, ask{body: increment, header: header})
		want := answer{Status: 200, Body: `{"resource":` + strconv.Itoa(done+1) + `}`}
		if test.status == http.StatusOK {
			done++
		} else {
			want = answer{Status: 409, Body: refusal("contended transaction",
				"Transaction was aborted due to detection of concurrent modification.")}
		}
		same(t, got, want)
		if retries := got.header.Get("X-Txn-Retries"); retries != test.retries {
			t.Errorf("at most %q, losing %d times: x-txn-retries is %q, want %q", test.most, test.loses, retries, test.retries)
		}
		if left := store.left.Load(); left > 0 {
			t.Errorf("at most %q, losing %d times: %d commits fewer than there should be", test.most, test.loses, left)
		}
		store.left.Store(0)
		same(t, h.ask(t, c, ask{body: `{"select":["data","n"],"from":{"get":` + ref + `}}`}),
			answer{Status: 200, Body: `{"resource":` + strconv.Itoa(done) + `}`})
	}
}
