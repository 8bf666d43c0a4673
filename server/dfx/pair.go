package dfx

import (
	"errors"
	"fmt"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// types are what the client is told of the kinds of tokens, in words of this
// server's own.
var types = map[string]struct{ name, role string }{
	tokens.DfxDevice.Name: {"Device", "DFX_DEVICE"},
	tokens.DfxUser.Name:   {"User", "DFX_USER"},
	tokens.DfxOrg.Name:    {"Organization", "DFX_ORGANIZATION"},
}

// pair is an access token and the refresh token that goes with it.
type pair struct {
	Token, RefreshToken string
	expires             time.Time // of Token
}

// session is what begins with a license or a login.
type session struct {
	kind                       *tokens.Kind
	instance                   value.Ref
	device, org, license, lock string
	role                       string        // "" is that of the kind
	access, refresh            time.Duration // 0 is that of the kind; it can only be shorter
	end                        time.Time     // of the license; zero is never
}

// terms are what the secrets of a token are made by, at first and each time
// they are renewed. They are sealed with it.
type terms struct {
	Access  int64  `fauna:"access"` // seconds
	Refresh int64  `fauna:"refresh"`
	Role    string `fauna:"role"`
}

// begin makes a token with its first pair.
func (d *Door) begin(tx *tokens.Tx, s session) (*tokens.Token, pair, error) {
	o, err := d.organisation(tx, s.org)
	if err != nil {
		return nil, pair{}, err
	}
	t, err := tx.NewToken(s.kind, s.instance)
	if err != nil {
		return nil, pair{}, err
	}
	m := &t.Member
	m.Device, m.Org, m.License, m.SubjectLock = s.device, s.org, s.license, s.lock
	if o.sessionMax > 0 && s.kind != tokens.DfxDevice { // a device does not log in again
		m.FamilyExpiresAt = tx.At().Add(o.sessionMax)
	}
	if s.role == "" {
		s.role = types[s.kind.Name].role
	}
	sealed, err := value.From(terms{
		Access: shortest(s.kind.Access, s.access, o.sessionMax), Refresh: shortest(s.kind.Refresh, s.refresh), Role: s.role,
	})
	if err != nil {
		return nil, pair{}, err
	}
	t.Sealed = sealed.(value.Object)
	p, err := d.mint(tx, t, s.end)
	if err == nil {
		err = tx.Put(t)
	}
	return t, p, err
}

// shortest is the life of a kind in seconds, or the shortest of those that are
// not 0.
func shortest(kind time.Duration, others ...time.Duration) int64 {
	for _, d := range others {
		if d > 0 {
			kind = min(kind, d)
		}
	}
	return int64(kind.Seconds())
}

// mint gives a token a new pair, as it was first granted, but not beyond the
// end of its family and of its license.
func (d *Door) mint(tx *tokens.Tx, t *tokens.Token, end time.Time) (pair, error) {
	var s terms
	if err := tx.Decode(t.Sealed, &s); err != nil {
		return pair{}, err
	}
	until := func(seconds int64) time.Time {
		at := tx.At().Add(time.Duration(seconds) * time.Second)
		for _, e := range []time.Time{end, t.Member.FamilyExpiresAt} {
			if !e.IsZero() && e.Before(at) {
				at = e
			}
		}
		return at
	}
	p := pair{expires: until(s.Access)}
	refreshEnd := until(s.Refresh)
	var err error
	if p.Token, err = d.accessToken(tx, t, p.expires); err != nil {
		return pair{}, err
	}
	if p.RefreshToken, err = d.Opaque("rt_"); err != nil {
		return pair{}, err
	}
	t.Grant(tokens.Access, p.Token, p.expires, false)
	t.Grant(tokens.Refresh, p.RefreshToken, refreshEnd, false)
	t.Member.ExpiresAt, t.TTL = refreshEnd, refreshEnd
	if p.expires.After(refreshEnd) {
		t.TTL = p.expires
	}
	return p, nil
}

// accessToken returns a JWT, with the claims that GET auth shows.
func (d *Door) accessToken(tx *tokens.Tx, t *tokens.Token, expires time.Time) (string, error) {
	claims, err := d.describe(tx, t)
	if err != nil {
		return "", err
	}
	return tx.JWT(t, expires, claims)
}

// describe returns what a token says of itself.
func (d *Door) describe(tx *tokens.Tx, t *tokens.Token) (map[string]any, error) {
	var s terms
	if err := tx.Decode(t.Sealed, &s); err != nil {
		return nil, err
	}
	l, err := licenseOf(tx, t)
	return map[string]any{
		"ActiveLicense": l != nil, "DeviceID": t.Member.Device, "ID": fmt.Sprint(t.Instance.ID),
		"OrganizationID": t.Member.Org, "Region": d.options.Region, "RemainingMeasurement": nil,
		"RoleID": s.Role, "SessionGen": t.Member.Gen, "Type": types[t.Member.Kind].name,
	}, err
}

// renewOrRequestCode tells apart what the client sends to one path.
func (c *call) renewOrRequestCode() (any, error) {
	if err := c.Take(c.r, door.Renewals); err != nil {
		return nil, err
	}
	if b := c.body; b.has("PhoneNumber") && !b.has("Token") && !b.has("RefreshToken") {
		return c.requestCode()
	}
	return c.renew()
}

// renew exchanges a pair for a new one. Whoever asks is not looked at: the
// client sends a device token that may have expired.
func (c *call) renew() (any, error) {
	old := pair{Token: c.body.text("Token"), RefreshToken: c.body.text("RefreshToken")}
	if c.body.err != nil {
		return nil, c.body.err
	}
	if err := c.Free(c.r, door.UnknownSecrets); err != nil {
		return nil, err
	}
	var renewed pair
	why := "unknown"
	err := c.Rotate(c.r.Context(), tokens.Rotation{
		Refresh: old.RefreshToken, Access: old.Token, Pair: true, Origin: c.from(""),
		Check: func(_ *tokens.Tx, t *tokens.Token) error {
			if !ofKind(t, own) {
				why = "of another door"
				return tokens.ErrInvalid
			}
			why = "expired, used just before, or inactive"
			return nil
		},
		Mint: func(tx *tokens.Tx, t *tokens.Token) (err error) {
			renewed, err = c.remint(tx, t, &why)
			return err
		},
	})
	switch {
	case errors.Is(err, tokens.ErrInvalid):
		c.guessed = why == "unknown"
		// What Rotate has not told the audit.
		e := tokens.Event{Event: "token.mismatch", Level: tokens.Warning, Outcome: "refused", Reason: why}
		if err := c.Audit(c.r.Context(), c.from(""), e); err != nil {
			return nil, err
		}
		return nil, errPair
	case errors.Is(err, tokens.ErrReused), errors.Is(err, tokens.ErrMismatch):
		return nil, errPair
	case err != nil:
		return nil, err
	}
	c.setCookie(renewed.Token, renewed.expires)
	return renewed, nil
}

// remint gives a token a new pair, unless its license is gone or it is locked to
// another host; then it says why.
func (c *call) remint(tx *tokens.Tx, t *tokens.Token, why *string) (pair, error) {
	if !t.OpenTo(c.r.Referer()) {
		*why = "locked to another host"
		return pair{}, tokens.ErrInvalid
	}
	var end time.Time
	if t.Member.License != "" {
		l, err := licenseOf(tx, t)
		if err != nil {
			return pair{}, err
		}
		if l == nil {
			*why = "the license is gone"
			return pair{}, tokens.ErrInvalid
		}
		end = l.ExpiresAt
	}
	return c.mint(tx, t, end)
}

// extras is how many extra access tokens a pair may have.
const extras = 32

// generateToken makes one more access token for a pair, which ends with it.
func (c *call) generateToken() (any, error) {
	old := pair{Token: c.body.text("Token"), RefreshToken: c.body.text("RefreshToken")}
	if c.body.err != nil {
		return nil, c.body.err
	}
	if err := c.Free(c.r, door.UnknownSecrets); err != nil {
		return nil, err
	}
	var out struct{ Token string }
	err := c.update(c.r.Context(), func(tx *tokens.Tx) error {
		access, err := tx.Resolve(tokens.Presented{Secret: old.Token, Want: tokens.Access, Referer: c.r.Referer()})
		if errors.Is(err, auth.ErrInactive) {
			c.guessed = true
			return errPair
		}
		if err != nil {
			return err
		}
		refresh, err := tx.Resolve(tokens.Presented{Secret: old.RefreshToken, Want: tokens.Refresh, Referer: c.r.Referer()})
		if errors.Is(err, auth.ErrInactive) || err == nil && refresh.Token.Ref != access.Token.Ref {
			return errPair
		}
		if err != nil {
			return err
		}
		t := access.Token
		if !ofKind(t, own) || !t.Paired(old.Token) {
			return errPair
		}
		if len(t.Live(tokens.Access)) > extras {
			return tooMany(access.Expires.Sub(tx.At()))
		}
		if out.Token, err = c.accessToken(tx, t, access.Expires); err != nil {
			return err
		}
		t.Grant(tokens.Access, out.Token, access.Expires, false)
		if err := tx.Put(t); err != nil {
			return err
		}
		return tx.Audit(c.from(access.Path), tokens.Event{Event: "token.created", Subject: access.Path}.About(t))
	})
	return out, err
}
