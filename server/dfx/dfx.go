// Package dfx owns the door that the DeepAffex client, @nuralogix.ai/dfx-api-client,
// talks to: licenses that register devices, logins, pairs of tokens and their
// renewal, login codes and reset links.
package dfx

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// Options of the door. The zero value is ready to use.
type Options struct {
	// Prefix is where the door is mounted; the default is "/dfx". "/" is a
	// listener of its own.
	Prefix string
	// Version and Region are what `status` tells; the default region is
	// "local".
	Version, Region string
	// Queue delivers codes and links; the default is one that has no senders.
	Queue *deliver.Queue
	// ResetURL is the page that completes a reset, with {token} where the token
	// belongs: "https://app.example.com/reset?token={token}". Without it the
	// message holds the token itself.
	ResetURL string
	// Policy is that of organisations that have none of their own; the default
	// is DefaultPolicy.
	Policy *Policy
}

// Door is the DeepAffex door to the token services of a database.
type Door struct {
	*door.Door
	options Options
	handler http.Handler
	sockets sockets
	queue   *deliver.Queue // the default one
}

// answer answers one call. Its error is a *refusal, or a failure that is not the
// client's.
type answer func(*call) (any, error)

// routes are all calls. What else is called is unknown.
// Source: chapter on token services, section 3.3.
var routes = []struct {
	method, path string
	answer       answer
}{
	{"GET", "status", (*call).status},
	{"GET", "auth", (*call).verify},
	{"GET", "auth/v1/authenticate", (*call).validate},
	{"GET", "auth/v1/validate", (*call).validate},
	{"POST", "organizations/licenses", (*call).registerLicense},
	{"DELETE", "organizations/licenses", (*call).unregisterLicense},
	{"POST", "organizations/auth", (*call).organizationLogin},
	{"GET", "organizations/policy/password", (*call).passwordPolicy},
	{"POST", "users", (*call).createUser},
	{"POST", "users/auth", (*call).userLogin},
	{"POST", "users/login", (*call).userLogin},
	{"DELETE", "users/auth", (*call).userLogout},
	{"GET", "users/auth/code/{org}/{phone}", (*call).requestCodeByPath},
	{"POST", "users/auth/code", (*call).codeLogin},
	{"PATCH", "users/sendreset", (*call).requestReset},
	{"PATCH", "users/reset", (*call).resetPassword},
	{"POST", "users/changepassword", (*call).changePassword},
	{"POST", "auths/renew", (*call).renewOrRequestCode},
	{"PATCH", "auths/users/code", (*call).requestCode},
	{"POST", "auths/users/code", (*call).requestCode},
	{"PATCH", "auths/users/reset", (*call).requestReset},
	{"PATCH", "auths/users/reset/mobile", (*call).requestMobileReset},
	{"POST", "auths/generateToken", (*call).generateToken},
}

// New returns the door, with the collections and indexes that it needs.
func New(s *tokens.Service, d door.Options, o Options) (*Door, error) {
	if o.Prefix == "" {
		o.Prefix = "/dfx"
	}
	o.Prefix = strings.TrimRight(o.Prefix, "/")
	if o.Region == "" {
		o.Region = "local"
	}
	if o.Policy == nil {
		o.Policy = &DefaultPolicy
	}
	policy := *o.Policy
	policy.inForce(0, s.MaxPassword())
	o.Policy = &policy
	if u, err := url.Parse(o.ResetURL); err != nil || o.ResetURL != "" && (u.Host == "" || !strings.Contains(o.ResetURL, "{token}")) {
		return nil, fmt.Errorf("dfx: the URL of resets %q is no URL with {token}", o.ResetURL)
	}
	base, err := door.New("dfx", s, d)
	if err != nil {
		return nil, err
	}
	if err := prepare(context.Background(), s); err != nil {
		return nil, err
	}
	out := &Door{Door: base, options: o}
	if o.Queue == nil {
		out.queue = deliver.New(s, deliver.Options{Log: d.Log})
		out.options.Queue = out.queue
	}
	out.handler = base.Handler(base.CrossOrigin(
		"GET, POST, PATCH, DELETE", "authorization, content-type, cache-control, pragma, x-nura-session", out.mux()))
	return out, nil
}

func (d *Door) mux() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(d.pattern(r.method, r.path), d.serve(r.answer))
	}
	unknown := d.serve(func(*call) (any, error) { return nil, errNotFound })
	mux.Handle("/", unknown)
	socket := "GET " + d.options.Prefix
	if d.options.Prefix == "" {
		socket = "GET /{$}"
	}
	mux.Handle(socket, d.socket(unknown))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; p != "" && path.Clean(p) != p {
			unknown.ServeHTTP(w, r) // the mux would redirect it
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (d *Door) pattern(method, path string) string {
	return method + " " + d.options.Prefix + "/" + path
}

// Routes are the routes of the door: "POST /dfx/auths/renew", and that of the
// socket.
func (d *Door) Routes() []string {
	out := []string{"GET " + d.options.Prefix}
	for _, r := range routes {
		out = append(out, d.pattern(r.method, r.path))
	}
	return out
}

// ServeHTTP answers the paths below the prefix.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// Prefixes are the paths that the door answers, with all below them.
func (d *Door) Prefixes() []string { return []string{d.options.Prefix + "/", d.options.Prefix} }
