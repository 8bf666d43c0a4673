package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/server/conns/connstest"
)

// house is a server that is being served, for tests to knock at.
type house struct {
	*Server
	addr   string
	secret string
	served chan error // what Serve returned
}

// open serves a fresh database. change, when given, changes the server first.
func open(t *testing.T, o Options, change func(*Server)) *house { return openTLS(t, o, change, "", "") }

func openTLS(t *testing.T, o Options, change func(*Server), cert, key string) *house {
	t.Helper()
	return openOn(t, o, inMemory, change, cert, key)
}

func inMemory() (*engine.DB, error) {
	return engine.OpenStore(mem.New(mem.Options{}), engine.Options{})
}

// openOver serves a database of the test's own.
func openOver(t *testing.T, o Options, database func() (*engine.DB, error)) *house {
	t.Helper()
	return openOn(t, o, database, nil, "", "")
}

func openOn(t *testing.T, o Options, database func() (*engine.DB, error), change func(*Server), cert, key string) *house {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return openAt(t, l, o, database, change, cert, key)
}

// openAt serves a database at a listener.
func openAt(t *testing.T, l net.Listener, o Options, database func() (*engine.DB, error), change func(*Server), cert, key string) *house {
	t.Helper()
	db, err := database()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Server: New(db, o), addr: l.Addr().String(), secret: db.RootSecret(), served: make(chan error, 1)}
	if change != nil {
		change(h.Server)
	}
	go func() { h.served <- h.Serve(l, cert, key) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // what still runs is a test's own fault
		if err := h.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil && !errors.Is(err, engine.ErrClosed) {
			t.Error(err)
		}
	})
	return h
}

// client returns a client that speaks one protocol: "HTTP/1.1" or "HTTP/2.0",
// the latter with prior knowledge.
func client(t *testing.T, protocol string) *http.Client {
	t.Helper()
	p := new(http.Protocols)
	p.SetHTTP1(protocol == "HTTP/1.1")
	p.SetUnencryptedHTTP2(protocol == "HTTP/2.0")
	tr := &http.Transport{Protocols: p}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// eachProtocol runs a test over both protocols of the cleartext port.
func eachProtocol(t *testing.T, test func(t *testing.T, c *http.Client)) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) { test(t, client(t, protocol)) })
	}
}

// ask is a request. The zero value is POST / as root, without a body.
type ask struct {
	method, path string
	body         string
	chunked      bool        // the body's length is not said
	header       http.Header // an Authorization here replaces root's
	stranger     bool        // no Authorization
}

// answer is what came back.
type answer struct {
	Status   int
	Body     string
	protocol string
	header   http.Header
}

func (h *house) ask(t *testing.T, c *http.Client, a ask) answer {
	t.Helper()
	got, err := h.try(c, a)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (h *house) try(c *http.Client, a ask) (answer, error) {
	if a.method == "" {
		a.method = http.MethodPost
	}
	if a.path == "" {
		a.path = "/"
	}
	var body io.Reader = strings.NewReader(a.body)
	if a.chunked {
		body = io.MultiReader(body)
	}
	r, err := http.NewRequest(a.method, "http://"+h.addr+a.path, body)
	if err != nil {
		return answer{}, err
	}
	for name, values := range a.header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if r.Header.Get("Authorization") == "" && !a.stranger {
		r.Header.Set("Authorization", "Bearer "+h.secret)
	}
	resp, err := c.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{Status: resp.StatusCode, Body: string(b), protocol: resp.Proto, header: resp.Header}, err
}

// header makes headers of names and values in turn.
func headersOf(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// refusal is the body of an answer with one error of the protocol.
func refusal(code, description string) string {
	return `{"errors":[{"code":"` + code + `","description":"` + description + `"}]}`
}

// unreadable is the body of an answer to what is no query.
func unreadable(description string) string {
	return `{"errors":[{"position":[],"code":"invalid expression","description":"` + description + `"}]}`
}

var unauthorized = answer{Status: 401, Body: refusal("unauthorized", "Unauthorized")}

// same compares status and body.
func same(t *testing.T, got, want answer) {
	t.Helper()
	if got.Status != want.Status || got.Body != want.Body {
		t.Errorf("got %d %.300s\nwant %d %.300s", got.Status, got.Body, want.Status, want.Body)
	}
}

func TestProtocols(t *testing.T) {
	h := open(t, Options{}, nil)
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		got := h.ask(t, client(t, protocol), ask{body: `{"add":[1,2]}`})
		same(t, got, answer{Status: 200, Body: `{"resource":3}`})
		if got.protocol != protocol {
			t.Errorf("got %s, want %s", got.protocol, protocol)
		}
	}
}

// TestTLS checks that ALPN offers both protocols.
func TestTLS(t *testing.T) {
	cert, key, roots := connstest.Certificate(t)
	h := openTLS(t, Options{}, nil, cert, key)
	for want, offered := range map[string][]string{
		"HTTP/2.0": {"h2", "http/1.1"},
		"HTTP/1.1": {"http/1.1"},
	} {
		p := new(http.Protocols)
		p.SetHTTP1(true)
		p.SetHTTP2(len(offered) == 2)
		tr := &http.Transport{Protocols: p, TLSClientConfig: &tls.Config{RootCAs: roots}}
		t.Cleanup(tr.CloseIdleConnections)
		r, err := http.NewRequest(http.MethodPost, "https://"+h.addr+"/", strings.NewReader(`{"add":[1,2]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+h.secret)
		resp, err := tr.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if diff := cmp.Diff(resp.Proto+" "+string(b), want+` {"resource":3}`); diff != "" || err != nil {
			t.Error(diff, err)
		}
		resp.Body.Close()
	}
	resp, err := http.Get("http://" + h.addr + "/ping")
	if err == nil {
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("in clear text to a door with TLS: %s", resp.Status)
		}
	}
	if err := New(h.db, Options{}).Serve(&net.TCPListener{}, filepath.Join(t.TempDir(), "none"), key); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a certificate that is not there: %v", err)
	}
}
