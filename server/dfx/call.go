package dfx

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// call is one request.
type call struct {
	*Door
	w    http.ResponseWriter
	r    *http.Request
	body *body // of POST and PATCH
	// guessed says that the request brought a secret that is nobody's.
	guessed bool
}

// serve makes a handler of an answer.
func (d *Door) serve(a answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Door: d, w: w, r: r}
		v, err := c.run(a)
		c.count()
		c.write(v, err)
	})
}

func (c *call) run(a answer) (any, error) {
	if c.r.Method == http.MethodPost || c.r.Method == http.MethodPatch {
		var err error
		if c.body, err = readBody(c.r); err != nil {
			return nil, err
		}
	}
	return a(c)
}

// count counts a secret that is nobody's.
func (c *call) count() {
	if c.guessed {
		_ = c.Take(c.r, door.UnknownSecrets) // it has been answered already
	}
}

// success is the answer when there is nothing to tell.
var success = struct {
	Success bool `json:"success"`
}{true}

// update runs f in a transaction. What f has written is committed also when it
// refuses, as with an entry in the audit; any other error undoes it.
func (c *call) update(ctx context.Context, f func(*tokens.Tx) error) error {
	var refused *refusal
	err := c.Update(ctx, func(tx *tokens.Tx) error {
		refused = nil
		err := f(tx)
		if errors.As(err, &refused) {
			return nil
		}
		return err
	})
	if err == nil && refused != nil {
		return refused
	}
	return err
}

// hashing is update for what hashes a password.
func (c *call) hashing(f func(*tokens.Tx) error) error {
	return tokens.Patiently(c.r.Context(), func(ctx context.Context) error { return c.update(ctx, f) })
}

// from says for the audit where the request comes from.
func (c *call) from(actor string) tokens.Origin { return c.From(c.r, actor) }

// cookie is the name of the cookie that holds an access token.
const cookie = "DfxSession"

// presented is the secret that a request brings, "" if none: a bearer, or the
// cookie if the request comes from a page that may use the door.
func (c *call) presented() (string, error) {
	secret, _ := door.Bearer(c.r)
	if secret == "" {
		k, err := c.r.Cookie(cookie)
		if err != nil || k.Value == "" {
			return "", nil
		}
		if c.Forged(c.r) {
			return "", errForbidden
		}
		if origin := c.r.Header.Get("Origin"); origin != "" && !c.MayUse(origin) {
			return "", nil
		}
		secret = k.Value
	}
	return secret, c.Free(c.r, door.UnknownSecrets)
}

// own are the kinds of tokens that are made here.
var own = []*tokens.Kind{tokens.DfxDevice, tokens.DfxUser, tokens.DfxOrg}

// visitor finds out whose access token the request brings, which must be of one
// of the kinds; nil if it brings none.
func (c *call) visitor(tx *tokens.Tx, kinds ...*tokens.Kind) (*tokens.Resolved, error) {
	secret, err := c.presented()
	if secret == "" || err != nil {
		return nil, err
	}
	found, err := tx.Resolve(tokens.Presented{Secret: secret, Want: tokens.Access, Referer: c.r.Referer()})
	if errors.Is(err, auth.ErrInactive) {
		c.guessed = true
		return nil, errUnauthorized
	}
	if err != nil {
		return nil, err
	}
	if !ofKind(found.Token, kinds) {
		return nil, errUnauthorized
	}
	return found, nil
}

// caller is visitor for calls that need a token.
func (c *call) caller(tx *tokens.Tx, kinds ...*tokens.Kind) (*tokens.Resolved, error) {
	found, err := c.visitor(tx, kinds...)
	if found == nil && err == nil {
		err = errUnauthorized
	}
	return found, err
}

func ofKind(t *tokens.Token, kinds []*tokens.Kind) bool {
	return slices.ContainsFunc(kinds, func(k *tokens.Kind) bool { return k.Name == t.Member.Kind })
}

// setCookie keeps an access token in the cookie, if the client asks for a
// session and its page may have one.
func (c *call) setCookie(token string, expires time.Time) {
	if origin := c.r.Header.Get("Origin"); c.r.Header.Get("X-Nura-Session") != "true" || origin != "" && !c.MayUse(origin) {
		return
	}
	http.SetCookie(c.w, c.newCookie(token, expires))
}

// dropCookie ends the session of a browser, if it has one.
func (c *call) dropCookie() {
	if _, err := c.r.Cookie(cookie); err == nil {
		k := c.newCookie("", time.Time{})
		k.MaxAge = -1
		http.SetCookie(c.w, k)
	}
}

// newCookie returns the cookie. The client's pages are of other sites by
// design, hence SameSite=None.
func (c *call) newCookie(value string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: cookie, Value: value, Path: c.options.Prefix + "/", Expires: expires,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteNoneMode,
	}
}
