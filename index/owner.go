package index

import (
	"crypto/sha256"
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

// TupleOf returns the part of a live entry's whole key that says index, terms
// and values.
func TupleOf(key []byte) []byte { return key[:len(key)-ownerSize] }

// Prefix returns what the keys of all live entries under terms begin with.
// The error is a refusal of terms that are too long.
func (d *Definition) Prefix(terms []value.Value) ([]byte, error) {
	return d.prefixIn(make([]byte, 0, prefixRoom), terms)
}

// prefixRoom is enough for most prefixes.
const prefixRoom = 64

// prefixIn is Prefix, in the memory of dst where that is enough.
func (d *Definition) prefixIn(dst []byte, terms []value.Value) ([]byte, error) {
	// The terms are encoded behind where they will stand, and then moved.
	encoded, err := matchTerms(dst[:prefixHead], terms)
	if err != nil {
		return nil, err
	}
	return appendPrefix(encoded[:0], SpaceEntry, d.Scope, d.home, encoded[prefixHead:]), nil
}

// PrefixLen returns the length of what the keys of all entries under the same
// terms begin with, live or removed; 0 if key is no entry's.
func PrefixLen(key []byte) int {
	if len(key) < NumberSize {
		return 0
	}
	n, size := binary.Uvarint(key[NumberSize:])
	if n > maxPlainTerms {
		n = sha256.Size
	}
	if end := NumberSize + size + int(n); size > 0 && end <= len(key) {
		return end
	}
	return 0
}

// Covered returns the covered values in an entry's stored value, nil if there
// are none. The error is ErrDamaged.
func Covered(stored []byte) ([]value.Value, error) {
	_, rest, err := ReadHeader(stored)
	if err != nil || len(rest) == 0 {
		return nil, err
	}
	v, err := value.DecodeMsgpack(rest)
	if err != nil {
		return nil, err
	}
	list, ok := v.(value.Array)
	if !ok {
		return nil, ErrDamaged
	}
	return list, nil
}
