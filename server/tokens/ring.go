package tokens

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// When keys change. Source: chapter on token services, section 5.7.
const (
	// published is how long a key is known before it signs: 10 minutes, and the
	// minute in which a server notices that another process has made it.
	published = 11 * time.Minute
	// period is how long a key signs.
	period = 90 * day
	// lingering is how long a key is known after the last token that it signed
	// has expired.
	lingering = time.Hour
	// longest is the longest life of a token that a key signs.
	longest = 366 * day
)

// Ring is the keys that sign JWTs, and the one that codes are hashed with. It
// is a file of its own, so that a copy of the database without it can mint
// nothing. It is safe for concurrent use.
type Ring struct {
	path   string
	alg    jose.SignatureAlgorithm
	random io.Reader

	mu   sync.RWMutex
	file ringFile
	read fs.FileInfo // the file when it was read
}

// ringFile is the content of the file:
//
//	{"mac":"…43 characters…","keys":[{"jwk":{…private…},"from":1772366400,"until":1780142400}]}
type ringFile struct {
	MAC  string    `json:"mac"`
	Keys []ringKey `json:"keys"`
}

// ringKey is a key that signs from a time until another, in seconds since
// 1970. It is known from some minutes before, until all it signed has expired.
type ringKey struct {
	JWK   jose.JSONWebKey `json:"jwk"`
	From  int64           `json:"from"`
	Until int64           `json:"until"`
}

// RingOptions say how a ring is made.
type RingOptions struct {
	// Algorithm is ES256, the default, or RS256.
	Algorithm string
	// Random is the source of keys; the default is the system's.
	Random io.Reader
}

// OpenRing reads the ring in a file, which it makes if there is none. It
// refuses a file that others may read.
func OpenRing(path string, now time.Time, o RingOptions) (*Ring, error) {
	r, err := newRing(path, o)
	if err != nil {
		return nil, err
	}
	err = r.load()
	if errors.Is(err, fs.ErrNotExist) {
		err = r.create(now)
	}
	if err != nil {
		return nil, fmt.Errorf("key ring %s: %w", path, err)
	}
	return r, nil
}

// newRing returns a ring that has not been read yet.
func newRing(path string, o RingOptions) (*Ring, error) {
	r := &Ring{path: path, alg: jose.ES256, random: o.Random}
	if r.random == nil {
		r.random = rand.Reader
	}
	switch jose.SignatureAlgorithm(o.Algorithm) {
	case "", jose.ES256:
	case jose.RS256:
		r.alg = jose.RS256
	default:
		return nil, fmt.Errorf("key ring: the algorithm %q is neither ES256 nor RS256", o.Algorithm)
	}
	return r, nil
}

func (r *Ring) load() error {
	info, err := os.Stat(r.path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others may read it: its mode is %#o, and must be 0600", info.Mode().Perm())
	}
	b, err := os.ReadFile(r.path)
	if err != nil {
		return err
	}
	var file ringFile
	if err := json.Unmarshal(b, &file); err != nil {
		return fmt.Errorf("it is no key ring: %w", err)
	}
	if mac, err := base64.RawURLEncoding.DecodeString(file.MAC); err != nil || len(mac) != sha256.Size || len(file.Keys) == 0 {
		return errors.New("it is no key ring: a key is missing")
	}
	for _, k := range file.Keys {
		if !k.JWK.Valid() || k.JWK.IsPublic() {
			return errors.New("it is no key ring: a key is damaged")
		}
	}
	r.file, r.read = file, info
	return nil
}

func (r *Ring) create(now time.Time) error {
	mac := make([]byte, sha256.Size)
	if _, err := io.ReadFull(r.random, mac); err != nil {
		return err
	}
	k, err := r.newKey(now)
	if err != nil {
		return err
	}
	r.file = ringFile{MAC: base64.RawURLEncoding.EncodeToString(mac), Keys: []ringKey{k}}
	return r.save()
}

// save writes the ring beside its file, and puts it in the file's place.
func (r *Ring) save() error {
	b, err := json.MarshalIndent(r.file, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.path), filepath.Base(r.path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), r.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	r.read, err = os.Stat(r.path)
	return err
}

func (r *Ring) newKey(from time.Time) (ringKey, error) {
	var private crypto.Signer
	var err error
	if r.alg == jose.RS256 {
		private, err = rsa.GenerateKey(r.random, 2048)
	} else {
		private, err = ecdsa.GenerateKey(elliptic.P256(), r.random)
	}
	if err != nil {
		return ringKey{}, err
	}
	k := jose.JSONWebKey{Key: private, Algorithm: string(r.alg), Use: "sig"}
	thumbprint, err := k.Thumbprint(crypto.SHA256) // RFC 7638
	k.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return ringKey{JWK: k, From: from.Unix(), Until: from.Add(period).Unix()}, err
}

// RotateRing makes a new key in the ring of a file, which must be there, and which
// a server may have open: it notices by Tend. Without an algorithm the key is of
// that of the one before.
func RotateRing(path string, now time.Time, o RingOptions) error {
	r, err := newRing(path, o)
	if err != nil {
		return err
	}
	if err := r.load(); err != nil {
		return fmt.Errorf("key ring %s: %w", path, err)
	}
	if o.Algorithm == "" {
		r.alg = jose.SignatureAlgorithm(r.last().JWK.Algorithm)
	}
	return r.Rotate(now)
}

// Rotate makes a new key, which signs some minutes later, and lets go of those
// that nothing needs any more.
func (r *Ring) Rotate(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(); err != nil {
		return err
	}
	return r.rotate(now)
}

func (r *Ring) rotate(now time.Time) error {
	k, err := r.newKey(now.Add(published))
	if err != nil {
		return err
	}
	for i := range r.file.Keys {
		r.file.Keys[i].Until = min(r.file.Keys[i].Until, k.From)
	}
	r.signer(now).Until = k.From // it goes on until then, be its time over
	r.file.Keys = slices.DeleteFunc(r.file.Keys, func(k ringKey) bool {
		return now.After(time.Unix(k.Until, 0).Add(longest + lingering))
	})
	r.file.Keys = append(r.file.Keys, k)
	return r.save()
}

// Tend reads the file again if another process has changed it, and makes a new
// key when the last one is about to end. It is called every minute.
func (r *Ring) Tend(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(); err != nil {
		return err
	}
	if now.Add(published).Unix() < r.last().Until {
		return nil
	}
	return r.rotate(now)
}

// refresh reads the file again if another process has changed it.
func (r *Ring) refresh() error {
	info, err := os.Stat(r.path)
	if err == nil && (!os.SameFile(info, r.read) || !info.ModTime().Equal(r.read.ModTime())) {
		err = r.load()
	}
	if err != nil {
		return fmt.Errorf("key ring %s: %w", r.path, err)
	}
	return nil
}

// last is the key that was made last.
func (r *Ring) last() *ringKey { return &r.file.Keys[len(r.file.Keys)-1] }

// Newest is the id of the key that was made last, which may not sign yet.
func (r *Ring) Newest() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.last().JWK.KeyID
}

// TendKeys tends the key ring, if there is one, and tells the audit of a new key.
func (s *Service) TendKeys(ctx context.Context, now time.Time) error {
	ring := s.options.Ring
	if ring == nil {
		return nil
	}
	before := ring.Newest()
	if err := ring.Tend(now); err != nil {
		return err
	}
	if ring.Newest() == before {
		return nil
	}
	return s.Audit(ctx, Origin{}, Event{Event: "key.rotated"})
}

// Sign returns a JWT with claims, signed by the key of the time.
func (r *Ring) Sign(claims any, now time.Time) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("tokens: claims: %w", err)
	}
	k := r.signing(now)
	o := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", k.KeyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.Algorithm), Key: k.Key}, o)
	if err != nil {
		return "", fmt.Errorf("tokens: sign: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("tokens: sign: %w", err)
	}
	return signed.CompactSerialize()
}

// signing is the key that signs now.
func (r *Ring) signing(now time.Time) jose.JSONWebKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.signer(now).JWK
}

// signer is the newest key whose time has come.
func (r *Ring) signer(now time.Time) *ringKey {
	out := &r.file.Keys[0]
	for i := range r.file.Keys {
		if k := &r.file.Keys[i]; k.From <= now.Unix() && k.From >= out.From {
			out = k
		}
	}
	return out
}

// Verify returns the payload of a JWT that a key of the ring has signed. It does
// not look at the payload.
func (r *Ring) Verify(token string) ([]byte, bool) {
	if strings.Count(token, ".") != 2 {
		return nil, false
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return nil, false
	}
	header := signed.Signatures[0].Header
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.file.Keys {
		if k.JWK.KeyID == header.KeyID && k.JWK.Algorithm == header.Algorithm {
			payload, err := signed.Verify(k.JWK.Public())
			return payload, err == nil
		}
	}
	return nil, false
}

// Public returns the public keys, for all who verify JWTs off line.
func (r *Ring) Public() jose.JSONWebKeySet {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out jose.JSONWebKeySet
	for _, k := range r.file.Keys {
		out.Keys = append(out.Keys, k.JWK.Public())
	}
	return out
}

// MAC is the keyed hash of parts, joined by zero bytes: of codes that anybody
// could try all of.
func (r *Ring) MAC(parts ...string) []byte {
	r.mu.RLock()
	key, _ := base64.RawURLEncoding.DecodeString(r.file.MAC) // load has checked it
	r.mu.RUnlock()
	return codeMAC(key, parts)
}

func codeMAC(key []byte, parts []string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join(parts, "\x00")))
	return h.Sum(nil)
}
