package server

import (
	"context"
	"encoding/base64"
	"testing"
)

func TestSecretOf(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := map[string]struct{ header, want string }{
		"none":                      {"", ""},
		"scheme only":               {"Bearer", ""},
		"nothing behind it":         {"Bearer ", ""},
		"Bearer":                    {"Bearer fnAE", "fnAE"},
		"Bearer with a scope":       {"Bearer fnAE:a/b:@role/r", "fnAE:a/b:@role/r"},
		"white space between":       {"Bearer \t fnAE", "fnAE"},
		"a tab between":             {"Bearer\tfnAE", "fnAE"},
		"scheme in other letters":   {"bearer fnAE", ""},
		"scheme in capital letters": {"BASIC " + encode("fnAE:"), ""},
		"another scheme":            {"Digest fnAE", ""},
		"no scheme":                 {"fnAE", ""},
		"an object":                 {"Bearer [object Object]", "[object Object]"},
		"Basic":                     {"Basic " + encode("fnAE:"), "fnAE"},
		"Basic, no colon":           {"Basic " + encode("fnAE"), "fnAE"},
		"Basic, colon behind":       {"Basic " + encode("fnAE") + ":", "fnAE"},
		"Basic, two colons":         {"Basic " + encode("fnAE::"), "fnAE:"},
		"Basic, white space":        {"Basic " + encode(" fnAE:\n"), "fnAE"},
		"Basic with a scope":        {"Basic " + encode("fnAE:db:admin:"), "fnAE:db:admin"},
		"Basic, not base64":         {"Basic fnAE!", ""},
		"Basic, truncated":          {"Basic " + encode("fnAE:")[:5], ""},
		"Basic, for URLs":           {"Basic __8=", ""},
		"Basic, nothing":            {"Basic ", ""},
		"a white space in front":    {" Bearer fnAE", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := secretOf(test.header); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAuthorization(t *testing.T) {
	h := open(t, Options{}, nil)
	c := client(t, "HTTP/1.1")
	made := h.ask(t, c, ask{body: `{"select":"secret","from":{"create_key":{"object":{"role":"server"}}}}`})
	if made.Status != 200 {
		t.Fatal(made.Body)
	}
	key := made.Body[len(`{"resource":"`) : len(made.Body)-len(`"}`)]
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	one := answer{Status: 200, Body: `{"resource":1}`}
	tests := map[string]struct {
		header string
		want   answer
	}{
		"root, Bearer":          {"Bearer " + h.secret, one},
		"root, Basic":           {basic(h.secret + ":"), one},
		"key, Bearer":           {"Bearer " + key, one},
		"key, Basic":            {basic(key + ":"), one},
		"key, Basic, old":       {basic(key) + ":", one},
		"root with a scope":     {"Bearer " + h.secret + ":server", one},
		"suffix not recognised": {"Bearer " + key + ":whatever", one},
		"suffix with junk":      {"Bearer " + h.secret + ":adminfoo", unauthorized},
		"scope beyond the key":  {"Bearer " + key + ":admin", unauthorized},
		"unknown database":      {"Bearer " + h.secret + ":none:admin", unauthorized},
		"an object":             {"Bearer [object Object]", unauthorized},
		"unknown":               {"Bearer fnAEunknown", unauthorized},
		"part of the key":       {"Bearer " + key[:len(key)-1], unauthorized},
		"more than the key":     {"Bearer " + key + "A", unauthorized},
		"lower case scheme":     {"bearer " + h.secret, unauthorized},
		"bad base64":            {"Basic " + h.secret + "!", unauthorized},
		"looks like a JWT":      {"Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", unauthorized},
		"not UTF-8":             {"Bearer \xff\xfe", unauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			same(t, h.ask(t, c, ask{body: "1", header: headersOf("Authorization", test.header)}), test.want)
		})
	}
}

func FuzzSecretOf(f *testing.F) {
	for _, s := range []string{"", "Bearer x", "Basic Zm5BRTo=", "Basic Zm5BRQ==:", "Bearer\u00a0x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got := secretOf(header); len(got) > len(header) {
			t.Errorf("%q holds %q", header, got)
		}
	})
}

// TestAuthorized checks that every database answers with its own name.
func TestAuthorized(t *testing.T) {
	h := open(t, Options{}, nil)
	res, err := h.db.Query(context.Background(), h.secret, `Select("global_id", CreateDatabase({ name: "child" }))`, nil)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	if err := res.Decode(&id); err != nil {
		t.Fatal(err)
	}
	got := h.ask(t, client(t, "HTTP/1.1"), ask{
		method: "GET", path: "/authorized", header: headersOf("Authorization", "Bearer "+h.secret+":child:server"), stranger: true,
	})
	same(t, got, answer{Status: 200, Body: `{"account":"0","global_id":"` + id + `"}`})
}
