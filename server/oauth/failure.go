package oauth

import (
	"errors"
	"net/http"
	"time"

	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// failure is an error as a client is told of it.
type failure struct {
	status int
	// code is the error of RFC 6749, or of problem details.
	code, detail string
	// challenge is the value of WWW-Authenticate, "" for none.
	challenge string
	// wait is how long until it is worth another try.
	wait   time.Duration
	fields []door.ProblemField
}

func (e *failure) Error() string { return e.code + ": " + e.detail }

// refuse is an error of RFC 6749 with the status 400.
func refuse(code, detail string) *failure {
	return &failure{status: http.StatusBadRequest, code: code, detail: detail}
}

// errGrant has one text for all causes.
var errGrant = refuse("invalid_grant", "The refresh token is invalid, expired, used or revoked.")

// failureOf turns an error into what a client is told of it.
func (d *Door) failureOf(r *http.Request, err error) *failure {
	var f *failure
	var limited *door.Limited
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &limited):
		return &failure{status: http.StatusTooManyRequests, code: "temporarily_unavailable", detail: "Too many requests.", wait: limited.Wait}
	case errors.Is(err, tokens.ErrInvalid), errors.Is(err, tokens.ErrReused):
		return errGrant
	case errors.Is(err, door.ErrTooLarge):
		return &failure{status: http.StatusRequestEntityTooLarge, code: "invalid_request", detail: "The body is longer than 64 KiB."}
	}
	d.Failed(r, err)
	return &failure{
		status: http.StatusServiceUnavailable, code: "temporarily_unavailable", detail: "Try again.", wait: time.Second,
	}
}

// setHeader sets what a failure says in the header of its answer.
func (e *failure) setHeader(h http.Header) {
	if e.challenge != "" {
		h["Www-Authenticate"] = []string{e.challenge}
	}
	door.RetryAfter(h, e.wait)
}

// oauthError answers as RFC 6749, section 5.2 says:
//
//	{"error":"invalid_grant","error_description":"…"}
func (d *Door) oauthError(w http.ResponseWriter, _ *http.Request, e *failure) {
	e.setHeader(w.Header())
	door.NoStore(w)
	door.JSON(w, e.status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{e.code, e.detail})
}

// problem answers as RFC 9457 says.
func (d *Door) problem(w http.ResponseWriter, r *http.Request, e *failure) {
	e.setHeader(w.Header())
	d.Problem(w, r, e.status, e.code, e.detail, e.fields...)
}
