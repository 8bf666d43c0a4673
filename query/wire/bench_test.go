package wire

import (
	"encoding/json"
	"testing"
)

// The lookup query, with the instance as a call and as a literal.
const (
	lookupQuery = `{"paginate":{"match":{"index":"tokens_by_instance"},` +
		`"terms":{"ref":{"collection":"users"},"id":"374960010543104"}},"size":64}`
	lookupRefQuery = `{"paginate":{"match":{"index":"tokens_by_instance"},"terms":{"@ref":{"id":"374960010543104",` +
		`"collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}}}}`
)

const createQuery = `{"create":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}},` +
	`"params":{"object":{"data":{"object":{"name":"Ann Example","age":42,"tags":["a","b"],` +
	`"address":{"object":{"city":"Oslo","zip":"0150"}},"joined":{"@ts":"2020-01-01T00:00:00Z"}}}}}}`

// BenchmarkDecode compares the way from a body to its tree with encoding/json
// into any.
func BenchmarkDecode(b *testing.B) {
	for _, body := range []struct{ name, text string }{{"lookup", lookupQuery}, {"lookupRef", lookupRefQuery}, {"create", createQuery}} {
		src := []byte(body.text)
		b.Run("fawn/"+body.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if _, err := Decode(src, testForms); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("json/"+body.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				var v any
				if err := json.Unmarshal(src, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	e, err := Decode([]byte(createQuery), testForms)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = Append(dst[:0], e)
	}
}
