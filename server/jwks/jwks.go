// Package jwks fetches the public keys of issuers of JWTs over HTTPS.
//
// An address is given by whoever may write access providers, so it is not to
// be trusted: answers are bounded in time and size, redirects are not
// followed, and addresses of private networks are not called unless the
// operator allows them.
// Source: chapter on authentication, section 6.3.
package jwks

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// fresh is how long keys are used without asking again, lifetime how long
	// they are used if nobody answers.
	fresh    = 15 * time.Minute
	lifetime = time.Hour
	// patience is the least time between two downloads of one address.
	patience = 500 * time.Millisecond

	// defaultTimeout bounds a download with all that belongs to it.
	defaultTimeout = 5 * time.Second

	maxBytes = 1 << 20
	maxKeys  = 100
	// maxAddresses bounds the cache; what was used least recently goes.
	maxAddresses = 1000
)

// Options of a source of keys.
type Options struct {
	// AllowPrivate lets addresses of private networks, and of this machine,
	// be called.
	AllowPrivate bool
	// TLS is the configuration of connections; nil trusts the system's
	// certificates.
	TLS *tls.Config
	// Timeout bounds a download; the default is 5 seconds.
	Timeout time.Duration
	// Clock gives the time; the default is the system's.
	Clock func() time.Time
}

// Source fetches and keeps keys. It is safe for concurrent use.
type Source struct {
	client *http.Client
	clock  func() time.Time

	mu      sync.Mutex
	entries map[string]*entry
}

// entry is what is known of one address.
type entry struct {
	// turn is held during a download, so that an address is asked once at a
	// time, and all who come meanwhile share what it brings.
	turn    chan struct{}
	keys    []jose.JSONWebKey
	etag    string
	asked   time.Time // when the last download began
	ended   time.Time // when it ended
	fetched time.Time // when the keys were last known to be right
	used    time.Time // guarded by the source's lock
}

// New returns a source of keys.
func New(o Options) *Source {
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default clock
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	dialer := &net.Dialer{Timeout: o.Timeout}
	if !o.AllowPrivate {
		dialer.Control = refusePrivate
	}
	return &Source{
		clock:   o.Clock,
		entries: map[string]*entry{},
		client: &http.Client{
			Timeout: o.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("jwks: redirects are not followed")
			},
			Transport: &http.Transport{
				DialContext: dialer.DialContext, TLSClientConfig: o.TLS, ForceAttemptHTTP2: true,
				TLSHandshakeTimeout: o.Timeout, ResponseHeaderTimeout: o.Timeout, MaxResponseHeaderBytes: 64 << 10,
				MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
			},
		},
	}
}

// errPrivate: the address leads into a private network.
var errPrivate = errors.New("jwks: address of a private network")

// refusePrivate looks at the address that a name has led to, so that a name
// cannot change its meaning between a check and the call.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := ap.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || sharedSpace.Contains(ip) {
		return errPrivate
	}
	return nil
}

// sharedSpace is carriers' private space, RFC 6598.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// Keys implements engine.KeySource.
func (s *Source) Keys(ctx context.Context, uri, kid string) ([]jose.JSONWebKey, error) {
	e, now := s.entry(uri), s.clock()
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-e.turn }()
	stale := now.Sub(e.fetched) >= fresh || kid != "" && !has(e.keys, kid)
	if stale && now.Sub(e.asked) >= patience && !now.Before(e.ended) {
		e.asked = now
		// One caller who goes away fails none of the others.
		err := s.download(context.WithoutCancel(ctx), uri, e)
		e.ended = s.clock()
		if err != nil && now.Sub(e.fetched) >= lifetime {
			e.keys = nil
			return nil, err
		}
	}
	if e.keys == nil {
		return nil, errors.New("jwks: no keys")
	}
	return e.keys, nil
}

func has(keys []jose.JSONWebKey, kid string) bool {
	return slices.ContainsFunc(keys, func(k jose.JSONWebKey) bool { return k.KeyID == kid })
}

func (s *Source) entry(uri string) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[uri]
	if e == nil {
		if len(s.entries) >= maxAddresses {
			s.forget()
		}
		e = &entry{turn: make(chan struct{}, 1)}
		s.entries[uri] = e
	}
	e.used = s.clock()
	return e
}

// forget drops the address that was used least recently.
func (s *Source) forget() {
	oldest := ""
	for uri, e := range s.entries {
		if oldest == "" || e.used.Before(s.entries[oldest].used) {
			oldest = uri
		}
	}
	delete(s.entries, oldest)
}

// download asks an address for its keys.
func (s *Source) download(ctx context.Context, uri string, e *entry) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	if req.URL.Scheme != "https" {
		return errors.New("jwks: not an https address")
	}
	req.Header.Set("Accept", "application/json")
	if e.etag != "" {
		req.Header.Set("If-None-Match", e.etag)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusNotModified && e.keys != nil:
		e.fetched = s.clock()
		return nil
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("jwks: answer %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	if err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	if len(body) > maxBytes {
		return errors.New("jwks: answer too large")
	}
	keys, err := parse(body)
	if err != nil {
		return err
	}
	e.keys, e.etag, e.fetched = keys, resp.Header.Get("ETag"), s.clock()
	return nil
}

// parse reads a key set. Keys of other kinds than RSA, and such as cannot be
// understood, are left out.
func parse(body []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("jwks: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("jwks: too many keys")
	}
	keys := []jose.JSONWebKey{}
	for _, raw := range set.Keys {
		var kind struct {
			Kty string `json:"kty"`
		}
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &kind) == nil && kind.Kty == "RSA" && key.UnmarshalJSON(raw) == nil && key.IsPublic() {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
