package engine

import (
	"context"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
)

// KeySource gives the public keys of issuers of JWTs. It is asked while a
// request waits, and must be safe for concurrent use.
type KeySource interface {
	// Keys returns the keys at an address. If kid is not "" and not among
	// the keys at hand, they are fetched again. Any error refuses the JWT.
	Keys(ctx context.Context, uri, kid string) ([]jose.JSONWebKey, error)
}

// algorithms are those that a JWT may be signed with.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512}

// IsJWT reports whether a presented secret is a JWT.
func IsJWT(s string) bool { return strings.HasPrefix(s, "ey") && strings.Contains(s, ".") }

// jwtSession verifies a JWT. Everything that does not fit is ErrUnauthorized.
// Which roles it holds is found out by rightsOf.
// Source: chapter on authentication, section 6.4.
func (tx *tx) jwtSession(token string) (*session, error) {
	if tx.db.options.Keys == nil || strings.Count(token, ".") != 2 {
		return nil, ErrUnauthorized
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, ErrUnauthorized
	}
	payload, err := value.ParseObject(signed.UnsafePayloadWithoutVerification())
	if err != nil {
		return nil, ErrUnauthorized
	}
	if !tx.timely(payload) {
		return nil, ErrUnauthorized
	}
	audience, scope, err := tx.audience(payload)
	if err != nil {
		return nil, err
	}
	sch, err := tx.schemaOf(scope)
	if err != nil {
		return nil, err
	}
	issuer, _ := payload.Get("iss")
	provider := providerOf(sch, issuer)
	if provider == nil || provider.Issuer == audience || sch.Deleted {
		return nil, ErrUnauthorized
	}
	if !tx.signedBy(provider, signed) {
		return nil, ErrUnauthorized
	}
	return &session{scope: scope, claims: payload, provider: provider}, nil
}

func providerOf(d *schema.Database, issuer value.Value) *schema.Provider {
	for _, p := range d.Providers.All() {
		if issuer == value.Value(value.String(p.Issuer)) {
			return p
		}
	}
	return nil
}

// signedBy reports whether one of a provider's keys made the signature: the
// one that the header names, or the only one if it names none.
func (tx *tx) signedBy(p *schema.Provider, signed *jose.JSONWebSignature) bool {
	kid := signed.Signatures[0].Header.KeyID
	keys, err := tx.db.options.Keys.Keys(tx.ctx, p.JWKSURI, kid)
	if err != nil {
		return false
	}
	for _, key := range keys {
		if key.KeyID == kid || kid == "" && len(keys) == 1 {
			if _, err := signed.Verify(key.Key); err == nil {
				return true
			}
		}
	}
	return false
}

// timely reports whether a JWT is valid now: exp and nbf, in seconds, may be
// absent.
func (tx *tx) timely(claims value.Object) bool {
	now := value.Double(tx.now) / 1e6
	if v, ok := claims.Get("exp"); ok {
		if exp, isNumber := seconds(v); !isNumber || exp <= now {
			return false
		}
	}
	if v, ok := claims.Get("nbf"); ok {
		if nbf, isNumber := seconds(v); !isNumber || nbf >= now {
			return false
		}
	}
	return true
}

func seconds(v value.Value) (value.Double, bool) {
	switch v := v.(type) {
	case value.Long:
		return value.Double(v), true
	case value.Double:
		return v, true
	default:
		return 0, false
	}
}

// audience returns the one audience that is a database here, and that
// database. It is not the root.
func (tx *tx) audience(claims value.Object) (string, value.Scope, error) {
	v, _ := claims.Get("aud")
	list, ok := v.(value.Array)
	if !ok {
		list = value.Array{v}
	}
	found := ""
	for _, item := range list {
		if s, ok := item.(value.String); ok && strings.HasPrefix(string(s), tx.db.options.Audience) {
			if found != "" {
				return "", 0, ErrUnauthorized
			}
			found = string(s)
		}
	}
	id, ok := secret.ParseGlobalID(strings.TrimPrefix(found, tx.db.options.Audience))
	if found == "" || !ok || id == 0 {
		return "", 0, ErrUnauthorized
	}
	scope, ok, err := tx.db.scopeOf(tx.t.Get, id)
	if err != nil {
		return "", 0, err
	}
	if !ok {
		return "", 0, ErrUnauthorized
	}
	return found, scope, nil
}

// providerRoles returns the roles that a JWT holds. Without one it is refused.
func (tx *tx) providerRoles(s *session) ([]*schema.Role, error) {
	var out []*schema.Role
	for _, r := range s.provider.Roles {
		if r.Predicate != nil {
			ok, err := tx.predicate(r.Predicate, s.claims)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
		}
		out = append(out, tx.namedRoles(r.Role)...)
	}
	if len(out) == 0 {
		return nil, ErrUnauthorized
	}
	return out, nil
}
