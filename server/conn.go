package server

import (
	"bytes"
	"context"
	"net"
)

// conn is a connection without encryption. An answer over HTTP/1.1 gets its
// figures (figures.go) from here: a dozen fields that net/http would keep in a
// map, copy, sort and check, which takes as long as half the query.
type conn struct {
	net.Conn
	// lines are fields for the head of the next answer, each with its CR LF.
	lines []byte
	out   []byte // memory of Write
}

// Write puts the lines that wait behind the status line, with which net/http
// begins the first write of an answer.
func (c *conn) Write(p []byte) (int, error) {
	if len(c.lines) == 0 {
		return c.Conn.Write(p)
	}
	added := len(c.lines)
	head := bytes.IndexByte(p, '\n') + 1
	c.out = append(append(append(c.out[:0], p[:head]...), c.lines...), p[head:]...)
	c.lines = c.lines[:0]
	n, err := c.Conn.Write(c.out)
	return max(n-added, 0), err
}

// CloseWrite ends what is sent, if the connection can. net/http does so before
// it closes a connection with much unread, so that its answer arrives.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// listener makes a conn of every connection.
type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

// connKey is the key of the conn in the context of its requests.
type connKey struct{}

// withConn is how net/http hands the conn on.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}
