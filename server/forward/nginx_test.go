package forward_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fawndb/fawn/query/value"
)

// TestNginx: the real nginx asks before it passes a request to an application.
func TestNginx(t *testing.T) {
	f := newFixture(t)
	tokensServer := httptest.NewServer(f.door)
	defer tokensServer.Close()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s|%s|%s|%s", r.Method, r.URL, r.Header.Get("X-Auth-Subject"), r.Header.Get("X-Auth-User"), r.Header.Get("X-Auth-Permissions"), body)
	}))
	defer app.Close()
	client := startNginx(t, map[string]string{"TOKENS": tokensServer.Listener.Addr().String(), "APP": app.Listener.Addr().String()})
	type answer struct {
		status          int
		challenge, body string
	}
	send := func(method, body string, header ...string) answer {
		t.Helper()
		r, err := http.NewRequest(method, "http://nginx/api/x?permission=none", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range header {
			name, v, _ := strings.Cut(line, ": ")
			r.Header.Set(name, v)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer{res.StatusCode, res.Header.Get("WWW-Authenticate"), string(b)}
	}
	want := "POST /api/x?permission=none users/" + fmt.Sprint(f.ana.ID) + `|Ana%20"100%25"%20%C3%84%0D%0AX-Evil:%201|{"createA":true,"no":false}|the body`
	if got := send("POST", "the body", "Authorization: Bearer "+bearer, "X-Auth-Subject: users/1", "X-Auth-User: root"); got != (answer{200, "", want}) {
		t.Errorf("a good token: %+v", got)
	}
	if got := send("GET", ""); got.status != 401 || got.challenge != none {
		t.Errorf("no token: %+v", got)
	}
	if got := send("GET", "", "Authorization: Bearer unknown-token-of-nobody"); got.status != 401 || got.challenge != invalid {
		t.Errorf("an unknown token: %+v", got)
	}
	f.Do(`Update(Ref(Tokens(), Var("id")), { data: { permissions: { createA: false } } })`, map[string]any{"id": f.id})
	if got := send("GET", "", "Authorization: Bearer "+bearer); got.status != 403 {
		t.Errorf("a token without the permission: %+v", got)
	}
	f.Do(`Delete(Ref(Tokens(), Var("id")))`, map[string]any{"id": f.id})
	if got := send("GET", "", "Authorization: Bearer "+bearer); got.status != 401 {
		t.Errorf("a deleted token: %+v", got)
	}
	fauna := f.Do(`Select("secret", Create(Tokens(), { instance: Var("who"), data: { permissions: { createA: true } } }))`, map[string]any{"who": f.ana})
	if got := send("GET", "", "Authorization: Bearer "+string(fauna.(value.String))); got.status != 200 {
		t.Errorf("a token of Fauna: %+v", got)
	}
}

// startNginx starts nginx with the configuration in testdata, in which names in
// capitals are replaced, and returns a client of it.
func startNginx(t *testing.T, names map[string]string) *http.Client {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx" // not on every path
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal("nginx is not installed: apt-get install nginx-light, or make test, which does it")
	}
	dir, err := os.MkdirTemp("", "fawn-nginx-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b, err := os.ReadFile("testdata/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "DIR", dir)
	for name, v := range names {
		text = strings.ReplaceAll(text, name, v)
	}
	conf, socket := filepath.Join(dir, "nginx.conf"), filepath.Join(dir, "nginx.sock")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "-p", dir, "-c", conf)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := cmd.Wait(); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("nginx: %v\n%s", err, &said)
		}
		if strings.Contains(said.String(), bearer) {
			t.Error("the secret is in nginx's log")
		}
	})
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	for n := 0; ; n++ {
		c, err := dial(ctx, "", "")
		if err == nil {
			_ = c.Close()
			break
		}
		if n == 500 {
			t.Fatalf("nginx does not listen: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}
