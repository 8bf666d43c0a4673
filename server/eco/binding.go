package eco

import (
	_ "embed" // the client
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// The binding to JSON, for programs that are not written in Go. Its callers
// have a key of the role server or admin.

// operation carries a call out and returns what it is answered with; nil is an
// empty answer.
type operation func(r *http.Request) (any, error)

// bound answers a call of the binding.
func (e *Eco) bound(w http.ResponseWriter, r *http.Request, do operation) {
	if !e.allowed(w, r) {
		return
	}
	door.NoStore(w)
	out, err := do(r)
	var wrong *Error
	switch {
	case errors.As(err, &wrong):
		e.Problem(w, r, http.StatusBadRequest, "invalid_request", "The body is not valid.",
			door.ProblemField{Pointer: "#/" + wrong.Member, Detail: wrong.What})
	case errors.Is(err, door.ErrTooLarge):
		e.Problem(w, r, http.StatusRequestEntityTooLarge, "", "The body is too large.")
	case errors.Is(err, errBody):
		e.Problem(w, r, http.StatusBadRequest, "invalid_request", "The body is no JSON object.")
	case err != nil:
		e.Failed(r, err)
		e.Problem(w, r, http.StatusInternalServerError, "", "")
	case out == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		door.JSON(w, http.StatusOK, out)
	}
}

// allowed lets only keys of the role server or admin in.
func (e *Eco) allowed(w http.ResponseWriter, r *http.Request) bool {
	var client *tokens.Client
	c, err := door.ReadCredentials(r, nil)
	if err == nil {
		err = e.View(r.Context(), func(tx *tokens.Tx) (err error) {
			client, err = c.Client(tx)
			return err
		})
		err = e.Unknown(r, c, err)
	}
	limited := new(door.Limited)
	switch {
	case errors.As(err, &limited):
		door.RetryAfter(w.Header(), limited.Wait)
		e.Problem(w, r, http.StatusTooManyRequests, "", "Too many requests.")
	case errors.Is(err, door.ErrTwoWays):
		e.Problem(w, r, http.StatusBadRequest, "invalid_request", "The client authenticates in more than one way.")
	case errors.Is(err, tokens.ErrClient):
		w.Header().Set("WWW-Authenticate", c.Challenge())
		e.Problem(w, r, http.StatusUnauthorized, "invalid_client", "A key is needed.")
	case err != nil:
		e.Failed(r, err)
		e.Problem(w, r, http.StatusInternalServerError, "", "")
	case !client.Serves():
		e.Problem(w, r, http.StatusForbidden, "insufficient_role", "The key must have the role server or admin.")
	default:
		return true
	}
	return false
}

// errBody says that a body is no JSON object.
var errBody = errors.New("eco: the body is no JSON object")

// members reads the body of a call.
func members(r *http.Request) (map[string]json.RawMessage, error) {
	var out map[string]json.RawMessage
	err := door.ReadJSON(r, &out)
	if errors.Is(err, door.ErrTooLarge) {
		return nil, err
	}
	if err != nil || out == nil {
		return nil, errBody
	}
	return out, nil
}

// text reads a member that must be a string.
func text(in map[string]json.RawMessage, name string) (string, error) {
	var s *string
	if raw, ok := in[name]; !ok || json.Unmarshal(raw, &s) != nil || s == nil {
		return "", &Error{name, "It must be a string."}
	}
	return *s, nil
}

// instant reads a member that may be a time: milliseconds since 1970, or ISO
// 8601. What is absent or null is 0.
func instant(in map[string]json.RawMessage, name string) (int64, error) {
	raw, ok := in[name]
	if !ok || string(raw) == "null" {
		return 0, nil
	}
	var ms float64
	if json.Unmarshal(raw, &ms) == nil {
		return int64(ms), nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t.UnixMilli(), nil
		}
	}
	return 0, &Error{name, "It must be a number of milliseconds since 1970, or a time in ISO 8601."}
}

// owner reads the token and the user that a call is about.
func owner(r *http.Request) (token, user string, err error) {
	in, err := members(r)
	if err != nil {
		return "", "", err
	}
	if token, err = text(in, "token"); err != nil {
		return "", "", err
	}
	user, err = text(in, "userId")
	return token, user, err
}

func (e *Eco) generate(r *http.Request) (any, error) {
	in, err := members(r)
	if err != nil {
		return nil, err
	}
	id, err := text(in, "_id")
	if err != nil {
		return nil, err
	}
	access, refresh, expires, err := e.GenerateToken(r.Context(), id)
	return []any{access, refresh, expires}, err
}

func (e *Eco) check(r *http.Request) (any, error) {
	token, user, err := owner(r)
	if err != nil {
		return nil, err
	}
	return e.CheckToken(r.Context(), token, user)
}

func (e *Eco) remove(r *http.Request) (any, error) {
	token, user, err := owner(r)
	if err != nil {
		return nil, err
	}
	return nil, e.RemoveToken(r.Context(), token, user)
}

func (e *Eco) migrate(r *http.Request) (any, error) {
	in, err := members(r)
	if err != nil {
		return nil, err
	}
	var t Tokens
	for name, target := range map[string]*string{"userId": &t.UserID, "token": &t.Token} {
		if *target, err = text(in, name); err != nil {
			return nil, err
		}
	}
	if _, ok := in["_id"]; ok {
		if t.ID, err = text(in, "_id"); err != nil {
			return nil, err
		}
	}
	for name, target := range map[string]*int64{"created_at": &t.CreatedAt, "updated_at": &t.UpdatedAt, "expires_at": &t.ExpiresAt} {
		if *target, err = instant(in, name); err != nil {
			return nil, err
		}
	}
	return nil, e.MigrateToken(r.Context(), t)
}

func (e *Eco) list(r *http.Request) (any, error) { return e.GetAllTokens(r.Context()) }

//go:embed client.mjs
var clientSource []byte

// client sends the JavaScript class, which holds no secret.
func (e *Eco) client(w http.ResponseWriter, _ *http.Request) {
	door.Write(w, http.StatusOK, "text/javascript; charset=utf-8", clientSource)
}
