package server

import (
	"net/http"
	"strings"
	"testing"
)

func TestRoutes(t *testing.T) {
	h := open(t, Options{}, nil)
	three := answer{Status: 200, Body: `{"resource":3}`}
	notFound := answer{Status: 404, Body: refusal("not found", "Not Found")}
	notAllowed := func(methods string) answer {
		return answer{Status: 405, Body: refusal("method not allowed", "Allowed methods are "+methods+".")}
	}
	badHeader := answer{Status: 400, Body: refusal("bad request",
		"Invalid header 'x-faunadb-api-version': Unsupported or invalid API version '99'.")}
	add := `{"add":[1,2]}`
	wrong := headersOf("X-FaunaDB-API-Version", "99")
	tests := map[string]struct {
		ask   ask
		want  answer
		allow string
	}{
		"query":                         {ask: ask{body: add}, want: three},
		"query string is ignored":       {ask: ask{path: "/?q=1&x", body: add}, want: three},
		"linearized":                    {ask: ask{path: "/linearized", body: add}, want: three},
		"unknown path, stranger":        {ask: ask{method: "GET", path: "/nope", stranger: true}, want: notFound},
		"unknown path, any method":      {ask: ask{method: "PATCH", path: "/databases"}, want: notFound},
		"unknown path, bad header":      {ask: ask{path: "/nope", header: wrong, stranger: true}, want: notFound},
		"path is not made clean":        {ask: ask{path: "//ping"}, want: notFound},
		"path with a dot":               {ask: ask{path: "/./ping"}, want: notFound},
		"path below":                    {ask: ask{path: "/ping/"}, want: notFound},
		"header before secret":          {ask: ask{header: wrong, stranger: true}, want: badHeader},
		"header before method":          {ask: ask{method: "PUT", header: wrong}, want: badHeader},
		"header before method, strange": {ask: ask{method: "PUT", path: "/linearized", header: wrong, stranger: true}, want: badHeader},
		"no secret":                     {ask: ask{body: add, stranger: true}, want: unauthorized},
		"no secret, not JSON":           {ask: ask{body: "{", stranger: true}, want: unauthorized},
		"no secret, wrong method":       {ask: ask{method: "DELETE", stranger: true}, want: unauthorized},
		"no secret, OPTIONS":            {ask: ask{method: "OPTIONS", stranger: true}, want: unauthorized},
		"wrong method":                  {ask: ask{method: "DELETE"}, want: notAllowed("GET, POST"), allow: "GET, POST"},
		"part of a method":              {ask: ask{method: "POS"}, want: notAllowed("GET, POST"), allow: "GET, POST"},
		"OPTIONS":                       {ask: ask{method: "OPTIONS"}, want: notAllowed("GET, POST"), allow: "GET, POST"},
		"HEAD":                          {ask: ask{method: "HEAD"}, want: answer{Status: 405}, allow: "GET, POST"},
		"authorized":                    {ask: ask{method: "GET", path: "/authorized"}, want: answer{Status: 200, Body: `{"account":"0","global_id":"yyyyyyyyyyyyy"}`}},
		"authorized, stranger":          {ask: ask{method: "GET", path: "/authorized", stranger: true}, want: unauthorized},
		"authorized, stranger's POST":   {ask: ask{path: "/authorized", stranger: true}, want: unauthorized},
		"POST authorized":               {ask: ask{path: "/authorized"}, want: notAllowed("GET"), allow: "GET"},
		"GET linearized":                {ask: ask{method: "GET", path: "/linearized"}, want: notAllowed("POST"), allow: "POST"},
		"POST ping":                     {ask: ask{path: "/ping", stranger: true}, want: notAllowed("GET, HEAD"), allow: "GET, HEAD"},
	}
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				got := h.ask(t, c, test.ask)
				same(t, got, test.want)
				if allow := got.header.Get("Allow"); allow != test.allow {
					t.Errorf("Allow is %q, want %q", allow, test.allow)
				}
				if kind := got.header.Get("Content-Type"); kind != "application/json;charset=utf-8" {
					t.Errorf("Content-Type is %q", kind)
				}
				if realm := got.header.Get("Www-Authenticate"); (realm == `Basic realm="Unauthorized"`) != (got.Status == 401) {
					t.Errorf("WWW-Authenticate is %q", realm)
				}
			})
		}
	})
}

func TestContentTypeIsIgnored(t *testing.T) {
	h := open(t, Options{}, nil)
	for _, kind := range []string{"", "text/plain", "application/json;charset=utf-8", "application/x-www-form-urlencoded", "multipart/form-data", "=;"} {
		got := h.ask(t, client(t, "HTTP/1.1"), ask{
			body: `"x"`, header: headersOf("Content-Type", kind, "Accept", "text/html", "Accept-Encoding", "gzip"),
		})
		same(t, got, answer{Status: 200, Body: `{"resource":"x"}`})
		if e := got.header.Get("Content-Encoding"); e != "" {
			t.Errorf("Content-Encoding is %q", e)
		}
	}
}

func TestPing(t *testing.T) {
	h := open(t, Options{}, nil)
	ok := func(scope string) answer {
		return answer{Status: 200, Body: `{"resource":"Scope ` + scope + ` is OK"}`}
	}
	tests := map[string]struct {
		ask  ask
		want answer
	}{
		"no scope":       {ask{path: "/ping"}, ok("write")},
		"all":            {ask{path: "/ping?scope=all"}, ok("all")},
		"write":          {ask{path: "/ping?scope=write&timeout=1"}, ok("write")},
		"global":         {ask{path: "/ping?scope=global"}, ok("write")},
		"read":           {ask{path: "/ping?scope=read"}, ok("read")},
		"local":          {ask{path: "/ping?scope=local"}, ok("read")},
		"node":           {ask{path: "/ping?scope=node"}, ok("node")},
		"empty":          {ask{path: "/ping?scope="}, ok("node")},
		"anything":       {ask{path: "/ping?scope=%22%0a"}, ok("node")},
		"HEAD":           {ask{method: "HEAD", path: "/ping"}, answer{Status: 200}},
		"a body":         {ask{path: "/ping?scope=node", body: "null"}, ok("node")},
		"a large body":   {ask{path: "/ping", body: strings.Repeat("x", 100_000)}, ok("write")},
		"a wrong header": {ask{path: "/ping", header: headersOf("X-Query-Timeout", "x")}, ok("write")},
		"a wrong secret": {ask{path: "/ping", header: headersOf("Authorization", "Bearer nobody")}, ok("write")},
	}
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				if test.ask.method == "" {
					test.ask.method = "GET"
				}
				test.ask.stranger = true
				same(t, h.ask(t, c, test.ask), test.want)
			})
		}
	})
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, h.ask(t, client(t, "HTTP/1.1"), ask{method: "GET", path: "/ping?scope=all"}),
		answer{Status: 503, Body: refusal("time out", "Scope all is unavailable")})
}

func TestGet(t *testing.T) {
	h := open(t, Options{}, nil)
	refused := func(position, description string) answer {
		return answer{Status: 400, Body: `{"errors":[{"position":` + position +
			`,"code":"invalid expression","description":"` + description + `"}]}`}
	}
	tests := map[string]struct {
		path string
		want answer
	}{
		"a query":       {"/?q=%7B%22add%22%3A%5B1%2C2%5D%7D", answer{Status: 200, Body: `{"resource":3}`}},
		"a read":        {`/?q={"exists":{"class":"users"}}`, answer{Status: 200, Body: `{"resource":false}`}},
		"no query":      {"/", refused("[]", "No query provided.")},
		"empty query":   {"/?q=", refused("[]", "No query provided.")},
		"not JSON":      {"/?q=%7B", refused("[]", "Request body is not valid JSON.")},
		"invalid UTF-8": {"/?q=%22%ff%22", refused("[]", "Request body is not valid JSON.")},
		"a write": {
			`/?q={"create_collection":{"object":{"name":"a"}}}`,
			refused("[]", "Call performs a write, which is not allowed in get requests."),
		},
	}
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				same(t, h.ask(t, c, ask{method: "GET", path: test.path}), test.want)
			})
		}
	})
	got := h.ask(t, client(t, "HTTP/1.1"), ask{body: `{"exists":{"class":"a"}}`})
	same(t, got, answer{Status: 200, Body: `{"resource":false}`})
}
