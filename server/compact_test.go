package server

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fawndb/fawn/engine"
)

// TestCompact shrinks the file of a server, over both protocols.
func TestCompact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fawn.db")
	var closing *engine.DB
	h := openOver(t, Options{}, func() (*engine.DB, error) {
		var err error
		closing, err = engine.Open(path, engine.Options{NoSync: true})
		return closing, err
	})
	list := strings.TrimSuffix(strings.Repeat("1,", 500), ",")
	do := func(c *http.Client, body string) {
		t.Helper()
		if got := h.ask(t, c, ask{body: body}); got.Status >= 300 {
			t.Fatal(got.Body)
		}
	}
	do(client(t, "HTTP/1.1"), `{"create_collection":{"object":{"name":"c"}}}`)
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		// What is written anew leaves its old pages free.
		for range 5 {
			do(c, `{"foreach":{"lambda":"n","expr":{"create":{"collection":"c"},"params":{"object":{"data":{"object":{"t":"`+
				strings.Repeat("x", 1000)+`"}}}}}},"collection":[`+list+`]}`)
			do(c, `{"foreach":{"lambda":"r","expr":{"delete":{"var":"r"}}},"collection":{"select":"data","from":`+
				`{"paginate":{"documents":{"collection":"c"}},"size":1000}}}`)
		}
		got := h.ask(t, c, ask{path: "/compact"})
		lines := regexp.MustCompile(`^(?:\{"copied":\d+\}\r\n)+\{"before":(\d+),"after":(\d+)\}\r\n$`).FindStringSubmatch(got.Body)
		var before, after int64
		if lines != nil {
			_, _ = fmt.Sscan(lines[1], &before)
			_, _ = fmt.Sscan(lines[2], &after)
		}
		if got.Status != 200 || before == 0 || after >= before {
			t.Errorf("got %d %q", got.Status, got.Body)
		}
		do(c, `{"create":{"collection":"c"}}`)
	})
	if err := closing.Close(); err != nil {
		t.Fatal(err)
	}
	got := h.ask(t, client(t, "HTTP/1.1"), ask{path: "/compact"})
	if got.Status != 500 {
		t.Errorf("a closed database: %d %q", got.Status, got.Body)
	}
}

// TestCompactIsForOperators asks for it with secrets of all kinds.
func TestCompactIsForOperators(t *testing.T) {
	h := open(t, Options{}, nil)
	c := client(t, "HTTP/1.1")
	key := func(params string) http.Header {
		t.Helper()
		made := h.ask(t, c, ask{body: `{"select":"secret","from":{"create_key":{"object":` + params + `}}}`})
		if made.Status != 200 {
			t.Fatal(made.Body)
		}
		return headersOf("Authorization", "Bearer "+made.Body[len(`{"resource":"`):len(made.Body)-len(`"}`)])
	}
	if made := h.ask(t, c, ask{body: `{"create_database":{"object":{"name":"child"}}}`}); made.Status != 201 {
		t.Fatal(made.Body)
	}
	// A database in memory needs none.
	done := answer{Status: 200, Body: `{"before":0,"after":0}` + "\r\n"}
	denied := answer{Status: 403, Body: refusal("permission denied", "Insufficient privileges to perform the action.")}
	tests := map[string]struct {
		ask  ask
		want answer
	}{
		"root":                  {ask{}, done},
		"admin key":             {ask{header: key(`{"role":"admin"}`)}, done},
		"server key":            {ask{header: key(`{"role":"server"}`)}, denied},
		"admin key of a child":  {ask{header: key(`{"role":"admin","database":{"database":"child"}}`)}, denied},
		"root, within a child":  {ask{header: headersOf("Authorization", "Bearer "+h.secret+":child:admin")}, denied},
		"root, as a lesser one": {ask{header: headersOf("Authorization", "Bearer "+h.secret+":server")}, denied},
		"nobody":                {ask{stranger: true}, unauthorized},
		"another method":        {ask{method: "GET"}, answer{Status: 405, Body: refusal("method not allowed", "Allowed methods are POST.")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.ask.path = "/compact"
			same(t, h.ask(t, c, test.ask), test.want)
		})
	}
}
