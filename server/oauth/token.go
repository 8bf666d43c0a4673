package oauth

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// issued is the answer with new secrets.
//
//	{"access_token":"at_N7…","token_type":"Bearer","expires_in":3600,"refresh_token":"rt_x2…","scope":"read fql"}
type issued struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int64  `json:"expires_in"` // seconds
	Refresh string `json:"refresh_token,omitempty"`
	Scope   string `json:"scope,omitempty"`
}

// life is the member of a token's seal with the seconds that its access
// secrets live, where that is not the door's default.
const life = "life"

// mint gives a token new secrets for a scope, which may be less than the
// token's, and sets when they expire.
func (d *Door) mint(tx *tokens.Tx, t *tokens.Token, scope []string, refresh bool) (*issued, error) {
	now := tx.At()
	access := d.kind.Access
	if v, ok := t.Sealed.Get(life); ok {
		seconds, _ := v.(value.Long)
		access = time.Duration(seconds) * time.Second
	}
	accessEnds := within(now.Add(access), t.Member.FamilyExpiresAt)
	out := &issued{Type: "Bearer", Expires: int64(accessEnds.Sub(now) / time.Second), Scope: strings.Join(scope, " ")}
	var err error
	if out.Access, err = d.Opaque("at_"); err != nil {
		return nil, err
	}
	t.TTL = accessEnds
	t.Grant(tokens.Access, out.Access, accessEnds, slices.Contains(scope, engine.QueryScope))
	if len(scope) < len(t.Scope()) {
		t.Narrow(out.Access, scope)
	}
	if refresh {
		if out.Refresh, err = d.Opaque("rt_"); err != nil {
			return nil, err
		}
		refreshEnds := within(now.Add(d.kind.Refresh), t.Member.FamilyExpiresAt)
		t.Grant(tokens.Refresh, out.Refresh, refreshEnds, false)
		if refreshEnds.After(t.TTL) {
			t.TTL = refreshEnds
		}
	}
	t.Member.ExpiresAt = t.TTL
	return out, nil
}

// within is a time, but not after an end; an end that is zero is none.
func within(t, end time.Time) time.Time {
	if !end.IsZero() && end.Before(t) {
		return end
	}
	return t
}

// answer sends new secrets.
func (d *Door) answer(w http.ResponseWriter, out *issued) {
	door.NoStore(w)
	door.JSON(w, http.StatusOK, out)
}

// token is the token endpoint of RFC 6749.
func (d *Door) token(w http.ResponseWriter, r *http.Request) error {
	if err := d.Take(r, door.Renewals); err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	c, err := readCredentials(r, form)
	if err != nil {
		return err
	}
	grant, ok := map[string]func(*http.Request, door.Credentials, url.Values) (*issued, error){
		"refresh_token":      d.refresh,
		"client_credentials": d.clientCredentials,
	}[form.Get("grant_type")]
	switch {
	case form.Get("grant_type") == "":
		return refuse("invalid_request", "The parameter grant_type is missing.")
	case !ok:
		return refuse("unsupported_grant_type", "The grant types are refresh_token and client_credentials.")
	}
	out, err := grant(r, c, form)
	if err != nil {
		return d.deny(r, c, err)
	}
	d.answer(w, out)
	return nil
}

// refresh rotates a pair.
func (d *Door) refresh(r *http.Request, c door.Credentials, form url.Values) (out *issued, err error) {
	if form.Get("refresh_token") == "" {
		return nil, refuse("invalid_request", "The parameter refresh_token is missing.")
	}
	asked, ok := tokens.Words(form.Get("scope"))
	if !ok {
		return nil, errScope
	}
	var verdict error
	err = d.Update(r.Context(), func(tx *tokens.Tx) error {
		client, err := c.Client(tx)
		if err != nil {
			return err
		}
		verdict, err = tx.Rotate(&tokens.Rotation{
			Refresh: form.Get("refresh_token"), Overlap: d.options.Overlap, Origin: d.From(r, actor(client)),
			// Another service's pair is none of ours, and stays as it is.
			Check: func(_ *tokens.Tx, t *tokens.Token) error {
				if t.Member.Kind != d.kind.Name {
					return tokens.ErrInvalid
				}
				return nil
			},
			Mint: func(tx *tokens.Tx, t *tokens.Token) (err error) {
				if t.Member.Client != client.ID() && (t.Member.Client != "" || client.Public) {
					return tokens.ErrInvalid
				}
				scope, err := narrowed(t.Scope(), asked)
				if err == nil {
					out, err = d.mint(tx, t, scope, true)
				}
				return err
			},
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, verdict
}

var errScope = refuse("invalid_scope", "The scope is malformed, or more than was granted.")

// narrowed returns the words of a scope that are asked for, all if none are. It
// is an error to ask for others.
func narrowed(granted, asked []string) ([]string, error) {
	if len(asked) == 0 {
		return granted, nil
	}
	for _, word := range asked {
		if !slices.Contains(granted, word) {
			return nil, errScope
		}
	}
	return slices.DeleteFunc(slices.Clone(granted), func(w string) bool { return !slices.Contains(asked, w) }), nil
}

// clientCredentials gives a client an access token of its own.
func (d *Door) clientCredentials(r *http.Request, c door.Credentials, form url.Values) (out *issued, err error) {
	asked, ok := tokens.Words(form.Get("scope"))
	if !ok {
		return nil, errScope
	}
	err = d.Update(r.Context(), func(tx *tokens.Tx) error {
		client, err := c.Client(tx)
		if err != nil {
			return err
		}
		if client.Public {
			return refuse("unauthorized_client", "A public client has no tokens of its own.")
		}
		scope, err := d.scopeOf(client, asked)
		if err != nil {
			return err
		}
		key := "oauth/" + client.ID()
		subject, err := tx.SubjectOf(key, map[string]any{"service": "oauth", "key": client.ID()})
		if err != nil {
			return err
		}
		data := value.Object{}
		if len(scope) > 0 {
			data = data.With("scope", value.String(strings.Join(scope, " ")))
		}
		out, err = d.grant(tx, &grant{instance: subject.Ref, data: data, client: client.ID(), scope: scope, origin: d.From(r, actor(client))})
		return err
	})
	return out, err
}

// scopeOf is the scope of a client's own token: what it asks for, or all it may
// have. What it may have is data.scope of its key; without that it is the
// door's words, or any.
func (d *Door) scopeOf(c *tokens.Client, asked []string) ([]string, error) {
	v, err := c.Data("scope")
	if err != nil {
		return nil, err
	}
	if bound, ok := v.(value.String); ok {
		words, _ := tokens.Words(string(bound))
		return narrowed(words, asked)
	}
	if len(d.options.Scopes) > 0 && len(asked) > 0 {
		return narrowed(d.options.Scopes, asked)
	}
	return asked, nil
}

// grant is what a new token is given.
type grant struct {
	instance value.Ref
	data     value.Object
	client   string // the key that may use it, "" for any
	scope    []string
	life     int64 // seconds of its access secrets, 0 for the default
	refresh  bool
	origin   tokens.Origin
}

// grant makes a token.
func (d *Door) grant(tx *tokens.Tx, g *grant) (*issued, error) {
	t, err := tx.NewToken(&d.kind, g.instance)
	if err != nil {
		return nil, err
	}
	t.Data, t.Member.Client = g.data, g.client
	if g.life > 0 {
		t.Sealed = value.Object{{Name: life, Value: value.Long(g.life)}}
	}
	out, err := d.mint(tx, t, g.scope, g.refresh)
	if err != nil {
		return nil, err
	}
	if err := tx.Put(t); err != nil {
		return nil, err
	}
	return out, tx.Audit(g.origin, tokens.Event{Event: "token.created", Subject: tx.Path(g.instance)}.About(t))
}
