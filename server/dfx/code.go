package dfx

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// codeTries is how many wrong tries destroy a login code.
const codeTries = 5

// sealedCode is what is kept of a login code: never the code.
type sealedCode struct {
	MAC  []byte `fauna:"mac"`
	Left int64  `fauna:"left"` // tries
}

// codeName is the name of the only login code of a user, resetName that of the
// only reset link.
func codeName(user value.Ref) []string  { return []string{"dfx.code", fmt.Sprint(user.ID)} }
func resetName(user value.Ref) []string { return []string{"dfx.reset", fmt.Sprint(user.ID)} }

// requestCode sends a login code to a phone number of an organisation.
func (c *call) requestCode() (any, error) {
	phone, org := c.body.phone(), c.body.text("Identifier")
	if c.body.err != nil {
		return nil, c.body.err
	}
	return c.sendCode(org, phone)
}

// requestCodeByPath is requestCode as users.requestLoginCode calls it.
func (c *call) requestCodeByPath() (any, error) {
	phone, err := phoneNumber(c.r.PathValue("phone"))
	if err != nil {
		return nil, err
	}
	return c.sendCode(c.r.PathValue("org"), phone)
}

// sendCode answers alike whether or not anybody has the number: what differs
// is done later.
func (c *call) sendCode(org, phone string) (any, error) {
	if err := c.maySend(phone); err != nil {
		return nil, err
	}
	o := c.from("")
	c.options.Queue.Hand(o, func(ctx context.Context) (m *deliver.Message, subject string, err error) {
		err = c.Update(ctx, func(tx *tokens.Tx) error {
			m = nil
			user, err := tx.UserCalled(org, phone)
			if err != nil {
				return err
			}
			t, err := c.replace(tx, o, "code.requested", tokens.Code, org, user, codeName)
			if t == nil || err != nil {
				return err
			}
			code, err := c.Digits()
			if err != nil {
				return err
			}
			t.Sealed, err = sealCode(sealedCode{MAC: c.Ring().MAC("dfx.code", org, phone, code), Left: codeTries})
			if err != nil {
				return err
			}
			subject = tx.Path(user.Ref)
			m = codeMessage(phone, code, t.TTL)
			return tx.Put(t)
		})
		return m, subject, err
	})
	return success, nil
}

// maySend refuses a request for a message that is one too many for the caller,
// or for the mailbox or phone number as it is sent. A token that comes with it
// must be good.
func (c *call) maySend(to string) error {
	ctx := c.r.Context()
	var now time.Time
	err := c.View(ctx, func(tx *tokens.Tx) error {
		now = tx.At()
		_, err := c.visitor(tx, own...)
		return err
	})
	if err != nil {
		return err
	}
	if err := c.Take(c.r, door.Sends); err != nil {
		return err
	}
	limit := func(name string, p limiter.Policy, try func() error) error {
		return c.DB().Limit(ctx, c.Scope(), name+" "+to, p, func() (limiter.Outcome, error) {
			if err := try(); err != nil {
				return limiter.Ignored, err
			}
			return limiter.Counted, nil
		})
	}
	err = limit("send", limiter.Policy{Limit: 3, Window: 15 * time.Minute}, func() error {
		return limit("send in a day", limiter.Policy{Limit: 10, Window: 24 * time.Hour}, func() error { return nil })
	})
	if locked := new(limiter.Locked); errors.As(err, &locked) {
		return tooMany(locked.Until.Sub(now))
	}
	return err
}

// replace returns a new token of a user in the place of the one that has the
// same name; nil if there is no such user. The audit is told of either.
func (d *Door) replace(
	tx *tokens.Tx, o tokens.Origin, event string, k *tokens.Kind, org string, user *value.Document, name func(value.Ref) []string,
) (*tokens.Token, error) {
	organisation, err := d.organisation(tx, org)
	if err != nil {
		return nil, err
	}
	if user == nil || tokens.Text(user, "org") != org || !tokens.Active(user) || !organisation.active {
		return nil, tx.Audit(o, tokens.Event{Event: event, Outcome: "refused", Kind: k.Name})
	}
	old, err := tx.Named(name(user.Ref)...)
	if err != nil {
		return nil, err
	}
	if old != nil {
		if err := tx.Drop(old); err != nil {
			return nil, err
		}
	}
	t, err := tx.NewToken(k, user.Ref)
	if err != nil {
		return nil, err
	}
	t.TTL = tx.At().Add(k.Access)
	t.Member.ExpiresAt, t.Member.Org = t.TTL, org
	t.Call(name(user.Ref)...)
	return t, tx.Audit(o, tokens.Event{Event: event, Subject: tx.Path(user.Ref)}.About(t))
}

func sealCode(s sealedCode) (value.Object, error) {
	v, err := value.From(s)
	o, _ := v.(value.Object)
	return o, err
}

func codeMessage(phone, code string, expires time.Time) *deliver.Message {
	minutes := fmt.Sprint(tokens.Code.Access.Minutes())
	return &deliver.Message{
		Channel: deliver.SMS, To: phone, Template: "login_code", Locale: "en",
		Text: "Your login code is " + code + ". It is good for " + minutes + " minutes.",
		Vars: map[string]string{"code": code, "minutes": minutes}, ExpiresAt: expires,
	}
}

var sixDigits = regexp.MustCompile(`^[1-9][0-9]{5}$`)

// codeLogin logs in who has got a login code.
func (c *call) codeLogin() (any, error) {
	b := c.body
	code, phone := b.digits("LoginCode"), b.phone()
	s := session{
		kind: tokens.DfxUser, org: b.text("OrgKey"),
		access: b.seconds("TokenExpiresIn"), refresh: b.seconds("RefreshTokenExpiresIn"),
	}
	if code == "" {
		b.fail(missing("LoginCode"))
	}
	if b.err != nil {
		return nil, b.err
	}
	var p pair
	err := c.Attempt(c.r, func() error {
		return c.update(c.r.Context(), func(tx *tokens.Tx) error {
			user, err := c.codeUser(tx, s.org, phone, code)
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

// codeUser is the user whose login code it is; the code is used up. For a
// number that nobody has the same is done with a code that nobody has.
func (c *call) codeUser(tx *tokens.Tx, org, phone, code string) (*value.Document, error) {
	user, t, kept, err := findCode(tx, org, phone)
	if err != nil {
		return nil, err
	}
	o, err := c.organisation(tx, org)
	if err != nil {
		return nil, err
	}
	right := subtle.ConstantTimeCompare(kept.MAC, c.Ring().MAC("dfx.code", org, phone, code)) == 1
	if right && t != nil && sixDigits.MatchString(code) && tokens.Active(user) && o.active {
		if err := tx.Drop(t); err != nil {
			return nil, err
		}
		return user, tx.Audit(c.from(""), tokens.Event{Event: "code.used", Subject: tx.Path(user.Ref)}.About(t))
	}
	e := tokens.Event{Event: "code.failed", Level: tokens.Warning, Outcome: "refused"}
	if t != nil {
		e.Subject = tx.Path(user.Ref)
		e = e.About(t)
		if err := spendTry(tx, t, kept); err != nil {
			return nil, err
		}
	}
	if err := tx.Audit(c.from(""), e); err != nil {
		return nil, err
	}
	return nil, errCode
}

// findCode returns who has a phone number, nil if nobody has, the login code of
// theirs, nil if there is none, and what is kept of it.
func findCode(tx *tokens.Tx, org, phone string) (user *value.Document, t *tokens.Token, kept sealedCode, err error) {
	kept.MAC = make([]byte, sha256.Size) // no code's
	if user, err = tx.UserCalled(org, phone); user == nil || err != nil {
		return nil, nil, kept, err
	}
	if t, err = tx.Named(codeName(user.Ref)...); t == nil || err != nil {
		return user, nil, kept, err
	}
	return user, t, kept, tx.Decode(t.Sealed, &kept)
}

// spendTry takes one of its tries from a login code; without any it is gone.
func spendTry(tx *tokens.Tx, t *tokens.Token, kept sealedCode) (err error) {
	kept.Left--
	if kept.Left <= 0 {
		return tx.Drop(t)
	}
	if t.Sealed, err = sealCode(kept); err != nil {
		return err
	}
	return tx.Put(t)
}
