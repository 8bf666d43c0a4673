package dfx

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/server/tokens"
)

// Policy is what the passwords of an organisation must be, and the limits that
// logins have. An organisation sets the former; the latter are the server's.
type Policy struct {
	PasswordMinLength         int64 // bytes, as all lengths
	AdminPasswordMinLength    int64
	PasswordMaxLength         int64
	PasswordRequireUppercase  bool
	PasswordRequireLowercase  bool
	PasswordRequireDigits     bool
	PasswordRequireSpecial    bool
	PasswordSpecialCharacters string
	// A password need not be changed after some days, nor differ from
	// earlier ones.
	PasswordRotateDays          int64
	RequireUniquePasswordsCount int64

	LimitLoginAttemptsCountPerWindow               int64
	LimitLoginAttemptsWindowDurationSeconds        int64
	LoginAttemptsLockoutDurationSeconds            int64
	SessionMaxDurationSeconds                      int64 // 0 is for ever
	SessionIdleDurationSeconds                     int64
	LimitVerificationAttemptsCountPerWindow        int64
	LimitVerificationAttemptsWindowDurationSeconds int64
}

// Bounds of the length of passwords, of all policies. How long they may be is the
// services' to say: no more than this.
// Source: chapter on token services, section 6.1.
const (
	minLength = 8
	maxLength = 1024
)

// DefaultPolicy is that of organisations that do not say what they want.
var DefaultPolicy = func() Policy {
	p := Policy{PasswordSpecialCharacters: "!@#$%^&*"}
	p.inForce(0, maxLength)
	return p
}()

// inForce sets what is not an organisation's to say.
func (p *Policy) inForce(sessionMax int64, longest int) {
	p.PasswordMinLength = min(max(p.PasswordMinLength, minLength), int64(longest))
	if p.PasswordMaxLength < p.PasswordMinLength || p.PasswordMaxLength > int64(longest) {
		p.PasswordMaxLength = int64(longest)
	}
	p.AdminPasswordMinLength = p.PasswordMinLength
	p.PasswordRotateDays, p.RequireUniquePasswordsCount = 0, 0
	p.LimitLoginAttemptsCountPerWindow = int64(limiter.Passwords.Limit)
	p.LimitLoginAttemptsWindowDurationSeconds = int64(limiter.Passwords.Window.Seconds())
	p.LoginAttemptsLockoutDurationSeconds = int64(limiter.Passwords.Lock.Seconds())
	p.SessionMaxDurationSeconds = sessionMax
	p.SessionIdleDurationSeconds = int64(tokens.DfxUser.Refresh.Seconds())
	p.LimitVerificationAttemptsCountPerWindow = codeTries
	p.LimitVerificationAttemptsWindowDurationSeconds = int64(tokens.Code.Access.Seconds())
}

// check refuses a password that is weak, and says by which members.
func (p *Policy) check(password string) error {
	n := int64(len(norm.NFC.String(password)))
	failed := map[string]any{}
	for _, rule := range []struct {
		name string
		want any
		ok   bool
	}{
		{"PasswordMinLength", p.PasswordMinLength, n >= p.PasswordMinLength},
		{"PasswordMaxLength", p.PasswordMaxLength, n <= p.PasswordMaxLength},
		{"PasswordRequireUppercase", true, !p.PasswordRequireUppercase || strings.ContainsFunc(password, unicode.IsUpper)},
		{"PasswordRequireLowercase", true, !p.PasswordRequireLowercase || strings.ContainsFunc(password, unicode.IsLower)},
		{"PasswordRequireDigits", true, !p.PasswordRequireDigits || strings.ContainsFunc(password, unicode.IsDigit)},
		{"PasswordRequireSpecial", true, !p.PasswordRequireSpecial || strings.ContainsAny(password, p.PasswordSpecialCharacters)},
	} {
		if !rule.ok {
			failed[rule.name] = rule.want
		}
	}
	if len(failed) == 0 {
		return nil
	}
	names := strings.Join(slices.Sorted(maps.Keys(failed)), ", ")
	return &refusal{status: 400, code: "WEAK_PASSWORD", message: "The password is too weak: " + names + ".", policy: failed}
}

// passwordPolicy tells the policy of the caller's organisation; of a caller
// without a token the server's.
func (c *call) passwordPolicy() (any, error) {
	p := *c.options.Policy
	err := c.View(c.r.Context(), func(tx *tokens.Tx) error {
		who, err := c.visitor(tx, own...)
		if who == nil || err != nil {
			return err
		}
		o, err := c.organisation(tx, who.Token.Member.Org)
		if err == nil {
			p = o.policy
		}
		return err
	})
	return p, err
}
