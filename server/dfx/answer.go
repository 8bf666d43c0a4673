package dfx

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/server/door"
)

// refusal is an answer that is an error.
type refusal struct {
	status        int
	code, message string
	wait          time.Duration  // until the next try; 0 is not said
	policy        map[string]any // what a password must be and is not
}

// Error implements error.
func (r *refusal) Error() string { return r.message }

// The errors. The code words are this server's own.
// Source: chapter on token services, sections 3.4 to 3.9.
var (
	errInvalidJSON  = &refusal{status: http.StatusBadRequest, code: "INVALID_JSON", message: "The body is not a JSON object."}
	errTooLarge     = &refusal{status: http.StatusRequestEntityTooLarge, code: "REQUEST_TOO_LARGE", message: "The body is too large."}
	errNotFound     = &refusal{status: http.StatusNotFound, code: "NOT_FOUND", message: "There is no such call."}
	errUnauthorized = &refusal{status: http.StatusUnauthorized, code: "UNAUTHORIZED", message: "A valid token is needed."}
	errForbidden    = &refusal{status: http.StatusForbidden, code: "FORBIDDEN", message: "Pages of this origin may not do this."}
	errToken        = &refusal{status: http.StatusUnauthorized, code: "INVALID_TOKEN", message: "The token is not valid."}
	errCredentials  = &refusal{status: http.StatusUnauthorized, code: "INVALID_CREDENTIALS", message: "The credentials are not valid."}
	errCode         = &refusal{status: http.StatusUnauthorized, code: "INVALID_CODE", message: "The login code is not valid."}
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

func tooMany(wait time.Duration) error {
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
	if r.wait > 0 {
		c.w.Header().Set("Retry-After", strconv.FormatInt(r.seconds(), 10))
	}
	door.JSON(c.w, r.status, r.body())
}

func (r *refusal) body() errorBody {
	return errorBody{
		Code: r.code, Message: r.message, ErrorCode: r.code, Text: r.message, Policy: r.policy, Lockout: r.seconds(),
	}
}

// seconds is how long to wait, rounded up.
func (r *refusal) seconds() int64 { return int64(math.Ceil(r.wait.Seconds())) }

// refusal is what the client is told of an error.
func (c *call) refusal(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	if e := query.Decisive(err); e != nil && e.Code == query.TimeOut || errors.Is(err, context.DeadlineExceeded) {
		return errUnavailable
	}
	c.Failed(c.r, err)
	return errInternal
}
