package engine

import (
	"encoding/binary"

	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// The layout of the store. The first byte of a key is its space.
//
//	m name                          facts about the file: format, collation, root secret
//	n scope kind                    the next number of a kind of object -> 8 bytes
//	g global-id                     a database by its global id -> scope
//	s scope                         a database by its number -> parent scope, id of its document, global ids
//	v scope                         written by every change of a database's schema -> commit time
//	k key-id scope                  where the key with an id lives -> empty
//	d scope class id                a live document -> record
//	h scope class id ~time          a version that is no longer live -> record
//	t time scope class id           a live document with a ttl, by ttl in microseconds -> empty
//	i scope index terms values ref  a live index entry (package index); the system's indexes
//	                                have the numbers of their collections
//	j … ~time                       an index entry that was removed (package index)
//	e scope token-id                what only a token service sees of a token -> seal (seal.go)
//	f digest                        the token that a service finds under a digest, its first 16 bytes -> scope class id
//	b scope index                   an index that is being built -> how far it has come
//	x scope class                   a deleted collection, of which documents are to be removed -> empty
//	x scope index                   a deleted index, likewise its entries
//	x scope                         a deleted database, likewise all it held
//	c scope digest                  how often something was tried -> counter (package limiter)
//
// Numbers are big-endian: scope and class 4 bytes, ids, times and indexes as
// said there. ~time is the complement, so that the latest comes first.
const (
	spaceMeta    = 'm'
	spaceNext    = 'n'
	spaceGlobal  = 'g'
	spaceScope   = 's'
	spaceSchema  = 'v'
	spaceKey     = 'k'
	spaceLive    = index.SpaceLive
	spaceHistory = index.SpaceHistory
	spaceTTL     = 't'
	spaceSeal    = 'e'
	spaceDigest  = 'f'
	spaceBuild   = 'b'
	spaceGarbage = 'x'
	spaceCounter = 'c'
)

func appendClass(dst []byte, s value.Scope, c value.Class) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(s))
	return binary.BigEndian.AppendUint32(dst, uint32(c))
}

func appendRef(dst []byte, r value.Ref) []byte {
	return binary.BigEndian.AppendUint64(appendClass(dst, r.Scope, r.Class), uint64(r.ID))
}

// refSize is the size of a ref in a key, scope, class and id; classSize that
// of the first two.
const (
	refSize   = classSize + idSize
	classSize = 4 + 4
	idSize    = 8
)

func decodeRef(b []byte) value.Ref {
	return value.Ref{
		Scope: value.Scope(binary.BigEndian.Uint32(b)),
		Class: value.Class(binary.BigEndian.Uint32(b[4:])),
		ID:    int64(binary.BigEndian.Uint64(b[8:])),
	}
}

// liveKey is the key of a document's live version.
func liveKey(r value.Ref) []byte { return appendRef(append(make([]byte, 0, 1+refSize), spaceLive), r) }

// historyPrefix begins the keys of a document's past versions.
func historyPrefix(r value.Ref) []byte {
	return appendRef(append(make([]byte, 0, 1+refSize+8), spaceHistory), r)
}

// historyStamp is where the time stands in a history key.
const historyStamp = 1 + refSize

// historyKey is the key of the past version with time ts; 0 is the time of
// the running transaction, which is stamped.
func historyKey(r value.Ref, ts int64) []byte {
	if ts == 0 {
		return append(historyPrefix(r), make([]byte, 8)...)
	}
	return binary.BigEndian.AppendUint64(historyPrefix(r), ^uint64(ts))
}

func historyTime(key []byte) int64 {
	return int64(^binary.BigEndian.Uint64(key[historyStamp:]))
}

// ttlKey is the key under which the sweeper finds a document that expires.
func ttlKey(ttl int64, r value.Ref) []byte {
	k := append(make([]byte, 0, 1+8+refSize), spaceTTL)
	return appendRef(binary.BigEndian.AppendUint64(k, uint64(ttl)^1<<63), r)
}

func scopeKey(space byte, s value.Scope) []byte {
	return binary.BigEndian.AppendUint32([]byte{space}, uint32(s))
}

func globalKey(id uint64) []byte { return binary.BigEndian.AppendUint64([]byte{spaceGlobal}, id) }

// keyKey says that the key document with an id lives in a scope.
func keyKey(id int64, s value.Scope) []byte {
	k := binary.BigEndian.AppendUint64([]byte{spaceKey}, uint64(id))
	return binary.BigEndian.AppendUint32(k, uint32(s))
}

func metaKey(name string) []byte { return append([]byte{spaceMeta}, name...) }

// after returns the first key behind all keys that begin with prefix, nil if
// that is the end of all keys. Shape: "ab" gives "ac".
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			out := append([]byte(nil), prefix[:i+1]...)
			out[i]++
			return out
		}
	}
	return nil
}
