package text

import (
	"testing"

	"github.com/fawndb/fawn/query/wire"
)

// lookup and creation are typical queries.
const (
	lookup   = `Paginate(Match(Index("tokens_by_instance"), Ref(Collection("users"), "1")), { size: 10 })`
	creation = `Create(Collection("users"), {
  data: { name: "Ada Lovelace", born: Date("1815-12-10"), tags: ["a", "b"], score: 1.5 },
  credentials: { password: "secret" }
})`
)

// BenchmarkParse reads the same query as text, as JSON, and out of a cache.
// Text is JSON with a grammar before it; the goal is a ratio of 10.
func BenchmarkParse(b *testing.B) {
	for name, src := range map[string]string{"lookup": lookup, "creation": creation} {
		q, err := Parse(src, testForms)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/text", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(src, testForms); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wire.Decode(q.Wire, testForms); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/cached", func(b *testing.B) {
			c := NewCache(testForms, 1<<20)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Parse(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPrint(b *testing.B) {
	q, err := Parse(lookup, testForms)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = Append(dst[:0], q.Expr, Options{})
	}
}

func BenchmarkFormat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Format(creation); err != nil {
			b.Fatal(err)
		}
	}
}
