package server

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// headers are what a request says beside its body.
type headers struct {
	lastSeen int64 // microseconds, 0 is none
	timeout  time.Duration
	retries  *int
	tags     string // to be echoed, in reverse order
}

const (
	defaultTimeout = 2 * time.Minute
	maxTimeout     = 600000 // milliseconds
	maxRetries     = 7
)

// apiVersions are the versions a request may ask for. All are answered as
// version 4 is.
var apiVersions = map[string]bool{
	"2.0": true, "2.1": true, "2.7": true, "2.12": true, "3": true, "4": true, "5": true, "UNSTABLE": true,
}

// headerError says what is wrong with which header.
type headerError struct{ name, text string }

// Error implements error.
func (e *headerError) Error() string { return "Invalid header '" + e.name + "': " + e.text }

// readHeaders checks the headers in the order of the chapter on the wire,
// section 1.9.
func readHeaders(h http.Header) (out headers, err error) {
	out.timeout = defaultTimeout
	if v, ok := header(h, "X-Faunadb-Api-Version"); ok && !apiVersions[v] {
		return out, &headerError{"x-faunadb-api-version", "Unsupported or invalid API version '" + v + "'."}
	}
	// A driver may send the text None before it has seen a time.
	if v, ok := header(h, "X-Last-Seen-Txn"); ok && v != "None" {
		if out.lastSeen, err = strconv.ParseInt(v, 10, 64); err != nil {
			return out, &headerError{"x-last-seen-txn", "Invalid timestamp '" + v + "'."}
		}
	}
	if v, ok := header(h, "X-Query-Timeout"); ok {
		if out.timeout, err = readTimeout(v); err != nil {
			return out, err
		}
	}
	if v, ok := header(h, "X-Max-Retries-On-Contention"); ok {
		n, err := strconv.ParseInt(v, 10, 64)
		switch {
		case err != nil:
			return out, &headerError{"x-max-retries-on-contention", "Invalid number '" + v + "'."}
		case n < 0 || n > maxRetries:
			return out, &headerError{"x-max-retries-on-contention", "Must be between 0 and 7."}
		}
		retries := int(n)
		out.retries = &retries
	}
	if v, ok := header(h, "X-Fauna-Tags"); ok {
		if out.tags, err = readTags(v); err != nil {
			return out, err
		}
	}
	return out, nil
}

// header returns a header's value; present but empty is not absent.
func header(h http.Header, name string) (string, bool) {
	v, ok := h[name]
	if !ok || len(v) == 0 {
		return "", false
	}
	return v[0], true
}

func readTimeout(v string) (time.Duration, error) {
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) && !strings.HasPrefix(v, "-"):
		n = math.MaxInt64
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, &headerError{"x-query-timeout", "Invalid number '" + v + "'."}
	}
	switch {
	case n <= 0:
		return 0, &headerError{"x-query-timeout", "Must be greater than 0."}
	case n > maxTimeout:
		return 0, &headerError{"x-query-timeout", "Must be less than or equal to 600000."}
	}
	return time.Duration(n) * time.Millisecond, nil
}

// Limits of tags.
const (
	maxTagBytes = 3000
	maxTags     = 25
	maxTagKey   = 40
	maxTagValue = 80
)

// readTags checks a list of tags, k=v,k=v, and returns it in reverse order.
func readTags(v string) (string, error) {
	if v == "" {
		return "", nil
	}
	bad := func(text string) (string, error) { return "", &headerError{"x-fauna-tags", text} }
	if len(v) > maxTagBytes {
		return bad("header is too long")
	}
	pairs := strings.Split(v, ",")
	for _, pair := range pairs {
		key, val, ok := strings.Cut(pair, "=")
		if !ok || !isTag(key) || !isTag(val) {
			return bad("invalid tags")
		}
	}
	if len(pairs) > maxTags {
		return bad("too many tags")
	}
	seen := map[string]bool{}
	reversed := make([]string, 0, len(pairs))
	for i := len(pairs) - 1; i >= 0; i-- {
		key, val, _ := strings.Cut(pairs[i], "=")
		switch {
		case len(key) > maxTagKey:
			return bad("invalid key")
		case len(val) > maxTagValue:
			return bad("invalid value")
		case seen[key]:
			return bad("duplicate key")
		}
		seen[key] = true
		reversed = append(reversed, pairs[i])
	}
	return strings.Join(reversed, ","), nil
}

func isTag(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

// traceparentSize is the length of a W3C traceparent.
const traceparentSize = 55

// readTrace returns the trace id of a traceparent, "" if it is malformed.
func readTrace(v string) string {
	if len(v) != traceparentSize || v[2] != '-' || v[35] != '-' || v[52] != '-' {
		return ""
	}
	const lower, upper = "0123456789abcdef", "ABCDEF"
	if strings.Trim(v[:2]+v[53:], lower+upper) != "" || strings.Trim(v[3:35]+v[36:52], lower) != "" {
		return ""
	}
	return v[3:35]
}
