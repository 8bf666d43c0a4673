package tokens

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

// Member is the member `service` of a token: what everybody who may read the
// token sees, and only its service writes.
type Member struct {
	Name            string    `fauna:"name"`
	Kind            string    `fauna:"kind"`
	Num             int64     `fauna:"num,omitempty"`      // mono: tokenid
	Hint            string    `fauna:"hint,omitempty"`     // first eight characters of a bearer
	UserKey         string    `fauna:"user_key,omitempty"` // eco: id in lower case
	Family          string    `fauna:"family,omitempty"`   // 32 hex digits, new for each login or grant
	Gen             int64     `fauna:"gen"`                // rotations so far
	CreatedAt       time.Time `fauna:"created_at"`
	UpdatedAt       time.Time `fauna:"updated_at"`
	ExpiresAt       time.Time `fauna:"expires_at,omitempty"`
	FamilyExpiresAt time.Time `fauna:"family_expires_at,omitempty"`
	Client          string    `fauna:"client,omitempty"` // id of the key that may use it
	Device          string    `fauna:"device,omitempty"`
	Org             string    `fauna:"org,omitempty"`
	License         string    `fauna:"license,omitempty"`
	SubjectLock     string    `fauna:"subject_lock,omitempty"` // host that requests must come from
	LegacyID        string    `fauna:"legacy_id,omitempty"`
}

// Token is a token of a service, or, with Member.Kind Fauna, one that a query
// made. What Sealed holds is the service's own, and no query sees it.
type Token struct {
	Ref      value.Ref
	Instance value.Ref
	Data     value.Object
	// TTL is when the document is gone; zero is never.
	TTL    time.Time
	Member Member
	Sealed value.Object

	stored *engine.ServiceToken
	keys   []engine.SealKey
}

// ID is the token's id as a decimal string.
func (t *Token) ID() string { return fmt.Sprint(t.Ref.ID) }

// NewToken returns a token of a kind that is in the store once it is put
// there: a new family that begins now.
func (tx *Tx) NewToken(k *Kind, instance value.Ref) (*Token, error) {
	stored, err := tx.Transaction.NewToken()
	if err != nil {
		return nil, err
	}
	family, err := tx.s.Hex()
	if err != nil {
		return nil, err
	}
	now := tx.At()
	t := &Token{Ref: stored.Ref, Instance: instance, stored: stored}
	t.Member = Member{Name: k.Service, Kind: k.Name, Family: family, CreatedAt: now, UpdatedAt: now}
	if k.Family != 0 {
		t.Member.FamilyExpiresAt = now.Add(k.Family)
	}
	return t, nil
}

// Put writes a token to the store with the secrets and names it has.
func (tx *Tx) Put(t *Token) error {
	v, err := value.From(t.Member)
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	s := t.stored
	s.Instance, s.Data, s.Service, s.TTL = t.Instance, t.Data, v.(value.Object), 0
	if !t.TTL.IsZero() {
		s.TTL = t.TTL.UnixMicro()
	}
	s.Seal = engine.Seal{Keys: t.keys, State: t.Sealed}
	return tx.PutToken(s)
}

// Grant makes a secret good for a role until a time; zero is for ever. opens
// says that queries take it too.
func (t *Token) Grant(r Role, secret string, until time.Time, opens bool) {
	t.GrantDigest(r, engine.DigestOf(secret), until, opens)
}

// GrantDigest is Grant for a secret of which only the digest is known.
func (t *Token) GrantDigest(r Role, d engine.Digest, until time.Time, opens bool) {
	k := engine.SealKey{Digest: d, Label: string(r), Opens: opens}
	if !until.IsZero() {
		k.Expires = until.UnixMicro()
	}
	t.keys = append(t.keys, k)
}

// Revoke makes all secrets for a role good for nothing, and forgets them.
func (t *Token) Revoke(r Role) {
	t.keys = slices.DeleteFunc(t.keys, func(k engine.SealKey) bool { return k.Label == string(r) })
}

// RevokeSecret makes one secret good for nothing, and forgets it.
func (t *Token) RevokeSecret(secret string) {
	d := engine.DigestOf(secret)
	t.keys = slices.DeleteFunc(t.keys, func(k engine.SealKey) bool { return k.Digest == d })
}

// Live returns the digests of the secrets that are good for a role, expired or
// not.
func (t *Token) Live(r Role) []engine.Digest {
	var out []engine.Digest
	for _, k := range t.keys {
		if k.Label == string(r) {
			out = append(out, k.Digest)
		}
	}
	return out
}

// Paired reports whether an access secret, expired or not, is the one that was
// granted with the refresh secret: the first. Those granted later are extra.
func (t *Token) Paired(access string) bool {
	live, d := t.Live(Access), engine.DigestOf(access)
	return len(live) > 0 && subtle.ConstantTimeCompare(live[0][:], d[:]) == 1
}

// Call gives a token a name by which its service finds it: that of its only
// owner, or a number. A name belongs to the token that took it last.
func (t *Token) Call(name ...string) {
	t.keys = append(t.keys, engine.SealKey{Digest: nameDigest(t.Ref.Scope, name), Label: called})
}

// nameDigest is the digest of a name within a database. No secret has it: a
// secret has no zero byte.
func nameDigest(s value.Scope, name []string) engine.Digest {
	text := fmt.Sprintf("name\x00%d", s)
	for _, part := range name {
		text += fmt.Sprintf("\x00%d\x00%s", len(part), part)
	}
	return engine.DigestOf(text)
}

// Named returns the live token with a name, nil if there is none.
func (tx *Tx) Named(name ...string) (*Token, error) {
	stored, err := tx.TokenOf(nameDigest(tx.s.scope, name))
	return read(stored, err)
}

// Digested returns the live token that has a digest, and what the digest is
// there: a role, spent, or a name; nil if there is none.
func (tx *Tx) Digested(d engine.Digest) (*Token, engine.SealKey, error) {
	stored, err := tx.TokenOf(d)
	t, err := read(stored, err)
	if t == nil || err != nil {
		return nil, engine.SealKey{}, err
	}
	for _, k := range t.keys {
		if k.Digest == d {
			return t, k, nil
		}
	}
	return nil, engine.SealKey{}, nil
}

// ByID returns the live token with an id, nil if there is none.
func (tx *Tx) ByID(id int64) (*Token, error) {
	stored, err := tx.Token(value.Ref{Scope: tx.s.scope, Class: value.Tokens, ID: id})
	return read(stored, err)
}

// read makes a token of what the store has; nil stays nil.
func read(s *engine.ServiceToken, err error) (*Token, error) {
	if s == nil || err != nil {
		return nil, err
	}
	t := &Token{Ref: s.Ref, Instance: s.Instance, Data: s.Data, Sealed: s.Seal.State, stored: s, keys: s.Seal.Keys}
	if s.TTL != 0 {
		t.TTL = time.UnixMicro(s.TTL).UTC()
	}
	if len(s.Service) == 0 {
		t.Member.Kind = Fauna
		return t, nil
	}
	t.Member.read(s.Service)
	return t, nil
}

// read fills a Member from what is stored. Every request of every door does this,
// so it is written out: the names are those of the tags.
func (m *Member) read(o value.Object) { //nolint:cyclop // a plain switch over the members
	for _, f := range o {
		switch f.Name {
		case "name":
			m.Name = text(f.Value)
		case "kind":
			m.Kind = text(f.Value)
		case "num":
			m.Num = number(f.Value)
		case "hint":
			m.Hint = text(f.Value)
		case "user_key":
			m.UserKey = text(f.Value)
		case "family":
			m.Family = text(f.Value)
		case "gen":
			m.Gen = number(f.Value)
		case "created_at":
			m.CreatedAt = moment(f.Value)
		case "updated_at":
			m.UpdatedAt = moment(f.Value)
		case "expires_at":
			m.ExpiresAt = moment(f.Value)
		case "family_expires_at":
			m.FamilyExpiresAt = moment(f.Value)
		case "client":
			m.Client = text(f.Value)
		case "device":
			m.Device = text(f.Value)
		case "org":
			m.Org = text(f.Value)
		case "license":
			m.License = text(f.Value)
		case "subject_lock":
			m.SubjectLock = text(f.Value)
		case "legacy_id":
			m.LegacyID = text(f.Value)
		}
	}
}

func text(v value.Value) string {
	s, _ := v.(value.String)
	return string(s)
}

func number(v value.Value) int64 {
	n, _ := v.(value.Long)
	return int64(n)
}

func moment(v value.Value) time.Time {
	t, ok := v.(value.Time)
	if !ok {
		return time.Time{}
	}
	return t.Go()
}

// Drop deletes a token, with all its secrets.
func (tx *Tx) Drop(t *Token) error {
	_, err := tx.DeleteToken(t.Ref)
	return err
}

// DropAll deletes the tokens of an instance, of all doors, for which which is
// true; nil is all. It returns their number.
func (tx *Tx) DropAll(instance value.Ref, which func(*Token) bool) (int, error) {
	var found []*Token
	err := tx.TokensOf(instance, func(r value.Ref) error {
		t, err := tx.ByID(r.ID)
		if t != nil && (which == nil || which(t)) {
			found = append(found, t)
		}
		return err
	})
	for _, t := range found {
		if err != nil {
			break
		}
		err = tx.Drop(t)
	}
	return len(found), err
}

// Renew begins a token anew, for a login that takes the place of another: all
// its secrets are forgotten, not spent, and it gets a new family. Its names
// stay.
func (s *Service) Renew(t *Token) error {
	family, err := s.Hex()
	t.keys = slices.DeleteFunc(t.keys, func(k engine.SealKey) bool { return k.Label != called })
	t.Member.Family, t.Member.Gen, t.Member.LegacyID = family, 0, ""
	return err
}
