package resp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/server/tokens"
)

// house is a server that is being served, for tests to knock at.
type house struct {
	*Server
	db     *engine.DB
	addr   string
	secret string // root's
	log    *syncBuffer
	served chan error // what Serve returned
}

// syncBuffer is a log that is read while others write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// setup changes a server before it is served.
type setup struct {
	db        engine.Options
	limits    limits
	cert, key string
	listener  net.Listener
}

// issuer is the iss of introspections in tests.
const issuer = "https://tokens.example.com"

func open(t *testing.T, o setup) *house {
	t.Helper()
	db, err := engine.OpenStore(mem.New(mem.Options{}), o.db)
	if err != nil {
		t.Fatal(err)
	}
	l := o.listener
	if l == nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	h := serverOf(t, db)
	h.addr = l.Addr().String()
	for _, limit := range []struct{ to, of *time.Duration }{
		{&h.limits.reading, &o.limits.reading},
		{&h.limits.idle, &o.limits.idle},
		{&h.limits.answering, &o.limits.answering},
	} {
		if *limit.of > 0 {
			*limit.to = *limit.of
		}
	}
	go func() { h.served <- h.Serve(l, o.cert, o.key) }()
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

func serverOf(t *testing.T, db *engine.DB) *house {
	t.Helper()
	services, err := tokens.Open(t.Context(), db, tokens.Options{Issuer: issuer})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{db: db, secret: db.RootSecret(), log: new(syncBuffer), served: make(chan error, 1)}
	h.Server = New(db, Options{
		Log: slog.New(slog.NewTextHandler(h.log, nil)), Version: "0.0", Tokens: services,
	})
	return h
}

// root runs a query as root and returns its result.
func (h *house) root(t *testing.T, q string, target any) {
	t.Helper()
	res, err := h.db.Query(t.Context(), h.secret, q, nil)
	if err == nil && target != nil {
		err = res.Decode(target)
	}
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// text runs a query as root whose result is a string.
func (h *house) text(t *testing.T, q string) string {
	t.Helper()
	var s string
	h.root(t, q, &s)
	return s
}

// frame writes a command as clients do.
func frame(args ...string) string {
	var b strings.Builder
	b.WriteString("*" + strconv.Itoa(len(args)) + "\r\n")
	for _, a := range args {
		b.WriteString("$" + strconv.Itoa(len(a)) + "\r\n" + a + "\r\n")
	}
	return b.String()
}

// bulk writes a reply.
func bulk(s string) string { return "$" + strconv.Itoa(len(s)) + "\r\n" + s + "\r\n" }

// line is a connection whose bytes a test writes itself.
type line struct {
	net.Conn
	t *testing.T
}

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

func (h *house) dial(t *testing.T) *line {
	t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &line{c, t}
}

// known dials and authenticates.
func (h *house) known(t *testing.T, secret string) *line {
	t.Helper()
	l := h.dial(t)
	l.send(frame("AUTH", secret))
	l.want("+OK\r\n")
	return l
}

func (l *line) send(s string) {
	l.t.Helper()
	_ = l.SetWriteDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(l, s); err != nil {
		l.t.Fatal(err)
	}
}

// want reads exactly the reply that is wanted, and no more.
func (l *line) want(reply string) {
	l.t.Helper()
	_ = l.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, 0, len(reply))
	for len(got) < len(reply) {
		n, err := l.Read(got[len(got):cap(got)])
		if got = got[:len(got)+n]; err != nil || !strings.HasPrefix(reply, string(got)) {
			l.t.Fatalf("got  %.600q (%v)\nwant %.600q", got, err, reply)
		}
	}
}

// wantEnd reads the rest of what the server says before it ends.
func (l *line) wantEnd(rest string) {
	l.t.Helper()
	_ = l.SetReadDeadline(time.Now().Add(patience))
	got, err := io.ReadAll(l)
	if string(got) != rest || err != nil {
		l.t.Fatalf("got  %.600q (%v)\nwant %.600q and the end", got, err, rest)
	}
}

// ask sends a command and wants a reply.
func (l *line) ask(reply string, args ...string) {
	l.t.Helper()
	l.send(frame(args...))
	l.want(reply)
}
