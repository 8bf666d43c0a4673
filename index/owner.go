package index

import (
	"encoding/binary"

	"github.com/fawndb/fawn/query/value"
)

// OwnerOf returns the document that a live entry belongs to; key is the whole
// key of an entry in a database.
func OwnerOf(key []byte, s value.Scope) value.Ref {
	b := key[len(key)-ownerSize:]
	return value.Ref{
		Scope: s,
		Class: value.Class(binary.BigEndian.Uint32(b[idSize:])),
		ID:    int64(binary.BigEndian.Uint64(b)),
	}
}

// Prefix returns what the keys of all live entries under terms begin with.
// The error is a refusal of terms that are too long.
func (d *Definition) Prefix(terms []value.Value) ([]byte, error) {
	encoded, err := matchTerms(terms)
	if err != nil {
		return nil, err
	}
	return appendPrefix(make([]byte, 0, 64), SpaceEntry, d.Scope, d.Number, encoded), nil
}
