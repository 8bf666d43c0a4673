package eco

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// The controllers: users log in with a name and a password, and hold the
// refresh token in a cookie.

// cookieName is that of the refresh token.
const cookieName = "RefreshToken"

// answer is what a controller says.
type answer struct {
	Success bool `json:"success,omitempty"`
	Error   bool `json:"error,omitempty"`
	Payload any  `json:"payload"`
}

func succeed(w http.ResponseWriter, payload any) {
	door.JSON(w, http.StatusOK, answer{Success: true, Payload: payload})
}

func fail(w http.ResponseWriter, status int, text string) {
	door.JSON(w, status, answer{Error: true, Payload: text})
}

// failed answers what is not the client's fault.
func (e *Eco) failed(w http.ResponseWriter, r *http.Request, err error) {
	e.Failed(r, err)
	fail(w, http.StatusInternalServerError, "Internal Server Error")
}

// limited answers an address that must wait.
func limited(w http.ResponseWriter, wait time.Duration) {
	door.RetryAfter(w.Header(), wait)
	fail(w, http.StatusTooManyRequests, "Too many requests")
}

func (e *Eco) login(w http.ResponseWriter, r *http.Request) {
	in, err := members(r)
	if errors.Is(err, door.ErrTooLarge) {
		fail(w, http.StatusRequestEntityTooLarge, "The body is too large.")
		return
	}
	name, nameErr := text(in, "username")
	password, passwordErr := text(in, "password")
	if err = errors.Join(err, nameErr, passwordErr); err != nil || name == "" || password == "" {
		fail(w, http.StatusBadRequest, "username and password are required")
		return
	}
	name = strings.ToLower(name)
	var made issued
	err = e.Attempt(r, func() error {
		return e.Login(r.Context(), tokens.Login{
			Account: "eco/" + name, Password: password, Origin: e.From(r, ""),
			Find: func(tx *tokens.Tx) (*value.Document, error) { return tx.UserNamed(name) },
			Accept: func(tx *tokens.Tx, _ *value.Document) (err error) {
				made, err = e.generated(tx, name)
				return err
			},
		})
	})
	wait := new(door.Limited)
	switch {
	case errors.As(err, &wait):
		limited(w, wait.Wait)
	case errors.Is(err, tokens.ErrCredentials):
		status := http.StatusOK
		if e.options.StrictStatus {
			status = http.StatusUnauthorized
		}
		fail(w, status, "Invalid username or password")
	case errors.Is(err, tokens.ErrBusy):
		door.RetryAfter(w.Header(), time.Second)
		fail(w, http.StatusServiceUnavailable, "Busy")
	case err != nil:
		e.failed(w, r, err)
	default:
		e.send(w, made)
	}
}

// send answers with a new pair: the access token in the body, the refresh token
// in the cookie.
func (e *Eco) send(w http.ResponseWriter, made issued) {
	door.NoStore(w)
	c := e.cookie(made.refresh)
	c.Expires = made.expires
	http.SetCookie(w, c)
	succeed(w, made.access)
}

// clear takes the refresh token from the browser.
func (e *Eco) clear(w http.ResponseWriter) {
	c := e.cookie("")
	c.MaxAge = -1 // it is written as Max-Age=0
	http.SetCookie(w, c)
}

func (e *Eco) cookie(token string) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: token, Path: e.options.Controllers, HttpOnly: true,
		Secure: strings.HasPrefix(e.Issuer(), "https:"), SameSite: http.SameSiteStrictMode,
	}
}

// Why a refresh is refused.
const (
	notAuthorized = "Not authorized User."
	invalidToken  = "Invalid Refresh Token."
	tampered      = "Refresh Token Tampered."
)

// refusal is why a refresh is refused, as an error.
type refusal string

func (r refusal) Error() string { return string(r) }

func (e *Eco) refresh(w http.ResponseWriter, r *http.Request) {
	if wait := new(door.Limited); errors.As(e.Take(r, door.Renewals), &wait) {
		limited(w, wait.Wait)
		return
	}
	made, err := e.refreshed(r)
	var refused refusal
	switch {
	case errors.As(err, &refused):
		level := tokens.Warning
		if _, cookieErr := r.Cookie(cookieName); cookieErr != nil {
			level = tokens.Error
		}
		if err := e.Audit(r.Context(), e.From(r, ""), tokens.Event{
			Event: "client.denied", Level: level, Outcome: "refused", Reason: string(refused),
		}); err != nil {
			e.failed(w, r, err)
			return
		}
		e.clear(w)
		fail(w, http.StatusForbidden, string(refused))
	case err != nil:
		e.failed(w, r, err)
	default:
		e.send(w, made)
	}
}

// refreshed exchanges the refresh token of the cookie.
func (e *Eco) refreshed(r *http.Request) (made issued, err error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil || cookie.Value == "" || e.Forged(r) {
		return issued{}, refusal(notAuthorized)
	}
	if _, ok := e.Ring().Verify(cookie.Value); !ok && !e.legacy(cookie.Value) {
		return issued{}, refusal(invalidToken)
	}
	gone := false
	err = e.Rotate(r.Context(), tokens.Rotation{
		Refresh: cookie.Value,
		Origin:  e.From(r, ""),
		Check: func(tx *tokens.Tx, t *tokens.Token) error {
			if t.Member.Kind != tokens.EcoRefresh.Name || !tx.At().Before(t.Member.ExpiresAt) {
				return tokens.ErrInvalid
			}
			user, err := tx.Get(t.Instance)
			if err != nil {
				return err
			}
			if gone = user == nil || !tokens.Active(user); gone {
				return refusal(notAuthorized)
			}
			return nil
		},
		Mint: func(tx *tokens.Tx, t *tokens.Token) (err error) {
			made, err = e.mint(tx, t)
			return err
		},
	})
	if errors.Is(err, tokens.ErrInvalid) || errors.Is(err, tokens.ErrReused) {
		return issued{}, refusal(tampered)
	}
	if gone {
		return issued{}, errors.Join(err, e.end(r, cookie.Value))
	}
	return made, err
}

// end deletes the record of a refresh token whose user may act no more.
func (e *Eco) end(r *http.Request, token string) error {
	return e.Update(r.Context(), func(tx *tokens.Tx) error {
		t, _, err := tx.Digested(engine.DigestOf(token))
		if t == nil || err != nil {
			return err
		}
		return e.drop(tx, t, e.From(r, ""))
	})
}

// legacy reports whether one of the old HMAC keys has signed an imported token.
func (e *Eco) legacy(token string) bool {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return false
	}
	for _, key := range e.options.LegacyKeys {
		if _, err := signed.Verify([]byte(key)); err == nil {
			return true
		}
	}
	return false
}

// checked is who holds an access token, as the controllers see it.
type checked struct {
	claims map[string]any
	token  *tokens.Token
	active bool
}

// access returns who holds the access token of a request, nil if it is not
// good.
func (e *Eco) access(tx *tokens.Tx, r *http.Request) (*checked, error) {
	secret, _ := door.Bearer(r)
	c, ok := e.Claims(secret, tx.At())
	if !ok || c.Use != string(tokens.Access) {
		return nil, nil
	}
	t, err := tx.ByID(c.Session())
	if t == nil || err != nil || t.Member.Kind != tokens.EcoRefresh.Name {
		return nil, err
	}
	user, err := tx.Get(t.Instance)
	return &checked{claims: c.All, token: t, active: user != nil && tokens.Active(user)}, err
}

func (e *Eco) isAuthenticated(w http.ResponseWriter, r *http.Request) {
	var who *checked
	err := e.Update(r.Context(), func(tx *tokens.Tx) (err error) {
		who, err = e.access(tx, r)
		if err == nil && who != nil && !who.active {
			err = e.drop(tx, who.token, e.From(r, ""))
		}
		return err
	})
	switch {
	case err != nil:
		e.failed(w, r, err)
	case who == nil:
		w.Header().Set("WWW-Authenticate", "Bearer")
		fail(w, http.StatusUnauthorized, "Token Expired")
	case !who.active:
		fail(w, http.StatusBadRequest, "Not a Valid user.")
	default:
		succeed(w, who.claims)
	}
}

func (e *Eco) logout(w http.ResponseWriter, r *http.Request) {
	if e.Forged(r) {
		fail(w, http.StatusForbidden, notAuthorized)
		return
	}
	var who *checked
	err := e.Update(r.Context(), func(tx *tokens.Tx) (err error) {
		if who, err = e.access(tx, r); who == nil || err != nil {
			return err
		}
		return e.drop(tx, who.token, e.From(r, ""))
	})
	switch {
	case err != nil:
		e.failed(w, r, err)
	case who == nil:
		w.Header().Set("WWW-Authenticate", "Bearer")
		fail(w, http.StatusUnauthorized, "Token Expired")
	default:
		e.clear(w)
		succeed(w, "Logout successful")
	}
}
