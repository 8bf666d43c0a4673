package auth

import (
	"net/http"
	"net/url"
	"strings"
)

// Realms is what challenges name as protected if nothing else is said.
const Realms = "tokens"

// Refusal is why a request is not handed on.
type Refusal struct {
	// Status is 400, 401, 403 or 503.
	Status int
	// Code is the error of RFC 6750: "invalid_token"; "" if there is none.
	Code string
	// Description is for who writes the client, Scope what a token needs.
	Description, Scope string
}

// Invalid refuses a token that is not good. All causes look alike.
func Invalid() *Refusal {
	return &Refusal{
		Status: http.StatusUnauthorized, Code: "invalid_token", Description: "The access token is invalid or expired",
	}
}

func malformed(description string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: "invalid_request", Description: description}
}

// Challenge is the value of WWW-Authenticate.
//
//	Bearer realm="tokens", error="insufficient_scope", scope="createA"
func (r *Refusal) Challenge(realm string) string {
	out := `Bearer realm="` + quotable(realm) + `"`
	for _, part := range [][2]string{{"error", r.Code}, {"error_description", r.Description}, {"scope", r.Scope}} {
		if part[1] != "" {
			out += ", " + part[0] + `="` + quotable(part[1]) + `"`
		}
	}
	return out
}

// SetHeader sets what a refusal says in the header of its answer.
func (r *Refusal) SetHeader(h http.Header, realm string) {
	if r.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
		return
	}
	h.Set("WWW-Authenticate", r.Challenge(realm))
}

// quotable leaves out what may not stand in a quoted value.
func quotable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return -1
		}
		return c
	}, s)
}

// Forged reports whether a request that a cookie authenticates may have been
// made by a page of an origin that may not use it: only one with a method that
// changes something. A request that says nothing of its origin comes from no
// browser.
func Forged(r *http.Request, method string, mayUse func(origin string) bool) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		return !mayUse(origin)
	}
	if referer := r.Header.Get("Referer"); referer != "" {
		return !mayUse(OriginOf(referer))
	}
	return r.Header.Get("Sec-Fetch-Site") == "cross-site"
}

// OriginOf is the origin of a URL, scheme and host in lower case; "" if it has
// none.
func OriginOf(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}
