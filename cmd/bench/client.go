package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// The clients do as little as they can, so that what is measured is the
// server: they write requests from a buffer, and of an answer they check no
// more than its status and its size.

// answerSize is the least size of a right answer.
const answerSize = 250

// conn1 is a client over HTTP/1.1.
type conn1 struct {
	net.Conn
	in  *bufio.Reader
	out []byte
}

func http1(addr string) (client, error) { return dial1(addr) }

func dial1(addr string) (*conn1, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn1{Conn: c, in: bufio.NewReader(c)}, nil
}

func (c *conn1) close() error { return c.Close() }

func (c *conn1) do(secret string, body []byte) error {
	c.out = fmt.Appendf(c.out[:0], "POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n",
		secret, len(body))
	c.out = append(c.out, body...)
	return c.answered(answerSize)
}

// exchange sends a request, to which the answer has at least so many bytes.
func (c *conn1) exchange(request string, least int) error {
	c.out = append(c.out[:0], request...)
	return c.answered(least)
}

// answered sends what is to be sent, and reads the answer.
func (c *conn1) answered(least int) error {
	if _, err := c.Write(c.out); err != nil {
		return err
	}
	size := -1
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.Contains(line, []byte(" 20")) {
			return fmt.Errorf("status: %s", line)
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return err
			}
		}
		if len(line) == 2 {
			break
		}
	}
	if size < least {
		return fmt.Errorf("%w: %d bytes", errWrong, size)
	}
	_, err := c.in.Discard(size)
	return err
}

// conn2 is a client over HTTP/2 with prior knowledge.
type conn2 struct {
	net.Conn
	frames *http2.Framer
	out    *bufio.Writer
	block  bytes.Buffer
	fields *hpack.Encoder
	stream uint32
}

func http2c(addr string) (client, error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &conn2{Conn: nc, out: bufio.NewWriter(nc), stream: 1}
	c.frames = http2.NewFramer(c.out, bufio.NewReader(nc))
	c.frames.SetReuseFrames()
	c.fields = hpack.NewEncoder(&c.block)
	_, err = io.WriteString(c.out, http2.ClientPreface)
	return c, errors.Join(err,
		c.frames.WriteSettings(),
		c.frames.WriteWindowUpdate(0, math.MaxInt32-1<<16), // so much can be answered without another word
		c.out.Flush(),
	)
}

func (c *conn2) close() error { return c.Close() }

func (c *conn2) do(secret string, body []byte) error {
	c.block.Reset()
	for _, f := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":authority", "localhost"},
		{":path", "/"},
		{"authorization", "Bearer " + secret},
		{"content-length", strconv.Itoa(len(body))},
	} {
		if err := c.fields.WriteField(hpack.HeaderField{Name: f[0], Value: f[1], Sensitive: f[0] == "authorization"}); err != nil {
			return err
		}
	}
	err := errors.Join(
		c.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: c.stream, BlockFragment: c.block.Bytes(), EndHeaders: true}),
		c.frames.WriteData(c.stream, true, body),
		c.out.Flush(),
	)
	if err != nil {
		return err
	}
	size := 0
	for {
		f, err := c.frames.ReadFrame()
		if err != nil {
			return err
		}
		switch f := f.(type) {
		case *http2.DataFrame:
			size += len(f.Data())
		case *http2.SettingsFrame:
			if !f.IsAck() {
				if err := errors.Join(c.frames.WriteSettingsAck(), c.out.Flush()); err != nil {
					return err
				}
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return fmt.Errorf("%w: %v", errWrong, f)
		}
		if f.Header().StreamID == c.stream && f.Header().Flags.Has(http2.FlagDataEndStream) {
			break
		}
	}
	c.stream += 2
	if size < answerSize {
		return fmt.Errorf("%w: %d bytes", errWrong, size)
	}
	return nil
}
