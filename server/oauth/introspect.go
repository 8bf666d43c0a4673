package oauth

import (
	"errors"
	"net/http"

	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// introspect tells a resource server of a token.
// Source: RFC 7662.
func (d *Door) introspect(w http.ResponseWriter, r *http.Request) error {
	token, c, err := d.question(r)
	if err != nil {
		return err
	}
	var out []byte
	err = d.View(r.Context(), func(tx *tokens.Tx) error {
		client, err := c.Client(tx)
		if err != nil {
			return err
		}
		if d.introspections.Times > 0 {
			if wait := d.Limits.Take(d.introspections, client.ID()); wait > 0 {
				return &door.Limited{Wait: wait}
			}
		}
		out, err = tx.Introspect(client, token)
		return err
	})
	if errors.Is(err, tokens.ErrForbidden) {
		return lacking(c)
	}
	if err != nil {
		return d.deny(r, c, err)
	}
	door.NoStore(w)
	door.Write(w, http.StatusOK, "application/json; charset=utf-8", out)
	return nil
}

// question reads a request about one token, and who asks.
func (d *Door) question(r *http.Request) (token string, c door.Credentials, err error) {
	form, err := readForm(r)
	if err != nil {
		return "", c, err
	}
	if c, err = readCredentials(r, form); err != nil {
		return "", c, err
	}
	if c.Nobody() {
		return "", c, denied(c)
	}
	if token = form.Get("token"); token == "" {
		return "", c, refuse("invalid_request", "The parameter token is missing.")
	}
	return token, c, nil
}

// revoke ends a token. One that is gone already is as good as ended.
// Source: RFC 7009.
func (d *Door) revoke(w http.ResponseWriter, r *http.Request) error {
	token, c, err := d.question(r)
	if err != nil {
		return err
	}
	var verdict error
	err = d.Update(r.Context(), func(tx *tokens.Tx) error {
		client, err := c.Client(tx)
		if err != nil {
			return err
		}
		verdict, err = d.end(tx, client, token, d.From(r, actor(client)))
		return err
	})
	if err != nil {
		return d.deny(r, c, err)
	}
	if verdict != nil {
		return verdict
	}
	w.Header()["Content-Length"] = []string{"0"}
	w.WriteHeader(http.StatusOK)
	return nil
}

// end revokes the token of a secret for a client. A refusal is told to the
// audit, which err would undo.
func (d *Door) end(tx *tokens.Tx, c *tokens.Client, text string, o tokens.Origin) (verdict, err error) {
	if p, ok := secret.Parse(text); ok && p.Kind == secret.Key {
		return refuse("unsupported_token_type", "A key is deleted by a query."), nil
	}
	found, err := tx.Find(text)
	if err != nil || found == nil {
		return nil, err
	}
	t := found.Token
	if t.Member.Client != c.ID() && !c.Serves() && (t.Member.Client != "" || c.Public) {
		event := tokens.Event{Event: "client.denied", Level: tokens.Warning, Outcome: "refused", Reason: "unauthorized_client"}
		return refuse("unauthorized_client", "The token belongs to another client."), tx.Audit(o, event.About(t))
	}
	event := tokens.Event{Event: "token.revoked", Subject: tx.Path(t.Instance), Reason: string(found.Role)}.About(t)
	if t.Member.Kind == d.kind.Name && found.Role == tokens.Access {
		t.RevokeSecret(text)
		if len(t.Live(tokens.Access))+len(t.Live(tokens.Refresh)) > 0 {
			if err := tx.Put(t); err != nil {
				return nil, err
			}
			return nil, tx.Audit(o, event)
		}
	}
	if err := tx.Drop(t); err != nil {
		return nil, err
	}
	return nil, tx.Audit(o, event)
}
