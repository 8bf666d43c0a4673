package resp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/server/conns/connstest"
)

// TestMalformed: what is no frame is answered and ends the connection, also
// when the client is still sending.
func TestMalformed(t *testing.T) {
	h := open(t, setup{})
	for name, test := range map[string]struct{ send, want string }{
		"inline":       {"PING\r\n", "expected '*', got 'P'"},
		"nested":       {nested(17), "values are nested 16 deep at most"},
		"arguments":    {"*1025\r\n", "the number of arguments is at most 1024"},
		"oversize":     {"*2\r\n$5\r\nQUERY\r\n$8388609\r\n" + strings.Repeat("x", 9<<20), "the length of a string is at most 8388608"},
		"large in all": {"*2\r\n$5\r\nQUERY\r\n$8388608\r\n" + strings.Repeat("x", 9<<20), "a command has at most 8388608 bytes"},
		"HTTP":         {"POST / HTTP/1.1\r\nHost: x\r\n\r\n", "expected '*', got 'P'"},
	} {
		t.Run(name, func(t *testing.T) {
			c := h.known(t, h.secret)
			c.send(frame("ECHO", "before") + test.send)
			c.want(bulk("before"))
			c.wantEnd("-ERR Protocol error: " + test.want + "\r\n")
		})
	}
	h.known(t, h.secret).ask("+PONG\r\n", "PING")
}

// TestOddArguments: frames that are well-formed but no commands are refused,
// and the connection goes on.
func TestOddArguments(t *testing.T) {
	c := open(t, setup{}).dial(t)
	c.send("*2\r\n$4\r\nECHO\r\n:1\r\n" + nested(16) + frame("PING"))
	c.want("-ERR argument 1 is not a bulk string\r\n-ERR the name of a command is a bulk string\r\n+PONG\r\n")
}

// TestLargeCommand: as large as over HTTP for those whose secret is good, and
// small for others.
func TestLargeCommand(t *testing.T) {
	h := open(t, setup{})
	large := strings.Repeat("x", 8<<20-100)
	c := h.known(t, h.secret)
	c.ask(bulk(large), "ECHO", large)
	c.ask(bulk(`"`+large+`"`), "QUERY", `"`+large+`"`)
	c.ask("+PONG\r\n", "PING")
	const refused = "-ERR Protocol error: a command of more than 65536 bytes needs authentication\r\n"
	stranger := h.dial(t)
	stranger.send(frame("ECHO", large))
	stranger.wantEnd(refused)
	h.root(t, people, nil)
	former := h.known(t, h.newToken(t, "7"))
	h.root(t, `Delete(Ref(Tokens(), "7"))`, nil)
	former.send(frame("ECHO", large))
	former.wantEnd(refused)
}

// TestPartialCommand: the replies before it are sent without waiting for it.
func TestPartialCommand(t *testing.T) {
	c := open(t, setup{}).dial(t)
	c.send(frame("PING") + "*2\r\n$4\r\nPI")
	c.want("+PONG\r\n")
	c.send("NG\r\n$2\r\nhi\r\n")
	c.want(bulk("hi"))
}

// TestSlowSender: a command that comes a byte at a time has its time, which no
// byte prolongs.
func TestSlowSender(t *testing.T) {
	h := open(t, setup{limits: limits{reading: 300 * time.Millisecond}})
	c := h.dial(t)
	go func() {
		for _, b := range []byte(frame("ECHO", strings.Repeat("x", 1000))) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	began := time.Now()
	c.wantEnd("-ERR Protocol error: a command was not complete after 300ms\r\n")
	if d := time.Since(began); d < 250*time.Millisecond {
		t.Errorf("ended after %s", d)
	}
	h.dial(t).ask("+PONG\r\n", "PING")
}

// TestIdle: a connection that asks nothing ends, without a word that could be
// taken for a reply.
func TestIdle(t *testing.T) {
	h := open(t, setup{limits: limits{idle: 200 * time.Millisecond}})
	c := h.dial(t)
	for range 4 { // each command gives it its time anew
		time.Sleep(100 * time.Millisecond)
		c.ask("+PONG\r\n", "PING")
	}
	c.wantEnd("")
}

// TestSlowReader: a client that does not read its answers is ended, and costs
// no more than the answers that are on their way.
func TestSlowReader(t *testing.T) {
	h := open(t, setup{limits: limits{answering: 300 * time.Millisecond}})
	c := h.known(t, h.secret)
	large := frame("ECHO", strings.Repeat("x", 1<<20))
	_ = c.SetWriteDeadline(time.Now().Add(patience))
	var err error
	for range 1000 { // a GiB, of which next to nothing is taken
		if _, err = io.WriteString(c, large); err != nil {
			break
		}
	}
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("writing ended with %v", err)
	}
	h.dial(t).ask("+PONG\r\n", "PING")
}

// TestResets: clients that break off, anywhere, harm nobody.
func TestResets(t *testing.T) {
	h := open(t, setup{})
	whole := frame("AUTH", h.secret) + frame("QUERY", `{"add":[1,2]}`)
	for n := range len(whole) {
		c := h.dial(t)
		c.send(whole[:n])
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	h.known(t, h.secret).ask(bulk("3"), "QUERY", `{"add":[1,2]}`)
	deadline := time.Now().Add(patience)
	for {
		h.mu.Lock()
		n := len(h.open)
		h.mu.Unlock()
		if n <= 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are still open", n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if h.log.String() != "" {
		t.Errorf("the log says %s", h.log.String())
	}
}

// TestManyConnections: ten thousand that do nothing cost little, and others
// are served beside them.
func TestManyConnections(t *testing.T) {
	p := connstest.NewPipes()
	h := open(t, setup{listener: p})
	before := connstest.Memory()
	const many = 10000
	idle := make([]net.Conn, many)
	for i := range idle {
		idle[i] = p.Dial()
		l := &line{idle[i], t}
		l.ask("+PONG\r\n", "PING") // it has been served, and has its buffers
	}
	const each = 16 << 10
	if cost := (connstest.Memory() - before) / many; cost > each {
		t.Errorf("an idle connection costs %d bytes", cost)
	}
	l := &line{p.Dial(), t}
	l.ask(ok, "AUTH", h.secret)
	l.ask(bulk("3"), "QUERY", `{"add":[1,2]}`)
	for _, c := range idle {
		_ = c.Close()
	}
	l.ask("+PONG\r\n", "PING")
}

// TestFailure: what a client and the log learn of a store that fails, and of
// a command that panics.
func TestFailure(t *testing.T) {
	h := open(t, setup{})
	c := h.known(t, h.secret)
	h.Server.commands["PANIC"] = &command{name: "PANIC", run: func(c *conn, _ context.Context, _ [][]byte) error {
		c.simple("half")
		panic("the-secret")
	}}
	c.ask("-INTERNAL_SERVER_ERROR Internal server error.\r\n", "PANIC")
	if log := h.log.String(); !strings.Contains(log, "panic=string at=") || !strings.Contains(log, "abuse_test.go") && !strings.Contains(log, "TestFailure") || strings.Contains(log, "the-secret") {
		t.Errorf("the log says %s", log)
	}
	c.ask("+PONG\r\n", "PING")
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"QUERY", `"private"`}, {"FQL", `"private"`}, {"VERIFY", "private"}, {"LOOKUP", "private"}, {"ECHO", "private"}, {"AUTH", "private"}} {
		c.ask("-INTERNAL_SERVER_ERROR Internal server error.\r\n", args...)
	}
	log := h.log.String()
	if n := strings.Count(log, fmt.Sprintf("msg=\"command failed\" error=%q", engine.ErrClosed)); n != 6 || strings.Contains(log, "private") {
		t.Errorf("%d times, the log says %s", n, log)
	}
}
