package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
)

// inactive is what introspection answers of all that is no live token for the
// caller.
const inactive = `{"active":false}`

// Inquiry tells one caller about tokens by their secrets, as they are at one
// moment: that at which it began. It is not safe for concurrent use.
type Inquiry struct {
	tx     Tx
	client *Client
}

// Inquire begins an Inquiry for the holder of a secret, any that opens a
// database, about the tokens of that database. The error is ErrClient if the
// secret is not good, ErrForbidden if its holder may not ask.
func (s *Service) Inquire(ctx context.Context, callerSecret string) (*Inquiry, error) {
	t, caller, err := s.db.BeginFor(ctx, callerSecret)
	if errors.Is(err, engine.ErrUnauthorized) {
		return nil, ErrClient
	}
	if err != nil {
		return nil, err
	}
	c, err := clientOf(caller)
	if err == nil && !c.introspects() {
		err = ErrForbidden
	}
	if err != nil {
		t.End()
		return nil, err
	}
	return &Inquiry{tx: Tx{Transaction: t, s: s}, client: c}, nil
}

// Append appends what Tx.Introspect answers.
func (q *Inquiry) Append(dst []byte, token string) ([]byte, error) {
	return q.tx.introspect(dst, q.client, token)
}

// Close ends the Inquiry.
func (q *Inquiry) Close() { q.tx.End() }

// introspects reports whether a client may ask about tokens: its role is admin
// or server, or one of its own that reads some tokens at least.
func (c *Client) introspects() bool {
	return !c.Acts && (c.Serves() || !c.Public && c.Role == "" && c.ReadsTokens())
}

// Introspect tells a client about the token that a secret belongs to, in the
// JSON of RFC 7662. Whatever is no live token for this client is
// {"active":false}. The error is ErrForbidden if the client may not ask.
//
//	{"active":true,"scope":"createA createB","username":"administrator","token_type":"Bearer",
//	"iat":1772366400,"sub":"users/251407645221585408","iss":"https://tokens.example.com",
//	"jti":"399518220131172352","token_use":"access","kind":"mono.bearer","tokenid":5,"userid":1,
//	"permissions":{"createA":true,"createB":true}}
//
// Source: RFC 7662, section 2.2; chapter on token services, section 5.4.
func (tx *Tx) Introspect(c *Client, token string) ([]byte, error) {
	if !c.introspects() {
		return nil, ErrForbidden
	}
	return tx.introspect(make([]byte, 0, 512), c, token)
}

func (tx *Tx) introspect(dst []byte, c *Client, token string) ([]byte, error) {
	r, err := tx.Resolve(Presented{Secret: token})
	if errors.Is(err, auth.ErrInactive) {
		return append(dst, inactive...), nil
	}
	if err != nil {
		return dst, err
	}
	if ok, err := tx.MayRead(c.ServiceCaller, r.Token.Ref); err != nil || !ok {
		return append(dst, inactive...), err
	}
	return tx.describe(dst, r)
}

// describe appends what introspection answers of a live token.
func (tx *Tx) describe(dst []byte, r *Resolved) ([]byte, error) {
	dst = append(dst, `{"active":true`...)
	if scope := r.Scope(); len(scope) > 0 {
		dst = appendText(dst, "scope", strings.Join(scope, " "))
	}
	client := r.Token.Member.Client
	if client != "" {
		dst = appendText(dst, "client_id", client)
	}
	if name := r.User(); name != "" {
		dst = appendText(dst, "username", name)
	}
	if r.Role == Access {
		dst = append(dst, `,"token_type":"Bearer"`...)
	}
	dst = appendSeconds(dst, "exp", r.Expires)
	dst = appendSeconds(dst, "iat", r.IssuedAt())
	dst = appendText(dst, "sub", r.Path)
	if client != "" {
		dst = appendText(dst, "aud", client)
	}
	dst = append(append(dst, `,"iss":`...), tx.s.issuer...)
	dst = appendNumber(append(dst, `,"jti":"`...), r.Token.Ref.ID)
	dst = append(dst, '"')
	dst = appendText(dst, "token_use", string(r.Role))
	dst = appendText(dst, "kind", r.Token.Member.Kind)
	if n := r.Token.Member.Num; n != 0 {
		dst = appendNumber(append(dst, `,"tokenid":`...), n)
	}
	if n := r.UserNum(); n != 0 {
		dst = appendNumber(append(dst, `,"userid":`...), n)
	}
	var err error
	if p := r.Token.Permissions(); p != nil {
		dst, err = tx.AppendJSON(append(dst, `,"permissions":`...), p)
	}
	return append(dst, '}'), err
}

func appendText(dst []byte, name, text string) []byte {
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return value.AppendJSONString(dst, text)
}

// appendSeconds appends a time in whole seconds, never later than it is;
// nothing if it is zero.
func appendSeconds(dst []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return appendNumber(append(append(append(dst, `,"`...), name...), `":`...), t.Unix())
}

func appendNumber(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// User is the name of the user that a token belongs to, "" if it has none.
func (r *Resolved) User() string { return Text(r.Instance, "username") }

// IssuedAt is when the secrets of a token were made; zero for a token of
// Fauna, of which that is not kept.
func (r *Resolved) IssuedAt() time.Time {
	if r.Token.Member.Gen > 0 {
		return r.Token.Member.UpdatedAt // when it was rotated
	}
	return r.Token.Member.CreatedAt
}

// UserID is the member of a token's seal that holds the number of its user:
// monoIntegrator's userid.
const UserID = "userid"

// UserNum is the number of the user for monoIntegrator, 0 if there is none.
func (r *Resolved) UserNum() int64 {
	v, _ := r.Token.Sealed.Get(UserID)
	n, _ := v.(value.Long)
	return int64(n)
}

// Identity is what handlers are told of a token.
func (tx *Tx) Identity(r *Resolved) (*auth.Identity, error) {
	m := &r.Token.Member
	out := &auth.Identity{
		TokenRef: r.Token.ID(), Instance: r.Path, Kind: m.Kind, Role: string(r.Role), User: r.User(), ClientID: m.Client,
		TokenNum: m.Num, UserNum: r.UserNum(), Scopes: r.Scope(), IssuedAt: r.IssuedAt(), ExpiresAt: r.Expires,
	}
	if p := r.Token.Permissions(); p != nil {
		b, err := tx.AppendJSON(nil, p)
		if err == nil {
			err = json.Unmarshal(b, &out.Permissions) // as one who asks over HTTP reads them
		}
		if err != nil {
			return nil, fmt.Errorf("tokens: permissions: %w", err)
		}
	}
	return out, nil
}

// Verify implements auth.Verifier: the token of an access secret.
func (s *Service) Verify(ctx context.Context, secret string) (out *auth.Identity, err error) {
	err = s.View(ctx, func(tx *Tx) error {
		r, err := tx.Resolve(Presented{Secret: secret, Want: Access, Referer: auth.Referer(ctx)})
		if err == nil {
			out, err = tx.Identity(r)
		}
		return err
	})
	return out, err
}
