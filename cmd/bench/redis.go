package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/server/resp"
	"github.com/fawndb/fawn/server/tokens"
)

// The rows over the Redis protocol: a token by its secret. Fawn is asked VERIFY,
// which resolves its caller too and finds the token's identity; the others GET.

// peer is a server that is asked over the Redis protocol.
type peer struct {
	command string
	serve   func(w *world) (addr string, stop func() error, err error)
	secret  func(w *world) string // for AUTH, nil for none
}

var (
	fawnPeer = peer{"VERIFY", serveResp, func(w *world) string { return w.root }}
	barePeer = peer{"GET", serveBare, nil}
	// redisPeer is Redis itself, which has the documents in memory.
	redisPeer = peer{"GET", serveRedis, nil}
)

// startResp is a row of so many connections with so many commands at a time.
func startResp(floor peer, connections, pipeline int) func(w *world) (side, side, func() error, error) {
	return func(w *world) (_, _ side, stop func() error, err error) {
		var ends stops
		stop = ends.all
		sides := make([]side, 2)
		for i, p := range []peer{floor, fawnPeer} {
			addr, ended, err := p.serve(w)
			if err != nil {
				return nil, nil, nil, errors.Join(err, stop())
			}
			ends = append(ends, ended)
			sides[i], err = rate(connections, func(n int) (func() error, error) {
				c, err := dialResp(addr)
				if err != nil {
					return nil, err
				}
				ends = append(ends, c.Close)
				if p.secret != nil {
					if err := c.do(1, func(b []byte) []byte { return appendCommand(b, "AUTH", p.secret(w)) }, 0); err != nil {
						return nil, err
					}
				}
				r := random()
				for range n {
					r.Uint64()
				}
				return func() error {
					return c.do(pipeline, func(b []byte) []byte {
						return appendCommand(b, p.command, secretOf(r.IntN(w.tokens)))
					}, respAnswer)
				}, nil
			})
			if err != nil {
				return nil, nil, nil, errors.Join(err, stop())
			}
			sides[i] = perCommand(sides[i], pipeline)
		}
		return sides[0], sides[1], stop, nil
	}
}

// perCommand makes a side of pipelines one of commands.
func perCommand(s side, pipeline int) side {
	return func(d time.Duration) (figure, error) {
		f, err := s(d)
		return figure{f.value * float64(pipeline), f.work / float64(pipeline)}, err
	}
}

// respAnswer is the least size of a right answer.
const respAnswer = 150

// respConn is a client of the Redis protocol that does as little as it can.
type respConn struct {
	net.Conn
	in  *bufio.Reader
	out []byte
}

func dialResp(addr string) (*respConn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &respConn{Conn: c, in: bufio.NewReaderSize(c, 16<<10)}, nil
}

// do sends n commands at once and reads their replies, of which those that are
// strings have at least so many bytes.
func (c *respConn) do(n int, command func([]byte) []byte, least int) error {
	c.out = c.out[:0]
	for range n {
		c.out = command(c.out)
	}
	if _, err := c.Write(c.out); err != nil {
		return err
	}
	for range n {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		switch {
		case line[0] == '+':
		case line[0] != '$':
			return fmt.Errorf("%w: %s", errWrong, line)
		default:
			size, err := strconv.Atoi(string(line[1 : len(line)-2]))
			if err != nil || size < least {
				return fmt.Errorf("%w: %d bytes, %w", errWrong, size, err)
			}
			if _, err := c.in.Discard(size + 2); err != nil {
				return err
			}
		}
	}
	return nil
}

func appendCommand(b []byte, args ...string) []byte {
	b = fmt.Appendf(b, "*%d\r\n", len(args))
	for _, a := range args {
		b = append(strconv.AppendInt(append(b, '$'), int64(len(a)), 10), "\r\n"...)
		b = append(append(b, a...), "\r\n"...)
	}
	return b
}

func serveResp(w *world) (string, func() error, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	services, err := tokens.Open(context.Background(), w.db, tokens.Options{Issuer: "https://tokens.example.com"})
	if err != nil {
		return "", nil, errors.Join(err, l.Close())
	}
	s := resp.New(w.db, resp.Options{Tokens: services})
	done := make(chan error, 1)
	go func() { done <- s.Serve(l, "", "") }()
	return l.Addr().String(), func() error {
		if err := s.Shutdown(context.Background()); err != nil {
			return err
		}
		if err := <-done; !errors.Is(err, resp.ErrServerClosed) {
			return err
		}
		return nil
	}, nil
}

// serveBare serves GET secret: the document of the token from bbolt by hand.
func serveBare(w *world) (string, func() error, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = bareLoop(c, w.floor)
				_ = c.Close()
			}()
		}
	}()
	return l.Addr().String(), l.Close, nil
}

// bareLoop answers commands, and sends the answers when its input is empty.
func bareLoop(c net.Conn, db *bbolt.DB) error {
	in, out := bufio.NewReader(c), bufio.NewWriter(c)
	for {
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		secret, err := bareCommand(in)
		if err != nil {
			return err
		}
		err = db.View(func(tx *bbolt.Tx) error {
			sum := sha256.Sum256(secret)
			id := tx.Bucket(secrets).Get(sum[:])
			if id == nil {
				return errMissing
			}
			doc := tx.Bucket(documents).Get(id)
			_, _ = out.Write(append(strconv.AppendInt(append(out.AvailableBuffer(), '$'), int64(len(doc)), 10), "\r\n"...))
			_, _ = out.Write(doc)
			_, err := out.WriteString("\r\n")
			return err
		})
		if err != nil {
			return err
		}
	}
}

// bareCommand reads a command of two arguments and returns the second.
func bareCommand(in *bufio.Reader) (second []byte, err error) {
	if _, err := in.ReadSlice('\n'); err != nil {
		return nil, err
	}
	for range 2 {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(string(line[1 : len(line)-2]))
		if err != nil {
			return nil, err
		}
		if second, err = in.Peek(n + 2); err != nil {
			return nil, err
		}
		second = second[:n]
		if _, err := in.Discard(n + 2); err != nil {
			return nil, err
		}
	}
	return second, nil
}

var errNoRedis = errors.New("redis-server is not installed: install the package redis-server to compare with it")

// serveRedis runs Redis with the tokens' documents by their secrets.
func serveRedis(w *world) (string, func() error, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, errNoRedis
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	addr := free.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	if err := free.Close(); err != nil {
		return "", nil, err
	}
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop := func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return err
		}
		return cmd.Wait()
	}
	c, err := dialRetry(addr)
	if err != nil {
		return "", nil, errors.Join(err, stop())
	}
	defer func() { _ = c.Close() }()
	const batch = 100
	for from := 0; from < w.tokens; from += batch {
		n := from
		err := c.do(min(batch, w.tokens-from), func(b []byte) []byte {
			doc, err := tokenDocument(secretOf(n), tokenID(n), userID(w.userOf(n)))
			if err != nil {
				panic(err) // a document of ours can be encoded
			}
			b = appendCommand(b, "SET", secretOf(n), string(doc))
			n++
			return b
		}, 0)
		if err != nil {
			return "", nil, errors.Join(err, stop())
		}
	}
	return addr, stop, nil
}

// dialRetry waits until a server that was started listens.
func dialRetry(addr string) (*respConn, error) {
	for n := 0; ; n++ {
		c, err := dialResp(addr)
		if err == nil || n == 100 {
			return c, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
