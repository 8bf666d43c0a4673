package oauth

import (
	"net/http"
	"strconv"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// How many events one answer has.
const (
	defaultEvents = 100
	mostEvents    = 1000
)

// audit lists what has happened, the oldest first, to a key of the role admin.
//
//	GET /tokens/audit?after=399518220131172352&event=token.rotated&limit=100
//	{"events":[{"id":"399…","at":"2026-03-01T12:00:00Z","event":"token.rotated",…}],"after":"399…"}
//
// after, the id of the last event that was looked at, is left out at the end.
func (d *Door) audit(w http.ResponseWriter, r *http.Request) error {
	c, err := readCredentials(r, nil)
	if err != nil {
		return native(err)
	}
	var out *tokens.Events
	err = d.View(r.Context(), func(tx *tokens.Tx) error {
		client, err := c.Client(tx)
		if err != nil {
			return err
		}
		if client.Public || client.Role != "admin" {
			return &failure{
				status: http.StatusForbidden, code: "role_missing", detail: "The key's role must be admin.",
				challenge: (&auth.Refusal{Code: "insufficient_scope"}).Challenge(auth.Realms),
			}
		}
		after, limit, err := readPage(r)
		if err != nil {
			return err
		}
		out, err = tx.Events(after, r.URL.Query().Get("event"), limit)
		return err
	})
	if err != nil {
		return native(d.deny(r, c, err))
	}
	door.NoStore(w)
	door.JSON(w, http.StatusOK, out)
	return nil
}

// readPage reads which part of the audit is asked for.
func readPage(r *http.Request) (after int64, limit int, err error) {
	q := r.URL.Query()
	limit = defaultEvents
	if text := q.Get("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return 0, 0, refuse("invalid_parameter", "The parameter after must be the id of an event.")
		}
	}
	if text := q.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > mostEvents {
			return 0, 0, refuse("invalid_parameter", "The parameter limit must be from 1 to "+strconv.Itoa(mostEvents)+".")
		}
	}
	return after, limit, nil
}
