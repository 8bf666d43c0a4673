package tokens_test

import (
	"fmt"
	"testing"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// BenchmarkInquiry is what VERIFY does: it asks about one of many tokens.
func BenchmarkInquiry(b *testing.B) {
	f := tokenstest.New(b)
	const n = 1000
	secrets := make([]string, n)
	for i := range secrets {
		who := f.User(map[string]any{"username": fmt.Sprint("user", i)}, "")
		v := f.Do(`Select("secret", Create(Tokens(), { instance: Var("who"), data: { name: "phone" } }))`, map[string]any{"who": who})
		secrets[i] = string(v.(value.String))
	}
	for _, run := range []int{1, 16} {
		b.Run(fmt.Sprint(run), func(b *testing.B) {
			b.ReportAllocs()
			var out []byte
			for i := 0; b.Loop(); {
				q, err := f.Inquire(b.Context(), f.Secret())
				if err != nil {
					b.Fatal(err)
				}
				for range run {
					if out, err = q.Append(out[:0], secrets[i%n]); err != nil || len(out) < 100 {
						b.Fatal(string(out), err)
					}
					i++
				}
				q.Close()
			}
		})
	}
}
