// Package password owns slow hashes of passwords: how they are made, compared
// and told apart. A stored hash describes itself.
//
//	$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>   every new password, else
//	$2a$…, $2b$…, $2y$…                             bcrypt: imported, and new ones where the operator keeps it
//
// Source: chapter on authentication, section 3.1.
package password

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

const (
	saltSize = 16
	hashSize = 32
	// bcryptCost is the highest cost of a stored hash that is still computed.
	bcryptCost = 16
	// Bounds of what a stored hash may ask for, so that a forged one cannot
	// exhaust the machine: memory in KiB, passes, lanes.
	maxMemory, maxTime, maxLanes = 1 << 20, 64, 64
	minOutput, maxOutput         = 16, 64
)

// BcryptMax is how much of a password bcrypt looks at, in bytes.
const BcryptMax = 72

// Cost is how much work a hash takes: one of argon2id, or, with Bcrypt, one of
// bcrypt.
type Cost struct {
	Memory uint32 // KiB
	Time   uint32 // passes
	Lanes  uint8
	// Bcrypt, when set, is the cost of bcrypt, which takes the place of
	// argon2id: 12, say. It looks at the first 72 bytes of a password only.
	Bcrypt int
}

// DefaultCost is that of new passwords unless the operator says otherwise.
var DefaultCost = Cost{Memory: 19456, Time: 2, Lanes: 1}

// Hash returns the self-describing hash of a password with a fresh salt from
// random; bcrypt takes its salt from the system.
func Hash(password string, c Cost, random io.Reader) (string, error) {
	if c.Bcrypt != 0 {
		hash, err := bcrypt.GenerateFromPassword(cut(password), c.Bcrypt)
		if err != nil {
			return "", fmt.Errorf("password: %w", err)
		}
		return string(hash), nil
	}
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("password: salt: %w", err)
	}
	sum := argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Lanes, hashSize)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// Matches reports whether a password belongs to a stored hash. A text that is
// no hash matches nothing.
func Matches(stored, password string) bool {
	if strings.HasPrefix(stored, "$2") {
		if cost, err := bcrypt.Cost([]byte(stored)); err != nil || cost > bcryptCost {
			return false
		}
		return bcrypt.CompareHashAndPassword([]byte(stored), cut(password)) == nil
	}
	c, salt, sum, ok := parse(stored)
	if !ok {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Lanes, uint32(len(sum)))
	return subtle.ConstantTimeCompare(got, sum) == 1
}

// cut returns what bcrypt looks at.
func cut(password string) []byte { return []byte(password[:min(len(password), BcryptMax)]) }

// Current reports whether a stored hash is of this cost; any other is to be
// replaced after the next login.
func Current(stored string, c Cost) bool {
	if c.Bcrypt != 0 {
		cost, err := bcrypt.Cost([]byte(stored))
		return err == nil && cost == c.Bcrypt
	}
	got, _, _, ok := parse(stored)
	return ok && got == c
}

func parse(stored string) (c Cost, salt, sum []byte, ok bool) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, false
	}
	if c, ok = parseCost(parts[3]); !ok {
		return c, nil, nil, false
	}
	salt, err := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	if err != nil {
		return c, nil, nil, false
	}
	sum, err = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err != nil || len(sum) < minOutput || len(sum) > maxOutput {
		return c, nil, nil, false
	}
	return c, salt, sum, true
}

// parseCost reads a cost such as "m=19456,t=2,p=1", written in no other way.
func parseCost(s string) (Cost, bool) {
	var m, t, p uint32
	if n, err := fmt.Sscanf(s, "m=%d,t=%d,p=%d", &m, &t, &p); n != 3 || err != nil {
		return Cost{}, false
	}
	if m > maxMemory || t < 1 || t > maxTime || p < 1 || p > maxLanes {
		return Cost{}, false
	}
	return Cost{Memory: m, Time: t, Lanes: uint8(p)}, fmt.Sprintf("m=%d,t=%d,p=%d", m, t, p) == s
}

// Pool bounds how many hashes are computed at once; whoever comes later waits
// within its context.
type Pool struct{ slots chan struct{} }

// NewPool returns a pool for n hashes at once; n < 1 is one less than there
// are cores, at least one, so that hashing leaves room for everything else.
func NewPool(n int) *Pool {
	if n < 1 {
		n = max(1, runtime.GOMAXPROCS(0)-1)
	}
	return &Pool{slots: make(chan struct{}, n)}
}

// Do runs work when there is room. It returns the context's error if that
// ends first; work has not run then.
func (p *Pool) Do(ctx context.Context, work func()) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.slots }()
	work()
	return nil
}
