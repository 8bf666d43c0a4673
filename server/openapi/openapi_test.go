package openapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fawndb/fawn/server"
	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/dfx"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/eco"
	"github.com/fawndb/fawn/server/forward"
	"github.com/fawndb/fawn/server/mono"
	"github.com/fawndb/fawn/server/oauth"
	"github.com/fawndb/fawn/server/openapi"
	"github.com/fawndb/fawn/server/openapi/openapitest"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// opened are all doors, open.
type opened struct {
	server   *httptest.Server
	routes   []string
	document *openapitest.Document
	key      string // of an admin
}

// described is a door that the document describes.
type described interface {
	http.Handler
	Prefixes() []string
	Routes() []string
}

// options of the doors.
type options struct {
	eco     eco.Options
	mono    mono.Options
	dfx     dfx.Options
	oauth   oauth.Options
	forward forward.Options
}

func open(t *testing.T, o options) *opened {
	t.Helper()
	f := tokenstest.New(t)
	shared := door.Options{Limits: door.NewLimits(f.Clock)}
	out := &opened{routes: append(server.Routes(), openapi.Routes()...)}
	_, out.key = f.Key(`{ role: "admin" }`)
	var mounts []server.Mount
	all := openapi.Options{URL: "https://tokens.example.com", Version: "1"}
	add := func(name string, d described, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		mounts = append(mounts, server.Mount{Prefixes: d.Prefixes(), Handler: d})
		all.Doors = append(all.Doors, openapi.Door{Name: name, Prefixes: d.Prefixes()})
		out.routes = append(out.routes, d.Routes()...)
	}
	e, err := eco.New(t.Context(), f.Service, shared, o.eco)
	add("eco", e, err)
	m, err := mono.New(t.Context(), f.Service, shared, o.mono)
	add("mono", m, err)
	d, err := dfx.New(f.Service, shared, o.dfx)
	add("dfx", d, err)
	t.Cleanup(d.Close)
	a, err := oauth.New(f.Service, shared, o.oauth)
	add("oauth", a, err)
	w, err := forward.New(f.Service, shared, o.forward)
	add("forward", w, err)

	outbox, err := deliver.NewOutbox(deliver.OutboxOptions{Dir: filepath.Join(t.TempDir(), "outbox")})
	if err != nil {
		t.Fatal(err)
	}
	base, err := door.New("outbox", f.Service, shared)
	if err != nil {
		t.Fatal(err)
	}
	mounts = append(mounts, server.Mount{Prefixes: []string{deliver.OutboxPath}, Handler: outbox.Handler(base)})
	all.Doors = append(all.Doors, openapi.Door{Name: "outbox"})
	out.routes = append(out.routes, "GET "+deliver.OutboxPath)

	h, err := openapi.Handler(all)
	if err != nil {
		t.Fatal(err)
	}
	mounts = append(mounts, server.Mount{Prefixes: []string{openapi.Path}, Handler: h})
	out.server = httptest.NewServer(server.New(f.DB(), server.Options{Mounts: mounts}).Handler())
	t.Cleanup(out.server.Close)
	_, _, _, document := out.ask(t, http.MethodGet, openapi.Path, "", "")
	if out.document, err = openapitest.Parse(document); err != nil {
		t.Fatal(err)
	}
	return out
}

// ask asks the server.
func (o *opened) ask(t *testing.T, method, path, secret, body string) (r *http.Request, status int, h http.Header, answer []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, o.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := o.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return r, res.StatusCode, res.Header, answer
}

// elsewhere are doors at other paths.
var elsewhere = options{
	eco:   eco.Options{Prefix: "/a/tokens", Controllers: "/a/login"},
	mono:  mono.Options{Management: "/b/manage", Bearers: "/b/bearer", Sessions: "/b/session"},
	dfx:   dfx.Options{Prefix: "/c"},
	oauth: oauth.Options{Prefix: "/d/oauth", Native: "/d/tokens"}, forward: forward.Options{Prefix: "/e"},
}

// TestRoutes: the document describes the routes that there are, and no others,
// where they are.
func TestRoutes(t *testing.T) {
	for name, o := range map[string]options{"default": {}, "elsewhere": elsewhere} {
		t.Run(name, func(t *testing.T) {
			all := open(t, o)
			if v := all.document.Version(); v != "3.1.0" {
				t.Errorf("it is a document of OpenAPI %s", v)
			}
			described := all.document.Operations()
			var there []string
			for _, route := range all.routes {
				method, path, one := strings.Cut(route, " ")
				if !one { // any method
					path = strings.Replace(route, "{path...}", "{path}", 1)
					there = append(there, "GET "+path, "PUT "+path, "POST "+path, "DELETE "+path, "OPTIONS "+path, "HEAD "+path, "PATCH "+path, "TRACE "+path)
					continue
				}
				there = append(there, method+" "+path)
			}
			for _, route := range there {
				if !slices.Contains(described, route) {
					t.Errorf("%s is not described", route)
				}
			}
			for _, operation := range described {
				if !slices.Contains(there, operation) {
					t.Errorf("%s is described, and there is no such route", operation)
				}
			}
		})
	}
}

// TestAnswers: what each route says to a stranger, and to an admin who sends
// little, is what the document says. What the routes say when all is well is
// checked where the pages of the doors are followed.
func TestAnswers(t *testing.T) {
	all := open(t, options{})
	for _, operation := range all.document.Operations() {
		method, path, _ := strings.Cut(operation, " ")
		if method == http.MethodTrace {
			continue // net/http answers none
		}
		path = strings.NewReplacer("{path}", "x/y", "{", "", "}", "").Replace(path)
		for _, secret := range []string{"", "unknown-secret-of-nobody", all.key} {
			for _, body := range []string{"", "{", "{}", `{"x":"` + strings.Repeat("x", door.MaxBody) + `"}`} {
				if body != "" && (method == http.MethodGet || method == http.MethodHead) {
					continue
				}
				r, status, h, answer := all.ask(t, method, path, secret, body)
				if err := all.document.Check(r, []byte(body), status, h, answer); err != nil {
					t.Errorf("%s with %d bytes: %v", operation, len(body), err)
				}
			}
		}
	}
}

func TestHandler(t *testing.T) {
	all := open(t, options{})
	_, status, h, _ := all.ask(t, http.MethodGet, openapi.Path, "", "")
	if status != http.StatusOK || h.Get("Content-Type") != "application/json; charset=utf-8" || h.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%d %v", status, h)
	}
	for _, tc := range []struct {
		method, path string
		status       int
	}{
		{http.MethodPost, openapi.Path, http.StatusMethodNotAllowed},
		{http.MethodGet, openapi.Path + "/x", http.StatusNotFound},
		{http.MethodHead, openapi.Path, http.StatusOK},
	} {
		if _, status, _, _ := all.ask(t, tc.method, tc.path, "", ""); status != tc.status {
			t.Errorf("%s %s: %d", tc.method, tc.path, status)
		}
	}
	if _, err := openapi.Handler(openapi.Options{Doors: []openapi.Door{{Name: "none"}}}); err == nil {
		t.Error("a door without a description is described")
	}
}

// TestCheck: what is not described is found.
func TestCheck(t *testing.T) {
	all := open(t, options{})
	r := httptest.NewRequest(http.MethodPost, "/eco/tokens/check", nil)
	r.Header.Set("Content-Type", "application/json")
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	const sent = `{"token":"x","userId":"y"}`
	if err := all.document.Check(r, []byte(sent), 200, h, []byte("true")); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"body":    all.document.Check(r, []byte(sent), 200, h, []byte(`"true"`)),
		"status":  all.document.Check(r, []byte(sent), 202, h, []byte("true")),
		"member":  all.document.Check(r, []byte(sent), 401, http.Header{"Content-Type": {"application/problem+json"}}, []byte(`{"type":"x","title":"x","status":401,"secret":"x"}`)),
		"request": all.document.Check(r, []byte(`{"token":"x"}`), 200, h, []byte("true")),
		"route":   all.document.Check(httptest.NewRequest(http.MethodPost, "/eco/none", nil), nil, 200, h, nil),
	} {
		if err == nil {
			t.Errorf("a wrong %s is not found", name)
		}
	}
}
