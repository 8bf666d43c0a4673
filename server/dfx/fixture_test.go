package dfx_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/dfx"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// fixture is a door with a license of acme for two devices, and Ana, a user.
type fixture struct {
	*tokenstest.Fixture
	t    *testing.T
	door *dfx.Door
	key  string // of the license
	sent chan deliver.Message
}

// captured is a sender that hands messages to the test.
type captured chan deliver.Message

func (captured) Name() string { return "test" }

func (c captured) Send(_ context.Context, m deliver.Message) error {
	c <- m
	return nil
}

func newFixture(t *testing.T, edit ...func(*dfx.Options)) *fixture {
	t.Helper()
	f := &fixture{Fixture: tokenstest.New(t), t: t, sent: make(chan deliver.Message, 100)}
	queue := deliver.New(f.Service, deliver.Options{
		Senders: map[string]deliver.Sender{deliver.Email: captured(f.sent), deliver.SMS: captured(f.sent)}, Clock: f.Clock,
	})
	t.Cleanup(queue.Close)
	o := dfx.Options{Queue: queue, Version: "1", ResetURL: "https://app.example.com/reset?token={token}"}
	for _, e := range edit {
		e(&o)
	}
	var err error
	f.door, err = dfx.New(f.Service, door.Options{
		Origins: []string{"https://app.example.com"}, Limits: door.NewLimits(f.Clock),
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.door.Close)
	f.key, _, err = dfx.CreateLicense(context.Background(), f.Service, dfx.License{
		Org: "acme", MaxDevices: 2, ExpiresAt: tokenstest.Start.Add(60 * 24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.User(map[string]any{"email": "Ana@example.com", "org": "acme", "phone": "+15550100"}, "correct horse")
	return f
}

// answer is what the door says.
type answer struct {
	status int
	body   map[string]any
	header http.Header
	text   string
}

// call makes a request; headers are "Name: value".
func (f *fixture) call(method, path, body string, headers ...string) answer {
	f.t.Helper()
	return f.callFrom("192.0.2.1", method, path, body, headers...)
}

// callFrom is call from an address.
func (f *fixture) callFrom(address, method, path, body string, headers ...string) answer {
	f.t.Helper()
	r := httptest.NewRequest(method, "/dfx/"+path, strings.NewReader(body))
	r.RemoteAddr = address + ":1234"
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		r.Header.Set(name, v)
	}
	w := httptest.NewRecorder()
	f.door.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if a.text != "" && json.Unmarshal(w.Body.Bytes(), &a.body) != nil {
		f.t.Fatalf("%s %s: %d %q is no JSON object", method, path, a.status, a.text)
	}
	return a
}

// register makes a device and returns its pair.
func (f *fixture) register() pair {
	f.t.Helper()
	return f.pairOf(f.call("POST", "organizations/licenses",
		`{"Key":"`+f.key+`","DeviceTypeID":"LINUX","Name":"kiosk","Identifier":"com.example.kiosk","Version":"1"}`))
}

// pair is an access token and a refresh token.
type pair struct{ access, refresh string }

func (p pair) String() string {
	return `{"Token":"` + p.access + `","RefreshToken":"` + p.refresh + `"}`
}

func (f *fixture) pairOf(a answer) pair {
	f.t.Helper()
	if a.status != http.StatusOK {
		f.t.Fatalf("no pair: %d %s", a.status, a.text)
	}
	return pair{a.body["Token"].(string), a.body["RefreshToken"].(string)}
}

func (f *fixture) renew(p pair) answer {
	f.t.Helper()
	return f.call("POST", "auths/renew", p.String())
}

// until waits for what happens behind the answers.
func (f *fixture) until(what string, happened func() bool) {
	f.t.Helper()
	for end := time.Now().Add(10 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatal("it does not happen: " + what)
		}
	}
}

func (f *fixture) resolves(secret string) bool {
	f.t.Helper()
	_, err := f.Resolve(context.Background(), tokens.Presented{Secret: secret})
	return err == nil
}

// message is the next one that is delivered.
func (f *fixture) message() deliver.Message {
	f.t.Helper()
	select {
	case m := <-f.sent:
		return m
	case <-time.After(10 * time.Second):
		f.t.Fatal("no message is delivered")
		return deliver.Message{}
	}
}
