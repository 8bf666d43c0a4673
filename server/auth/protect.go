package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// Policy is what a token must be, besides being live.
type Policy struct {
	Scopes, Permissions []string // all of them
	Kinds               []string // one of them; none is any
}

// Allows reports whether a policy admits a token of a kind and with a scope;
// permitted says which permissions are true.
func (p *Policy) Allows(kind string, scope []string, permitted func(name string) bool) bool {
	for _, word := range p.Scopes {
		if !slices.Contains(scope, word) {
			return false
		}
	}
	for _, name := range p.Permissions {
		if !permitted(name) {
			return false
		}
	}
	return len(p.Kinds) == 0 || slices.Contains(p.Kinds, kind)
}

// Scope is what a challenge names as missing: all the words that are asked for.
func (p *Policy) Scope() string {
	return strings.Join(slices.Concat(p.Scopes, p.Permissions), " ")
}

// guard is what Protect puts before a handler.
type guard struct {
	verifier              Verifier
	policy                Policy
	realm, cookie         string
	origins               []string
	optional, form, query bool
	strip                 bool
	write                 func(w http.ResponseWriter, r *http.Request, refused Refusal)
}

// Protect returns a middleware that hands on the requests whose token v knows
// and the options admit, with the token's Identity in the context, and refuses
// the others as RFC 6750 says. What it refuses never reaches the handler.
func Protect(v Verifier, opts ...Option) func(http.Handler) http.Handler {
	g := &guard{verifier: v, realm: Realms, write: writeProblem}
	for _, o := range opts {
		o(g)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if g.query {
				w.Header().Set("Cache-Control", "private")
			}
			id, refused := g.admit(r)
			if refused != nil {
				refused.SetHeader(w.Header(), g.realm)
				g.write(w, r, *refused)
				return
			}
			next.ServeHTTP(w, g.handedOn(r, id))
		})
	}
}

type identityKey struct{}

// FromContext returns whose token a request brought that Protect handed on;
// false if it brought none, which only Optional admits. The Identity must not
// be changed.
func FromContext(ctx context.Context) (*Identity, bool) {
	id, ok := ctx.Value(identityKey{}).(*Identity)
	return id, ok
}

func (g *guard) handedOn(r *http.Request, id *Identity) *http.Request {
	ctx := r.Context()
	if id != nil {
		ctx = context.WithValue(ctx, identityKey{}, id)
	}
	r = r.WithContext(ctx)
	if g.strip {
		r.Header = r.Header.Clone()
		r.Header.Del("Authorization")
	}
	return r
}

// admit finds out whose token a request brings; nil is nobody's, where that is
// admitted.
func (g *guard) admit(r *http.Request) (*Identity, *Refusal) {
	secret, refused := g.presented(r)
	if refused != nil {
		return nil, refused
	}
	if secret == "" {
		if g.optional {
			return nil, nil
		}
		return nil, &Refusal{Status: http.StatusUnauthorized}
	}
	id, err := g.verifier.Verify(WithReferer(r.Context(), r.Referer()), secret)
	switch {
	case errors.Is(err, ErrInactive):
		return nil, Invalid()
	case err != nil:
		return nil, &Refusal{Status: http.StatusServiceUnavailable}
	case id.Role != "access":
		return nil, Invalid()
	case !g.policy.Allows(id.Kind, id.Scopes, func(name string) bool { return id.Permissions[name] == true }):
		return nil, &Refusal{Status: http.StatusForbidden, Code: "insufficient_scope", Scope: g.policy.Scope()}
	}
	return id, nil
}

// presented is the secret that a request brings, "" if there is none. It is
// taken from one place; two are too many.
func (g *guard) presented(r *http.Request) (secret string, refused *Refusal) {
	var found []string
	if len(r.Header.Values("Authorization")) > 1 {
		return "", malformed("There is more than one Authorization header")
	}
	if s, present := Bearer(r); present {
		found = append(found, s)
	}
	if g.form {
		if err := r.ParseForm(); err != nil {
			return "", malformed("The form cannot be read")
		}
		found = append(found, r.PostForm["access_token"]...)
	}
	if g.query {
		found = append(found, r.URL.Query()["access_token"]...)
	}
	switch {
	case len(found) > 1:
		return "", malformed("There is more than one access token")
	case len(found) == 1 && found[0] == "":
		return "", malformed("The access token is empty")
	case len(found) == 1:
		return found[0], nil
	case g.cookie == "":
		return "", nil
	}
	c, err := r.Cookie(g.cookie)
	if err != nil {
		return "", nil
	}
	if Forged(r, r.Method, g.mayUse(r)) {
		return "", &Refusal{Status: http.StatusForbidden}
	}
	return c.Value, nil
}

// mayUse reports whether pages of an origin may use the handler with a cookie:
// those of its own host, and those of the option.
func (g *guard) mayUse(r *http.Request) func(origin string) bool {
	return func(origin string) bool {
		_, host, _ := strings.Cut(origin, "://")
		return strings.EqualFold(host, r.Host) || slices.Contains(g.origins, origin)
	}
}

// Bearer reads a bearer token out of the Authorization header. present says
// whether there is a header with a scheme that is Bearer, in any case.
//
//	Authorization: Bearer  3f1c2b9a-…
func Bearer(r *http.Request) (secret string, present bool) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimLeft(rest, " "), true
}

// writeProblem answers a refused request as RFC 9457 says.
func writeProblem(w http.ResponseWriter, _ *http.Request, refused Refusal) {
	b, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(refused.Status), "status": refused.Status,
	})
	if err != nil {
		panic(err) // texts and a number have a JSON form
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(refused.Status)
	_, _ = w.Write(b) // a client that is gone needs no answer
}
