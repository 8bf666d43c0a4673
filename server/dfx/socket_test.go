package dfx_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/fawndb/fawn/server/door"
)

// dial opens a socket as the client does: at the mount without its slash.
// The status is that of a refusal.
func (f *fixture) dial(server *httptest.Server, origin string) (conn *websocket.Conn, status int, err error) {
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	o := &websocket.DialOptions{Subprotocols: []string{"json"}, HTTPHeader: http.Header{}}
	if origin != "" {
		o.HTTPHeader.Set("Origin", origin)
	}
	conn, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(server.URL, "http")+"/dfx", o)
	if err != nil && res != nil {
		status = res.StatusCode
		res.Body.Close()
	}
	return conn, status, err
}

func TestSocket(t *testing.T) {
	f := newFixture(t)
	server := httptest.NewServer(f.door)
	defer server.Close()
	p := f.register()
	conn, _, err := f.dial(server, "https://app.example.com")
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	say := func(frame string) string {
		t.Helper()
		if err := conn.Write(ctx, websocket.MessageBinary, []byte(frame)); err != nil {
			t.Fatal(err)
		}
		kind, b, err := conn.Read(ctx)
		if err != nil || kind != websocket.MessageBinary {
			t.Fatalf("%v, %v", kind, err)
		}
		return string(b)
	}
	if conn.Subprotocol() != "json" {
		t.Errorf("subprotocol %q", conn.Subprotocol())
	}
	if got := say(`07180718AbCdEf{"Token":"` + p.access + `"}`); got != "0718AbCdEf200{}" {
		t.Error(got)
	}
	for frame, want := range map[string]string{
		`07180718AbCdEf{"Token":"` + p.refresh + `"}`: "0718AbCdEf401 INVALID_TOKEN",
		`07180718AbCdEf{"Token":"unknown"}`:           "0718AbCdEf401 INVALID_TOKEN",
		`07180718AbCdEf{}`:                            "0718AbCdEf401 INVALID_TOKEN",
		`07180718AbCdEf`:                              "0718AbCdEf400 INVALID_JSON",
		`05060506AbCdEf{}`:                            "0506AbCdEf404 NOT_FOUND",
	} {
		got := say(frame)
		var e struct{ Code string }
		if err := json.Unmarshal([]byte(got[13:]), &e); err != nil || got[:13]+" "+e.Code != want {
			t.Errorf("%s: %s, %v", frame[:14], got, err)
		}
	}
	if err := conn.Write(ctx, websocket.MessageBinary, []byte("0718")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
		t.Errorf("a short frame: %v", err)
	}
}

func TestSocketRefuses(t *testing.T) {
	f := newFixture(t)
	server := httptest.NewServer(f.door)
	defer server.Close()
	if _, status, err := f.dial(server, "https://evil.example.com"); err == nil || status != http.StatusForbidden {
		t.Errorf("a page of another site: %v", err)
	}
	if a := f.call("GET", "", ""); a.status != http.StatusNotFound {
		t.Errorf("a plain request: %d %s", a.status, a.text)
	}
	conn, _, err := f.dial(server, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	if err := conn.Write(ctx, websocket.MessageBinary, make([]byte, door.MaxBody+1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("a frame that is too large: %v", err)
	}
}

// TestSocketClose: a door that closes leaves no socket open.
func TestSocketClose(t *testing.T) {
	f := newFixture(t)
	server := httptest.NewServer(f.door)
	defer server.Close()
	conn, _, err := f.dial(server, "")
	if err != nil {
		t.Fatal(err)
	}
	f.door.Close()
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	if _, _, err := conn.Read(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("an open socket: %v", err)
	}
	if conn, _, err := f.dial(server, ""); err == nil {
		if _, _, err := conn.Read(ctx); err == nil || ctx.Err() != nil {
			t.Errorf("a new socket: %v", err)
		}
	}
}
