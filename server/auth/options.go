package auth

import (
	"net/http"
	"time"
)

// Option changes what Protect lets pass, and how it refuses.
type Option func(*guard)

// Scopes asks for all of these words in the token's scope.
func Scopes(words ...string) Option {
	return func(g *guard) { g.policy.Scopes = append(g.policy.Scopes, words...) }
}

// Permission asks for a permission that is true.
func Permission(name string) Option {
	return func(g *guard) { g.policy.Permissions = append(g.policy.Permissions, name) }
}

// Kinds asks for a token of one of these kinds: "oauth", "fauna".
func Kinds(kinds ...string) Option {
	return func(g *guard) { g.policy.Kinds = append(g.policy.Kinds, kinds...) }
}

// Realm is what challenges name as protected; the default is "tokens".
func Realm(name string) Option { return func(g *guard) { g.realm = name } }

// Optional lets requests without a token pass, without an identity. One with a
// bad token is refused all the same.
func Optional() Option { return func(g *guard) { g.optional = true } }

// Form takes the token from the member access_token of a form too, which is
// then parsed: what reads it is http.Request.PostForm.
func Form() Option { return func(g *guard) { g.form = true } }

// Query takes the token from the parameter access_token of the URL too. URLs
// are logged in many places, so it is better not to.
func Query() Option { return func(g *guard) { g.query = true } }

// Cookie takes the token from a cookie if it comes no other way. A request that
// changes something is then refused if a page of another origin made it; the
// origins are those besides the request's own host that may.
func Cookie(name string, origins ...string) Option {
	return func(g *guard) { g.cookie, g.origins = name, append(g.origins, origins...) }
}

// Strip removes Authorization from the request that is handed on.
func Strip() Option { return func(g *guard) { g.strip = true } }

// ErrorWriter answers refused requests. The header WWW-Authenticate is set, and
// Retry-After with 503; f writes the status and the body.
func ErrorWriter(f func(w http.ResponseWriter, r *http.Request, refused Refusal)) Option {
	return func(g *guard) { g.write = f }
}

// Cache says how long a Remote's answers are kept, at most 30 seconds, and how
// many; 0 is none. The default is 10 seconds, and 10,000 answers.
func Cache(ttl time.Duration, n int) Option {
	return func(g *guard) {
		if r, ok := g.verifier.(*Remote); ok {
			g.verifier = r.withCache(ttl, n)
		}
	}
}
