package dfx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/dfx"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// TestRenewRaces: of many renewals with one pair one succeeds, and its pair
// works; the old one, presented 5 seconds later, ends the family.
func TestRenewRaces(t *testing.T) {
	f := newFixture(t)
	old := f.register()
	var wins atomic.Int32
	var won answer
	var wait sync.WaitGroup
	for i := range 64 {
		wait.Go(func() {
			switch a := f.callFrom(fmt.Sprintf("192.0.2.%d", i), "POST", "auths/renew", old.String()); {
			case a.status == http.StatusOK:
				wins.Add(1)
				won = a
			case a.body["Code"] != "INVALID_TOKEN_PAIR" || a.status != http.StatusBadRequest:
				t.Errorf("%d %s", a.status, a.text)
			}
		})
	}
	wait.Wait()
	if wins.Load() != 1 {
		t.Fatalf("%d won", wins.Load())
	}
	p := f.pairOf(won)
	if f.resolves(old.access) || f.resolves(old.refresh) || !f.resolves(p.access) {
		t.Error("the old pair lives, or the new one does not")
	}
	p = f.pairOf(f.renew(p))
	f.Forward(5 * time.Second)
	if a := f.renew(old); a.body["Code"] != "INVALID_TOKEN_PAIR" || f.resolves(p.access) || f.resolves(p.refresh) {
		t.Errorf("a pair used before: %s; its family lives", a.text)
	}
	if got := f.Audited(); !slices.Contains(got, "token.reuse_detected") {
		t.Errorf("audit: %v", got)
	}
}

// TestCodeRaces: a login code is used once.
func TestCodeRaces(t *testing.T) {
	f := newFixture(t)
	f.call("POST", "auths/users/code", `{"PhoneNumber":"+15550100","Identifier":"acme"}`)
	code := f.message().Vars["code"]
	var wins atomic.Int32
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			if f.call("POST", "users/auth/code", `{"LoginCode":`+code+`,"PhoneNumber":"+15550100","OrgKey":"acme"}`).status == http.StatusOK {
				wins.Add(1)
			}
		})
	}
	wait.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d won", wins.Load())
	}
}

// TestSeatRaces: no more devices are registered at once than there are seats.
func TestSeatRaces(t *testing.T) {
	f := newFixture(t)
	var wins atomic.Int32
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			a := f.call("POST", "organizations/licenses", `{"Key":"`+f.key+`","DeviceTypeID":"LINUX","Name":"k","Identifier":"i","Version":"1"}`)
			if a.status == http.StatusOK {
				wins.Add(1)
			}
		})
	}
	wait.Wait()
	if wins.Load() != 2 {
		t.Errorf("%d devices are registered", wins.Load())
	}
}

// TestSeatEnds: a device whose pair has ended has no seat any more.
func TestSeatEnds(t *testing.T) {
	f := newFixture(t)
	var err error
	f.key, _, err = dfx.CreateLicense(context.Background(), f.Service, dfx.License{Org: "acme", MaxDevices: 1, Role: "KIOSK"})
	if err != nil {
		t.Fatal(err)
	}
	p := f.register()
	f.Forward(89 * 24 * time.Hour)
	body := `{"Key":"` + f.key + `","DeviceTypeID":"LINUX","Name":"k","Identifier":"i","Version":"1"}`
	if a := f.call("POST", "organizations/licenses", body); a.body["Code"] != "LICENSE_EXHAUSTED" {
		t.Errorf("%d %s", a.status, a.text)
	}
	f.Forward(24 * time.Hour)
	if a := f.call("POST", "organizations/licenses", body); a.status != http.StatusOK || a.body["RoleID"] != "KIOSK" {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := f.renew(p); a.body["Code"] != "INVALID_TOKEN_PAIR" {
		t.Errorf("%d %s", a.status, a.text)
	}
}

// TestBusy: who would wait too long for a password to be hashed is told so.
func TestBusy(t *testing.T) {
	f := newFixture(t)
	ctx, done := context.WithTimeout(context.Background(), -time.Second)
	defer done()
	body := `{"Email":"ana@example.com","Password":"correct horse","Identifier":"acme"}`
	r := httptest.NewRequestWithContext(ctx, "POST", "/dfx/organizations/auth", strings.NewReader(body))
	w := httptest.NewRecorder()
	f.door.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"Code":"SERVICE_UNAVAILABLE"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestLock: five wrong passwords lock an account, which then answers as if the
// password were wrong; tokens that it has stay good.
func TestLock(t *testing.T) {
	f := newFixture(t)
	login := func(email, password string) answer {
		return f.call("POST", "organizations/auth", `{"Email":"`+email+`","Password":"`+password+`","Identifier":"acme"}`)
	}
	before := f.pairOf(login("ana@example.com", "correct horse"))
	var wrong answer
	for range 5 {
		wrong = login("ana@example.com", "wrong")
	}
	for _, email := range []string{"ana@example.com", "ANA@example.com"} {
		if a := login(email, "correct horse"); a.status != wrong.status || a.text != wrong.text {
			t.Errorf("a locked account: %d %s", a.status, a.text)
		}
	}
	if !f.resolves(before.access) {
		t.Error("a lock ends a session")
	}
	for range 6 {
		if a := login("nobody@example.com", "wrong"); a.status != wrong.status || a.text != wrong.text {
			t.Errorf("an unknown account: %d %s", a.status, a.text)
		}
	}
	f.Forward(15 * time.Minute)
	f.pairOf(login("ana@example.com", "correct horse"))
	counts := map[string]int{}
	for _, e := range f.Audited() {
		counts[e]++
	}
	if counts["login.ok"] != 2 || counts["login.failed"] != 10 || counts["login.locked"] != 3 {
		t.Errorf("audit: %v", counts)
	}
}

// TestLimits: what an address, a phone number and a mailbox may ask for.
func TestLimits(t *testing.T) {
	login := func(f *fixture, i int) answer {
		return f.call("POST", "organizations/auth", fmt.Sprintf(`{"Email":"user%d@example.com","Password":"x","Identifier":"acme"}`, i))
	}
	code := func(to string) func(*fixture, int) answer {
		return func(f *fixture, i int) answer {
			return f.call("POST", "auths/users/code", strings.ReplaceAll(`{"PhoneNumber":"+155501`+to+`","Identifier":"acme"}`, "%", fmt.Sprintf("%02d", i)))
		}
	}
	for name, tc := range map[string]struct {
		times int
		wait  string
		call  func(*fixture, int) answer
	}{
		"failed logins": {50, "900", login},
		"failed codes": {50, "900", func(f *fixture, _ int) answer {
			return f.call("POST", "users/auth/code", `{"LoginCode":100000,"PhoneNumber":"+15550100","OrgKey":"acme"}`)
		}},
		"renewals": {60, "60", func(f *fixture, _ int) answer { return f.renew(pair{"x", "y"}) }},
		"unknown secrets": {300, "60", func(f *fixture, _ int) answer {
			return f.call("GET", "auth", "", "Authorization: Bearer unknown-unknown-unknown")
		}},
		"unknown licenses": {300, "60", func(f *fixture, _ int) answer {
			return f.call("POST", "organizations/licenses", `{"Key":"5a7c","DeviceTypeID":"LINUX","Name":"k","Identifier":"i","Version":"1"}`)
		}},
		"resets": {10, "3600", func(f *fixture, _ int) answer {
			return f.call("PATCH", "users/reset", `{"ResetToken":"pr_unknown-unknown","Password":"battery staple"}`)
		}},
		"sends of an address":        {20, "3600", code("%")},
		"codes of a number":          {3, "900", code("00")},
		"codes of an unknown number": {3, "900", code("99")},
		"links of a mailbox": {3, "900", func(f *fixture, i int) answer {
			mailbox := []string{"ana@example.com", "ANA@example.com"}[i%2]
			return f.call("PATCH", "auths/users/reset", `{"Email":"`+mailbox+`","Identifier":"acme"}`)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for i := range tc.times {
				if a := tc.call(f, i); a.status == http.StatusTooManyRequests {
					t.Fatalf("limited after %d", i)
				}
			}
			a := tc.call(f, tc.times)
			if a.status != http.StatusTooManyRequests || a.body["Code"] != "TOO_MANY_REQUESTS" || a.header.Get("Retry-After") != tc.wait ||
				fmt.Sprint(a.body["remainingLockoutDurationSec"]) != tc.wait {
				t.Errorf("%d %s, %s", a.status, a.text, a.header.Get("Retry-After"))
			}
		})
	}
}

// TestSendsADay: ten messages a day to a phone number.
func TestSendsADay(t *testing.T) {
	f := newFixture(t)
	sent := 0
	for range 24 {
		if f.call("POST", "auths/users/code", `{"PhoneNumber":"+15550100","Identifier":"acme"}`).status == http.StatusOK {
			sent++
		}
		f.Forward(59 * time.Minute)
	}
	if sent != 10 {
		t.Errorf("%d were sent", sent)
	}
}

// TestEnumeration: whether somebody is known is not seen in an answer, only in
// the audit.
func TestEnumeration(t *testing.T) {
	f := newFixture(t)
	f.User(map[string]any{"email": "eve@example.com", "org": "acme", "phone": "+15550111", "isActive": false}, "correct horse")
	for _, calls := range [][]string{
		{
			`POST auths/renew {"PhoneNumber":"+15550100","Identifier":"acme"}`,
			`POST auths/renew {"PhoneNumber":"+15550199","Identifier":"acme"}`,
			`POST auths/renew {"PhoneNumber":"+15550111","Identifier":"acme"}`,
			`POST auths/renew {"PhoneNumber":"+15550100","Identifier":"nowhere"}`,
			`PATCH auths/users/reset {"Email":"ana@example.com","Identifier":"acme"}`,
			`PATCH auths/users/reset {"Email":"nobody@example.com","Identifier":"acme"}`,
			`PATCH auths/users/reset {"Email":"eve@example.com","Identifier":"acme"}`,
			`PATCH auths/users/reset {"Email":"ana@example.com","Identifier":"nowhere"}`,
		},
		{
			`POST organizations/auth {"Email":"ana@example.com","Password":"wrong","Identifier":"acme"}`,
			`POST organizations/auth {"Email":"nobody@example.com","Password":"wrong","Identifier":"acme"}`,
			`POST organizations/auth {"Email":"eve@example.com","Password":"correct horse","Identifier":"acme"}`,
			`POST organizations/auth {"Email":"ana@example.com","Password":"correct horse","Identifier":"nowhere"}`,
		},
		{
			`POST users/auth/code {"LoginCode":100000,"PhoneNumber":"+15550100","OrgKey":"acme"}`,
			`POST users/auth/code {"LoginCode":100000,"PhoneNumber":"+15550199","OrgKey":"acme"}`,
			`POST users/auth/code {"LoginCode":100000,"PhoneNumber":"+15550111","OrgKey":"acme"}`,
			`POST users/auth/code {"LoginCode":100000,"PhoneNumber":"+15550100","OrgKey":"nowhere"}`,
		},
	} {
		var first answer
		for i, line := range calls {
			part := strings.SplitN(line, " ", 3)
			a := f.call(part[0], part[1], part[2])
			if i == 0 {
				first = a
			}
			a.header.Del("X-Request-Id")
			first.header.Del("X-Request-Id")
			if a.status != first.status || a.text != first.text || fmt.Sprint(a.header) != fmt.Sprint(first.header) {
				t.Errorf("%s: %d %s %v", line, a.status, a.text, a.header)
			}
		}
	}
	count := map[string]int{}
	f.until("all requests are dealt with", func() bool {
		clear(count)
		for _, e := range f.Audited() {
			count[e]++
		}
		return count["code.requested"]+count["reset.requested"] == 8 && count["delivery.sent"] >= 2
	})
	for range 2 {
		if m := f.message(); m.To != "+15550100" && m.To != "Ana@example.com" {
			t.Errorf("a message to %s", m.To)
		}
	}
	if len(f.sent) != 0 {
		t.Errorf("a message to %s", (<-f.sent).To)
	}
	for e, want := range map[string]int{"code.requested": 4, "reset.requested": 4, "delivery.sent": 2, "login.failed": 4, "code.failed": 4} {
		if count[e] != want {
			t.Errorf("%d of %s", count[e], e)
		}
	}
}

// TestUnconfigured: without a sender requests succeed, and the audit says so.
func TestUnconfigured(t *testing.T) {
	f := newFixture(t, func(o *dfx.Options) { o.Queue = nil })
	if a := f.call("POST", "auths/users/code", `{"PhoneNumber":"+15550100","Identifier":"acme"}`); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.text)
	}
	f.until("the audit says so", func() bool {
		return slices.Equal(f.Audited(), []string{"code.requested", "delivery.unconfigured"})
	})
}

// TestSecrets: no secret is in the audit, the log, or the database's file.
func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	db, err := engine.Open(filepath.Join(dir, "fawn.db"), engine.Options{PasswordCost: password.Cost{Memory: 8, Time: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := tokens.OpenRing(filepath.Join(dir, "fawn.keys"), tokenstest.Start, tokens.RingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := tokens.New(context.Background(), db, tokens.Options{
		Ring: ring, Issuer: "https://tokens.example.com", Audited: func(e tokens.Event) { logger.Info("audit", "event", e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, Fixture: &tokenstest.Fixture{Service: s}, sent: make(chan deliver.Message, 10)}
	queue := deliver.New(s, deliver.Options{
		Log: logger, Senders: map[string]deliver.Sender{deliver.Email: captured(f.sent), deliver.SMS: captured(f.sent)},
	})
	if f.door, err = dfx.New(s, door.Options{Log: logger}, dfx.Options{Queue: queue}); err != nil {
		t.Fatal(err)
	}
	if f.key, _, err = dfx.CreateLicense(context.Background(), s, dfx.License{Org: "acme", MaxDevices: 5}); err != nil {
		t.Fatal(err)
	}
	secrets := []string{f.key, "correct horse", "battery staple", "a wrong password"}
	keep := func(a answer) pair {
		p := f.pairOf(a)
		secrets = append(secrets, p.access, p.refresh)
		return p
	}
	device := f.register()
	secrets = append(secrets, device.access, device.refresh)
	if a := f.call("POST", "users", `{"Email":"ana@example.com","PhoneNumber":"+15550100","Password":"correct horse"}`,
		"Authorization: Bearer "+device.access); a.status != http.StatusOK {
		t.Fatal(a.text)
	}
	device2 := keep(f.renew(device))
	f.renew(device)
	f.renew(pair{device.access, device2.refresh})
	bearer := "Authorization: Bearer " + device2.access
	keep(f.call("POST", "users/auth", `{"Email":"ana@example.com","Password":"correct horse"}`, bearer))
	f.call("POST", "users/auth", `{"Email":"ana@example.com","Password":"a wrong password"}`, bearer)
	extra := f.call("POST", "auths/generateToken", device2.String())
	secrets = append(secrets, extra.body["Token"].(string))
	f.call("POST", "auths/users/code", `{"PhoneNumber":"+15550100","Identifier":"acme"}`)
	m := f.message()
	secrets = append(secrets, "\xa6"+m.Vars["code"], `"`+m.Vars["code"]+`"`, m.Text) // as MessagePack and JSON write it
	keep(f.call("POST", "users/auth/code", `{"LoginCode":`+m.Vars["code"]+`,"PhoneNumber":"+15550100","OrgKey":"acme"}`))
	f.call("PATCH", "auths/users/reset", `{"Email":"ana@example.com","Identifier":"acme"}`)
	m = f.message()
	secrets = append(secrets, m.Vars["token"])
	if a := f.call("PATCH", "users/reset", `{"ResetToken":"`+m.Vars["token"]+`","Password":"battery staple"}`); a.status != http.StatusOK {
		t.Fatal(a.text)
	}
	queue.Close()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "fawn.db"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte("reset.used")) || !bytes.Contains(log.Bytes(), []byte("reset.used")) {
		t.Error("the audit is elsewhere")
	}
	for _, secret := range secrets {
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("%q is in the file", secret)
		}
		if bytes.Contains(log.Bytes(), []byte(secret)) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// TestExtras: a pair has a bounded number of extra access tokens.
func TestExtras(t *testing.T) {
	f := newFixture(t)
	p := f.register()
	for range 32 {
		if a := f.call("POST", "auths/generateToken", p.String()); a.status != http.StatusOK {
			t.Fatal(a.text)
		}
	}
	if a := f.call("POST", "auths/generateToken", p.String()); a.status != http.StatusTooManyRequests {
		t.Errorf("%d %s", a.status, a.text)
	}
	f.pairOf(f.renew(p))
}

func TestTooLarge(t *testing.T) {
	f := newFixture(t)
	a := f.call("POST", "auths/renew", `{"Token":"`+strings.Repeat("x", door.MaxBody)+`"}`)
	if a.status != http.StatusRequestEntityTooLarge || a.body["Code"] != "REQUEST_TOO_LARGE" {
		t.Errorf("%d %s", a.status, a.text)
	}
}

// TestStoreFails: what is not the client's fault tells it nothing.
func TestStoreFails(t *testing.T) {
	f := newFixture(t)
	p := f.register()
	f.Do(`Update(Select(["data", 0], Paginate(Documents(Collection("dfx_orgs")))), { data: { policy: "none" } })`, nil)
	a := f.call("GET", "organizations/policy/password", "", "Authorization: Bearer "+p.access)
	if a.status != http.StatusInternalServerError || a.body["Code"] != "INTERNAL_ERROR" || a.body["Message"] != "Internal error." {
		t.Errorf("%d %s", a.status, a.text)
	}
}

func TestMessages(t *testing.T) {
	f := newFixture(t)
	f.call("PATCH", "auths/users/reset", `{"Email":"ana@example.com","Identifier":"acme"}`)
	m := f.message()
	link := "https://app.example.com/reset?token=" + m.Vars["token"]
	want := deliver.Message{
		ID: m.ID, Channel: "email", To: "Ana@example.com", Template: "password_reset", Locale: "en", Subject: "Choose a new password",
		Text: "Choose a new password within 30 minutes: " + link,
		HTML: `<p><a href="` + link + `">Choose a new password</a> within 30 minutes.</p>`,
		Vars: map[string]string{"token": m.Vars["token"], "link": link, "minutes": "30"}, ExpiresAt: m.ExpiresAt,
	}
	if fmt.Sprint(m) != fmt.Sprint(want) || m.ExpiresAt.Sub(f.Clock()) > 31*time.Minute || m.ExpiresAt.Sub(f.Clock()) < 29*time.Minute {
		t.Errorf("%v", m)
	}
}

func TestOptions(t *testing.T) {
	f := tokenstest.New(t)
	for _, u := range []string{"https://app.example.com/reset", "/reset?token={token}", "https://app.example.com/%zz{token}"} {
		if _, err := dfx.New(f.Service, door.Options{}, dfx.Options{ResetURL: u}); err == nil {
			t.Errorf("%s is taken", u)
		}
	}
	for _, l := range []dfx.License{{Org: "acme"}, {MaxDevices: 1}} {
		if _, _, err := dfx.CreateLicense(context.Background(), f.Service, l); err == nil {
			t.Errorf("%+v is created", l)
		}
	}
	var out struct{ Code string }
	for prefix, paths := range map[string][]string{"": {"/dfx/status"}, "/vendor/": {"/vendor/status"}, "/": {"/status"}} {
		d, err := dfx.New(f.Service, door.Options{}, dfx.Options{Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append(paths, "/elsewhere") {
			w := httptest.NewRecorder()
			d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, p, nil))
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || (w.Code == http.StatusOK) == (p == "/elsewhere") {
				t.Errorf("%s%s: %d %s", prefix, p, w.Code, w.Body)
			}
		}
	}
}
