package forward

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// Options of the door. The zero value is ready to use.
type Options struct {
	// Prefix is the path that proxies ask; the default is "/auth/forward".
	Prefix string
	// Policies are asked for by name, at Prefix/p/NAME: by proxies that cannot
	// keep the client's query apart from their own.
	Policies map[string]Policy
	// Redirects are the URLs that a policy may send browsers to.
	Redirects []string
}

// Door answers proxies. Its handler takes full paths.
type Door struct {
	*door.Door
	options   Options
	policies  map[string]Policy
	redirects map[string]bool
	handler   http.Handler
	// parsed are the policies of queries, which are the few that proxies are
	// configured with.
	parsed *lru.Cache[string, *Policy]
}

// maxParsed is how many policies of queries are kept.
const maxParsed = 256

// New returns the door to the tokens of a service. The error is that of a
// policy.
func New(s *tokens.Service, shared door.Options, o Options) (*Door, error) {
	common, err := door.New("forward", s, shared)
	if err != nil {
		return nil, err
	}
	if o.Prefix == "" {
		o.Prefix = "/auth/forward"
	}
	d := &Door{Door: common, options: o, policies: map[string]Policy{}, redirects: map[string]bool{}}
	if d.parsed, err = lru.New[string, *Policy](maxParsed); err != nil {
		return nil, err
	}
	for _, to := range o.Redirects {
		d.redirects[to] = true
	}
	for name, p := range o.Policies {
		if name == "" || strings.Contains(name, "/") {
			return nil, fmt.Errorf("forward: the policy %q has no name that can stand in a path", name)
		}
		if p.Redirect != "" && !d.redirects[p.Redirect] {
			return nil, fmt.Errorf("forward: policy %q: %s is not among the redirects", name, p.Redirect)
		}
		d.policies[name] = p
	}
	d.handler = d.Handler(http.HandlerFunc(d.answer))
	return d, nil
}

// Prefixes are the paths that the door answers, with all below them.
func (d *Door) Prefixes() []string { return []string{d.options.Prefix} }

// Routes are the routes of the door, for any method. What stands behind the
// prefix, or the name of a policy, is the client's path.
func (d *Door) Routes() []string {
	at := d.options.Prefix
	return []string{at, at + "/{path...}", at + "/p/{policy}", at + "/p/{policy}/{path...}"}
}

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// answer decides a request.
func (d *Door) answer(w http.ResponseWriter, r *http.Request) {
	p, err := d.policy(r)
	if err != nil {
		// What a proxy is configured with is wrong. To pass would be to pass all.
		d.Failed(r, err)
		d.Problem(w, r, http.StatusInternalServerError, "policy_unknown", err.Error())
		return
	}
	headers, refused, err := d.decide(r, p)
	switch {
	case err != nil:
		d.Failed(r, err)
		w.Header().Set("Retry-After", "1")
		d.Problem(w, r, http.StatusServiceUnavailable, "", "")
	case refused != nil:
		d.refuse(w, r, p, refused)
	default:
		h := w.Header()
		for i, name := range identityHeaders {
			h[name] = headers[i : i+1 : i+1]
		}
		h["Content-Length"] = zero
		w.WriteHeader(http.StatusOK)
	}
}

var zero = []string{"0"}

// decide looks up the token that a request brings: the headers of the answer,
// or why it is refused.
func (d *Door) decide(r *http.Request, p *Policy) (headers []string, refused *auth.Refusal, err error) {
	secret, refused := d.presented(r, p)
	if refused != nil {
		return nil, refused, nil
	}
	err = d.View(r.Context(), func(tx *tokens.Tx) error {
		found, err := tx.Resolve(tokens.Presented{Secret: secret, Want: tokens.Access, Referer: r.Referer()})
		if err != nil {
			return err
		}
		if !p.Allows(found.Token.Member.Kind, found.Scope(), found.Token.Permitted) {
			refused = &auth.Refusal{Status: http.StatusForbidden, Code: "insufficient_scope", Scope: p.Scope()}
			return nil
		}
		headers, err = identity(tx, found)
		return err
	})
	if errors.Is(err, auth.ErrInactive) {
		if d.Limits.Take(door.UnknownSecrets, d.Address(r)) > 0 {
			return nil, &auth.Refusal{Status: http.StatusForbidden}, nil
		}
		return nil, auth.Invalid(), nil
	}
	return headers, refused, err
}

// presented is the secret that a request brings, in a header or a cookie. What
// is malformed is refused like what is missing: to some proxies any other status
// is a failure of the server.
func (d *Door) presented(r *http.Request, p *Policy) (string, *auth.Refusal) {
	if len(r.Header["Authorization"]) > 1 {
		return "", auth.Invalid()
	}
	if secret, ok := auth.Bearer(r); ok {
		return secret, nil
	}
	c, err := r.Cookie(p.Cookie)
	if p.Cookie == "" || err != nil {
		return "", &auth.Refusal{Status: http.StatusUnauthorized}
	}
	if auth.Forged(r, originalMethod(r), d.mayUse(r)) {
		return "", &auth.Refusal{Status: http.StatusForbidden}
	}
	return c.Value, nil
}

// originalMethod is the method of the request that the proxy asks about.
func originalMethod(r *http.Request) string {
	for _, name := range []string{"X-Forwarded-Method", "X-Original-Method"} {
		if m := r.Header.Get(name); m != "" {
			return m
		}
	}
	return r.Method
}

// mayUse reports whether pages of an origin may send a cookie: those of the host
// that the client asked, and those of the door.
func (d *Door) mayUse(r *http.Request) func(origin string) bool {
	return func(origin string) bool {
		host := r.Header.Get("X-Forwarded-Host")
		if host == "" {
			host = r.Host
		}
		_, from, _ := strings.Cut(origin, "://")
		return strings.EqualFold(from, host) || d.MayUse(origin)
	}
}

// refuse answers a request that does not pass. Browsers may be sent elsewhere.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, p *Policy, refused *auth.Refusal) {
	realm := p.Realm
	if realm == "" {
		realm = auth.Realms
	}
	refused.SetHeader(w.Header(), realm)
	w.Header()["Cache-Control"] = []string{"no-store"}
	if refused.Status == http.StatusUnauthorized && d.redirects[p.Redirect] && strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Location", p.Redirect)
		w.WriteHeader(http.StatusFound)
		return
	}
	d.Problem(w, r, refused.Status, refused.Code, refused.Description)
}

// policy is what a request must be: the one named in the path, or the one in the
// query of the proxy's own URL. Below the prefix the query is the client's, and
// says nothing.
func (d *Door) policy(r *http.Request) (*Policy, error) {
	rest := strings.TrimPrefix(r.URL.Path, d.options.Prefix)
	if rest == "" {
		if p, ok := d.parsed.Get(r.URL.RawQuery); ok {
			return p, nil
		}
		p, err := parsePolicy(r.URL.RawQuery)
		if err == nil {
			d.parsed.Add(r.URL.RawQuery, p)
		}
		return p, err
	}
	name, named := strings.CutPrefix(rest, "/p/")
	if !named {
		return &Policy{}, nil
	}
	name, _, _ = strings.Cut(name, "/")
	p, ok := d.policies[name]
	if !ok {
		return nil, errors.New("there is no such policy")
	}
	return &p, nil
}

// parsePolicy reads a policy from a query. What it does not know it refuses: a
// condition that is misspelt must not be none.
//
//	scope=read+write&permission=createA&kind=oauth&realm=app&cookie=session&redirect=https://app.example.com/login
func parsePolicy(query string) (*Policy, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("the query of the proxy's URL cannot be read")
	}
	p := &Policy{}
	for name, list := range values {
		words := strings.Fields(strings.Join(list, " "))
		last := list[len(list)-1]
		switch name {
		case "scope":
			p.Scopes = words
		case "permission":
			p.Permissions = words
		case "kind":
			p.Kinds = words
		case "realm":
			p.Realm = last
		case "cookie":
			p.Cookie = last
		case "redirect":
			p.Redirect = last
		default:
			return nil, errors.New("the query of the proxy's URL has a parameter that is unknown")
		}
	}
	return p, nil
}

// Policy is what a token must be to pass, and where it is.
type Policy struct {
	auth.Policy
	// Realm is what challenges name as protected; the default is "tokens".
	Realm string
	// Cookie is where the token is if there is no bearer; "" is nowhere.
	Cookie string
	// Redirect is where browsers are sent that bring no good token; "" is
	// nowhere. It is one of the door's redirects.
	Redirect string
}
