package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

const (
	benchUsers    = 2500
	benchPerUser  = 4
	benchFirstID  = 1000
	benchSchema   = `Do(CreateCollection({ name: "users" }), CreateIndex({ name: "tokens_by_instance", source: Tokens(), terms: [{ field: ["instance"] }] }))`
	benchRole     = `CreateRole({ name: "users", membership: { resource: Collection("users") }, privileges: [{ resource: Tokens(), actions: { read: true } }] })`
	benchMakeUser = `Map(Var("ids"), (id) => Create(Ref(Collection("users"), id), { data: { name: "Alice" } }))`
	benchMake     = `Map(Var("ids"), (id) => Select("secret", Create(Tokens(), { instance: Ref(Collection("users"), id), data: { name: "Firefox on Linux" } })))`
)

// benchDB is a database of users with tokens.
type benchDB struct {
	*engine.DB
	users   value.Class
	secrets []string
}

func newBenchDB(b *testing.B) *benchDB {
	db, err := engine.Open(filepath.Join(b.TempDir(), "bench.db"), engine.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	d := &benchDB{DB: db}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	ids := make([]int64, benchUsers)
	for i := range ids {
		ids[i] = benchFirstID + int64(i)
	}
	args := map[string]any{"ids": ids}
	d.query(b, benchSchema, nil)
	d.query(b, benchRole, nil)
	d.users = value.Class(d.query(b, `Collection("users")`, nil).(value.Ref).ID)
	d.query(b, benchMakeUser, args)
	for range benchPerUser {
		for _, s := range d.query(b, benchMake, args).(value.Array) {
			d.secrets = append(d.secrets, string(s.(value.String)))
		}
	}
	return d
}

func (d *benchDB) query(b *testing.B, q string, args map[string]any) value.Value {
	b.Helper()
	res, err := d.Query(context.Background(), d.RootSecret(), q, args)
	if err != nil {
		b.Fatal(err)
	}
	return res.Value
}

// run measures a parsed query with a user as its variable.
func (d *benchDB) run(b *testing.B, q string) {
	parsed, err := d.Parse(q, "user")
	if err != nil {
		b.Fatal(err)
	}
	ctx, n := context.Background(), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		user := value.Ref{Class: d.users, ID: benchFirstID + n*7919%benchUsers}
		n++
		_, err := d.Run(ctx, engine.Request{
			Secret: d.RootSecret(), Expr: parsed.Expr, Args: []value.Field{{Name: "user", Value: user}},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	d := newBenchDB(b)
	ctx, n := context.Background(), 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Verify(ctx, d.secrets[n*7919%len(d.secrets)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func BenchmarkMatch(b *testing.B) {
	newBenchDB(b).run(b, `Paginate(Match(Index("tokens_by_instance"), Var("user")))`)
}

func BenchmarkMatchGet(b *testing.B) {
	newBenchDB(b).run(b, `Map(Paginate(Match(Index("tokens_by_instance"), Var("user"))), (ref) => Get(ref))`)
}

func BenchmarkCreate(b *testing.B) {
	newBenchDB(b).run(b, `Create(Tokens(), { instance: Var("user"), data: { name: "Firefox on Linux" } })`)
}

// BenchmarkImport imports tokens with an index by user into a new file, as an
// export has them, each transaction made durable.
func BenchmarkImport(b *testing.B) {
	const n = 100_000
	var lines bytes.Buffer
	w := bufio.NewWriter(&lines)
	for i := range n {
		fmt.Fprintf(w, `{"ref":{"@ref":{"id":"%d","collection":{"@ref":{"id":"tokens"}}}},"ts":%d,"instance":{"@ref":{"id":"%d","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}},"data":{"name":"Firefox on Linux, at home, in the study"},"hashed_secret":"sha256:VRmKBdVEP2y-_RkmFXPVPIjzC7nHeDIMV3uP6YfsxFM"}`+"\n",
			400_000_000_000_000_000+int64(i)<<10, 1714564800000000+i, 400_000_000_000_000_000+int64(i*7919%(n/4))<<10+1)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		db, err := engine.Open(filepath.Join(b.TempDir(), "x.db"), engine.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := db.Query(context.Background(), db.RootSecret(), `Do(CreateCollection({name:"users"}), CreateIndex({ name: "tokens_by_instance", source: Tokens(), terms: [{ field: ["instance"] }] }))`, nil); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		out, err := db.Import(context.Background(), db.RootSecret(), bytes.NewReader(lines.Bytes()), engine.ImportOptions{})
		if err != nil || out.Documents != n {
			b.Fatal(out, err)
		}
		b.ReportMetric(float64(n)/time.Since(start).Seconds(), "docs/s")
		db.Close()
	}
}
