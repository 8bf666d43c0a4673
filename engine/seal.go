package engine

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// Seal is what a token service keeps with a token, and no query ever sees: the
// digests under which the token is found, and a state of the service's own.
// It has no history, and goes with its token.
type Seal struct {
	Keys  []SealKey
	State value.Object
}

// SealKey is one digest under which a token is found: that of a secret, or of
// a name that the service made up.
type SealKey struct {
	Digest Digest
	// Label says what the digest is to its service: "access", "spent", ...
	Label string
	// Opens says that queries take the secret with this digest as they take
	// a token's, while the token's data.scope has the word for it.
	Opens bool
	// Expires is the first instant, in microseconds, at which the digest no
	// longer opens; 0 is never.
	Expires int64
}

// Digest is the SHA-256 digest of a secret.
type Digest [sha256.Size]byte

// DigestOf returns the digest of a secret, over exactly its characters.
func DigestOf(secret string) Digest { return sha256.Sum256([]byte(secret)) }

// equal compares digests in constant time.
func (d Digest) equal(other Digest) bool { return subtle.ConstantTimeCompare(d[:], other[:]) == 1 }

// digestPrefix is how much of a digest stands in a key. The seal has it whole.
const digestPrefix = 16

func digestKey(d Digest) []byte {
	return append(append(make([]byte, 0, 1+digestPrefix), spaceDigest), d[:digestPrefix]...)
}

func sealKey(r value.Ref) []byte {
	return binary.BigEndian.AppendUint64(scopeKey(spaceSeal, r.Scope), uint64(r.ID))
}

// encode returns the seal as it is stored: how many keys there are, the keys,
// and the state in msgpack, nothing if it is empty. A key is
//
//	digest (32 bytes) · expires (8) · opens (1) · length of the label (1) · label
func (s *Seal) encode() ([]byte, error) {
	b := binary.AppendUvarint(make([]byte, 0, 64*(1+len(s.Keys))), uint64(len(s.Keys)))
	for _, k := range s.Keys {
		if len(k.Label) > maxLabel {
			return nil, fmt.Errorf("engine: the label of a digest is too long: %d bytes", len(k.Label))
		}
		b = binary.BigEndian.AppendUint64(append(b, k.Digest[:]...), uint64(k.Expires))
		opens := byte(0)
		if k.Opens {
			opens = 1
		}
		b = append(append(b, opens, byte(len(k.Label))), k.Label...)
	}
	if len(s.State) == 0 {
		return b, nil
	}
	return value.AppendMsgpack(b, s.State, nil)
}

const (
	// sealKeySize is the size of a stored key without its label.
	sealKeySize = sha256.Size + 8 + 1 + 1
	// maxLabel is how long a label may be.
	maxLabel = math.MaxUint8
)

func decodeSeal(b []byte) (*Seal, error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)/sealKeySize) {
		return nil, index.ErrDamaged
	}
	b = b[size:]
	out := &Seal{Keys: make([]SealKey, n)}
	for i := range out.Keys {
		if len(b) < sealKeySize || len(b) < sealKeySize+int(b[sealKeySize-1]) {
			return nil, index.ErrDamaged
		}
		k := &out.Keys[i]
		copy(k.Digest[:], b)
		k.Expires = int64(be64(b[len(k.Digest):]))
		k.Opens = b[len(k.Digest)+8] == 1
		b = b[sealKeySize-1:]
		end := 1 + int(b[0])
		k.Label, b = string(b[1:end]), b[end:]
	}
	if len(b) == 0 {
		return out, nil
	}
	v, err := value.DecodeMsgpack(b)
	if err != nil {
		return nil, err
	}
	state, ok := v.(value.Object)
	if !ok {
		return nil, index.ErrDamaged
	}
	out.State = state
	return out, nil
}

// seal gives a token a seal in place of the one that it has.
func (tx *tx) seal(r value.Ref, s *Seal) error {
	if err := tx.unseal(r); err != nil {
		return err
	}
	b, err := s.encode()
	if err != nil {
		return err
	}
	tx.t.Put(kv.Write{Key: sealKey(r), Value: b})
	for _, k := range s.Keys {
		key := digestKey(k.Digest)
		if err := tx.unclaim(key); err != nil {
			return err
		}
		tx.t.Put(kv.Write{Key: key, Value: appendRef(nil, r)})
	}
	return nil
}

// unclaim takes a digest away from a token that has it by being found under
// the same name: a name belongs to who took it last.
func (tx *tx) unclaim(key []byte) error {
	b, err := tx.t.Get(key)
	if b == nil || err != nil {
		return err
	}
	old, err := tx.sealed(decodeRef(b))
	if old == nil || err != nil {
		return err
	}
	kept := old.Keys[:0:0]
	for _, k := range old.Keys {
		if !bytes.Equal(digestKey(k.Digest), key) {
			kept = append(kept, k)
		}
	}
	old.Keys = kept
	changed, err := old.encode()
	if err == nil {
		tx.t.Put(kv.Write{Key: sealKey(decodeRef(b)), Value: changed})
	}
	return err
}

// unseal takes its seal from a token, if it has one.
func (tx *tx) unseal(r value.Ref) error {
	key := sealKey(r)
	b, err := tx.t.Get(key)
	if b == nil || err != nil {
		return err
	}
	if err := tx.dropDigests(b); err != nil {
		return err
	}
	return tx.clear(key)
}

// dropDigests makes a token no longer found under the digests of its seal.
func (tx *tx) dropDigests(stored []byte) error {
	s, err := decodeSeal(stored)
	if err != nil {
		return err
	}
	for _, k := range s.Keys {
		if err := tx.clear(digestKey(k.Digest)); err != nil {
			return err
		}
	}
	return nil
}

// sealed returns the seal of a token, nil if it has none.
func (tx *tx) sealed(r value.Ref) (*Seal, error) {
	b, err := tx.t.Get(sealKey(r))
	if b == nil || err != nil {
		return nil, err
	}
	return decodeSeal(b)
}

// sealOf finds the live token that has a digest, with its seal; nil if there
// is none.
func (tx *tx) sealOf(d Digest) (value.Ref, *Seal, error) {
	b, err := tx.t.Get(digestKey(d))
	if len(b) != refSize || err != nil {
		return value.Ref{}, nil, err
	}
	r := decodeRef(b)
	if live, err := tx.liveDatabase(r.Scope); !live || err != nil {
		return value.Ref{}, nil, err
	}
	s, err := tx.sealed(r)
	if s == nil || err != nil || s.key(d) == nil {
		return value.Ref{}, nil, err
	}
	return r, s, nil
}

// key returns what a seal says of a digest, nil if it does not have it. The
// digests are compared in constant time.
func (s *Seal) key(d Digest) *SealKey {
	for i := range s.Keys {
		if s.Keys[i].Digest.equal(d) {
			return &s.Keys[i]
		}
	}
	return nil
}

// sealedSession finds the token of a service whose secret queries take; nil
// if there is none.
func (tx *tx) sealedSession(text string) (*session, error) {
	d := DigestOf(text)
	ref, s, err := tx.sealOf(d)
	if s == nil || err != nil {
		return nil, err
	}
	k := s.key(d)
	if !k.Opens || k.Expires != 0 && k.Expires <= tx.now {
		return nil, nil
	}
	rec, ok, err := tx.record(ref)
	if err != nil || !ok {
		return nil, err
	}
	if ok, err := opensQueries(rec.fields); err != nil || !ok {
		return nil, err
	}
	instance, _, err := tx.instanceOf(rec.fields)
	if err != nil || instance == nil {
		return nil, err
	}
	return tx.actingAs(ref, *instance)
}

// QueryScope is the word in the scope of a service's token that says that
// queries take its access secrets.
const QueryScope = "fql"

// opensQueries reports whether the scope of a token has the word QueryScope.
func opensQueries(raw []byte) (bool, error) {
	located, ok, err := value.Locate(raw, "data", "scope")
	if err != nil || !ok {
		return false, err
	}
	v, err := value.DecodeMsgpack(located)
	scope, _ := v.(value.String)
	return slices.Contains(strings.Fields(string(scope)), QueryScope), err
}
