package auth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// How long answers are kept, and how many.
const (
	goodTTL    = 10 * time.Second
	badTTL     = 2 * time.Second
	longestTTL = 30 * time.Second
	cacheSize  = 10_000
)

// maxAnswer is how long an answer may be, in bytes.
const maxAnswer = 1 << 20

// Remote is a Verifier that asks a server by introspection, RFC 7662. It is safe
// for concurrent use. An answer may be used again for some seconds, so that a
// revoked token is refused that much later.
type Remote struct {
	// Client sends the requests; the default waits 5 seconds for an answer.
	Client *http.Client
	// Clock gives the time; the default is the system's.
	Clock func() time.Time

	url, secret string
	ttl         time.Duration
	// good and bad are the answers that are kept, by the digest of the secret.
	// They are apart, so that nobody drives out the good ones by guessing.
	good, bad *lru.Cache[[sha256.Size]byte, kept]
}

// kept is an answer: an identity, or nil for an inactive token.
type kept struct {
	id    *Identity
	until time.Time
}

// NewRemote returns a Verifier that asks the server at a URL, whose path is
// /oauth/introspect if it has none, with the secret of a key whose role is
// server, or one that may read Tokens().
func NewRemote(server, keySecret string) *Remote {
	if u, err := url.Parse(server); err == nil && strings.Trim(u.Path, "/") == "" {
		server = u.JoinPath("/oauth/introspect").String()
	}
	r := &Remote{
		Client: &http.Client{
			Timeout:       5 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Clock: time.Now, //nolint:forbidigo // the default clock
		url:   server, secret: keySecret,
	}
	return r.withCache(goodTTL, cacheSize)
}

// withCache returns a Remote that keeps n answers for a time.
func (r *Remote) withCache(ttl time.Duration, n int) *Remote {
	out := *r
	out.ttl, out.good, out.bad = min(ttl, longestTTL), nil, nil
	if ttl <= 0 || n <= 0 {
		return &out
	}
	for _, c := range []**lru.Cache[[sha256.Size]byte, kept]{&out.good, &out.bad} {
		*c, _ = lru.New[[sha256.Size]byte, kept](n) // it fails for no other n
	}
	return &out
}

// Verify implements Verifier.
func (r *Remote) Verify(ctx context.Context, secret string) (*Identity, error) {
	if !Presentable(secret) {
		return nil, ErrInactive
	}
	key := sha256.Sum256([]byte(secret))
	if r.good != nil {
		for _, c := range []*lru.Cache[[sha256.Size]byte, kept]{r.good, r.bad} {
			if answer, ok := c.Get(key); ok && r.Clock().Before(answer.until) {
				return answer.identity()
			}
		}
	}
	asked := r.Clock()
	id, err := r.ask(ctx, secret)
	if err != nil {
		return nil, err
	}
	answer := kept{id, asked.Add(r.ttl)}
	switch {
	case r.good == nil:
	case id == nil:
		answer.until = asked.Add(min(r.ttl, badTTL))
		r.bad.Add(key, answer)
	default:
		if !id.ExpiresAt.IsZero() && id.ExpiresAt.Before(answer.until) {
			answer.until = id.ExpiresAt
		}
		r.good.Add(key, answer)
	}
	return answer.identity()
}

func (k kept) identity() (*Identity, error) {
	if k.id == nil {
		return nil, ErrInactive
	}
	id := *k.id
	return &id, nil
}

// introspected is what a server answers.
type introspected struct {
	Active      bool           `json:"active"`
	Scope       string         `json:"scope"`
	ClientID    string         `json:"client_id"`
	Username    string         `json:"username"`
	Expires     int64          `json:"exp"`
	IssuedAt    int64          `json:"iat"`
	Subject     string         `json:"sub"`
	ID          string         `json:"jti"`
	Use         string         `json:"token_use"`
	Kind        string         `json:"kind"`
	TokenNum    int64          `json:"tokenid"`
	UserNum     int64          `json:"userid"`
	Permissions map[string]any `json:"permissions"`
}

// ask introspects a secret; nil is an inactive one, and one that is good for
// something else than access.
func (r *Remote) ask(ctx context.Context, secret string) (*Identity, error) {
	form := strings.NewReader(url.Values{"token": {secret}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, form)
	if err != nil {
		return nil, fmt.Errorf("auth: introspection: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+r.secret)
	res, err := r.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("auth: introspection: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("auth: introspection: the server answered %d", res.StatusCode)
	}
	var in introspected
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&in); err != nil {
		return nil, fmt.Errorf("auth: introspection: %w", err)
	}
	if !in.Active || in.Use != "access" {
		return nil, nil
	}
	return &Identity{
		TokenRef: in.ID, Instance: in.Subject, Kind: in.Kind, Role: in.Use, User: in.Username, ClientID: in.ClientID,
		TokenNum: in.TokenNum, UserNum: in.UserNum, Scopes: strings.Fields(in.Scope), Permissions: in.Permissions,
		IssuedAt: seconds(in.IssuedAt), ExpiresAt: seconds(in.Expires),
	}, nil
}

// seconds is a time in seconds since 1970, zero if there is none.
func seconds(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
