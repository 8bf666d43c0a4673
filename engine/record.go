package engine

import (
	"encoding/binary"
	"errors"

	"github.com/fawndb/fawn/query/value"
)

// A record is what the store keeps of one version of a document.
//
// Shape: a byte of flags, the version's time (8 bytes big-endian, stamped at
// the commit), its ttl in microseconds if the flag says so (8 bytes), then
// the top-level fields as a msgpack map. A deletion has no fields.
type record struct {
	ts      int64
	ttl     int64 // 0 is none
	deleted bool
	fields  []byte
}

const (
	recordTTL     = 1 << 0
	recordDeleted = 1 << 1
	// recordStamp is where the time stands in a record.
	recordStamp = 1
)

// errRecord: a stored record cannot be understood.
var errRecord = errors.New("engine: damaged record")

func decodeRecord(b []byte) (record, error) {
	if len(b) < 9 || b[0]&^(recordTTL|recordDeleted) != 0 {
		return record{}, errRecord
	}
	r := record{ts: int64(binary.BigEndian.Uint64(b[recordStamp:])), deleted: b[0]&recordDeleted != 0}
	rest := b[9:]
	if b[0]&recordTTL != 0 {
		if len(rest) < 8 {
			return record{}, errRecord
		}
		r.ttl = int64(binary.BigEndian.Uint64(rest))
		rest = rest[8:]
	}
	r.fields = rest
	return r, nil
}

func appendRecord(dst []byte, ts, ttl int64, deleted bool) []byte {
	var flags byte
	if ttl != 0 {
		flags |= recordTTL
	}
	if deleted {
		flags |= recordDeleted
	}
	dst = binary.BigEndian.AppendUint64(append(dst, flags), uint64(ts))
	if ttl != 0 {
		dst = binary.BigEndian.AppendUint64(dst, uint64(ttl))
	}
	return dst
}

// expired reports whether the version is invisible at a time.
func (r record) expired(now int64) bool { return r.ttl != 0 && r.ttl <= now }

// document returns the version as a document with memory of its own.
func (r record) document(ref value.Ref) *value.Document {
	return value.StoredDocument(ref, r.ts, append([]byte(nil), r.fields...))
}
