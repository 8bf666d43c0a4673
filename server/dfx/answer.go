package dfx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// refusal is an answer that is an error.
type refusal struct {
	status        int
	code, message string
	wait          time.Duration  // until the next try; 0 is not said
	policy        map[string]any // what a password must be and is not
	cause         error          // what the doors have in common to call it
}

// Error implements error.
func (r *refusal) Error() string { return r.message }

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.cause }

// The errors. The code words are this server's own.
// Source: chapter on token services, sections 3.4 to 3.9.
var (
	errInvalidJSON  = &refusal{status: http.StatusBadRequest, code: "INVALID_JSON", message: "The body is not a JSON object."}
	errTooLarge     = &refusal{status: http.StatusRequestEntityTooLarge, code: "REQUEST_TOO_LARGE", message: "The body is too large."}
	errNotFound     = &refusal{status: http.StatusNotFound, code: "NOT_FOUND", message: "There is no such call."}
	errUnauthorized = &refusal{status: http.StatusUnauthorized, code: "UNAUTHORIZED", message: "A valid token is needed."}
	errForbidden    = &refusal{status: http.StatusForbidden, code: "FORBIDDEN", message: "Pages of this origin may not do this."}
	errToken        = &refusal{status: http.StatusUnauthorized, code: "INVALID_TOKEN", message: "The token is not valid."}
	errCredentials  = &refusal{status: http.StatusUnauthorized, code: "INVALID_CREDENTIALS", message: "The credentials are not valid.", cause: tokens.ErrCredentials}
	errCode         = &refusal{status: http.StatusUnauthorized, code: "INVALID_CODE", message: "The login code is not valid.", cause: tokens.ErrCredentials}
	errPair         = &refusal{status: http.StatusBadRequest, code: "INVALID_TOKEN_PAIR", message: "The token pair is not valid."}
	errResetToken   = &refusal{status: http.StatusBadRequest, code: "INVALID_RESET_TOKEN", message: "The reset token is not valid."}
	errLicense      = &refusal{status: http.StatusBadRequest, code: "INVALID_LICENSE", message: "The license is not valid."}
	errExhausted    = &refusal{status: http.StatusForbidden, code: "LICENSE_EXHAUSTED", message: "The license has no seat left."}
	errUserExists   = &refusal{status: http.StatusBadRequest, code: "USER_EXISTS", message: "There is such a user already."}
	errInternal     = &refusal{status: http.StatusInternalServerError, code: "INTERNAL_ERROR", message: "Internal error."}
	errUnavailable  = &refusal{status: http.StatusServiceUnavailable, code: "SERVICE_UNAVAILABLE", message: "The server is too busy."}
)

func missing(member string) error {
	return &refusal{status: http.StatusBadRequest, code: "MISSING_PARAMETER", message: member + " is missing, or not of its type."}
}

func invalid(member, want string) error {
	return &refusal{status: http.StatusBadRequest, code: "INVALID_PARAMETER", message: fmt.Sprintf("%s is not %s.", member, want)}
}

func tooMany(wait time.Duration) *refusal {
	return &refusal{status: http.StatusTooManyRequests, code: "TOO_MANY_REQUESTS", message: "There were too many requests.", wait: wait}
}

// errorBody is an error as the client knows it: its types say Code and Message,
// its documentation errorCode and message.
type errorBody struct {
	Code      string         `json:"Code"`
	Message   string         `json:"Message"`
	ErrorCode string         `json:"errorCode"`
	Text      string         `json:"message"`
	Policy    map[string]any `json:"Policy,omitempty"`
	Lockout   int64          `json:"remainingLockoutDurationSec,omitempty"`
}

// write answers the request. The client parses a body only if its type is
// "application/json;" with the semicolon, and takes 200 alone for success.
func (c *call) write(v any, err error) {
	door.NoStore(c.w)
	if err == nil {
		door.JSON(c.w, http.StatusOK, v)
		return
	}
	r := c.refusal(err)
	wait := r.wait
	if r.status == http.StatusServiceUnavailable {
		wait = time.Second
	}
	door.RetryAfter(c.w.Header(), wait)
	door.JSON(c.w, r.status, r.body())
}

func (r *refusal) body() errorBody {
	return errorBody{
		Code: r.code, Message: r.message, ErrorCode: r.code, Text: r.message, Policy: r.policy, Lockout: door.Seconds(r.wait),
	}
}

// refusal is what the client is told of an error.
func (c *call) refusal(err error) *refusal {
	var r *refusal
	var limited *door.Limited
	switch e := query.Decisive(err); {
	case errors.As(err, &r):
		return r
	case errors.As(err, &limited):
		return tooMany(limited.Wait)
	case errors.Is(err, tokens.ErrCredentials):
		return errCredentials
	case errors.Is(err, tokens.ErrBusy), e != nil && e.Code == query.TimeOut, errors.Is(err, context.DeadlineExceeded):
		return errUnavailable
	}
	c.Failed(c.r, err)
	return errInternal
}
