// Package eco is the door for programs written for ecoflow's token service: the
// five operations of TokenServices as a Go interface and over JSON, and the
// login, refresh, check and logout of its users.
//
// The service keeps refresh tokens only, one for each user; access tokens are
// signed and live an hour.
package eco

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// Options of the door. The zero value is what the published page promises.
type Options struct {
	// Prefix is where the JSON binding is; the default is /eco/tokens.
	Prefix string
	// Controllers is where users log in; the default is
	// /systemApi/auth/users.
	Controllers string
	// StrictStatus answers a failed login with 401 instead of 200.
	StrictStatus bool
	// AccessTTL and RefreshTTL are how long tokens live; the defaults are 1
	// hour and 7 days.
	AccessTTL, RefreshTTL time.Duration
	// LegacyKeys are HMAC keys whose imported refresh tokens are still
	// exchanged, by the refresh controller only.
	LegacyKeys []string
}

// Eco is the door. It is TokenServices, and an http.Handler of full paths.
type Eco struct {
	*door.Door
	options Options
	routes  map[string]http.HandlerFunc
	handler http.Handler
}

var _ TokenServices = (*Eco)(nil)

// byKind is the index that lists the records.
const byKind = `If(Exists(Index("token_services_by_kind")), null, CreateIndex({
	name: "token_services_by_kind", source: Tokens(),
	terms: [{ field: ["service", "kind"] }],
	values: [{ field: ["service", "created_at"] }, { field: "ref" }]
}))`

// New returns the door to the services of a database.
func New(ctx context.Context, s *tokens.Service, d door.Options, o Options) (*Eco, error) {
	if o.Prefix == "" {
		o.Prefix = "/eco/tokens"
	}
	if o.Controllers == "" {
		o.Controllers = "/systemApi/auth/users"
	}
	if o.AccessTTL == 0 {
		o.AccessTTL = tokens.EcoRefresh.Access
	}
	if o.RefreshTTL == 0 {
		o.RefreshTTL = tokens.EcoRefresh.Refresh
	}
	base, err := door.New("eco", s, d)
	if err != nil {
		return nil, err
	}
	if err := s.Update(ctx, func(tx *tokens.Tx) error {
		_, err := tx.Query(byKind, nil)
		return err
	}); err != nil {
		return nil, err
	}
	e := &Eco{Door: base, options: o}
	e.routes = e.table()
	e.handler = base.Handler(base.CrossOrigin("GET, POST, PATCH, DELETE", "authorization, content-type", http.HandlerFunc(e.route)))
	return e, nil
}

// Prefixes are the paths that the door answers, with all below them.
func (e *Eco) Prefixes() []string { return []string{e.options.Prefix, e.options.Controllers} }

// ServeHTTP implements http.Handler.
func (e *Eco) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// table is the whole door on one screen. Slashes at the end matter.
func (e *Eco) table() map[string]http.HandlerFunc {
	bound := func(do operation) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { e.bound(w, r, do) }
	}
	binding, controllers := e.options.Prefix, e.options.Controllers
	return map[string]http.HandlerFunc{
		"POST " + binding + "/generate":           bound(e.generate),
		"POST " + binding + "/check":              bound(e.check),
		"POST " + binding + "/remove":             bound(e.remove),
		"POST " + binding + "/migrate":            bound(e.migrate),
		"GET " + binding:                          bound(e.list),
		"GET " + binding + "/client.mjs":          e.client,
		"POST " + controllers + "/login":          e.login,
		"PATCH " + controllers + "/refreshToken":  e.refresh,
		"GET " + controllers + "/isAuthenticated": e.isAuthenticated,
		"DELETE " + controllers + "/logout":       e.logout,
	}
}

func (e *Eco) route(w http.ResponseWriter, r *http.Request) {
	if h, ok := e.routes[r.Method+" "+r.URL.Path]; ok {
		h(w, r)
		return
	}
	e.Problem(w, r, http.StatusNotFound, "", "There is no such route.")
}

// Routes are the routes of the door: "POST /eco/tokens/generate".
func (e *Eco) Routes() []string { return slices.Sorted(maps.Keys(e.routes)) }
