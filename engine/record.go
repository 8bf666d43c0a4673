package engine

import (
	"fmt"

	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// A record is what the store keeps of one version of a document: a header
// (package index) and the top-level fields as a msgpack map. A deletion has
// no fields.
type record struct {
	index.Header
	fields []byte
}

func decodeRecord(b []byte) (record, error) {
	h, rest, err := index.ReadHeader(b)
	if err != nil {
		return record{}, fmt.Errorf("engine: record: %w", err)
	}
	return record{h, rest}, nil
}

// document returns the version as a document with memory of its own.
func (r record) document(ref value.Ref) *value.Document {
	return value.StoredDocument(ref, r.TS, append([]byte(nil), r.fields...))
}
