package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/mem"
)

// moody is a store whose reads and writes fail, or hang, when they are told to.
type moody struct {
	kv.Store
	unreadable, unwritable atomic.Bool
	hang                   atomic.Pointer[chan struct{}] // commits wait for its end
}

// errMood says something of the file that is for the log only.
var errMood = errors.New("write /var/lib/fawn.db: input/output error")

func (m *moody) Snapshot() (kv.Snapshot, error) {
	if m.unreadable.Load() {
		return nil, errMood
	}
	return m.Store.Snapshot()
}

func (m *moody) Commit(ctx context.Context, b *kv.Batch) (int64, error) {
	if hang := m.hang.Load(); hang != nil {
		<-*hang
	}
	if m.unwritable.Load() {
		return 0, errMood
	}
	return m.Store.Commit(ctx, b)
}

// later is the clock of a database that a test sets forward.
type later struct{ ahead atomic.Int64 }

func (l *later) now() time.Time { return time.Now().Add(time.Duration(l.ahead.Load())) }

func (l *later) pass(d time.Duration) { l.ahead.Add(int64(d)) }

// openMoody serves a database whose store has moods.
func openMoody(t *testing.T, o Options) (*house, *moody, *later) {
	t.Helper()
	store, clock := &moody{Store: mem.New(mem.Options{})}, &later{}
	h := openOver(t, o, func() (*engine.DB, error) {
		return engine.OpenStore(store, engine.Options{Clock: clock.now})
	})
	return h, store, clock
}

// plainly asks as an operator's machinery does, without a secret.
func (h *house) plainly(t *testing.T, path string) answer {
	t.Helper()
	return h.ask(t, client(t, "HTTP/1.1"), ask{method: "GET", path: path, stranger: true})
}

var (
	alive = answer{Status: 200, Body: "ok\n"}
	ready = answer{Status: 200, Body: "ready\n"}
)

func notReady(reason string) answer {
	return answer{Status: 503, Body: "not ready: " + reason + "\n"}
}

func unavailable(scope string) answer {
	return answer{Status: 503, Body: refusal("time out", "Scope "+scope+" is unavailable")}
}

func pinged(scope string) answer {
	return answer{Status: 200, Body: `{"resource":"Scope ` + scope + ` is OK"}`}
}

// TestHealth asks for what operators ask.
func TestHealth(t *testing.T) {
	h := open(t, Options{}, nil)
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for path, want := range map[string]answer{"/healthz": alive, "/readyz": ready} {
			got := h.ask(t, c, ask{method: "GET", path: path, stranger: true})
			same(t, got, want)
			if got.header.Get("Content-Type") != "text/plain; charset=utf-8" || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: headers %v", path, got.header)
			}
			same(t, h.ask(t, c, ask{method: "HEAD", path: path, stranger: true}), answer{Status: 200})
			same(t, h.ask(t, c, ask{path: path, stranger: true}),
				answer{Status: 405, Body: refusal("method not allowed", "Allowed methods are GET, HEAD.")})
		}
	})
}

// TestUnhealthy checks what is said of a store that fails, and that it is taken
// back when the store works again.
func TestUnhealthy(t *testing.T) {
	var log bytes.Buffer
	h, store, clock := openMoody(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	expect := func(readiness answer, pings ...answer) {
		t.Helper()
		same(t, h.plainly(t, "/healthz"), alive)
		same(t, h.plainly(t, "/readyz"), readiness)
		for i, scope := range []string{"node", "read", "write", "all"} {
			same(t, h.plainly(t, "/ping?scope="+scope), pings[i])
		}
	}
	expect(ready, pinged("node"), pinged("read"), pinged("write"), pinged("all"))

	store.unreadable.Store(true)
	expect(notReady("the database cannot be read"), pinged("node"), unavailable("read"), unavailable("write"), unavailable("all"))
	store.unreadable.Store(false)
	expect(ready, pinged("node"), pinged("read"), pinged("write"), pinged("all"))

	store.unwritable.Store(true)
	clock.pass(2 * time.Second) // the last commit was lately until then
	unwritable := notReady("the database cannot be written")
	expect(unwritable, pinged("node"), pinged("read"), unavailable("write"), unavailable("all"))
	same(t, h.ask(t, client(t, "HTTP/1.1"), ask{body: "1"}), answer{Status: 200, Body: `{"resource":1}`})
	store.unwritable.Store(false)
	expect(unwritable, pinged("node"), pinged("read"), unavailable("write"), unavailable("all"))
	clock.pass(10 * time.Second)
	expect(ready, pinged("node"), pinged("read"), pinged("write"), pinged("all"))

	if n := strings.Count(log.String(), errMood.Error()); n != 2 || strings.Count(log.String(), "\n") != 2 {
		t.Errorf("the log says\n%s", log.String())
	}
}

// TestUnhealthyByAQuery checks that a write that fails and one that succeeds
// are heard of without asking the store.
func TestUnhealthyByAQuery(t *testing.T) {
	h, store, _ := openMoody(t, Options{})
	write := func(name string, status int) {
		t.Helper()
		got := h.ask(t, client(t, "HTTP/1.1"), ask{body: `{"create_collection":{"object":{"name":"` + name + `"}}}`})
		if got.Status != status {
			t.Errorf("a write of %s: %d %s", name, got.Status, got.Body)
		}
	}
	write("a", 201)
	store.unwritable.Store(true)
	same(t, h.plainly(t, "/readyz"), ready)
	write("b", 500)
	same(t, h.plainly(t, "/readyz"), notReady("the database cannot be written"))
	store.unwritable.Store(false)
	write("c", 201)
	same(t, h.plainly(t, "/readyz"), ready)
}

// TestPingOfAHungStore checks that pings wait as long as they are told to, and
// that one commit at a time is tried.
func TestPingOfAHungStore(t *testing.T) {
	h, store, clock := openMoody(t, Options{})
	clock.pass(2 * time.Second)
	over := make(chan struct{})
	store.hang.Store(&over)
	for _, ms := range []int{1, 20} {
		for _, scope := range []string{"write", "all"} {
			same(t, h.plainly(t, "/ping?scope="+scope+"&timeout="+strconv.Itoa(ms)),
				answer{Status: 503, Body: refusal("time out", "Scope "+scope+" timed out after "+strconv.Itoa(ms)+" milliseconds")})
		}
	}
	same(t, h.plainly(t, "/ping?scope=read&timeout=1000"), pinged("read"))
	same(t, h.plainly(t, "/ping"), answer{Status: 503, Body: refusal("time out", "Scope write timed out after 1000 milliseconds")})
	store.hang.Store(nil)
	close(over)
	same(t, h.plainly(t, "/ping?timeout=60000"), pinged("write"))
	for _, senseless := range []string{"", "x", "-1", "0", "99999999999999999999"} {
		same(t, h.plainly(t, "/ping?timeout="+senseless), pinged("write"))
	}
}

// TestDraining checks that a server that is to end says so, and serves on.
func TestDraining(t *testing.T) {
	h := open(t, Options{}, nil)
	same(t, h.plainly(t, "/readyz"), ready)
	h.Drain()
	same(t, h.plainly(t, "/healthz"), alive)
	same(t, h.plainly(t, "/readyz"), notReady("it is shutting down"))
	same(t, h.plainly(t, "/ping"), pinged("write"))
	same(t, h.ask(t, client(t, "HTTP/1.1"), ask{body: "1"}), answer{Status: 200, Body: `{"resource":1}`})
}
