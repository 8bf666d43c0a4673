package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/server"
	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/dfx"
	webdoor "github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/eco"
	"github.com/fawndb/fawn/server/forward"
	"github.com/fawndb/fawn/server/mono"
	"github.com/fawndb/fawn/server/oauth"
	"github.com/fawndb/fawn/server/tokens"
)

// serviceFlags are the settings of the token services. Each is off unless its
// first flag is given.
type serviceFlags struct {
	eco, mono, dfx, oauth, forward bool

	database, users  string
	origins, proxies []string
	allowInsecure    bool
	keys, algorithm  string
	race, retention  time.Duration
	maxPassword      int // of new passwords, in bytes; 0 is the services' own
	alertURL         string
	ecoOptions       eco.Options
	monoOptions      mono.Options
	dfxOptions       dfx.Options
	oauthOptions     oauth.Options
	forwardOptions   forward.Options
	policies         []string
	mail             deliver.SMTPOptions
	sms              deliver.WebhookOptions
	outbox           deliver.OutboxOptions
}

// add adds the flags. What has no default here has that of the option.
func (f *serviceFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.eco, "eco", false, "open the door of ecoflow's token service")
	flags.StringVar(&f.ecoOptions.Prefix, "eco-prefix", "/eco/tokens", "path of its JSON binding")
	flags.StringVar(&f.ecoOptions.Controllers, "eco-controllers", "/systemApi/auth/users", "path where its users log in")
	flags.BoolVar(&f.ecoOptions.StrictStatus, "eco-strict-status", false, "answer a failed login with 401, not 200")
	flags.StringArrayVar(&f.ecoOptions.LegacyKeys, "eco-legacy-hs256-keys", nil, "old HMAC keys of imported refresh tokens")

	flags.BoolVar(&f.mono, "mono", false, "open the door of monoIntegrator")
	flags.StringVar(&f.monoOptions.Management, "mono-management", "/management", "path where sessions manage tokens and users")
	flags.StringVar(&f.monoOptions.Bearers, "mono-bearers", "/tokenizada", "path of the route for bearers")
	flags.StringVar(&f.monoOptions.Sessions, "mono-sessions", "/privada", "path of the route for sessions")
	flags.DurationVar(&f.monoOptions.SessionTTL, "mono-session-ttl", tokens.MonoSession.Access, "how long a session lives")
	flags.BoolVar(&f.monoOptions.UsersDisabled, "mono-users-disabled", false, "refuse all logins")

	flags.BoolVar(&f.dfx, "dfx", false, "open the door of DeepAffex")
	flags.StringVar(&f.dfxOptions.Prefix, "dfx-prefix", "/dfx", "path of the door")
	flags.StringVar(&f.dfxOptions.Region, "dfx-region", "local", "what status tells as the region")
	flags.StringVar(&f.dfxOptions.ResetURL, "reset-url-template", "", "page that resets a password: https://app.example.com/reset?token={token}")

	flags.BoolVar(&f.oauth, "oauth", false, "open the endpoints of OAuth 2: tokens, introspection, revocation, keys, metadata")
	flags.StringVar(&f.oauthOptions.Prefix, "oauth-prefix", "/oauth", "path of the endpoints")
	flags.StringVar(&f.oauthOptions.Native, "oauth-native", "/tokens", "path where tokens are issued and the audit is read")
	flags.DurationVar(&f.oauthOptions.Access, "oauth-access-ttl", tokens.OAuth.Access, "how long an access token lives")
	flags.DurationVar(&f.oauthOptions.Refresh, "oauth-refresh-ttl", tokens.OAuth.Refresh, "how long a refresh token lives that is not used")
	flags.DurationVar(&f.oauthOptions.Family, "oauth-family-ttl", tokens.OAuth.Family, "how long rotation may prolong a grant in all")
	flags.DurationVar(&f.oauthOptions.Overlap, "oauth-access-overlap", 0, "how long an access token lives on when its pair is rotated")
	flags.StringArrayVar(&f.oauthOptions.Scopes, "oauth-scopes", nil, "words that clients may ask for; without it, any")

	flags.BoolVar(&f.forward, "forward", false, "answer proxies that ask whether a request may pass")
	flags.StringVar(&f.forwardOptions.Prefix, "forward-prefix", "/auth/forward", "path that proxies ask")
	flags.StringArrayVar(&f.policies, "forward-policies", nil, `named policies, at PREFIX/p/NAME: "api:permission=createA"`)
	flags.StringArrayVar(&f.forwardOptions.Redirects, "forward-redirects", nil, "URLs that policies may send browsers to")

	flags.StringVar(&f.database, "services-database", "", `database of the token services, as a path from the root: "prod/eu"`)
	flags.StringVar(&f.users, "services-users", "users", "collection of their users")
	flags.StringArrayVar(&f.origins, "allowed-origins", nil, "origins whose pages may use the token services")
	flags.StringArrayVar(&f.proxies, "trusted-proxies", nil, "addresses and networks of proxies that are believed about whom a request comes from")
	flags.BoolVar(&f.allowInsecure, "allow-insecure", false, "open the token services without https beyond this machine")
	flags.StringVar(&f.keys, "keys", "", "file of the key ring (default DATA.keys)")
	flags.StringVar(&f.algorithm, "jwt-alg", "ES256", "algorithm of JWTs: ES256 or RS256")
	flags.DurationVar(&f.race, "rotation-race", 5*time.Second, "how long a refresh token that was just used is taken for a request sent twice; 0 is never")
	flags.DurationVar(&f.retention, "audit-retention", 90*24*time.Hour, "how long the audit is kept")
	flags.StringVar(&f.alertURL, "alert-url", "", "where a stolen refresh token is told of, as a POST of the audit's event")

	flags.StringVar(&f.mail.Host, "smtp-host", "", "server that mail is sent through")
	flags.IntVar(&f.mail.Port, "smtp-port", 587, "its port: 587 STARTTLS, 465 TLS, 25 on this machine only")
	flags.StringVar(&f.mail.User, "smtp-user", "", "user there")
	flags.StringVar(&f.mail.Password, "smtp-password", "", "password there; better in the environment")
	flags.StringVar(&f.mail.From, "smtp-from", "", "sender of mail")
	flags.StringVar(&f.sms.URL, "sms-webhook-url", "", "where text messages are posted")
	flags.StringVar(&f.sms.Secret, "sms-webhook-secret", "", "key of their signature; better in the environment")
	flags.StringVar(&f.outbox.Dir, "outbox-dir", "", "development only: directory where messages are written instead of being sent")
	flags.BoolVar(&f.outbox.Force, "outbox-force", false, "write them there though the public URL is https")
}

// some reports whether any token service is on.
func (f *serviceFlags) some() bool { return f.eco || f.mono || f.dfx || f.oauth || f.forward }

// check refuses to hand out tokens where anybody may listen.
func (f *serviceFlags) check(publicURL string) error {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--public-url: %q is no URL such as https://tokens.example.com", publicURL)
	}
	if f.some() && u.Scheme == "http" && !loopback(u.Host) && !loopback(u.Host+":80") && !f.allowInsecure {
		return fmt.Errorf("the token services need https: %s is neither that nor on this machine (--allow-insecure opens them all the same)", publicURL)
	}
	return nil
}

// services are the token services that are on.
type services struct {
	mounts []server.Mount
	told   []string // what is said of them at the start
	close  []func() // in the order of closing
	tokens *tokens.Service
	log    *slog.Logger
}

// open opens the doors that are on, and prepares the database for them. Without
// one it stays as it is: its tokens are only looked at.
func (f *serviceFlags) open(
	ctx context.Context, out, diagnostics io.Writer, db *engine.DB, data, publicURL string, log *slog.Logger,
) (*services, error) {
	s := &services{log: log}
	o := tokens.Options{Database: f.database, Users: f.users, Issuer: publicURL, MaxPassword: f.maxPassword}
	var err error
	if !f.some() {
		s.tokens, err = tokens.Open(ctx, db, o)
		return s, err
	}
	if f.keys == "" {
		f.keys = data + ".keys"
	}
	if o.Ring, err = tokens.OpenRing(f.keys, time.Now(), tokens.RingOptions{Algorithm: f.algorithm}); err != nil {
		return nil, err
	}
	alerts := newAlerts(f.alertURL, diagnostics, log)
	s.close = append(s.close, alerts.end)
	o.Race, o.Retention, o.Audited = f.race, f.retention, alerts.audited
	if o.Race == 0 {
		o.Race = -1
	}
	if s.tokens, err = tokens.New(ctx, db, o); err != nil {
		s.end()
		return nil, err
	}
	shared := webdoor.Options{Origins: f.origins, Proxies: f.proxies, Log: log, Limits: webdoor.NewLimits(time.Now)}
	for _, d := range []struct {
		on   bool
		name string
		open func() (webDoor, error)
	}{
		{f.eco, "ecoflow", func() (webDoor, error) { return eco.New(ctx, s.tokens, shared, f.ecoOptions) }},
		{f.mono, "monoIntegrator", func() (webDoor, error) { return f.openMono(ctx, out, s.tokens, shared) }},
		{f.dfx, "DeepAffex", func() (webDoor, error) { return f.openDfx(s, s.tokens, shared, publicURL) }},
		{f.oauth, "OAuth", func() (webDoor, error) { return oauth.New(s.tokens, shared, f.oauthOptions) }},
		{f.forward, "forward auth", func() (webDoor, error) { return f.openForward(s.tokens, shared) }},
	} {
		if !d.on {
			continue
		}
		door, err := d.open()
		if err != nil {
			s.end()
			return nil, err
		}
		s.mounts = append(s.mounts, server.Mount{Prefixes: door.Prefixes(), Handler: door})
		s.told = append(s.told, d.name+": "+strings.Join(door.Prefixes(), " "))
	}
	return s, nil
}

// webDoor is a door of the token services.
type webDoor interface {
	http.Handler
	Prefixes() []string
}

func (f *serviceFlags) openMono(ctx context.Context, out io.Writer, s *tokens.Service, shared webdoor.Options) (webDoor, error) {
	m, err := mono.New(ctx, s, shared, f.monoOptions)
	if err != nil {
		return nil, err
	}
	if p := m.InitialPassword(); p != "" {
		fmt.Fprintf(out, "password of monoIntegrator's administrator: %s\nIt is shown this once; the file keeps only its hash.\n", p)
	}
	return m, nil
}

func (f *serviceFlags) openForward(s *tokens.Service, shared webdoor.Options) (webDoor, error) {
	var err error
	if f.forwardOptions.Policies, err = forward.ParsePolicies(f.policies); err != nil {
		return nil, err
	}
	return forward.New(s, shared, f.forwardOptions)
}

// openDfx opens DeepAffex's door, with the senders of codes and links.
func (f *serviceFlags) openDfx(all *services, s *tokens.Service, shared webdoor.Options, publicURL string) (webDoor, error) {
	senders := map[string]deliver.Sender{}
	if f.mail.Host != "" {
		mail, err := deliver.NewSMTP(f.mail)
		if err != nil {
			return nil, err
		}
		senders["email"] = mail
	}
	if f.sms.URL != "" {
		sms, err := deliver.NewWebhook(f.sms)
		if err != nil {
			return nil, err
		}
		senders["sms"] = sms
	}
	if f.outbox.Dir != "" {
		f.outbox.PublicURL, f.outbox.Log = publicURL, all.log
		outbox, err := deliver.NewOutbox(f.outbox)
		if err != nil {
			return nil, err
		}
		for _, channel := range []string{"email", "sms"} {
			if senders[channel] == nil {
				senders[channel] = outbox
			}
		}
		development, err := webdoor.New("outbox", s, shared)
		if err != nil {
			return nil, err
		}
		all.mounts = append(all.mounts, server.Mount{Prefixes: []string{"/dev/outbox"}, Handler: outbox.Handler(development)})
	}
	if strings.Trim(f.dfxOptions.Prefix, "/") == "" {
		return nil, errors.New("--dfx-prefix: / is the path of queries")
	}
	queue := deliver.New(s, deliver.Options{Senders: senders, Log: all.log})
	f.dfxOptions.Queue, f.dfxOptions.Version = queue, version
	d, err := dfx.New(s, shared, f.dfxOptions)
	if err != nil {
		queue.Close()
		return nil, err
	}
	all.close = append(all.close, d.Close, queue.Close)
	return d, nil
}

// tending is how often the key ring is looked after.
const tending = time.Minute

// tend looks after the key ring until ctx ends.
func (s *services) tend(ctx context.Context) {
	ticker := time.NewTicker(tending)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if err := s.tokens.TendKeys(ctx, now); err != nil {
				s.log.Error("the key ring is not looked after", "error", err)
			}
		}
	}
}

// end closes what the doors have opened.
func (s *services) end() {
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
}
