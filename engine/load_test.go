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
)

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
