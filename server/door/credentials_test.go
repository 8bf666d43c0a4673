package door_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

func basic(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

// TestReadCredentials: every way to say who the client is, and what is none.
func TestReadCredentials(t *testing.T) {
	invalid := auth.Invalid().Challenge(auth.Realms)
	for name, tc := range map[string]struct {
		headers   []string
		form      string
		want      door.Credentials
		err       error
		challenge string
	}{
		"nothing":             {challenge: `Basic realm="tokens"`},
		"basic":               {headers: []string{basic("7:se%3Acret")}, want: door.Credentials{ID: "7", Secret: "se:cret"}},
		"in lower case":       {headers: []string{"basic " + basic("7:x")[6:]}, want: door.Credentials{ID: "7", Secret: "x"}},
		"a secret alone":      {headers: []string{basic("secret:")}, want: door.Credentials{Secret: "secret"}},
		"bearer":              {headers: []string{"bearer  secret"}, want: door.Credentials{Secret: "secret", Bearer: true}, challenge: invalid},
		"a bearer with an id": {headers: []string{"Bearer secret"}, form: "client_id=7", want: door.Credentials{ID: "7", Secret: "secret", Bearer: true}},
		"form":                {form: "client_id=7&client_secret=x", want: door.Credentials{ID: "7", Secret: "x"}},
		"a public client":     {form: "client_id=7", want: door.Credentials{ID: "7"}},
		"the same id twice":   {headers: []string{basic("7:x")}, form: "client_id=7", want: door.Credentials{ID: "7", Secret: "x"}},
		"two headers":         {headers: []string{basic("7:x"), "Bearer x"}, err: door.ErrTwoWays},
		"two secrets":         {headers: []string{basic("7:x")}, form: "client_secret=x", err: door.ErrTwoWays},
		"two ids":             {headers: []string{basic("7:x")}, form: "client_id=8", err: door.ErrTwoWays},
		"an empty bearer":     {headers: []string{"Bearer "}, err: tokens.ErrClient, challenge: invalid},
		"an empty basic":      {headers: []string{basic(":")}, err: tokens.ErrClient, challenge: `Basic realm="tokens"`},
		"no colon":            {headers: []string{basic("secret")}, err: tokens.ErrClient},
		"no base64":           {headers: []string{"Basic %"}, err: tokens.ErrClient},
		"no escape":           {headers: []string{basic("7:%zz")}, err: tokens.ErrClient},
		"no escape in an id":  {headers: []string{basic("%zz:x")}, err: tokens.ErrClient},
		"another scheme":      {headers: []string{"Digest x"}, err: tokens.ErrClient},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			for _, h := range tc.headers {
				r.Header.Add("Authorization", h)
			}
			form, err := url.ParseQuery(tc.form)
			if err != nil {
				t.Fatal(err)
			}
			got, err := door.ReadCredentials(r, form)
			if !errors.Is(err, tc.err) || err == nil && got != tc.want {
				t.Errorf("%+v, %v", got, err)
			}
			if tc.challenge != "" && got.Challenge() != tc.challenge {
				t.Errorf("challenge: %s", got.Challenge())
			}
		})
	}
}

// TestClients: whom credentials find, and what becomes of those that find
// nobody.
func TestClients(t *testing.T) {
	f := tokenstest.New(t)
	now := time.Unix(1_000_000, 0)
	d, err := door.New("test", f.Service, door.Options{Limits: door.NewLimits(func() time.Time { return now })})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	find := func(c door.Credentials) error {
		err := d.View(context.Background(), func(tx *tokens.Tx) error {
			_, err := c.Client(tx)
			return err
		})
		return d.Unknown(r, c, err)
	}
	id, secret := f.Key(`{ role: "server" }`)
	public, _ := f.Key(`{ role: "client", data: { public: true } }`)
	for _, c := range []door.Credentials{{ID: id, Secret: secret}, {Secret: secret, Bearer: true}, {ID: public}} {
		if err := find(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := find(door.Credentials{}); !errors.Is(err, tokens.ErrClient) {
		t.Errorf("nobody: %v", err)
	}
	wrong := []door.Credentials{{ID: public, Secret: secret}, {ID: id}, {Secret: "x"}}
	for i := range door.UnknownSecrets.Times {
		if err := find(wrong[i%3]); !errors.Is(err, tokens.ErrClient) {
			t.Fatalf("%+v: %v", wrong[i%3], err)
		}
	}
	var limited *door.Limited
	if err := find(wrong[0]); !errors.As(err, &limited) {
		t.Errorf("one too many: %v", err)
	}
	if err := find(door.Credentials{Secret: secret}); err != nil {
		t.Errorf("a client, meanwhile: %v", err)
	}
	events := f.Audited()
	if len(events) != door.UnknownSecrets.Times || len(slices.Compact(events)) != 1 || events[0] != "client.denied" {
		t.Errorf("audit: %d events", len(events))
	}
	f.Hidden(nil, secret)
}
