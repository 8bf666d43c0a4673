// Package auth protects the handlers of Go programs: it asks a Verifier whose
// secret a request brings, and refuses the request or hands it on with the
// identity. It links neither the database nor its server.
package auth

import (
	"context"
	"errors"
	"strings"
	"time"
)

// ErrInactive says that a secret is unknown, malformed, expired, revoked, or good
// for something else. It never says which.
var ErrInactive = errors.New("auth: inactive token")

// Identity is what a token stands for at one moment.
type Identity struct {
	// TokenRef is the token's id, Instance what it belongs to:
	// "users/251407645221585408".
	TokenRef, Instance string
	// Kind is the kind of token, "fauna" for those that queries make.
	Kind string
	// Role is what the secret is good for: "access", "refresh", ...
	Role string
	// User is the name of the user, "" if there is none.
	User string
	// ClientID is the key that may use the token, "" if it is bound to none.
	ClientID string
	// TokenNum and UserNum are monoIntegrator's numbers, 0 if there are none.
	TokenNum, UserNum int64
	Scopes            []string
	Permissions       map[string]any
	// IssuedAt and ExpiresAt are zero if not known, and if it does not
	// expire.
	IssuedAt, ExpiresAt time.Time
}

// Verifier says whose secret it is. The error is ErrInactive, or one that may
// be gone at the next try.
type Verifier interface {
	Verify(ctx context.Context, secret string) (*Identity, error)
}

// Presentable reports whether a text may be a secret: one of RFC 6750's
// b64token, not too short and not too long. Any other is inactive.
func Presentable(s string) bool {
	const shortest, longest = 16, 4096
	if len(s) < shortest || len(s) > longest {
		return false
	}
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		switch c := body[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-', c == '.', c == '_', c == '~', c == '+', c == '/':
		default:
			return false
		}
	}
	return body != ""
}

type refererKey struct{}

// WithReferer gives a Verifier the Referer of the request, for tokens that are
// locked to the pages of a host.
func WithReferer(ctx context.Context, referer string) context.Context {
	if referer == "" {
		return ctx
	}
	return context.WithValue(ctx, refererKey{}, referer)
}

// Referer is what WithReferer gave, "" if there is none.
func Referer(ctx context.Context) string {
	s, _ := ctx.Value(refererKey{}).(string)
	return s
}
