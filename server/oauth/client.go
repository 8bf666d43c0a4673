package oauth

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

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

// readCredentials reads who the client is.
func readCredentials(r *http.Request, form url.Values) (door.Credentials, error) {
	c, err := door.ReadCredentials(r, form)
	switch {
	case errors.Is(err, door.ErrTwoWays):
		return c, refuse("invalid_request", "The client authenticates in more than one way.")
	case err != nil:
		return c, denied(c)
	}
	return c, nil
}

// denied refuses a client that is unknown.
func denied(c door.Credentials) *failure {
	return &failure{status: http.StatusUnauthorized, code: "invalid_client", challenge: c.Challenge()}
}

// lacking refuses a client that has no right to what it asks for.
func lacking(c door.Credentials) *failure {
	f := denied(c)
	if c.Bearer {
		f.challenge = (&auth.Refusal{Code: "insufficient_scope"}).Challenge(auth.Realms)
	}
	return f
}

// deny answers a client that is unknown. Any other error stays as it is.
func (d *Door) deny(r *http.Request, c door.Credentials, err error) error {
	if err = d.Unknown(r, c, err); errors.Is(err, tokens.ErrClient) {
		return denied(c)
	}
	return err
}

// actor names a client in the audit.
func actor(c *tokens.Client) string { return "keys/" + c.ID() }
