package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fawndb/fawn/server/auth"
)

// secrets is a Verifier of a few.
type secrets map[string]*auth.Identity

var errStore = errors.New("the store is away")

func (s secrets) Verify(ctx context.Context, secret string) (*auth.Identity, error) {
	if secret == "down" {
		return nil, errStore
	}
	id := s[secret]
	if id == nil || id.Instance == "locked" && auth.Referer(ctx) != "https://app.example.com/" {
		return nil, auth.ErrInactive
	}
	return id, nil
}

var known = secrets{
	"good": {
		Role: "access", Kind: "oauth", User: "ana", Scopes: []string{"read", "createA"},
		Permissions: map[string]any{"createA": true, "no": false, "one": 1.0},
	},
	"refresh": {Role: "refresh", Kind: "oauth"},
	"locked":  {Role: "access", Kind: "oauth", Instance: "locked", User: "ana"},
}

const invalid = `Bearer realm="tokens", error="invalid_token", error_description="The access token is invalid or expired"`

func TestProtect(t *testing.T) {
	const form = "Content-Type: application/x-www-form-urlencoded"
	for _, tc := range []struct {
		name      string
		options   []auth.Option
		request   string // method, URL, then lines of the header, then "body: ..."
		status    int
		challenge string
	}{
		{"a good token", nil, "GET /\nAuthorization: Bearer good", 200, ""},
		{"the scheme in any case", nil, "GET /\nAuthorization: bEARER  good", 200, ""},
		{"nothing", nil, "GET /", 401, `Bearer realm="tokens"`},
		{"another scheme", nil, "GET /\nAuthorization: Basic good", 401, `Bearer realm="tokens"`},
		{"nothing, which is optional", []auth.Option{auth.Optional()}, "GET /", 200, ""},
		{"a bad token, which is optional", []auth.Option{auth.Optional()}, "GET /\nAuthorization: Bearer bad", 401, invalid},
		{"unknown", nil, "GET /\nAuthorization: Bearer bad", 401, invalid},
		{"a refresh token", nil, "GET /\nAuthorization: Bearer refresh", 401, invalid},
		{"locked", nil, "GET /\nAuthorization: Bearer locked", 401, invalid},
		{"locked, from its host", nil, "GET /\nAuthorization: Bearer locked\nReferer: https://app.example.com/", 200, ""},
		{"the store is away", nil, "GET /\nAuthorization: Bearer down", 503, ""},
		{
			"empty", nil, "GET /\nAuthorization: Bearer ", 400,
			`Bearer realm="tokens", error="invalid_request", error_description="The access token is empty"`,
		},
		{
			"two headers", nil, "GET /\nAuthorization: Bearer good\nAuthorization: Bearer good", 400,
			`Bearer realm="tokens", error="invalid_request", error_description="There is more than one Authorization header"`,
		},
		{"a scope", []auth.Option{auth.Scopes("read")}, "GET /\nAuthorization: Bearer good", 200, ""},
		{
			"a scope that is missing",
			[]auth.Option{auth.Scopes("read", "write")},
			"GET /\nAuthorization: Bearer good", 403,
			`Bearer realm="tokens", error="insufficient_scope", scope="read write"`,
		},
		{"a permission", []auth.Option{auth.Permission("createA")}, "GET /\nAuthorization: Bearer good", 200, ""},
		{
			"a permission that is false",
			[]auth.Option{auth.Permission("no"), auth.Realm("a\"b\r\n")},
			"GET /\nAuthorization: Bearer good", 403,
			`Bearer realm="ab", error="insufficient_scope", scope="no"`,
		},
		{
			"a permission that is not true",
			[]auth.Option{auth.Permission("one")},
			"GET /\nAuthorization: Bearer good", 403,
			`Bearer realm="tokens", error="insufficient_scope", scope="one"`,
		},
		{"a kind", []auth.Option{auth.Kinds("fauna", "oauth")}, "GET /\nAuthorization: Bearer good", 200, ""},
		{"another kind", []auth.Option{auth.Kinds("fauna")}, "GET /\nAuthorization: Bearer good", 403, `Bearer realm="tokens", error="insufficient_scope"`},
		{"a form", []auth.Option{auth.Form()}, "POST /\n" + form + "\nbody: access_token=good", 200, ""},
		{"a form that is not asked for", nil, "POST /\n" + form + "\nbody: access_token=good", 401, `Bearer realm="tokens"`},
		{"a form in parts", []auth.Option{auth.Form()}, "POST /\nContent-Type: multipart/form-data; boundary=x\nbody: --x\r\nContent-Disposition: form-data; name=access_token\r\n\r\ngood\r\n--x--", 401, `Bearer realm="tokens"`},
		{
			"two places",
			[]auth.Option{auth.Form()},
			"POST /\n" + form + "\nAuthorization: Bearer good\nbody: access_token=good", 400,
			`Bearer realm="tokens", error="invalid_request", error_description="There is more than one access token"`,
		},
		{
			"twice in a form",
			[]auth.Option{auth.Form()},
			"POST /\n" + form + "\nbody: access_token=good&access_token=good", 400,
			`Bearer realm="tokens", error="invalid_request", error_description="There is more than one access token"`,
		},
		{
			"a broken form",
			[]auth.Option{auth.Form()},
			"POST /\n" + form + "\nbody: access_token=%zz", 400,
			`Bearer realm="tokens", error="invalid_request", error_description="The form cannot be read"`,
		},
		{"a query", []auth.Option{auth.Query()}, "GET /?access_token=good", 200, ""},
		{"a query that is not asked for", []auth.Option{auth.Form()}, "GET /?access_token=good", 401, `Bearer realm="tokens"`},
		{"a cookie", []auth.Option{auth.Cookie("s")}, "GET /\nCookie: s=good", 200, ""},
		{"a bearer before a cookie", []auth.Option{auth.Cookie("s")}, "GET /\nAuthorization: Bearer bad\nCookie: s=good", 401, invalid},
		{"a cookie from its own page", []auth.Option{auth.Cookie("s")}, "POST /\nCookie: s=good\nOrigin: https://example.com", 200, ""},
		{"a cookie from an allowed page", []auth.Option{auth.Cookie("s", "https://app.example.com")}, "POST /\nCookie: s=good\nOrigin: https://app.example.com", 200, ""},
		{"a cookie from another page", []auth.Option{auth.Cookie("s")}, "POST /\nCookie: s=good\nOrigin: https://evil.example.com", 403, `Bearer realm="tokens"`},
		{"a cookie from nowhere", []auth.Option{auth.Cookie("s")}, "POST /\nCookie: s=good\nOrigin: null", 403, `Bearer realm="tokens"`},
		{"a cookie and a Referer", []auth.Option{auth.Cookie("s")}, "POST /\nCookie: s=good\nReferer: https://evil.example.com/x", 403, `Bearer realm="tokens"`},
		{"a cookie of another site", []auth.Option{auth.Cookie("s")}, "POST /\nCookie: s=good\nSec-Fetch-Site: cross-site", 403, `Bearer realm="tokens"`},
		{"a cookie of no browser", []auth.Option{auth.Cookie("s")}, "POST /\nCookie: s=good", 200, ""},
		{"a bearer from another page", []auth.Option{auth.Cookie("s")}, "POST /\nAuthorization: Bearer good\nOrigin: https://evil.example.com", 200, ""},
	} {
		reached := false
		h := auth.Protect(known, tc.options...)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			reached = true
			id, ok := auth.FromContext(r.Context())
			if anonymous := tc.request == "GET /"; ok == anonymous || ok && id.User != "ana" {
				t.Errorf("%s: %+v", tc.name, id)
			}
		}))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request(tc.request))
		if w.Code != tc.status || w.Header().Get("WWW-Authenticate") != tc.challenge || reached != (tc.status == 200) {
			t.Errorf("%s: %d %s, reached: %v", tc.name, w.Code, w.Header().Get("WWW-Authenticate"), reached)
		}
		if (tc.status == 503) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%s: %v", tc.name, w.Header())
		}
	}
}

// request reads a request of a case.
func request(text string) *http.Request {
	head, body, _ := strings.Cut(text, "\nbody: ")
	lines := strings.Split(head, "\n")
	method, target, _ := strings.Cut(lines[0], " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, line := range lines[1:] {
		name, v, _ := strings.Cut(line, ": ")
		r.Header.Add(name, v)
	}
	return r
}

func TestProtectHandsOn(t *testing.T) {
	var seen http.Header
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header })
	r := request("GET /\nAuthorization: Bearer good\nX-Other: 1")
	w := httptest.NewRecorder()
	auth.Protect(known, auth.Query())(next).ServeHTTP(w, r)
	if seen.Get("Authorization") == "" || w.Header().Get("Cache-Control") != "private" {
		t.Errorf("%v, %v", seen, w.Header())
	}
	auth.Protect(known, auth.Strip())(next).ServeHTTP(httptest.NewRecorder(), r)
	if seen.Get("Authorization") != "" || seen.Get("X-Other") != "1" || r.Header.Get("Authorization") == "" {
		t.Errorf("%v", seen)
	}
	w = httptest.NewRecorder()
	auth.Protect(known)(next).ServeHTTP(w, request("GET /"))
	if got, want := w.Body.String(), `{"status":401,"title":"Unauthorized","type":"about:blank"}`; got != want {
		t.Errorf("%s", got)
	}
	w = httptest.NewRecorder()
	auth.Protect(known, auth.ErrorWriter(func(w http.ResponseWriter, _ *http.Request, refused auth.Refusal) {
		http.Error(w, "no: "+refused.Code, refused.Status)
	}))(next).ServeHTTP(w, request("GET /\nAuthorization: Bearer bad"))
	if w.Code != 401 || w.Body.String() != "no: invalid_token\n" || w.Header().Get("WWW-Authenticate") != invalid {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
