package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// How long an access token may be asked to live, in seconds.
const (
	shortestLife = 60
	longestLife  = 24 * 60 * 60
)

// order is what a token is asked for with:
//
//	{"instance":{"collection":"users","id":"251407645221585408"},"scope":"read fql","permissions":{"createA":true},
//	"expires_in":3600,"refresh":true,"client_id":"399…"}
type order struct {
	collection, id string
	scope          []string
	permissions    value.Object
	life           int64
	refresh        bool
	client         string
}

// readOrder reads an order. The error names every member that is wrong.
func readOrder(r *http.Request) (*order, error) {
	var body map[string]json.RawMessage
	if err := door.ReadJSON(r, &body); err != nil {
		return nil, badBody(err)
	}
	out := &order{}
	var wrong []door.ProblemField
	member := func(name, must string, required bool, read func(raw json.RawMessage) bool) {
		raw, ok := body[name]
		if ok && string(raw) != "null" {
			ok = read(raw)
		} else {
			ok = !required
		}
		if !ok {
			wrong = append(wrong, door.ProblemField{Pointer: "#/" + name, Detail: must})
		}
	}
	member("instance", `It must be {"collection": "…", "id": "…"}.`, true, func(raw json.RawMessage) bool {
		var instance struct{ Collection, ID *string }
		if json.Unmarshal(raw, &instance) != nil || instance.Collection == nil || instance.ID == nil {
			return false
		}
		out.collection, out.id = *instance.Collection, *instance.ID
		return true
	})
	member("scope", "It must be words with spaces between them.", false, func(raw json.RawMessage) (ok bool) {
		var scope string
		err := json.Unmarshal(raw, &scope)
		out.scope, ok = tokens.Words(scope)
		return err == nil && ok
	})
	member("permissions", "It must be an object.", false, func(raw json.RawMessage) bool {
		var err error
		out.permissions, err = value.ParseObject(raw)
		return err == nil
	})
	member("expires_in", "It must be whole seconds from 60 to 86400.", false, func(raw json.RawMessage) bool {
		return json.Unmarshal(raw, &out.life) == nil && out.life >= shortestLife && out.life <= longestLife
	})
	member("refresh", "It must be true or false.", false, func(raw json.RawMessage) bool {
		return json.Unmarshal(raw, &out.refresh) == nil
	})
	member("client_id", "It must be the id of a key of this database.", false, func(raw json.RawMessage) bool {
		return json.Unmarshal(raw, &out.client) == nil
	})
	if wrong != nil {
		return nil, badMembers(wrong...)
	}
	return out, nil
}

func badMembers(wrong ...door.ProblemField) *failure {
	f := refuse("invalid_member", "A member of the body is missing or wrong.")
	f.fields = wrong
	return f
}

// badBody is the failure of a body that is no JSON object.
func badBody(err error) error {
	switch {
	case errors.Is(err, door.ErrTooLarge):
		return err
	case errors.Is(err, door.ErrForm):
		return &failure{status: http.StatusUnsupportedMediaType, detail: "The body must be JSON."}
	}
	return refuse("invalid_body", "The body is no JSON object.")
}

// issue makes a token for an instance, asked by a key of the role admin or
// server.
func (d *Door) issue(w http.ResponseWriter, r *http.Request) error {
	c, err := readCredentials(r, nil)
	if err != nil {
		return native(err)
	}
	// The caller comes first: a stranger learns nothing of the members.
	if err := d.View(r.Context(), func(tx *tokens.Tx) error { _, err := serving(tx, c); return err }); err != nil {
		return native(d.deny(r, c, err))
	}
	o, err := readOrder(r)
	if err != nil {
		return err
	}
	var out *issued
	err = d.Update(r.Context(), func(tx *tokens.Tx) error {
		client, err := serving(tx, c)
		if err != nil {
			return err
		}
		instance, err := o.instance(tx)
		if err != nil {
			return err
		}
		if err := o.checkClient(tx); err != nil {
			return err
		}
		out, err = d.grant(tx, &grant{
			instance: instance, data: o.data(), client: o.client, scope: o.scope, life: o.life, refresh: o.refresh,
			origin: d.From(r, actor(client)),
		})
		return err
	})
	if err != nil {
		return native(d.deny(r, c, err))
	}
	d.answer(w, out)
	return nil
}

// serving is the client if its key has the role admin or server.
func serving(tx *tokens.Tx, c door.Credentials) (*tokens.Client, error) {
	client, err := c.Client(tx)
	if err != nil {
		return nil, err
	}
	if !client.Serves() {
		return nil, &failure{
			status: http.StatusForbidden, code: "role_missing", detail: "The key's role must be admin or server.",
			challenge: (&auth.Refusal{Code: "insufficient_scope"}).Challenge(auth.Realms),
		}
	}
	return client, nil
}

// native makes the refusal of a client one of a native route, whose challenge
// is that of RFC 6750.
func native(err error) error {
	var f *failure
	if !errors.As(err, &f) || f.code != "invalid_client" {
		return err
	}
	out := *f
	out.detail = "A key of this database is needed."
	return &out
}

// checkClient refuses a client that does not exist.
func (o *order) checkClient(tx *tokens.Tx) error {
	if o.client == "" {
		return nil
	}
	id, err := strconv.ParseInt(o.client, 10, 64)
	if err == nil {
		caller, err := tx.CallerOf(id)
		if caller != nil || err != nil {
			return err
		}
	}
	return badMembers(door.ProblemField{Pointer: "#/client_id", Detail: "It must be the id of a key of this database."})
}

// instance finds the document that the token is to belong to.
func (o *order) instance(tx *tokens.Tx) (value.Ref, error) {
	v, err := tx.Query(`Let({ ref: Ref(Collection(Var("collection")), Var("id")) }, If(Exists(Var("ref")), Var("ref"), null))`,
		map[string]any{"collection": o.collection, "id": o.id})
	ref, ok := v.(value.Ref)
	if ok && ref.Class >= value.FirstUserClass {
		return ref, nil
	}
	if err != nil && !query.IsErrors(err) {
		return value.Ref{}, err
	}
	return value.Ref{}, &failure{
		status: http.StatusNotFound, code: "instance_not_found", detail: "No document " + o.collection + "/" + o.id + " exists.",
	}
}

// data is that of the token.
func (o *order) data() value.Object {
	out := value.Object{}
	if len(o.scope) > 0 {
		out = out.With("scope", value.String(strings.Join(o.scope, " ")))
	}
	if o.permissions != nil {
		out = out.With("permissions", o.permissions)
	}
	return out
}
