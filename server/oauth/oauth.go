// Package oauth is the door of today's standards: tokens are issued, rotated,
// introspected and revoked as the RFCs on OAuth 2 say, for the keys of the
// database as clients. What it reads and writes is the tokens that all doors
// share.
package oauth

import (
	"net/http"
	"time"

	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// Options of the door. The zero value is ready to use.
type Options struct {
	// Prefix is where the endpoints of OAuth are; the default is "/oauth".
	// Native is where tokens are issued and the audit is read; the default is
	// "/tokens".
	Prefix, Native string
	// Access is how long an access token lives, the default is an hour; Refresh
	// how long a refresh token that is not used, the default is 30 days; Family
	// how long rotation may prolong a grant in all, the default is 90 days.
	Access, Refresh, Family time.Duration
	// Overlap is how long an access token lives on when its pair is rotated; the
	// default is 0.
	Overlap time.Duration
	// Scopes are the words that clients may ask for; the default is any.
	Scopes []string
	// Introspections is how many a client may ask for in a minute; the default
	// is 6000. It is negative for no bound.
	Introspections int
}

// Door answers the endpoints. Its handler takes full paths.
type Door struct {
	*door.Door
	options        Options
	kind           tokens.Kind
	introspections door.Limit
	routes         []route
	handler        http.Handler
}

// New returns the door to the tokens of a service.
func New(s *tokens.Service, shared door.Options, o Options) (*Door, error) {
	common, err := door.New("oauth", s, shared)
	if err != nil {
		return nil, err
	}
	if o.Prefix == "" {
		o.Prefix = "/oauth"
	}
	if o.Native == "" {
		o.Native = "/tokens"
	}
	d := &Door{Door: common, options: o, kind: *tokens.OAuth, introspections: door.Introspections}
	for _, life := range []struct{ asked, given *time.Duration }{
		{&o.Access, &d.kind.Access}, {&o.Refresh, &d.kind.Refresh}, {&o.Family, &d.kind.Family},
	} {
		if *life.asked != 0 {
			*life.given = *life.asked
		}
	}
	if o.Introspections != 0 {
		d.introspections.Times = o.Introspections
	}
	d.routes = []route{
		{http.MethodPost, o.Prefix + "/token", d.token, d.oauthError},
		{http.MethodPost, o.Prefix + "/introspect", d.introspect, d.oauthError},
		{http.MethodPost, o.Prefix + "/revoke", d.revoke, d.oauthError},
		{http.MethodPost, o.Native + "/issue", d.issue, d.problem},
		{http.MethodGet, o.Native + "/audit", d.audit, d.problem},
		{http.MethodGet, "/.well-known/jwks.json", d.jwks, d.problem},
		{http.MethodGet, "/.well-known/oauth-authorization-server", d.metadata, d.problem},
	}
	d.handler = d.Handler(d.CrossOrigin("GET, POST", "authorization, content-type", http.HandlerFunc(d.route)))
	return d, nil
}

// Prefixes are the paths that the door answers, with all below them.
func (d *Door) Prefixes() []string {
	return []string{d.options.Prefix, d.options.Native, "/.well-known"}
}

// Routes are the routes of the door: "POST /oauth/token".
func (d *Door) Routes() []string {
	var out []string
	for _, it := range d.routes {
		out = append(out, it.method+" "+it.path)
	}
	return out
}

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// route is one endpoint. An error that handle returns is answered by fail.
type route struct {
	method, path string
	handle       func(w http.ResponseWriter, r *http.Request) error
	fail         func(w http.ResponseWriter, r *http.Request, e *failure)
}

func (d *Door) route(w http.ResponseWriter, r *http.Request) {
	for _, it := range d.routes {
		if it.path != r.URL.Path {
			continue
		}
		if r.Method != it.method && (r.Method != http.MethodHead || it.method != http.MethodGet) {
			w.Header().Set("Allow", it.method)
			it.fail(w, r, &failure{status: http.StatusMethodNotAllowed, code: "invalid_request", detail: "Use " + it.method + "."})
			return
		}
		if err := it.handle(w, r); err != nil {
			it.fail(w, r, d.failureOf(r, err))
		}
		return
	}
	d.Problem(w, r, http.StatusNotFound, "", "There is nothing at this path.")
}
