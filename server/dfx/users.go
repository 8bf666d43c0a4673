package dfx

import (
	"errors"
	"fmt"
	"maps"

	"github.com/fawndb/fawn/server/tokens"
)

// profile are the optional members of a new user, and what the user's data
// calls them.
var profile = map[string]string{
	"FirstName": "firstName", "LastName": "lastName", "Gender": "gender",
	"DateOfBirth": "dateOfBirth", "HeightCm": "heightCm", "WeightKg": "weightKg",
}

// createUser makes a user of the caller's organisation.
func (c *call) createUser() (any, error) {
	b := c.body
	var email, phone string
	password := b.optional("Password")
	if b.has("Email") || !b.has("PhoneNumber") {
		email, password = b.mailbox(), b.text("Password")
	}
	if b.has("PhoneNumber") {
		phone = b.phone()
	}
	data := map[string]any{}
	for member, name := range profile {
		if s := b.optional(member); s != "" {
			data[name] = s
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	var out struct{ ID string }
	err := c.hashing(func(tx *tokens.Tx) error {
		who, err := c.caller(tx, tokens.DfxDevice, tokens.DfxUser)
		if err != nil {
			return err
		}
		org := who.Token.Member.Org
		if err := c.acceptable(tx, org, email, phone, password); err != nil {
			return err
		}
		all := map[string]any{"org": org}
		maps.Copy(all, data)
		if email != "" {
			all["email"] = email
		}
		if phone != "" {
			all["phone"] = phone
		}
		user, err := tx.CreateUser(all, password)
		if err != nil {
			return err
		}
		out.ID = fmt.Sprint(user.ID)
		return tx.Audit(c.from(who.Path), tokens.Event{Event: "user.created", Subject: tx.Path(user)})
	})
	return out, err
}

// acceptable refuses a new user whose password is weak, or who exists.
func (c *call) acceptable(tx *tokens.Tx, org, email, phone, password string) error {
	o, err := c.organisation(tx, org)
	if err != nil {
		return err
	}
	if password != "" {
		if err := o.policy.check(password); err != nil {
			return err
		}
	}
	if email != "" {
		user, err := tx.UserMailed(email)
		if err != nil {
			return err
		}
		if user != nil {
			return errUserExists
		}
	}
	if phone != "" {
		user, err := tx.UserCalled(org, phone)
		if err != nil {
			return err
		}
		if user != nil {
			return errUserExists
		}
	}
	return nil
}

// status tells that the server is there.
func (c *call) status() (any, error) {
	return struct {
		StatusID, Version, Region string
		AllowAnonymous            bool
	}{"ACTIVE", c.options.Version, c.options.Region, false}, nil
}

// verify tells what the presented access token says.
func (c *call) verify() (any, error) {
	out, _, err := c.verified()
	return out, err
}

// validate is verify, with what the token may do.
func (c *call) validate() (any, error) {
	out, permissions, err := c.verified()
	if err != nil {
		return nil, err
	}
	out["Policies"] = map[string]bool{"LoginUser": true}
	out["Permissions"] = permissions
	return out, nil
}

func (c *call) verified() (out, permissions map[string]any, err error) {
	err = c.View(c.r.Context(), func(tx *tokens.Tx) error {
		who, err := c.caller(tx, own...)
		if err != nil {
			return err
		}
		out, permissions, err = c.content(tx, who.Token)
		return err
	})
	if errors.Is(err, errUnauthorized) {
		err = errToken
	}
	return out, permissions, err
}

// content is what the presented access token of a document says: its claims
// as they are now, and those that it was signed with.
func (c *call) content(tx *tokens.Tx, t *tokens.Token) (out, permissions map[string]any, err error) {
	secret, err := c.presented()
	if err != nil {
		return nil, nil, err
	}
	signed, ok := c.Claims(secret, tx.At())
	if !ok {
		return nil, nil, errUnauthorized
	}
	if out, err = c.describe(tx, t); err != nil {
		return nil, nil, err
	}
	out["iss"], out["iat"], out["exp"] = signed.Issuer, signed.IssuedAt, signed.Expires
	permissions = map[string]any{}
	if p, ok := t.Data.Get("permissions"); ok {
		err = tx.Decode(p, &permissions)
	}
	return out, permissions, err
}
