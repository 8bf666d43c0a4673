package door_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

func newDoor(t *testing.T, o door.Options) *door.Door {
	t.Helper()
	d, err := door.New("test", tokenstest.New(t).Service, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestHandler(t *testing.T) {
	d := newDoor(t, door.Options{})
	var id string
	var bodyErr error
	h := d.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id = door.RequestID(r)
		var body struct{ A string }
		bodyErr = door.ReadJSON(r, &body)
		d.Problem(w, r, http.StatusNotFound, "instance_not_found", "<"+body.A+">")
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(`{"a":"b","more":1}`)))
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("id %q", id)
	}
	want := `{"type":"https://tokens.example.com/problems/instance-not-found","title":"Instance not found","status":404,` +
		`"detail":"<b>","instance":"/requests/` + id + `","code":"instance_not_found"}`
	if got := w.Body.String(); got != want || bodyErr != nil {
		t.Errorf("%s, %v", got, bodyErr)
	}
	for name, want := range map[string]string{
		"X-Request-Id": id, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Type": "application/problem+json; charset=utf-8", "Strict-Transport-Security": "max-age=31536000",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for body, want := range map[string]error{
		`{"a":"` + strings.Repeat("x", door.MaxBody) + `"}`: door.ErrTooLarge,
		`a=b`: door.ErrForm,
	} {
		r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
		if body == "a=b" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if !errors.Is(bodyErr, want) {
			t.Errorf("%.20s: %v, want %v", body, bodyErr, want)
		}
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer abc": "abc", "bearer  abc": "abc", "BEARER abc": "abc", "Bearer": "", "Bearer ": "",
		"Basic abc": "-", "": "-", "Bearerabc": "-",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		got, present := door.Bearer(r)
		if !present {
			got = "-"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestAddress(t *testing.T) {
	d := newDoor(t, door.Options{Proxies: []string{"10.0.0.0/8", "::1"}})
	for _, tc := range []struct{ peer, forwarded, want string }{
		{"203.0.113.9:5", "", "203.0.113.9"},
		{"203.0.113.9:5", "198.51.100.1", "203.0.113.9"}, // no proxy of ours
		{"10.1.1.1:5", "", "10.1.1.1"},
		{"10.1.1.1:5", "198.51.100.1", "198.51.100.1"},
		{"10.1.1.1:5", "192.0.2.7, 198.51.100.1, 10.2.2.2", "198.51.100.1"},
		{"10.1.1.1:5", "192.0.2.7, nonsense, 10.2.2.2", "10.2.2.2"},
		{"[::1]:5", "2001:db8::1", "2001:db8::1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tc.peer
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		if got := d.Address(r); got != tc.want {
			t.Errorf("%v: %s", tc, got)
		}
	}
	if _, err := door.New("x", tokenstest.New(t).Service, door.Options{Proxies: []string{"nowhere"}}); err == nil {
		t.Error("a proxy without an address")
	}
	for a, want := range map[string]string{"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "x": "x"} {
		if got := door.Network(a); got != want {
			t.Errorf("%s: %s, want %s", a, got, want)
		}
	}
}

func TestOrigins(t *testing.T) {
	d := newDoor(t, door.Options{Origins: []string{"https://app.example.com/"}})
	h := d.CrossOrigin("GET, POST", "authorization", http.NotFoundHandler())
	for origin, want := range map[string]string{
		"https://app.example.com": "https://app.example.com", "https://tokens.example.com": "https://tokens.example.com",
		"https://evil.example.com": "", "": "", "null": "",
	} {
		r := httptest.NewRequest(http.MethodOptions, "/", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want || w.Code != http.StatusNoContent {
			t.Errorf("%s: %q, %d", origin, got, w.Code)
		}
	}
	for _, tc := range []struct {
		method, header, value string
		want                  bool
	}{
		{"GET", "Origin", "https://evil.example.com", false},
		{"POST", "Origin", "https://evil.example.com", true},
		{"POST", "Origin", "null", true},
		{"POST", "Origin", "https://app.example.com", false},
		{"POST", "Referer", "https://evil.example.com/x", true},
		{"POST", "Referer", "https://tokens.example.com/x", false},
		{"POST", "Sec-Fetch-Site", "cross-site", true},
		{"POST", "Sec-Fetch-Site", "same-origin", false},
		{"POST", "X-None", "", false},
	} {
		r := httptest.NewRequest(tc.method, "/", nil)
		r.Header.Set(tc.header, tc.value)
		if got := d.Forged(r); got != tc.want {
			t.Errorf("%v: %v", tc, got)
		}
	}
}

func TestLimits(t *testing.T) {
	now := tokenstest.Start
	l := door.NewLimits(func() time.Time { return now })
	limit := door.Limit{Name: "x", Times: 2, Within: time.Minute}
	take := func(who string) time.Duration { return l.Take(limit, who) }
	for _, who := range []string{"a", "a", "b"} {
		if take(who) != 0 {
			t.Errorf("%s is limited too early", who)
		}
	}
	now = now.Add(20 * time.Second)
	if w := take("a"); w != 40*time.Second || l.Wait(limit, "a") != w || l.Wait(limit, "b") != 0 {
		t.Errorf("wait %v", w)
	}
	now = now.Add(40 * time.Second)
	if take("a") != 0 {
		t.Error("limited too long")
	}
}

// TestAttempt: wrong guesses of an address are counted, right ones and other
// failures are not.
func TestAttempt(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	d := newDoor(t, door.Options{Limits: door.NewLimits(func() time.Time { return now })})
	r := httptest.NewRequest(http.MethodPost, "/login", nil)
	other := errors.New("the store has failed")
	for i := range 3 * door.FailedLogins.Times {
		want := []error{nil, other, fmt.Errorf("mine: %w", tokens.ErrCredentials)}[i%3]
		if err := d.Attempt(r, func() error { return want }); !errors.Is(err, want) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	now = now.Add(100*time.Second + time.Millisecond)
	var limited *door.Limited
	err := d.Attempt(r, func() error {
		t.Error("an address that has guessed wrong too often logs in")
		return nil
	})
	if !errors.As(err, &limited) || limited.Wait != 800*time.Second-time.Millisecond {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	door.RetryAfter(w.Header(), limited.Wait)
	if got := w.Header().Get("Retry-After"); got != "800" {
		t.Errorf("Retry-After: %s", got)
	}
	w = httptest.NewRecorder()
	if door.RetryAfter(w.Header(), 0); len(w.Header()) != 0 {
		t.Errorf("no time to wait: %v", w.Header())
	}
}
