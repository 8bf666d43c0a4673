package index

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/fawndb/fawn/query/value"
)

// ownerSize is the size of what ends the keys of entries: their document.
func (d *Definition) ownerSize() int {
	if d.mixed() {
		return maxOwner
	}
	return idSize
}

// appendOwner appends a document to an entry's key.
func (d *Definition) appendOwner(dst []byte, id uint64, class uint32) []byte {
	dst = binary.BigEndian.AppendUint64(dst, id)
	if d.mixed() {
		dst = binary.BigEndian.AppendUint32(dst, class)
	}
	return dst
}

// OwnerOf returns the document that a live entry belongs to; key is the whole
// key of the entry, which is not shorter than MinEntry.
func (d *Definition) OwnerOf(key []byte) value.Ref { return d.ownerAt(key[len(key)-d.ownerSize():]) }

// ownerAt returns the document that stands at the beginning of the rest of a
// key.
func (d *Definition) ownerAt(rest []byte) value.Ref {
	r := value.Ref{Scope: d.Scope, Class: d.sole, ID: int64(binary.BigEndian.Uint64(rest))}
	if d.mixed() {
		r.Class = value.Class(binary.BigEndian.Uint32(rest[idSize:]))
	}
	return r
}

// MinEntry is the least length of the key of a live entry.
func (d *Definition) MinEntry() int { return NumberSize + 1 + d.ownerSize() }

// TupleOf returns the part of a live entry's whole key that says index, terms
// and values.
func (d *Definition) TupleOf(key []byte) []byte { return key[:len(key)-d.ownerSize()] }

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
