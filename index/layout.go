package index

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Spaces of the store: the first bytes of keys. Numbers in keys are big-endian,
// scopes, indexes and classes 4 bytes, ids and times 8; ~time is the
// complement, so that the latest comes first.
//
//	d scope class id                       a live document
//	h scope class id ~ts                   a version that is no longer live, or a deletion
//	i scope index terms values id [class]    a live entry
//	j scope index terms values id [class] ~removed   an entry that was removed
//
// An entry has a class unless all documents of its index are of one collection.
//
// The value begins with a Header. That of a document goes on with its fields
// as a msgpack map; that of an entry with its covered values as a msgpack
// array, when it has columns of values.
const (
	SpaceLive    = 'd'
	SpaceHistory = 'h'
	SpaceEntry   = 'i'
	SpaceRemoved = 'j'
)

// Limits in bytes.
const (
	// maxTuple is the size of encoded terms, and of encoded values. What
	// exceeds it is not stored. Source: chapter on documents, section 3.12.
	maxTuple = 32767
	// maxTermsAndTuple is the size of both together. What exceeds it is
	// refused. Source: chapter on documents, section 1.16.
	maxTermsAndTuple = 64000
	// maxEntryKey leaves room for the time in the key of a removed entry.
	maxEntryKey = 32<<10 - timeSize
	// maxPlainTerms is up to where terms stand in keys as they are; longer
	// ones are hashed.
	maxPlainTerms = 1024
)

// NumberSize is the size of what begins the keys of all entries of an index:
// space, scope, index.
const NumberSize = 1 + scopeSize + indexSize

const (
	timeSize  = 8
	classSize = 4
	scopeSize = 4
	indexSize = 4
	idSize    = 8
	// maxOwner is the most that the document takes at the end of an entry's key.
	maxOwner = idSize + classSize
)

// Header begins the value of every version of a document and of every entry.
//
// Shape: a byte of flags; the time since when the version or the entry is
// valid (8 bytes, stamped at the commit); its ttl, when the flag says so.
type Header struct {
	TS        int64 // microseconds; 0 while pending
	TTL       int64 // microseconds, rounded up; valid if HasTTL
	HasTTL    bool
	Tombstone bool // a deletion, in history
}

const (
	flagTTL       = 1 << 0
	flagTombstone = 1 << 1
)

// HeaderStamp is the offset of the time in a header.
const HeaderStamp = 1

// ErrDamaged is returned for entries and versions that cannot be understood.
var ErrDamaged = errors.New("index: damaged entry")

// AppendHeader appends h to dst.
func AppendHeader(dst []byte, h Header) []byte {
	var flags byte
	if h.HasTTL {
		flags |= flagTTL
	}
	if h.Tombstone {
		flags |= flagTombstone
	}
	dst = binary.BigEndian.AppendUint64(append(dst, flags), uint64(h.TS))
	if h.HasTTL {
		dst = binary.BigEndian.AppendUint64(dst, uint64(h.TTL))
	}
	return dst
}

// ReadHeader returns the header of a stored value and what follows it. The
// error is ErrDamaged.
func ReadHeader(b []byte) (h Header, rest []byte, err error) {
	if len(b) < 1+timeSize || b[0]&^(flagTTL|flagTombstone) != 0 {
		return Header{}, nil, ErrDamaged
	}
	h = Header{TS: int64(binary.BigEndian.Uint64(b[HeaderStamp:])), Tombstone: b[0]&flagTombstone != 0}
	rest = b[1+timeSize:]
	if b[0]&flagTTL != 0 {
		if len(rest) < timeSize {
			return Header{}, nil, ErrDamaged
		}
		h.HasTTL, h.TTL = true, int64(binary.BigEndian.Uint64(rest))
		rest = rest[timeSize:]
	}
	return h, rest, nil
}

// Expired reports whether the ttl is reached.
func (h Header) Expired(now int64) bool { return h.HasTTL && h.TTL <= now }

// validSince reports whether a version was written at or before a past time.
func (h Header) validSince(at int64) bool { return h.TS != 0 && h.TS <= at }

// TTLOf returns a ttl in microseconds, rounded up, so that nothing expires
// before its time.
func TTLOf(t value.Time) int64 {
	micros, ok := t.Micros()
	switch {
	case !ok && t.Sec < 0:
		return -1 << 63
	case !ok:
		return 1<<63 - 1
	case t.Nano%1000 != 0:
		return micros + 1
	}
	return micros
}

// prefixHead is the most that stands before the terms in the key of an entry.
const prefixHead = NumberSize + 2

// appendPrefix appends what begins the keys of an index's entries under
// encoded terms. The terms may stand in the memory behind dst, from prefixHead
// on.
func appendPrefix(dst []byte, space byte, s value.Scope, number uint32, terms []byte) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, space), uint32(s))
	dst = binary.BigEndian.AppendUint32(dst, number)
	if len(terms) <= maxPlainTerms {
		return append(binary.AppendUvarint(dst, uint64(len(terms))), terms...)
	}
	sum := sha256.Sum256(terms)
	return append(binary.AppendUvarint(dst, maxPlainTerms+1), sum[:]...)
}

// appendTerm appends a term such that equal bytes mean the same stored value:
// of the same type, objects regardless of the order of members. A pending time
// becomes the number of 8 bytes that it is stored as.
//
// Shape: an item of msgpack; that of a ref is termRef, scope and class as
// uvarints, id 8 bytes.
func appendTerm(dst []byte, v value.Value, stamps *[]int) ([]byte, error) {
	switch v := v.(type) {
	case value.Ref:
		dst = binary.AppendUvarint(append(dst, termRef), uint64(v.Scope))
		dst = binary.AppendUvarint(dst, uint64(v.Class))
		return binary.BigEndian.AppendUint64(dst, uint64(v.ID)), nil
	case value.String:
		return value.AppendMsgpack(dst, v, nil)
	default: // may hold what has more than one form
	}
	var pending []int
	dst, err := value.AppendMsgpack(dst, canonical(v), &pending)
	if err != nil {
		return nil, err
	}
	for _, i := range pending {
		dst[i-1] = msgpackUint64
	}
	if stamps != nil {
		*stamps = append(*stamps, pending...)
	}
	return dst, nil
}

// termRef begins a ref in the terms, shorter than in msgpack: most terms by
// which documents are found are refs. No item of msgpack begins with it.
const termRef = 0xc1

// msgpackUint64 begins an integer beyond 32 bits, such as a time.
const msgpackUint64 = 0xcf

// canonical returns v with the members of objects sorted by name.
func canonical(v value.Value) value.Value {
	switch v := v.(type) {
	case value.Array:
		out := make(value.Array, len(v))
		for i := range v {
			out[i] = canonical(v[i])
		}
		return out
	case value.Object, *value.Document, *value.Event, *value.Sourced, *value.Page, *value.Set:
		o := value.ByName(asObject(v))
		out := make(value.Object, len(o))
		for i, f := range o {
			out[i] = value.Field{Name: f.Name, Value: canonical(f.Value)}
		}
		return out
	default:
		return v
	}
}

// matchTerms appends the terms of a match, encoded, to dst.
func matchTerms(dst []byte, terms []value.Value) ([]byte, error) {
	given := len(dst)
	for _, v := range terms {
		var err error
		if dst, err = appendTerm(dst, v, nil); err != nil {
			return nil, err
		}
	}
	if len(dst)-given > maxTuple {
		return nil, &query.Refusal{
			Code: query.BadRequest, Place: query.Nowhere,
			Description: "buf length " + strconv.Itoa(len(dst)-given) + " exceeds " + strconv.Itoa(maxTuple),
		}
	}
	return dst, nil
}

// after returns the first key behind all that begin with prefix, nil if that
// is the end of all keys. Shape: "ab" gives "ac".
func after(prefix []byte) []byte { return afterIn(nil, prefix) }

// afterIn is after, in the memory of dst where that is enough.
func afterIn(dst, prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			out := append(dst, prefix[:i+1]...)
			out[i]++
			return out
		}
	}
	return nil
}
