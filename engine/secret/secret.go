// Package secret owns the secrets of keys and tokens: their layout, their
// digests, and the global ids of databases inside them.
//
// Shape of a key's secret: base64url without padding of 0x7E 0x70, the key's
// id (8 bytes big-endian), 20 random bytes: 40 characters that begin with
// fnA. Of a token's: 0x7E 0x71, the token's id, the global id of its
// database, 20 random bytes: 51 characters that begin with fnE.
// Source: chapter on authentication, section 1.
package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"

	"github.com/fawndb/fawn/engine/password"
)

const (
	randomSize = 20
	keySize    = 2 + 8 + randomSize
	tokenSize  = 2 + 8 + 8 + randomSize

	keyText   = 40
	tokenText = 51
)

// Kind says whom a secret belongs to.
type Kind uint8

// The kinds of secret.
const (
	Key Kind = iota + 1
	Token
)

// Parts are what a secret says of itself. Nothing of it is proven until the
// digest was compared.
type Parts struct {
	Kind     Kind
	ID       int64
	GlobalID uint64 // of the token's database
}

// Parse reads a secret. It is false for any text of another shape.
func Parse(s string) (Parts, bool) {
	var buf [tokenSize]byte
	if len(s) != keyText && len(s) != tokenText {
		return Parts{}, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(buf[:], []byte(s))
	switch {
	case err != nil || buf[0] != 0x7E:
		return Parts{}, false
	case n == keySize && buf[1] == 0x70:
		return Parts{Kind: Key, ID: int64(binary.BigEndian.Uint64(buf[2:]))}, true
	case n == tokenSize && buf[1] == 0x71:
		return Parts{
			Kind: Token, ID: int64(binary.BigEndian.Uint64(buf[2:])),
			GlobalID: binary.BigEndian.Uint64(buf[10:]),
		}, true
	}
	return Parts{}, false
}

// New makes a secret with fresh random bytes from random.
func New(p Parts, random io.Reader) (string, error) {
	buf := make([]byte, 0, tokenSize)
	if p.Kind == Key {
		buf = append(buf, 0x7E, 0x70)
		buf = binary.BigEndian.AppendUint64(buf, uint64(p.ID))
	} else {
		buf = append(buf, 0x7E, 0x71)
		buf = binary.BigEndian.AppendUint64(buf, uint64(p.ID))
		buf = binary.BigEndian.AppendUint64(buf, p.GlobalID)
	}
	fixed := len(buf)
	buf = buf[:fixed+randomSize]
	if _, err := io.ReadFull(random, buf[fixed:]); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(buf), nil
}

const digestPrefix = "sha256:"

// Digest returns the self-describing digest that is kept of a secret:
// "sha256:" and 43 characters of base64url.
func Digest(s string) string {
	var buf [len(digestPrefix) + 43]byte
	appendDigest(buf[:0], s)
	return string(buf[:])
}

func appendDigest(dst []byte, s string) []byte {
	var text [256]byte
	sum := sha256.Sum256(append(text[:0], s...))
	return base64.RawURLEncoding.AppendEncode(append(dst, digestPrefix...), sum[:])
}

// Matches reports whether a secret belongs to a stored digest. Digests are
// compared in constant time. An imported bcrypt hash matches the random part
// of a secret, or the whole of it; any other text matches nothing.
func Matches(stored []byte, s string) bool {
	var buf [len(digestPrefix) + 43]byte
	if subtle.ConstantTimeCompare(appendDigest(buf[:0], s), stored) == 1 {
		return true
	}
	if !Imported(stored) {
		return false
	}
	if _, ok := Parse(s); ok {
		// The random bytes as text of their own: 27 characters.
		raw, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			return false
		}
		random := base64.RawURLEncoding.EncodeToString(raw[len(raw)-randomSize:])
		if password.Matches(string(stored), random) {
			return true
		}
	}
	return password.Matches(string(stored), s)
}

// Imported reports whether a stored text is a bcrypt hash from elsewhere,
// which is to be replaced by a digest after its first use.
func Imported(stored []byte) bool {
	return len(stored) > 4 && stored[0] == '$' && stored[1] == '2' && stored[3] == '$' && strings.IndexByte("aby", stored[2]) >= 0
}
