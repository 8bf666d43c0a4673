package dfx

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// patience is how long a request with a password may take: hashing is slow, and
// few passwords are hashed at once.
const patience = 2 * time.Second

// tried runs a try of an account's password. Wrong ones lock the account, and
// whoever tries a locked one is told that the password is wrong. An address
// that tries too many is refused.
func (c *call) tried(account string, try func(context.Context) error) error {
	if err := c.free(door.FailedLogins); err != nil {
		return err
	}
	ctx, done := context.WithTimeout(c.r.Context(), patience)
	defer done()
	err := c.DB().Limit(ctx, c.Scope(), "login "+strings.ToLower(account), limiter.Passwords, func() (limiter.Outcome, error) {
		err := try(ctx)
		switch {
		case err == nil:
			return limiter.Cleared, nil
		case errors.Is(err, errCredentials):
			return limiter.Counted, err
		}
		return limiter.Ignored, err
	})
	if locked := new(limiter.Locked); errors.As(err, &locked) {
		err = c.Audit(c.r.Context(), c.from(""), tokens.Event{Event: "login.locked", Level: tokens.Warning, Outcome: "refused"})
		if err == nil {
			err = errCredentials
		}
	}
	if errors.Is(err, errCredentials) {
		c.Limits.Take(door.FailedLogins, c.address)
	}
	return err
}

// authenticated is the user of an organisation whose mailbox and password they
// are. All others are refused alike, in the same time.
func (c *call) authenticated(tx *tokens.Tx, org, email, password string) (*value.Document, error) {
	user, err := tx.UserMailed(email)
	if err != nil {
		return nil, err
	}
	o, err := c.organisation(tx, org)
	if err != nil {
		return nil, err
	}
	subject := ""
	if user != nil && tokens.Text(user, "org") == org {
		subject = tx.Path(user.Ref)
	} else {
		user = nil
	}
	ok, err := tx.Password(user, password)
	if err != nil {
		return nil, err
	}
	if ok && user != nil && tokens.Active(user) && o.active {
		return user, nil
	}
	e := tokens.Event{Event: "login.failed", Level: tokens.Warning, Outcome: "refused", Subject: subject}
	if err := tx.Audit(c.from(""), e); err != nil {
		return nil, err
	}
	return nil, errCredentials
}

// login begins a session of a user.
func (c *call) login(tx *tokens.Tx, s session) (pair, error) {
	t, p, err := c.begin(tx, s)
	if err != nil {
		return pair{}, err
	}
	return p, tx.Audit(c.from(""), tokens.Event{Event: "login.ok", Subject: tx.Path(s.instance)}.About(t))
}

// userLogin logs a user of the organisation in through a device of it.
func (c *call) userLogin() (any, error) {
	email, password := c.body.text("Email"), c.body.text("Password")
	s := session{kind: tokens.DfxUser, access: c.body.seconds("TokenExpiresIn"), refresh: c.body.seconds("RefreshTokenExpiresIn")}
	if c.body.err != nil {
		return nil, c.body.err
	}
	var p pair
	err := c.tried(email, func(ctx context.Context) error {
		return c.update(ctx, func(tx *tokens.Tx) error {
			device, err := c.caller(tx, tokens.DfxDevice)
			if err != nil {
				return err
			}
			m := device.Token.Member
			user, err := c.authenticated(tx, m.Org, email, password)
			if err != nil {
				return err
			}
			if l, err := licenseOf(tx, device.Token); err != nil {
				return err
			} else if l != nil {
				s.end = l.ExpiresAt
			}
			s.instance, s.device, s.org, s.license = user.Ref, m.Device, m.Org, m.License
			p, err = c.login(tx, s)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	c.setCookie(p.Token, p.expires)
	return p, nil
}

// organizationLogin logs a user of an organisation in without a device, to look
// at things only.
func (c *call) organizationLogin() (any, error) {
	email, password := c.body.text("Email"), c.body.text("Password")
	s := session{
		kind: tokens.DfxOrg, org: c.body.text("Identifier"),
		access: c.body.seconds("TokenExpiresIn"), refresh: c.body.seconds("RefreshTokenExpiresIn"),
	}
	if c.body.err != nil {
		return nil, c.body.err
	}
	var p pair
	err := c.tried(email, func(ctx context.Context) error {
		return c.update(ctx, func(tx *tokens.Tx) error {
			user, err := c.authenticated(tx, s.org, email, password)
			if err != nil {
				return err
			}
			s.instance = user.Ref
			p, err = c.login(tx, s)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	c.setCookie(p.Token, p.expires)
	return p, nil
}

// userLogout ends all sessions of the user at this door.
func (c *call) userLogout() (any, error) {
	err := c.update(c.r.Context(), func(tx *tokens.Tx) error {
		who, err := c.caller(tx, tokens.DfxUser, tokens.DfxOrg)
		if err != nil {
			return err
		}
		_, err = tx.DropAll(who.Token.Instance, func(t *tokens.Token) bool {
			return ofKind(t, []*tokens.Kind{tokens.DfxUser, tokens.DfxOrg})
		})
		if err != nil {
			return err
		}
		return tx.Audit(c.from(who.Path), tokens.Event{Event: "token.revoked", Subject: who.Path}.About(who.Token))
	})
	if err != nil {
		return nil, err
	}
	c.dropCookie()
	return success, nil
}
