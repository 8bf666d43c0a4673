package resp

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/server/caught"
	"github.com/fawndb/fawn/server/conns"
	"github.com/fawndb/fawn/server/tokens"
)

// conn is one connection. One goroutine reads its commands and runs them.
type conn struct {
	server *Server
	net    net.Conn
	id     int64
	proto  int
	name   string
	secret string // "" before AUTH

	in         reader
	incomplete bool // the time for a command that has begun is running
	out        []byte
	sent       int64           // bytes, beside those in out
	json       []byte          // of one result
	inquiry    *tokens.Inquiry // of the VERIFY commands that are being run, else nil
	ended      bool
}

// errStopping ends connections when the server does.
var errStopping = errors.New("resp: stopping")

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, net: nc, id: s.ids.Add(1), proto: 2}
	c.in = reader{src: c, vouch: c.vouch}
	return c
}

// serve answers commands until one side ends.
func (c *conn) serve() {
	defer func() { _ = c.net.Close() }()
	defer c.settle()
	if !c.encrypted() {
		return
	}
	for !c.ended {
		args, err := c.in.next()
		var argument argumentError
		switch {
		case err == nil:
			c.run(args)
		case errors.As(err, &argument):
			c.fail(err)
		default:
			c.endWith(err)
			return
		}
		if len(c.out) > keptBuffer && c.flush() != nil {
			return
		}
	}
	_ = c.flush()
}

// encrypted shakes hands where connections are encrypted.
func (c *conn) encrypted() bool {
	t, ok := c.net.(*tls.Conn)
	if !ok {
		return true
	}
	_ = c.net.SetDeadline(c.server.options.Clock().Add(c.server.limits.reading))
	return t.HandshakeContext(c.server.running) == nil
}

// endWith ends a connection from which no further command can be read. The
// client is told if that is its fault.
func (c *conn) endWith(err error) {
	var protocol protocolError
	if errors.Is(err, os.ErrDeadlineExceeded) && c.in.waiting() > 0 && !c.server.stopping.Load() {
		err = malformed("a command was not complete after %s", c.server.limits.reading)
	}
	if !errors.As(err, &protocol) {
		return
	}
	c.fail(err)
	if c.flush() == nil {
		_ = c.net.SetReadDeadline(c.server.options.Clock().Add(lingering))
		conns.Linger(c.net)
	}
}

// lingering is how long a client that is told of its fault may go on sending.
const lingering = 2 * time.Second

// Read waits for more commands, after the replies to those before were sent.
// It implements io.Reader for the connection's reader.
func (c *conn) Read(b []byte) (int, error) {
	c.settle()
	if err := c.flush(); err != nil {
		return 0, err
	}
	limits := &c.server.limits
	switch begun := c.in.waiting() > 0; {
	case !begun:
		c.incomplete = false
		_ = c.net.SetReadDeadline(c.server.options.Clock().Add(limits.idle))
	case !c.incomplete:
		c.incomplete = true
		_ = c.net.SetReadDeadline(c.server.options.Clock().Add(limits.reading))
	}
	// Shutdown interrupts those that read, and so must not be missed by one
	// that is about to.
	if c.server.stopping.Load() {
		return 0, errStopping
	}
	return c.net.Read(b)
}

// flush sends the replies.
func (c *conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	err := c.send(c.out)
	if c.out = c.out[:0]; cap(c.out) > keptBuffer {
		c.out = nil
	}
	return err
}

// send sends b, as long as the client takes it.
func (c *conn) send(b []byte) error {
	c.settle()
	c.sent += int64(len(b))
	_ = c.net.SetWriteDeadline(c.server.options.Clock().Add(c.server.limits.answering))
	_, err := c.net.Write(b)
	if err != nil {
		c.ended = true
	}
	return err
}

// settle ends the run of VERIFY commands: no moment of the past is kept while
// others are waited for.
func (c *conn) settle() {
	if c.inquiry != nil {
		c.inquiry.Close()
		c.inquiry = nil
	}
}

// vouch refuses to read a long command of somebody unknown.
func (c *conn) vouch() error {
	if c.secret != "" {
		if _, err := c.server.db.Verify(c.server.running, c.secret); err == nil {
			return nil
		}
	}
	return malformed("a command of more than %d bytes needs authentication", keptBuffer)
}

// run runs a command. An error takes the place of its reply.
func (c *conn) run(args [][]byte) {
	mark, sent := len(c.out), c.sent
	err := c.command(args)
	if cap(c.json) > keptBuffer {
		c.json = nil
	}
	switch {
	case err == nil:
	case c.sent != sent || c.ended: // a part of the reply is gone already
		c.ended = true
	default:
		c.out = c.out[:mark]
		c.fail(err)
	}
}

// command finds a command and runs it, if the connection may. One that panics
// fails, and the others go on.
func (c *conn) command(args [][]byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.server.options.Log.Error("a command failed", "panic", caught.Kind(p), "at", caught.Frames())
			err = errPanic
		}
	}()
	cmd, err := c.server.find(args[0])
	if err != nil {
		return err
	}
	args = args[1:]
	if cmd.secret != needless && c.secret == "" {
		return noAuth
	}
	if err := cmd.fits(len(args)); err != nil {
		return err
	}
	ctx := c.server.running
	if cmd.secret == checked {
		if _, err := c.server.db.Verify(ctx, c.secret); err != nil {
			return err
		}
	}
	if !cmd.joins {
		c.settle()
	}
	return cmd.run(c, ctx, args)
}

// errPanic is told as any failure of the server is; the log has heard of it.
var errPanic = &query.Error{Code: query.Internal, Description: "Internal server error."}
