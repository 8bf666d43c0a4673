package tokens

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
)

// Presented is a secret as a door got it.
type Presented struct {
	Secret string
	// Want is what the secret must be good for; "" is anything.
	Want Role
	// Referer is the header of the request, for tokens that are locked to a
	// host.
	Referer string
}

// Resolved is what a secret stands for at the time of a transaction.
type Resolved struct {
	Token *Token
	Role  Role
	// Expires is when the secret is good for nothing any more; zero is never.
	Expires time.Time
	// Instance is the document that the token belongs to.
	Instance *value.Document
	// Path is the instance's: "users/251407645221585408".
	Path string

	digest engine.Digest // of the secret, zero if it is found otherwise
}

// Resolve finds out whose secret it is: the one way that all doors go. The
// error is auth.ErrInactive, whatever the cause, or that of the store.
func (s *Service) Resolve(ctx context.Context, p Presented) (out *Resolved, err error) {
	if !auth.Presentable(p.Secret) {
		return nil, auth.ErrInactive
	}
	err = s.View(ctx, func(tx *Tx) error {
		out, err = tx.Resolve(p)
		return err
	})
	return out, err
}

// Resolve is Service.Resolve within a transaction.
func (tx *Tx) Resolve(p Presented) (*Resolved, error) {
	if !auth.Presentable(p.Secret) {
		return nil, auth.ErrInactive
	}
	out, err := tx.Find(p.Secret)
	if err != nil {
		return nil, err
	}
	if out == nil || p.Want != "" && out.Role != p.Want {
		return nil, auth.ErrInactive
	}
	if !out.Expires.IsZero() && !tx.At().Before(out.Expires) {
		return nil, auth.ErrInactive
	}
	if !out.Token.OpenTo(p.Referer) {
		return nil, auth.ErrInactive
	}
	if out.Instance, err = tx.Get(out.Token.Instance); err != nil {
		return nil, err
	}
	if out.Instance == nil || !Active(out.Instance) {
		return nil, auth.ErrInactive
	}
	out.Path = tx.Path(out.Token.Instance)
	return out, nil
}

// Find returns the token of a secret, be it expired or of a user who is not
// active; nil if there is none. Instance and Path are not filled in.
func (tx *Tx) Find(secret string) (*Resolved, error) {
	stored, err := tx.Owner(secret)
	t, err := read(stored, err)
	if err != nil {
		return nil, err
	}
	if t != nil {
		return &Resolved{Token: t, Role: Access, Expires: t.TTL}, nil
	}
	t, k, err := tx.Digested(engine.DigestOf(secret))
	if err != nil {
		return nil, err
	}
	if t != nil && k.Label != spent && k.Label != called {
		return &Resolved{Token: t, Role: Role(k.Label), Expires: t.expiry(keyTime(k)), digest: k.Digest}, nil
	}
	if tx.s.options.Ring == nil || !strings.HasPrefix(secret, "ey") {
		return nil, nil
	}
	return tx.stateless(secret)
}

// stateless finds the token that an access JWT is a child of, nil if there is
// none: ecoflow's are not stored.
func (tx *Tx) stateless(secret string) (*Resolved, error) {
	claims, ok := tx.s.Claims(secret, tx.At())
	if !ok || claims.Use != string(Access) {
		return nil, nil
	}
	t, err := tx.ByID(claims.Session())
	if t == nil || err != nil || t.Member.Kind != EcoRefresh.Name {
		return nil, err
	}
	return &Resolved{Token: t, Role: Access, Expires: t.expiry(time.Unix(claims.Expires, 0).UTC())}, nil
}

// expiry is the earlier of a secret's end and its document's; zero is never.
func (t *Token) expiry(secret time.Time) time.Time {
	if secret.IsZero() || !t.TTL.IsZero() && t.TTL.Before(secret) {
		return t.TTL
	}
	return secret
}

// keyTime is the time of a digest, zero if it has none.
func keyTime(k engine.SealKey) time.Time {
	if k.Expires == 0 {
		return time.Time{}
	}
	return time.UnixMicro(k.Expires).UTC()
}

// Active reports whether a user, or what else a token belongs to, may act:
// data.isActive is not false.
func Active(doc *value.Document) bool {
	return Data(doc, "isActive") != value.Value(value.Boolean(false))
}

// Data returns a member of a document's data, nil if there is none. It decodes
// no other.
func Data(doc *value.Document, name string) value.Value {
	if raw := doc.Raw(); raw != nil {
		located, ok, err := value.Locate(raw, "data", name)
		if !ok || err != nil {
			return nil
		}
		v, _ := value.DecodeMsgpack(located) // what is damaged is not there
		return v
	}
	v, _, err := doc.Field("data")
	data, ok := v.(value.Object)
	if !ok || err != nil {
		return nil
	}
	v, _ = data.Get(name)
	return v
}

// Text returns a member of a document's data if it is a string, else "".
func Text(doc *value.Document, name string) string {
	s, _ := Data(doc, name).(value.String)
	return string(s)
}

// OpenTo reports whether requests with a Referer may use the token: it is of the
// host that the token is locked to, if it is.
func (t *Token) OpenTo(referer string) bool {
	host := t.Member.SubjectLock
	if host == "" {
		return true
	}
	u, err := url.Parse(referer)
	return err == nil && u.Host != "" && (strings.EqualFold(u.Host, host) || strings.EqualFold(u.Hostname(), host))
}
