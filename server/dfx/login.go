package dfx

import (
	"context"
	"strings"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/tokens"
)

// tried runs a try of an account's password, which fails with errCredentials if
// that is wrong.
func (c *call) tried(email, password string, try func(*tokens.Tx) error) error {
	return c.Attempt(c.r, func() error {
		return c.TryPassword(c.r.Context(), "dfx/"+strings.ToLower(email), password, c.from(""), func(ctx context.Context) error {
			return c.update(ctx, try)
		})
	})
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
	return nil, c.wrong(tx, subject)
}

// wrong refuses a password, and tells the audit.
func (c *call) wrong(tx *tokens.Tx, subject string) error {
	e := tokens.Event{Event: "login.failed", Level: tokens.Warning, Outcome: "refused", Subject: subject}
	if err := tx.Audit(c.from(""), e); err != nil {
		return err
	}
	return errCredentials
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
	err := c.tried(email, password, func(tx *tokens.Tx) error {
		device, err := c.caller(tx, tokens.DfxDevice)
		if err != nil {
			return err
		}
		m := device.Token.Member
		user, err := c.authenticated(tx, m.Org, email, password)
		if err != nil {
			return err
		}
		l, err := licenseOf(tx, device.Token)
		if err != nil {
			return err
		}
		if s.end = (time.Time{}); l != nil {
			s.end = l.ExpiresAt
		}
		s.instance, s.device, s.org, s.license = user.Ref, m.Device, m.Org, m.License
		p, err = c.login(tx, s)
		return err
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
	err := c.tried(email, password, func(tx *tokens.Tx) error {
		user, err := c.authenticated(tx, s.org, email, password)
		if err != nil {
			return err
		}
		s.instance = user.Ref
		p, err = c.login(tx, s)
		return err
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
