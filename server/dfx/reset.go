package dfx

import (
	"context"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// requestReset sends a reset link to a mailbox of an organisation.
func (c *call) requestReset() (any, error) {
	email, org := c.body.mailbox(), c.body.text("Identifier")
	if c.body.err != nil {
		return nil, c.body.err
	}
	return c.sendReset(deliver.Email, email, org)
}

// requestMobileReset is requestReset for the organisation of the device, to a
// mailbox or a phone.
func (c *call) requestMobileReset() (any, error) {
	channel, to := deliver.Email, ""
	if c.body.has("Email") {
		to = c.body.mailbox()
	} else {
		channel, to = deliver.SMS, c.body.phone()
	}
	if c.body.err != nil {
		return nil, c.body.err
	}
	org := ""
	err := c.View(c.r.Context(), func(tx *tokens.Tx) error {
		device, err := c.caller(tx, tokens.DfxDevice)
		if err == nil {
			org = device.Token.Member.Org
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.sendReset(channel, to, org)
}

// sendReset answers alike whether or not there is such a user: what differs is
// done later.
func (c *call) sendReset(channel, to, org string) (any, error) {
	if err := c.maySend(strings.ToLower(to)); err != nil {
		return nil, err
	}
	o := c.from("")
	c.options.Queue.Hand(o, func(ctx context.Context) (m *deliver.Message, subject string, err error) {
		err = c.Update(ctx, func(tx *tokens.Tx) error {
			m = nil
			user, to, err := recipient(tx, channel, to, org)
			if err != nil {
				return err
			}
			t, err := c.replace(tx, o, "reset.requested", tokens.ResetLink, org, user, resetName)
			if t == nil || err != nil {
				return err
			}
			secret, err := c.Opaque("pr_")
			if err != nil {
				return err
			}
			t.Grant(tokens.Reset, secret, t.TTL, false)
			subject = tx.Path(user.Ref)
			m = c.resetMessage(channel, to, secret, t.TTL)
			return tx.Put(t)
		})
		return m, subject, err
	})
	return success, nil
}

// recipient is the user who has a mailbox or a phone number, nil if nobody has,
// and the mailbox or number as the user's document has it.
func recipient(tx *tokens.Tx, channel, to, org string) (*value.Document, string, error) {
	if channel == deliver.SMS {
		user, err := tx.UserCalled(org, to)
		return user, to, err
	}
	user, err := tx.UserMailed(to)
	if user == nil || err != nil {
		return nil, "", err
	}
	return user, tokens.Text(user, "email"), nil
}

func (d *Door) resetMessage(channel, to, secret string, expires time.Time) *deliver.Message {
	minutes := fmt.Sprint(tokens.ResetLink.Access.Minutes())
	m := &deliver.Message{
		Channel: channel, To: to, Template: "password_reset", Locale: "en", Subject: "Choose a new password",
		Vars: map[string]string{"token": secret, "minutes": minutes}, ExpiresAt: expires,
	}
	place := secret
	if d.options.ResetURL != "" {
		place = strings.ReplaceAll(d.options.ResetURL, "{token}", secret)
		m.Vars["link"] = place
	}
	m.Text = "Choose a new password within " + minutes + " minutes: " + place
	if channel == deliver.Email {
		m.HTML = "<p>" + html.EscapeString(m.Text) + "</p>"
		if d.options.ResetURL != "" {
			m.HTML = `<p><a href="` + html.EscapeString(place) + `">Choose a new password</a> within ` + minutes + " minutes.</p>"
		}
	}
	return m
}

// resetPassword completes a reset. A password that is too weak does not use the
// token up.
func (c *call) resetPassword() (any, error) {
	secret, password := c.body.text("ResetToken"), c.body.text("Password")
	if c.body.err != nil {
		return nil, c.body.err
	}
	if err := c.Free(c.r, door.Resets); err != nil {
		return nil, err
	}
	err := c.hashing(func(tx *tokens.Tx) error {
		found, err := tx.Resolve(tokens.Presented{Secret: secret, Want: tokens.Reset})
		if errors.Is(err, auth.ErrInactive) {
			return errResetToken
		}
		if err != nil {
			return err
		}
		o, err := c.organisation(tx, found.Token.Member.Org)
		if err != nil {
			return err
		}
		if err := o.policy.check(password); err != nil {
			return err
		}
		if err := tx.SetPassword(found.Token.Instance, password); err != nil {
			return err
		}
		return tx.Audit(c.from(found.Path), tokens.Event{Event: "reset.used", Subject: found.Path}.About(found.Token))
	})
	if errors.Is(err, errResetToken) {
		_ = c.Take(c.r, door.Resets) // it has been answered already
	}
	if err != nil {
		return nil, err
	}
	return success, nil
}

// changePassword changes the password of a user who knows the present one. It
// ends all sessions of the user, on all doors.
func (c *call) changePassword() (any, error) {
	b := c.body
	org, email, password, next := b.text("Identifier"), b.text("Email"), b.text("Password"), b.text("NewPassword")
	if b.err != nil {
		return nil, b.err
	}
	err := c.tried(email, password, func(tx *tokens.Tx) error {
		who, err := c.caller(tx, tokens.DfxUser)
		if err != nil {
			return err
		}
		user, err := c.authenticated(tx, org, email, password)
		if err != nil {
			return err
		}
		if user.Ref != who.Token.Instance { // the password of somebody else
			return c.wrong(tx, tx.Path(user.Ref))
		}
		o, err := c.organisation(tx, org)
		if err != nil {
			return err
		}
		if err := o.policy.check(next); err != nil {
			return err
		}
		if err := tx.SetPassword(user.Ref, next); err != nil {
			return err
		}
		return tx.Audit(c.from(who.Path), tokens.Event{Event: "password.changed", Subject: who.Path}.About(who.Token))
	})
	if err != nil {
		return nil, err
	}
	c.dropCookie()
	return success, nil
}
