package door

import (
	"net/http"
	"net/url"
	"strings"
)

// CrossOrigin lets pages of the allowed origins use a door, with cookies, and
// answers what browsers ask beforehand.
func (d *Door) CrossOrigin(methods, headers string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		h := w.Header()
		h.Add("Vary", "Origin")
		allowed := origin != "" && d.MayUse(origin)
		if allowed {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		if allowed {
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", headers)
			h.Set("Access-Control-Max-Age", "600")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// MayUse reports whether an origin is the door's own or an allowed one.
func (d *Door) MayUse(origin string) bool {
	origin = strings.ToLower(origin)
	return d.origins[origin] || origin == originOf(d.Issuer())
}

// originOf is the origin of a URL: scheme and host.
func originOf(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// Forged reports whether a request that a cookie authenticates may have been
// made by a page of another origin: one with an unsafe method whose origin is
// not allowed. A request that says nothing of its origin comes from no browser.
func (d *Door) Forged(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		return !d.MayUse(origin)
	}
	if referer := r.Header.Get("Referer"); referer != "" {
		return !d.MayUse(originOf(referer))
	}
	return r.Header.Get("Sec-Fetch-Site") == "cross-site"
}
