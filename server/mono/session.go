package mono

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// session is who asks, as the database has the user now: permissions are not
// read from the JWT, so that a change is in force at once.
type session struct {
	user   *user
	claims map[string]any
	origin tokens.Origin
}

// operation carries a request of a session out, in one transaction, which may
// be run again. It returns what is answered with 200, or with its status.
type operation func(tx *tokens.Tx, s *session, r *request) (any, error)

// request is a request whose body was read.
type request struct {
	*http.Request
	body []byte
}

// created is an answer with 201.
type created struct{ message }

// inSession answers requests that need a session.
func (m *Mono) inSession(do operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := door.ReadBody(r)
		var out any
		if err == nil {
			err = tokens.Patiently(r.Context(), func(ctx context.Context) error {
				return m.Update(ctx, func(tx *tokens.Tx) error {
					s, err := m.session(tx, r)
					if err == nil {
						out, err = do(tx, s, &request{r, body})
					}
					return err
				})
			})
		}
		if err != nil {
			m.refuse(w, r, err)
			return
		}
		door.NoStore(w)
		if c, ok := out.(created); ok {
			door.JSON(w, http.StatusCreated, c.message)
			return
		}
		door.JSON(w, http.StatusOK, out)
	}
}

// refuse answers what is no success.
func (m *Mono) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var no *refusal
	if !errors.As(err, &no) {
		no = &refusal{http.StatusInternalServerError, badRequest, asTraced}
		switch {
		case errors.Is(err, door.ErrTooLarge):
			no.status = http.StatusRequestEntityTooLarge
		case errors.Is(err, tokens.ErrBusy):
			no.status, no.text = http.StatusServiceUnavailable, internalError
			door.RetryAfter(w.Header(), time.Second)
		default:
			m.Failed(r, err)
		}
	}
	if no.status == http.StatusUnauthorized {
		w.Header()["Www-Authenticate"] = []string{"Bearer"}
	}
	var body any = message{Text: no.text}
	switch no.shape {
	case asMensaje:
	case asMsg:
		body = traced{Text: no.text}
	case asTraced:
		body = traced{Text: no.text, ID: door.RequestID(r)}
	}
	door.JSON(w, no.status, body)
}

// presented reads the word behind Bearer.
func presented(r *http.Request) (string, error) {
	if r.Header.Get("Authorization") == "" {
		return "", refuse(http.StatusUnauthorized, noToken)
	}
	secret, ok := door.Bearer(r)
	if !ok || secret == "" {
		return "", refuse(http.StatusUnauthorized, noBearer)
	}
	return secret, nil
}

// session finds out who asks.
func (m *Mono) session(tx *tokens.Tx, r *http.Request) (*session, error) {
	secret, err := presented(r)
	if err != nil {
		return nil, err
	}
	claims, ok := m.Claims(secret, tx.At())
	if !ok {
		return nil, errSession
	}
	found, err := tx.Resolve(tokens.Presented{Secret: secret, Want: tokens.Session})
	if errors.Is(err, auth.ErrInactive) {
		return nil, errSession
	}
	if err != nil {
		return nil, err
	}
	u, err := readUser(tx, found.Instance)
	if err != nil {
		return nil, err
	}
	s := &session{user: u, claims: map[string]any{}, origin: m.From(r, found.Path)}
	for name, v := range claims.All {
		s.claims[name] = v
	}
	return s, nil
}

// login answers a name and a password with a session.
func (m *Mono) login(w http.ResponseWriter, r *http.Request) {
	if m.options.UsersDisabled {
		door.JSON(w, http.StatusOK, message{Text: usersDisabled})
		return
	}
	var in struct{ Username, Password string }
	if err := door.ReadJSON(r, &in); err != nil {
		if !errors.Is(err, door.ErrTooLarge) {
			err = errBadRequest
		}
		m.refuse(w, r, err)
		return
	}
	var token string
	err := m.Attempt(r, func() error {
		return m.Login(r.Context(), tokens.Login{
			Account: "mono/" + strings.ToLower(in.Username), Password: in.Password, Origin: m.From(r, ""),
			Find: func(tx *tokens.Tx) (*value.Document, error) { return tx.UserNamed(in.Username) },
			Accept: func(tx *tokens.Tx, doc *value.Document) (err error) {
				token, err = m.newSession(tx, doc)
				return err
			},
		})
	})
	wait := new(door.Limited)
	switch {
	case errors.As(err, &wait):
		door.RetryAfter(w.Header(), wait.Wait)
		m.refuse(w, r, refuse(http.StatusTooManyRequests, tooMany))
	case errors.Is(err, tokens.ErrCredentials):
		m.refuse(w, r, refuse(http.StatusUnauthorized, wrongLogin))
	case errors.Is(err, tokens.ErrBusy):
		door.RetryAfter(w.Header(), time.Second)
		m.refuse(w, r, refuse(http.StatusServiceUnavailable, internalError))
	case err != nil:
		m.Failed(r, err)
		m.refuse(w, r, refuse(http.StatusInternalServerError, internalError))
	default:
		door.NoStore(w)
		door.JSON(w, http.StatusOK, message{Text: loggedIn, Token: token})
	}
}

// newSession makes the one session of a user: the older one ends.
func (m *Mono) newSession(tx *tokens.Tx, doc *value.Document) (string, error) {
	u, err := readUser(tx, doc)
	if err != nil {
		return "", err
	}
	name := []string{tokens.MonoSession.Name, tx.Path(doc.Ref)}
	old, err := tx.Named(name...)
	if err != nil {
		return "", err
	}
	if old != nil {
		if err := tx.Drop(old); err != nil {
			return "", err
		}
	}
	t, err := tx.NewToken(tokens.MonoSession, doc.Ref)
	if err != nil {
		return "", err
	}
	login, err := m.Service.Bearer()
	if err != nil {
		return "", err
	}
	t.TTL = tx.At().Add(m.options.SessionTTL)
	t.Member.ExpiresAt = t.TTL
	secret, err := tx.JWT(t, t.TTL, map[string]any{
		"userid": u.Num, "name": u.Name, "lastname": u.Lastname, "token": login, "permissions": plain(u.Permissions),
	})
	if err != nil {
		return "", err
	}
	t.Call(name...)
	t.Grant(tokens.Session, secret, t.TTL, false)
	t.Sealed = value.Object{{Name: tokens.UserID, Value: value.Long(u.Num)}}
	return secret, tx.Put(t)
}

// private is the example of a route for sessions.
func (m *Mono) private(_ *tokens.Tx, s *session, r *request) (any, error) {
	return echoed{echoOf(r.Request), nil, s.claims}, nil
}

// echoed is what the examples of protected routes answer.
type echoed struct {
	echo
	Bearer *presentedBearer `json:"bearer,omitempty"`
	User   map[string]any   `json:"user,omitempty"`
}

type echo struct {
	ID     string `json:"id"`
	IP     string `json:"ip,omitempty"`
	URI    string `json:"uri"`
	Method string `json:"method"`
}

func echoOf(r *http.Request) echo {
	return echo{ID: door.RequestID(r), IP: r.Header.Get("X-Forwarded-For"), URI: r.URL.RequestURI(), Method: r.Method}
}

func (m *Mono) notFound(w http.ResponseWriter, r *http.Request) {
	m.refuse(w, r, &refusal{http.StatusNotFound, noRoute, asTraced})
}
