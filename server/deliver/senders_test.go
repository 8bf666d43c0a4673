package deliver_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

var short = deliver.Message{
	ID: "5f0c", Channel: deliver.SMS, To: "+15550100", Text: "Your login code is 481920.", Template: "login_code",
	Vars: map[string]string{"code": "481920"}, ExpiresAt: tokenstest.Start.Add(10 * time.Minute),
}

func TestWebhook(t *testing.T) {
	var got, signature string
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, signature = string(b), r.Header.Get("X-Signature")
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	defer server.Close()
	s, err := deliver.NewWebhook(deliver.WebhookOptions{URL: server.URL + "/send?key=5", Secret: "shared"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(context.Background(), short); err != nil {
		t.Fatal(err)
	}
	want := `{"id":"5f0c","to":"+15550100","text":"Your login code is 481920.","template":"login_code","expiresAt":"2026-03-01T12:10:00.000Z"}`
	mac := hmac.New(sha256.New, []byte("shared"))
	mac.Write([]byte(want))
	if got != want || signature != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("%s, %s", got, signature)
	}
	for code, temporary := range map[int]bool{302: false, 400: false, 404: false, 429: true, 500: true, 503: true} {
		status = code
		err := s.Send(context.Background(), short)
		var own *deliver.Error
		if !errors.As(err, &own) || own.Text != fmt.Sprintf("it answers %d", code) || own.Temporary() != temporary {
			t.Errorf("%d: %v", code, err)
		}
	}
	server.Close()
	var own *deliver.Error
	if err := s.Send(context.Background(), short); !errors.As(err, &own) || own.Text != "the connection fails" || !own.Temporary() {
		t.Errorf("nobody there: %v", err)
	}
	for want, o := range map[string]deliver.WebhookOptions{
		"webhook: the URL is not good":                                      {URL: "nowhere?key=5", Secret: "s"},
		"webhook: messages to sms.example.com would go in clear: use https": {URL: "http://sms.example.com/x?key=5", Secret: "s"},
		"webhook: there is no secret for the signature":                     {URL: "https://sms.example.com/x"},
	} {
		if _, err := deliver.NewWebhook(o); err == nil || err.Error() != want {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestOutbox(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outbox")
	var log bytes.Buffer
	o, err := deliver.NewOutbox(deliver.OutboxOptions{
		Dir: dir, PublicURL: "http://127.0.0.1:8443", Log: slog.New(slog.NewTextHandler(&log, nil)),
		Clock: func() time.Time { return tokenstest.Start },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []deliver.Message{short, letter} {
		if err := o.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"20260301T120000.000Z-5f0c.json": `"code": "481920"`, "20260301T120000.000Z-5f0c.eml": "Auto-Submitted: auto-generated\r\n",
	} {
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %s, %v", name, b, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if err := o.Send(context.Background(), short); err == nil {
		t.Error("a message takes another's file")
	}
	injected := letter
	injected.ID, injected.Subject = "6f0c", "a\nBcc: eve@example.com"
	if err := o.Send(context.Background(), injected); err == nil {
		t.Error("a line break in a header")
	}
	if strings.Contains(log.String(), "481920") || strings.Count(log.String(), "\n") != 2 {
		t.Errorf("log: %s", log.String())
	}
	for i := range 150 {
		m := short
		m.ID = fmt.Sprint(i)
		if err := o.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	if last := o.Messages(); len(last) != 100 || last[0].ID != "50" || last[99].ID != "149" {
		t.Errorf("%d messages are remembered", len(last))
	}
	_, err = deliver.NewOutbox(deliver.OutboxOptions{Dir: dir, PublicURL: "https://tokens.example.com"})
	if err == nil || !strings.HasPrefix(err.Error(), "outbox: it writes codes and links in clear") {
		t.Errorf("https: %v", err)
	}
	if _, err = deliver.NewOutbox(deliver.OutboxOptions{Dir: dir, PublicURL: "https://tokens.example.com", Force: true}); err != nil {
		t.Errorf("forced: %v", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err = deliver.NewOutbox(deliver.OutboxOptions{Dir: dir}); err == nil || !strings.Contains(err.Error(), "others may read") {
		t.Errorf("a directory that others may read: %v", err)
	}
}

func TestOutboxHandler(t *testing.T) {
	f := tokenstest.New(t)
	o, err := deliver.NewOutbox(deliver.OutboxOptions{Dir: filepath.Join(t.TempDir(), "outbox")})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Send(context.Background(), short); err != nil {
		t.Fatal(err)
	}
	d, err := door.New("dev", f.Service, door.Options{Proxies: []string{"127.0.0.9"}})
	if err != nil {
		t.Fatal(err)
	}
	key := func(role string) string {
		return string(f.Do(`Select("secret", CreateKey({ role: Var("role") }))`, map[string]any{"role": role}).(value.String))
	}
	admin, server := key("admin"), key("server")
	for name, tc := range map[string]struct {
		method, peer, forwarded, secret string
		want                            int
	}{
		"admin":           {"GET", "127.0.0.1:5", "", admin, 200},
		"IPv6":            {"GET", "[::1]:5", "", admin, 200},
		"server":          {"GET", "127.0.0.1:5", "", server, 401},
		"nobody":          {"GET", "127.0.0.1:5", "", "", 401},
		"elsewhere":       {"GET", "203.0.113.9:5", "", admin, 403},
		"through a proxy": {"GET", "127.0.0.9:5", "203.0.113.9", admin, 403},
		"post":            {"POST", "127.0.0.1:5", "", admin, 405},
	} {
		r := httptest.NewRequest(tc.method, "/dev/outbox", nil)
		r.RemoteAddr = tc.peer
		r.Header.Set("Authorization", "Bearer "+tc.secret)
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		w := httptest.NewRecorder()
		o.Handler(d).ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != tc.want || strings.Contains(body, `"code":"481920"`) != (tc.want == 200) || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", name, w.Code, body)
		}
	}
}
