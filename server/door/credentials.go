package door

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/tokens"
)

// Credentials are what a request says of its client: a key of the database.
type Credentials struct {
	// ID is the client's, "" if it is not said; Secret is "" for a public
	// client.
	ID, Secret string
	// Bearer says that the secret came as a bearer token.
	Bearer bool
}

// ErrTwoWays says that a request names or authenticates its client in more than
// one way.
var ErrTwoWays = errors.New("the client authenticates in more than one way")

// ReadCredentials reads who the client is, from the one place where a request
// says so; form is nil where it has none. The error is ErrTwoWays, or
// tokens.ErrClient if what is said can be nobody's.
//
//	Authorization: Basic base64(id:secret)    both parts form-encoded
//	Authorization: Basic base64(secret:)
//	Authorization: Bearer secret
//	client_id=…&client_secret=…
//
// Source: RFC 6749, section 2.3.1; chapter on token services, section 5.1.
func ReadCredentials(r *http.Request, form url.Values) (Credentials, error) {
	c := Credentials{ID: form.Get("client_id"), Secret: form.Get("client_secret")}
	headers := r.Header.Values("Authorization")
	switch {
	case len(headers) == 0:
		return c, nil
	case len(headers) > 1 || c.Secret != "":
		return c, ErrTwoWays
	}
	named := c.ID
	if secret, ok := Bearer(r); ok {
		c = Credentials{Secret: secret, Bearer: true}
	} else if c, ok = readBasic(headers[0]); !ok {
		return c, tokens.ErrClient
	}
	switch {
	case c.Secret == "":
		return c, tokens.ErrClient
	case c.ID == "":
		c.ID = named
	case named != "" && named != c.ID:
		return c, ErrTwoWays
	}
	return c, nil
}

func readBasic(header string) (c Credentials, ok bool) {
	scheme, rest, _ := strings.Cut(header, " ")
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	id, secret, found := strings.Cut(string(b), ":")
	if err != nil || !found || !strings.EqualFold(scheme, "Basic") {
		return c, false
	}
	if id, err = url.QueryUnescape(id); err == nil {
		secret, err = url.QueryUnescape(secret)
	}
	if secret == "" {
		return Credentials{Secret: id}, err == nil
	}
	return Credentials{ID: id, Secret: secret}, err == nil
}

// Nobody reports whether a request does not say at all who its client is.
func (c Credentials) Nobody() bool { return c.ID == "" && c.Secret == "" }

// Challenge is the value of WWW-Authenticate for a client that is unknown, by
// the scheme that it used.
func (c Credentials) Challenge() string {
	if c.Bearer {
		return auth.Invalid().Challenge(auth.Realms)
	}
	return `Basic realm="` + auth.Realms + `"`
}

// Client finds the client in the database. The error is tokens.ErrClient if
// there is none.
func (c Credentials) Client(tx *tokens.Tx) (*tokens.Client, error) {
	if c.Secret == "" {
		return tx.PublicClient(c.ID)
	}
	client, err := tx.Client(c.Secret)
	if err == nil && c.ID != "" && c.ID != client.ID() {
		return nil, tokens.ErrClient
	}
	return client, err
}

// Unknown counts a client that Client does not find, and tells the audit, until
// there are too many from its address: then the error is a *Limited. Any other
// error stays as it is.
func (d *Door) Unknown(r *http.Request, c Credentials, err error) error {
	if !errors.Is(err, tokens.ErrClient) || c.Nobody() {
		return err
	}
	if err := d.Take(r, UnknownSecrets); err != nil {
		return err
	}
	event := tokens.Event{Event: "client.denied", Level: tokens.Warning, Outcome: "refused", Reason: "invalid_client"}
	if err := d.Audit(r.Context(), d.From(r, ""), event); err != nil {
		return err
	}
	return err
}
