package server

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/server/conns"
	"github.com/fawndb/fawn/server/conns/connstest"
)

// TestDrip checks that a request which comes a byte at a time has its time,
// which no byte prolongs, whichever part of it comes so.
func TestDrip(t *testing.T) {
	const limit = 400 * time.Millisecond
	h := open(t, Options{}, func(s *Server) { s.http.ReadTimeout = limit })
	whole := "POST / HTTP/1.1\r\nHost: fawn\r\nAuthorization: Bearer " + h.secret + "\r\nContent-Length: 100\r\n\r\n[" + strings.Repeat("1,", 49) + "]"
	for name, at := range map[string]int{"request line": 0, "headers": len("POST / HTTP/1.1\r\n"), "body": len(whole) - 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, in := h.dial(t)
			if _, err := io.WriteString(conn, whole[:at]); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			go func() {
				for _, b := range []byte(whole[at:]) {
					if _, err := conn.Write([]byte{b}); err != nil {
						return
					}
					time.Sleep(50 * time.Millisecond)
				}
			}()
			said, _ := io.ReadAll(in) // a connection that is cut may end in a reset
			if d := time.Since(began); d < limit/2 || d > 10*limit {
				t.Errorf("ended after %s", d)
			}
			if at > 100 && !bytes.Contains(said, []byte("The request body could not be read.")) {
				t.Errorf("it is told %q", said)
			}
		})
	}
	same(t, h.ask(t, client(t, "HTTP/1.1"), ask{body: "1"}), answer{Status: 200, Body: `{"resource":1}`})
}

// TestResets checks that clients which break off, anywhere, harm nobody.
func TestResets(t *testing.T) {
	var log bytes.Buffer
	var open atomic.Int64
	h := openOn(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, inMemory, func(s *Server) {
		s.http.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state { //nolint:exhaustive // these are its beginning and its end
			case http.StateNew:
				open.Add(1)
			case http.StateClosed, http.StateHijacked:
				open.Add(-1)
			}
		}
	}, "", "")
	query := "POST / HTTP/1.1\r\nHost: fawn\r\nAuthorization: Bearer " + h.secret + "\r\nContent-Length: 13\r\n\r\n" + `{"add":[1,2]}`
	stream := strings.Replace(query, "POST /", "POST /stream", 1)
	preface := "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for _, whole := range []string{query, stream, preface} {
		for n := range len(whole) + 1 {
			conn, _ := h.dial(t)
			if _, err := io.WriteString(conn, whole[:n]); err != nil {
				t.Fatal(err)
			}
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}
	same(t, h.ask(t, client(t, "HTTP/2.0"), ask{body: "1"}), answer{Status: 200, Body: `{"resource":1}`})
	for late := time.Now().Add(20 * time.Second); open.Load() > 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("%d connections are still open", open.Load())
		}
	}
	if log.Len() != 0 {
		t.Errorf("the log says %s", log.String())
	}
}

// TestManyConnections checks that ten thousand that do nothing cost little, and
// that others are served beside them.
func TestManyConnections(t *testing.T) {
	const many, most = 10_000, 32 << 10
	pipes := connstest.NewPipes()
	h := openAt(t, pipes, Options{}, inMemory, nil, "", "")
	ping := func(c net.Conn) {
		t.Helper()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(c, "GET /ping HTTP/1.1\r\nHost: fawn\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		same(t, read(t, bufio.NewReaderSize(c, 512)), pinged("write"))
		_ = c.SetDeadline(time.Time{})
	}
	before := connstest.Memory()
	idle := make([]net.Conn, many)
	for i := range idle {
		idle[i] = pipes.Dial()
		ping(idle[i]) // it has been served, and has its buffers
	}
	if each := (connstest.Memory() - before) / many; each > most {
		t.Errorf("an idle connection costs %d bytes", each)
	}
	other := pipes.Dial()
	h.send(t, other, 13, "\r\n"+`{"add":[1,2]}`)
	same(t, read(t, bufio.NewReader(other)), answer{Status: 200, Body: `{"resource":3}`})
	for _, c := range idle[1:] {
		_ = c.Close()
	}
	ping(idle[0])
}

// TestFull checks what a connection is told that is one too many, and that
// there is room when another ends.
func TestFull(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limit := conns.NewLimit(2, slog.New(slog.DiscardHandler), time.Now)
	h := openAt(t, limit.Listener(inner, FullAnswer()), Options{}, inMemory, nil, "", "")
	held := [2]net.Conn{}
	for i := range held {
		var in *bufio.Reader
		held[i], in = h.dial(t)
		h.send(t, held[i], 1, "\r\n1")
		same(t, read(t, in), answer{Status: 200, Body: `{"resource":1}`})
	}
	c := client(t, "HTTP/1.1")
	same(t, h.ask(t, c, ask{body: "1"}), answer{Status: 429, Body: refusal("too many requests", "Too many open connections.")})
	_ = held[0].Close()
	for late := time.Now().Add(20 * time.Second); limit.Open() > 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("the connection that ended still counts")
		}
	}
	same(t, h.ask(t, c, ask{body: "1"}), answer{Status: 200, Body: `{"resource":1}`})
}
