package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
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
