package server

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestRequestHeaders(t *testing.T) {
	h := open(t, Options{}, nil)
	one := answer{Status: 200, Body: `{"resource":1}`}
	invalid := func(name, message string) answer {
		return answer{Status: 400, Body: refusal("bad request", "Invalid header '"+name+"': "+message)}
	}
	const (
		version = "x-faunadb-api-version"
		seen    = "x-last-seen-txn"
		timeout = "x-query-timeout"
		retries = "x-max-retries-on-contention"
		tags    = "x-fauna-tags"
	)
	long := func(n int) string { return strings.Repeat("a", n) }
	pairs := func(n int) string {
		var out []string
		for i := range n {
			out = append(out, "k"+strconv.Itoa(i)+"=v")
		}
		return strings.Join(out, ",")
	}
	tests := []struct {
		name, value string
		want        answer
	}{
		{version, "2.0", one},
		{version, "2.1", one},
		{version, "2.7", one},
		{version, "2.12", one},
		{version, "3", one},
		{version, "4", one},
		{version, "5", one},
		{version, "UNSTABLE", one},
		{version, "99", invalid(version, "Unsupported or invalid API version '99'.")},
		{version, "", invalid(version, "Unsupported or invalid API version ''.")},
		{version, `"\`, invalid(version, `Unsupported or invalid API version '\"\\'.`)},
		{version, "4.0", invalid(version, "Unsupported or invalid API version '4.0'.")},
		{seen, "0", one},
		{seen, "-1", one},
		{seen, "None", one},
		{seen, "1700000000000000", one},
		{seen, "", invalid(seen, "Invalid timestamp ''.")},
		{seen, "soon", invalid(seen, "Invalid timestamp 'soon'.")},
		{seen, "1.5", invalid(seen, "Invalid timestamp '1.5'.")},
		{seen, "9223372036854775808", invalid(seen, "Invalid timestamp '9223372036854775808'.")},
		{timeout, "60000", one},
		{timeout, "600000", one},
		{timeout, "600001", invalid(timeout, "Must be less than or equal to 600000.")},
		{timeout, "99999999999999999999", invalid(timeout, "Must be less than or equal to 600000.")},
		{timeout, "0", invalid(timeout, "Must be greater than 0.")},
		{timeout, "-1", invalid(timeout, "Must be greater than 0.")},
		{timeout, "-99999999999999999999", invalid(timeout, "Must be greater than 0.")},
		{timeout, "1s", invalid(timeout, "Invalid number '1s'.")},
		{timeout, "", invalid(timeout, "Invalid number ''.")},
		{retries, "0", one},
		{retries, "7", one},
		{retries, "8", invalid(retries, "Must be between 0 and 7.")},
		{retries, "-1", invalid(retries, "Must be between 0 and 7.")},
		{retries, "x", invalid(retries, "Invalid number 'x'.")},
		{tags, "", one},
		{tags, "foo=Foo1,bar=Bar2", one},
		{tags, pairs(25), one},
		{tags, long(40) + "=" + long(80), one},
		{tags, pairs(26), invalid(tags, "too many tags")},
		{tags, "a=" + long(2998), invalid(tags, "invalid value")},
		{tags, "a=" + long(2999), invalid(tags, "header is too long")},
		{tags, long(41) + "=b", invalid(tags, "invalid key")},
		{tags, "a=" + long(81), invalid(tags, "invalid value")},
		{tags, "a=b,a=c", invalid(tags, "duplicate key")},
		{tags, "a=b,a=" + long(81), invalid(tags, "invalid value")},
		{tags, "a", invalid(tags, "invalid tags")},
		{tags, "=b", invalid(tags, "invalid tags")},
		{tags, "a=", invalid(tags, "invalid tags")},
		{tags, "a=b,", invalid(tags, "invalid tags")},
		{tags, "a=b=c", invalid(tags, "invalid tags")},
		{tags, "a=b, c=d", invalid(tags, "invalid tags")},
		{tags, "a-b=c", invalid(tags, "invalid tags")},
		{"traceparent", "nonsense", one},
		{"x-fauna-driver", "\x80", one},
	}
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for _, test := range tests {
			t.Run(test.name+"/"+test.value[:min(len(test.value), 40)], func(t *testing.T) {
				same(t, h.ask(t, c, ask{body: "1", header: headersOf(test.name, test.value)}), test.want)
			})
		}
	})
}

// TestHeaderOrder takes away one wrong header after the other.
func TestHeaderOrder(t *testing.T) {
	h := open(t, Options{}, nil)
	order := []string{
		"X-Faunadb-Api-Version", "X-Last-Seen-Txn", "X-Query-Timeout", "X-Max-Retries-On-Contention", "X-Fauna-Tags",
	}
	wrong := http.Header{}
	for _, name := range order {
		wrong.Set(name, "-x")
	}
	for _, name := range order {
		got := h.ask(t, client(t, "HTTP/2.0"), ask{body: "1", header: wrong, stranger: true})
		want := `{"errors":[{"code":"bad request","description":"Invalid header '` + strings.ToLower(name) + `': `
		if got.Status != 400 || !strings.HasPrefix(got.Body, want) {
			t.Errorf("got %d %s, want %s", got.Status, got.Body, want)
		}
		wrong.Del(name)
	}
	same(t, h.ask(t, client(t, "HTTP/2.0"), ask{body: "1", header: wrong, stranger: true}), unauthorized)
}

func TestTags(t *testing.T) {
	h := open(t, Options{}, nil)
	for given, want := range map[string][]string{
		"":                  nil,
		"a=b":               {"a=b"},
		"foo=Foo1,bar=Bar2": {"bar=Bar2,foo=Foo1"},
		"a=1,b=2,c=3":       {"c=3,b=2,a=1"},
	} {
		for _, body := range []string{"1", "{"} {
			got := h.ask(t, client(t, "HTTP/1.1"), ask{body: body, header: headersOf("X-Fauna-Tags", given)})
			if tags := got.header["X-Fauna-Tags"]; strings.Join(tags, ";") != strings.Join(want, ";") {
				t.Errorf("%q is echoed as %q", given, tags)
			}
		}
	}
}

func TestTraceparent(t *testing.T) {
	h := open(t, Options{}, nil)
	form := regexp.MustCompile(`^00-([0-9a-f]{32})-[0-9a-f]{16}-00$`)
	const trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	tests := map[string]struct {
		given string
		kept  bool
	}{
		"taken on":    {"00-" + trace + "-" + span + "-01", true},
		"any version": {"Fe-" + trace + "-" + span + "-0A", true},
		"upper case":  {"00-" + strings.ToUpper(trace) + "-" + span + "-01", false},
		"too short":   {"00-" + trace + "-" + span + "-0", false},
		"too long":    {"00-" + trace + "-" + span + "-01-", false},
		"not hex":     {"00-" + trace + "-" + span + "-0g", false},
		"no dashes":   {"00_" + trace + "_" + span + "_01", false},
		"none":        {"", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, a := range []ask{
				{body: "1"},
				{body: "{"},
				{stranger: true},
				{path: "/nope"},
				{method: "GET", path: "/ping"},
				{method: "OPTIONS", header: headersOf("Origin", "http://site")},
			} {
				if a.header == nil {
					a.header = http.Header{}
				}
				a.header.Set("Traceparent", test.given)
				got := h.ask(t, client(t, "HTTP/1.1"), a).header["Traceparent"]
				if len(got) != 1 || !form.MatchString(got[0]) {
					t.Fatalf("%s: got %q", a.method+a.path, got)
				}
				if kept := form.FindStringSubmatch(got[0])[1] == trace; kept != test.kept {
					t.Errorf("%s: got %q", a.method+a.path, got)
				}
			}
		})
	}
}

func TestTimeOut(t *testing.T) {
	h := open(t, Options{}, nil)
	timedOut := answer{Status: 503, Body: refusal("time out", "Read timed out")}
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		ahead := strconv.FormatInt(time.Now().Add(time.Hour).UnixMicro(), 10)
		same(t, h.ask(t, c, ask{body: "1", header: headersOf("X-Query-Timeout", "1", "X-Last-Seen-Txn", ahead)}), timedOut)
		elements := strings.TrimSuffix(strings.Repeat("1,", 3000), ",")
		long := `{"map":{"lambda":"x","expr":{"map":{"lambda":"y","expr":{"add":[{"var":"x"},{"var":"y"}]}},"collection":[` +
			elements + `]}},"collection":[` + elements + `]}`
		got := h.ask(t, c, ask{body: long, header: headersOf("X-Query-Timeout", "20")})
		same(t, got, timedOut)
		if got.header.Get("X-Txn-Time") == "" || got.header.Get("X-Compute-Ops") != "0" {
			t.Errorf("a query that ran out of time has headers %v", got.header)
		}
	})
}

// TestLastSeen checks that answers never lie before what their client has
// seen, and that times increase.
func TestLastSeen(t *testing.T) {
	h := open(t, Options{}, nil)
	create := h.ask(t, client(t, "HTTP/1.1"), ask{body: `{"create_collection":{"object":{"name":"a"}}}`})
	if create.Status != 201 {
		t.Fatal(create.Body)
	}
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		last := int64(0)
		bodies := []string{"1", `{"create":{"collection":"a"},"params":{"object":{}}}`, "{", `{"exists":{"collection":"a"}}`, `{"abort":"x"}`}
		for range 4 {
			for _, body := range bodies {
				ts, err := strconv.ParseInt(h.ask(t, c, ask{body: body}).header.Get("X-Txn-Time"), 10, 64)
				if err != nil || ts <= last {
					t.Fatalf("%s: time %d after %d, %v", body, ts, last, err)
				}
				last = ts
			}
		}
		for _, ahead := range []time.Duration{time.Millisecond, 12 * time.Millisecond} {
			for _, body := range bodies {
				seen := max(time.Now().Add(ahead).UnixMicro(), last)
				got := h.ask(t, c, ask{body: body, header: headersOf("X-Last-Seen-Txn", strconv.FormatInt(seen, 10))})
				if last, _ = strconv.ParseInt(got.header.Get("X-Txn-Time"), 10, 64); last < seen {
					t.Errorf("%s: time %d, but %d was seen", body, last, seen)
				}
			}
		}
	})
}
