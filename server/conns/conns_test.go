package conns

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// TestLimit: connections beyond the limit are told so, those before are kept,
// and there is room again when one ends.
func TestLimit(t *testing.T) {
	var log bytes.Buffer
	limit := NewLimit(8, slog.New(slog.NewTextHandler(&log, nil)), time.Now)
	accepted := make(chan net.Conn, 100)
	doors := make([]net.Listener, 2)
	for i, refusal := range []string{"full\n", ""} {
		inner, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var told []byte
		if refusal != "" {
			told = []byte(refusal)
		}
		doors[i] = limit.Listener(inner, told)
		go func() {
			for {
				c, err := doors[i].Accept()
				if err != nil {
					return
				}
				accepted <- c
			}
		}()
		t.Cleanup(func() { doors[i].Close() })
	}
	dial := func(door int) net.Conn {
		c, err := net.Dial("tcp", doors[door].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		t.Cleanup(func() { c.Close() })
		return c
	}
	var open []net.Conn
	for i := range 8 { // at both doors together
		dial(i % 2)
		open = append(open, <-accepted)
	}
	for range 3 {
		c := dial(0)
		// What the client sends meanwhile does not cost it the answer.
		if _, err := io.WriteString(c, strings.Repeat("x", 10000)); err != nil {
			t.Fatal(err)
		}
		if told, err := io.ReadAll(c); string(told) != "full\n" || err != nil {
			t.Errorf("told %q, %v", told, err)
		}
		if told, err := io.ReadAll(dial(1)); string(told) != "" || err != nil {
			t.Errorf("told %q, %v", told, err)
		}
	}
	if limit.Open() != 8 {
		t.Errorf("%d are open", limit.Open())
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), `level=WARN msg="connections are refused" open=8`) {
		t.Errorf("the log says %s", log.String())
	}
	_ = open[0].Close()
	_ = open[0].Close() // counts once
	dial(0)
	select {
	case <-accepted:
	case <-time.After(patience):
		t.Fatal("there is no room again")
	}
	if limit.Open() != 8 {
		t.Errorf("%d are open", limit.Open())
	}
}

// TestLinger: a last word arrives although the client is still sending.
func TestLinger(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(c, "bye")
		Linger(c)
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, strings.Repeat("x", 10<<20)); err != nil {
		t.Error(err)
	}
	if told, err := io.ReadAll(c); string(told) != "bye" || err != nil {
		t.Errorf("told %q, %v", told, err)
	}
}

// TestNoHalf: what cannot be closed by halves is closed.
func TestNoHalf(t *testing.T) {
	ours, theirs := net.Pipe()
	Linger(&conn{Conn: theirs, limit: NewLimit(1, slog.New(slog.DiscardHandler), time.Now)})
	if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}
