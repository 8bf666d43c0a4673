package tokens

import (
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"time"
)

// Claims are those of a JWT that the ring has signed.
type Claims struct {
	Issuer   string `json:"iss"`
	IssuedAt int64  `json:"iat"` // seconds since 1970
	Expires  int64  `json:"exp"`
	Earliest int64  `json:"nbf"`
	SID      string `json:"sid"` // id of the token document
	Use      string `json:"use"`
	// All are all the claims, the facade's too.
	All map[string]any `json:"-"`
}

// Session is the id of the token document, 0 if there is none.
func (c *Claims) Session() int64 {
	id, _ := strconv.ParseInt(c.SID, 10, 64) // no document has the id 0
	return id
}

// JWT returns a signed JWT that names a token. The claims of a facade stand
// beside the common ones.
func (tx *Tx) JWT(t *Token, expires time.Time, claims map[string]any) (string, error) {
	ring := tx.s.options.Ring
	if ring == nil {
		return "", errors.New("tokens: there is no key ring")
	}
	jti, err := tx.s.Hex()
	if err != nil {
		return "", err
	}
	now := tx.At()
	all := maps.Clone(claims)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, map[string]any{
		"iss": tx.s.options.Issuer, "iat": now.Unix(), "exp": expires.Unix(), "jti": jti, "sid": t.ID(),
	})
	return ring.Sign(all, now)
}

// Claims verifies a JWT of the ring: its signature, its issuer and its times.
// Whether its token is live it does not say.
func (s *Service) Claims(token string, now time.Time) (*Claims, bool) {
	if s.options.Ring == nil {
		return nil, false
	}
	payload, ok := s.options.Ring.Verify(token)
	if !ok {
		return nil, false
	}
	var c Claims
	if json.Unmarshal(payload, &c) != nil || json.Unmarshal(payload, &c.All) != nil {
		return nil, false
	}
	at := now.Unix()
	ok = c.Issuer == s.options.Issuer && at < c.Expires && at >= c.Earliest && at >= c.IssuedAt
	return &c, ok
}
