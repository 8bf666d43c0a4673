package oauth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// credentials are what a request says of its client.
type credentials struct {
	// id is the client's, "" if it is not said; secret is "" for a public
	// client.
	id, secret string
	// bearer says that the secret came as a bearer token.
	bearer bool
}

// readForm reads the form of a request. Members without a value count as
// absent; one that comes twice is refused.
func readForm(r *http.Request) (url.Values, error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		return nil, refuse("invalid_request", "The body must be a form: application/x-www-form-urlencoded.")
	}
	b, err := door.ReadBody(r)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(b))
	if err != nil {
		return nil, refuse("invalid_request", "The form cannot be read.")
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, refuse("invalid_request", "A parameter comes more than once.")
		}
		if values[0] == "" {
			delete(form, name)
		}
	}
	return form, nil
}

// readCredentials reads who the client is, from the one place where it says so.
//
//	Authorization: Basic base64(id:secret)    both parts form-encoded
//	Authorization: Basic base64(secret:)
//	Authorization: Bearer secret
//	client_id=…&client_secret=…
//
// Source: RFC 6749, section 2.3.1.
func readCredentials(r *http.Request, form url.Values) (*credentials, error) {
	c := &credentials{id: form.Get("client_id"), secret: form.Get("client_secret")}
	headers := r.Header.Values("Authorization")
	switch {
	case len(headers) == 0:
		return c, nil
	case len(headers) > 1 || c.secret != "":
		return nil, refuse("invalid_request", "The client authenticates in more than one way.")
	}
	named := c.id
	if secret, ok := auth.Bearer(r); ok {
		c = &credentials{secret: secret, bearer: true}
	} else if err := c.readBasic(headers[0]); err != nil {
		return nil, err
	}
	switch {
	case c.id == "":
		c.id = named
	case named != "" && named != c.id:
		return nil, refuse("invalid_request", "The client names itself in two ways.")
	}
	if c.secret == "" {
		return nil, c.denied()
	}
	return c, nil
}

func (c *credentials) readBasic(header string) error {
	scheme, rest, _ := strings.Cut(header, " ")
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	id, secret, found := strings.Cut(string(b), ":")
	*c = credentials{}
	if err != nil || !found || !strings.EqualFold(scheme, "Basic") {
		return c.denied()
	}
	if c.id, err = url.QueryUnescape(id); err == nil {
		c.secret, err = url.QueryUnescape(secret)
	}
	if err != nil {
		return c.denied()
	}
	if c.secret == "" {
		c.id, c.secret = "", c.id
	}
	return nil
}

// denied refuses a client that is unknown, by the scheme that it used.
func (c *credentials) denied() *failure {
	challenge := `Basic realm="` + auth.Realms + `"`
	if c.bearer {
		challenge = auth.Invalid().Challenge(auth.Realms)
	}
	return &failure{status: http.StatusUnauthorized, code: "invalid_client", challenge: challenge}
}

// lacking refuses a client that has no right to what it asks for.
func (c *credentials) lacking() *failure {
	f := c.denied()
	if c.bearer {
		f.challenge = (&auth.Refusal{Code: "insufficient_scope"}).Challenge(auth.Realms)
	}
	return f
}

// client finds the client in the database. The error is tokens.ErrClient if
// there is none.
func (c *credentials) client(tx *tokens.Tx) (*tokens.Client, error) {
	if c.secret == "" {
		return tx.PublicClient(c.id)
	}
	client, err := tx.Client(c.secret)
	if err == nil && c.id != "" && c.id != client.ID() {
		return nil, tokens.ErrClient
	}
	return client, err
}

// deny answers a client that is unknown: it is counted and told to the audit,
// until there are too many from its address. Any other error stays as it is.
func (d *Door) deny(r *http.Request, c *credentials, err error) error {
	if !errors.Is(err, tokens.ErrClient) {
		return err
	}
	if c.id == "" && c.secret == "" {
		return c.denied() // it has not said who it is
	}
	if err := d.Take(r, door.UnknownSecrets); err != nil {
		return err
	}
	event := tokens.Event{Event: "client.denied", Level: tokens.Warning, Outcome: "refused", Reason: "invalid_client"}
	if err := d.Audit(r.Context(), d.From(r, ""), event); err != nil {
		return err
	}
	return c.denied()
}

// actor names a client in the audit.
func actor(c *tokens.Client) string { return "keys/" + c.ID() }
