package server

import (
	"net/http"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// figureHeaders are the headers that are numbers.
var figureHeaders = []string{
	"X-Txn-Time", "X-Compute-Ops", "X-Byte-Read-Ops", "X-Read-Ops", "X-Byte-Write-Ops", "X-Write-Ops",
	"X-Query-Time", "X-Query-Bytes-In", "X-Query-Bytes-Out", "X-Storage-Bytes-Read", "X-Storage-Bytes-Write",
	"X-Txn-Retries",
}

// numbers reads the figures of an answer. It has all of them or none.
func numbers(t *testing.T, h http.Header) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	for _, name := range figureHeaders {
		for _, v := range h[name] {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || strconv.FormatInt(n, 10) != v {
				t.Errorf("%s is %q", name, v)
			}
			out[name] = n
		}
	}
	if len(out) != 0 && len(out) != len(figureHeaders) {
		t.Errorf("only some figures: %v", out)
	}
	return out
}

func TestStatuses(t *testing.T) {
	h := open(t, Options{}, nil)
	c := client(t, "HTTP/1.1")
	const users = `{"collection":"users"}`
	tests := []struct {
		name, body string
		status     int
	}{
		{"schema made", `{"create_collection":{"object":{"name":"users"}}}`, 201},
		{"function made", `{"create_function":{"object":{"name":"make","body":{"query":{"lambda":"x","expr":{"create":` + users + `,"params":{"object":{}}}}}}}}`, 201},
		{"document made", `{"create":` + users + `,"params":{"object":{}}}`, 201},
		{"made by let", `{"let":{"d":{"create":` + users + `,"params":{"object":{}}}},"in":{"var":"d"}}`, 201},
		{"made by do", `{"do":[1,{"create":` + users + `,"params":{"object":{}}}]}`, 201},
		{"made by if", `{"if":true,"then":{"create":` + users + `,"params":{"object":{}}},"else":1}`, 201},
		{"made by call", `{"call":{"function":"make"},"arguments":1}`, 201},
		{"made in an array", `[{"create":` + users + `,"params":{"object":{}}}]`, 200},
		{"made in an object", `{"object":{"d":{"create":` + users + `,"params":{"object":{}}}}}`, 200},
		{"made, a part shown", `{"select":"ref","from":{"create":` + users + `,"params":{"object":{}}}}`, 200},
		{"made before", `{"do":[{"create":` + users + `,"params":{"object":{}}},1]}`, 200},
		{"made with an id", `{"create":{"ref":` + users + `,"id":"7"},"params":{"object":{}}}`, 201},
		{"updated", `{"update":{"ref":` + users + `,"id":"7"},"params":{"object":{}}}`, 200},
		{"replaced", `{"replace":{"ref":` + users + `,"id":"7"},"params":{"object":{}}}`, 200},
		{"read", `{"get":{"ref":` + users + `,"id":"7"}}`, 200},
		{"deleted", `{"delete":{"ref":` + users + `,"id":"7"}}`, 200},
		{"not found", `{"get":{"ref":` + users + `,"id":"7"}}`, 404},
		{"value not found", `{"select":"a","from":{"object":{}}}`, 404},
		{"unreadable", `{`, 400},
		{"invalid argument", `{"add":["1"]}`, 400},
		{"invalid argument before not found", `[{"get":{"ref":` + users + `,"id":"7"}},{"add":["1"]}]`, 400},
		{"not found and invalid ref", `[{"get":{"ref":` + users + `,"id":"7"}},{"get":{"ref":{"collection":"none"},"id":"7"}}]`, 404},
		{"aborted", `{"abort":"stop"}`, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := h.ask(t, c, ask{body: test.body})
			if got.Status != test.status {
				t.Errorf("got %d %s, want %d", got.Status, got.Body, test.status)
			}
			if build := got.header.Get("X-Faunadb-Build"); build != "fawn" {
				t.Errorf("X-FaunaDB-Build is %q", build)
			}
			n := numbers(t, got.header)
			if n["X-Query-Bytes-In"] != int64(len(test.body)) || n["X-Query-Bytes-Out"] != int64(len(got.Body)) {
				t.Errorf("%d bytes in, %d out of %d and %d", n["X-Query-Bytes-In"], n["X-Query-Bytes-Out"], len(test.body), len(got.Body))
			}
		})
	}
}

// TestFigures checks what the headers say of what a query did.
func TestFigures(t *testing.T) {
	ticks := int64(0)
	h := open(t, Options{Build: "fawn-test", Clock: func() time.Time {
		ticks++
		return time.UnixMilli(7 * ticks)
	}}, nil)
	c := client(t, "HTTP/2.0")
	const doc = `{"ref":{"collection":"users"},"id":"1"}`
	for _, body := range []string{
		`{"create_collection":{"object":{"name":"users"}}}`,
		`{"create":` + doc + `,"params":{"object":{"data":{"object":{"text":"` + strings.Repeat("x", 150) + `"}}}}}`,
	} {
		if got := h.ask(t, c, ask{body: body}); got.Status != 201 {
			t.Fatal(got.Body)
		}
	}
	tests := map[string]struct {
		body string
		want map[string]int64
	}{
		"a literal":      {`1`, map[string]int64{"X-Compute-Ops": 1}},
		"a call":         {`{"add":[1,2]}`, map[string]int64{"X-Compute-Ops": 1}},
		"fifty calls":    {`[` + strings.Repeat(`{"add":1},`, 49) + `{"add":1}]`, map[string]int64{"X-Compute-Ops": 1}},
		"fifty-one":      {`[` + strings.Repeat(`{"add":1},`, 50) + `{"add":1}]`, map[string]int64{"X-Compute-Ops": 2}},
		"a get":          {`{"get":` + doc + `}`, map[string]int64{"X-Compute-Ops": 1, "X-Byte-Read-Ops": 1, "X-Read-Ops": 1}},
		"unreadable":     {`{"add":`, map[string]int64{}},
		"a wrong type":   {`[{"get":` + doc + `},{"add":"a"}]`, map[string]int64{}},
		"a missing one":  {`{"get":{"ref":{"collection":"users"},"id":"2"}}`, map[string]int64{}},
		"an abort":       {`{"do":[{"get":` + doc + `},{"abort":"x"}]}`, map[string]int64{"X-Compute-Ops": 1, "X-Byte-Read-Ops": 1, "X-Read-Ops": 1}},
		"a small create": {`{"create":{"collection":"users"},"params":{"object":{}}}`, map[string]int64{"X-Compute-Ops": 1, "X-Byte-Write-Ops": 1, "X-Write-Ops": 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := h.ask(t, c, ask{body: test.body})
			n := numbers(t, got.header)
			for _, name := range figureHeaders {
				if _, ok := test.want[name]; !ok && strings.HasSuffix(name, "-Ops") {
					test.want[name] = 0
				}
			}
			test.want["X-Txn-Retries"], test.want["X-Query-Time"] = 0, 7
			if test.want["X-Read-Ops"] == 0 {
				test.want["X-Storage-Bytes-Read"] = 0
			}
			if test.want["X-Write-Ops"] == 0 {
				test.want["X-Storage-Bytes-Write"] = 0
			}
			for name := range n {
				if _, ok := test.want[name]; !ok {
					delete(n, name)
				}
			}
			if diff := cmp.Diff(n, test.want); diff != "" {
				t.Error(diff)
			}
			if build := got.header.Get("X-Faunadb-Build"); build != "fawn-test" {
				t.Errorf("X-FaunaDB-Build is %q", build)
			}
		})
	}
}

// TestNoFigures checks that whoever is not let in learns nothing of cost.
func TestNoFigures(t *testing.T) {
	h := open(t, Options{}, nil)
	for _, a := range []ask{
		{body: "1", stranger: true},
		{path: "/nope"},
		{method: "DELETE"},
		{header: headersOf("X-Query-Timeout", "x")},
		{body: strings.Repeat(" ", maxBody+1)},
	} {
		got := h.ask(t, client(t, "HTTP/1.1"), a)
		var names []string
		for name := range got.header {
			if strings.HasPrefix(name, "X-") {
				names = append(names, name)
			}
		}
		if names != nil {
			t.Errorf("%d has %v", got.Status, names)
		}
	}
}

func TestLayout(t *testing.T) {
	h := open(t, Options{}, nil)
	asks := map[string]struct {
		ask             ask
		compact, pretty string
	}{
		"result": {ask{body: `{"object":{"a":[1]}}`}, `{"resource":{"a":[1]}}`, "{\n  \"resource\": {\n    \"a\": [\n      1\n    ]\n  }\n}\n"},
		"404":    {ask{path: "/x"}, refusal("not found", "Not Found"), "{\n  \"errors\": [\n    {\n      \"code\": \"not found\",\n      \"description\": \"Not Found\"\n    }\n  ]\n}\n"},
		"ping":   {ask{method: "GET", path: "/ping"}, `{"resource":"Scope write is OK"}`, "{\n  \"resource\": \"Scope write is OK\"\n}\n"},
	}
	readers := map[string]bool{
		"User-Agent: curl/8.5.0":            true,
		"User-Agent: HTTPie/3.2.2":          true,
		"User-Agent: Mozilla":               false,
		"X-FaunaDB-Formatted-JSON: ":        true,
		"X-FaunaDB-Formatted-JSON: false":   true,
		"Accept: application/json; pretty=": false,
	}
	for reader, pretty := range readers {
		for name, test := range asks {
			t.Run(reader+"/"+name, func(t *testing.T) {
				header, value, _ := strings.Cut(reader, ": ")
				test.ask.header = headersOf(header, value)
				want := test.compact
				if pretty {
					want = test.pretty
				}
				got := h.ask(t, client(t, "HTTP/1.1"), test.ask)
				if diff := cmp.Diff(strings.TrimSuffix(got.Body, "\n"), strings.TrimSuffix(want, "\n")); diff != "" {
					t.Error(diff)
				}
				if length := got.header.Get("Content-Length"); length != strconv.Itoa(len(got.Body)) {
					t.Errorf("Content-Length is %s of %d", length, len(got.Body))
				}
			})
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	h := open(t, Options{}, nil)
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for _, path := range []string{"/", "/ping", "/nope"} {
			got := h.ask(t, c, ask{method: "OPTIONS", path: path, stranger: true, header: headersOf("Origin", "https://site.example", "Access-Control-Request-Method", "POST")})
			same(t, got, answer{Status: 200})
			want := http.Header{
				"Access-Control-Allow-Origin":      {"https://site.example"},
				"Access-Control-Allow-Credentials": {"true"},
				"Access-Control-Max-Age":           {"86400"},
				"Access-Control-Allow-Methods":     {"GET, POST, PUT, PATCH, DELETE"},
				"Access-Control-Allow-Headers": {"accept-encoding, authorization, content-type, x-driver-env, x-faunadb-api-version, " +
					"x-fauna-driver, x-fauna-source, x-fauna-tags, x-format, x-last-seen-txn, x-last-txn-ts, x-linearized, " +
					"x-max-contention-retries, x-max-retries-on-contention, x-query-tags, x-query-timeout, x-query-timeout-ms, " +
					"x-runtime-environment, x-runtime-environment-os, x-nodejs-version, traceparent, x-typecheck, x-performance-hints"},
				"Access-Control-Expose-Headers": {""},
			}
			if diff := cmp.Diff(accessControl(got.header), want); diff != "" {
				t.Error(diff)
			}
		}
		exposed := []string{"x-faunadb-build"}
		for _, name := range figureHeaders {
			exposed = append(exposed, strings.ToLower(name))
		}
		sort.Strings(exposed)
		all := strings.Join(exposed, ", ")
		for name, test := range map[string]struct {
			ask     ask
			exposed string
		}{
			"result":    {ask{body: "1"}, all},
			"error":     {ask{body: "{"}, all},
			"tags":      {ask{body: "1", header: headersOf("X-Fauna-Tags", "a=b")}, "x-byte-read-ops, x-byte-write-ops, x-compute-ops, x-fauna-tags, x-faunadb-build, " + strings.Join(exposed[4:], ", ")},
			"401":       {ask{stranger: true}, ""},
			"404":       {ask{path: "/nope"}, ""},
			"ping":      {ask{method: "GET", path: "/ping"}, ""},
			"too large": {ask{body: strings.Repeat(" ", maxBody+1)}, ""},
		} {
			t.Run(name, func(t *testing.T) {
				if test.ask.header == nil {
					test.ask.header = http.Header{}
				}
				test.ask.header.Set("Origin", "null")
				want := http.Header{
					"Access-Control-Allow-Origin":      {"null"},
					"Access-Control-Allow-Credentials": {"true"},
					"Access-Control-Expose-Headers":    {test.exposed},
				}
				if diff := cmp.Diff(accessControl(h.ask(t, c, test.ask).header), want); diff != "" {
					t.Error(diff)
				}
			})
		}
		if got := accessControl(h.ask(t, c, ask{body: "1"}).header); len(got) != 0 {
			t.Errorf("without Origin: %v", got)
		}
	})
}

// accessControl returns the headers about other origins.
func accessControl(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			out[name] = values
		}
	}
	return out
}
