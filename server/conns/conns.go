// Package conns owns what all doors share about connections: how many there
// may be together, and how long one may keep a door waiting.
package conns

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// How long one connection may keep a door waiting.
const (
	// ReadingTime is for what has begun to be sent.
	ReadingTime = 60 * time.Second
	// IdleTime is between the end of one request and the beginning of the
	// next.
	IdleTime = 5 * time.Minute
	// AnsweringTime is for the reading of an answer.
	AnsweringTime = 2 * ReadingTime
)

// MaxRequest is the size of a request that a door takes, in bytes.
const MaxRequest = 8 << 20

// DefaultMax is how many connections there may be unless said otherwise.
const DefaultMax = 16384

// Limit bounds how many connections are open at all doors together. It is safe
// for concurrent use.
type Limit struct {
	max   int64
	log   *slog.Logger
	clock func() time.Time
	open  atomic.Int64
	// full is set from the first connection that is refused until a quarter of
	// the places is free, so that the log is told once.
	full      atomic.Bool
	farewells chan struct{}
}

// refusing is how many connections are told at once that they are refused, and
// how long that may take. Those beyond are closed without a word.
const (
	refusing     = 64
	refusingTime = time.Second
)

// NewLimit returns a Limit of so many connections. The log is told when they
// are all taken; clock gives the present time.
func NewLimit(most int, log *slog.Logger, clock func() time.Time) *Limit {
	return &Limit{max: int64(most), log: log, clock: clock, farewells: make(chan struct{}, refusing)}
}

// Open is how many connections are open.
func (l *Limit) Open() int { return int(l.open.Load()) }

// Listener returns inner with its connections counted. One too many is told
// refusal, if that is not nil, and closed: it is never accepted.
func (l *Limit) Listener(inner net.Listener, refusal []byte) net.Listener {
	return &listener{inner, l, refusal}
}

type listener struct {
	net.Listener
	limit   *Limit
	refusal []byte
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.limit.enter() {
			return &conn{Conn: c, limit: l.limit}, nil
		}
		l.limit.refuse(c, l.refusal)
	}
}

func (l *Limit) enter() bool {
	if l.open.Add(1) <= l.max {
		return true
	}
	l.open.Add(-1)
	if !l.full.Swap(true) {
		l.log.Warn("connections are refused", "open", l.max)
	}
	return false
}

func (l *Limit) leave() {
	const quarter = 4
	if l.open.Add(-1) <= l.max-l.max/quarter {
		l.full.Store(false)
	}
}

func (l *Limit) refuse(c net.Conn, refusal []byte) {
	if refusal == nil {
		_ = c.Close()
		return
	}
	select {
	case l.farewells <- struct{}{}:
		go func() {
			defer func() { <-l.farewells }()
			// An answer before the question would be none to many clients.
			_ = c.SetReadDeadline(l.clock().Add(refusingTime))
			var question [1024]byte
			_, _ = c.Read(question[:])
			_ = c.SetDeadline(l.clock().Add(refusingTime))
			_, _ = c.Write(refusal)
			Linger(c)
		}()
	default:
		_ = c.Close()
	}
}

// Linger closes a connection whose last word has been written, but whose client
// may still be sending: to close at once would take that word back. What
// comes is dropped until the client has ended, or the connection's deadline.
func Linger(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		var dropped [4096]byte
		for {
			if _, err := c.Read(dropped[:]); err != nil {
				break
			}
		}
	}
	_ = c.Close()
}

// conn is a connection that counts until it is closed.
type conn struct {
	net.Conn
	limit *Limit
	once  sync.Once
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.once.Do(c.limit.leave)
	return c.Conn.Close()
}

// CloseWrite ends what is written, and not what is read.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return net.ErrClosed
}
