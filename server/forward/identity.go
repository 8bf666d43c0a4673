package forward

import (
	"strconv"
	"strings"

	"github.com/fawndb/fawn/server/tokens"
)

// identityHeaders say whose token it is. All are in every answer that passes, be
// they empty, so that a proxy writes over what the client has sent.
var identityHeaders = []string{
	"X-Auth-Subject",     // users/251407645221585408
	"X-Auth-User",        // the name
	"Remote-User",        // the same
	"X-Auth-Token-Id",    // 399518220131172352
	"X-Auth-Kind",        // oauth
	"X-Auth-Scope",       // read fql
	"X-Auth-Permissions", // {"createA":true}
	"X-Auth-Expires",     // seconds since 1970
	"X-Auth-Userid",      // monoIntegrator's numbers
	"X-Auth-Tokenid",
}

// identity returns the values of identityHeaders.
func identity(tx *tokens.Tx, r *tokens.Resolved) ([]string, error) {
	var permissions []byte
	if p := r.Token.Permissions(); p != nil {
		var err error
		if permissions, err = tx.AppendJSON(nil, p); err != nil {
			return nil, err
		}
	}
	user, expires := visible(r.User()), ""
	if !r.Expires.IsZero() {
		expires = strconv.FormatInt(r.Expires.Unix(), 10)
	}
	return []string{
		visible(r.Path), user, user, r.Token.ID(), visible(r.Token.Member.Kind), strings.Join(r.Scope(), " "),
		visible(string(permissions)), expires, number(r.UserNum()), number(r.Token.Member.Num),
	}, nil
}

// number is a number, "" if there is none.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// visible returns a text as it may stand in a header: what is no visible ASCII is
// percent-encoded, and the percent sign, so that no two texts look alike.
func visible(s string) string {
	const digits = "0123456789ABCDEF"
	var out []byte
	for i := range len(s) {
		c := s[i]
		encode := c <= ' ' || c > '~' || c == '%'
		if encode && out == nil {
			out = append(make([]byte, 0, 3*len(s)), s[:i]...)
		}
		switch {
		case encode:
			out = append(out, '%', digits[c>>4], digits[c&15])
		case out != nil:
			out = append(out, c)
		}
	}
	if out == nil {
		return s
	}
	return string(out)
}
