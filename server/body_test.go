package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestBodies(t *testing.T) {
	h := open(t, Options{}, nil)
	tooLarge := answer{Status: 413, Body: refusal("request too large", "Request entity is too large")}
	notJSON := answer{Status: 400, Body: unreadable("Request body is not valid JSON.")}
	tooDeep := answer{Status: 400, Body: unreadable("Request body JSON exceeds nesting limit.")}
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	tests := map[string]struct {
		body string
		want answer
	}{
		"null":                {"null", answer{Status: 200, Body: `{"resource":null}`}},
		"white space":         {" \t\r\n1\n", answer{Status: 200, Body: `{"resource":1}`}},
		"empty":               {"", answer{Status: 400, Body: unreadable("No query provided.")}},
		"not JSON":            {"Add(1, 2)", notJSON},
		"truncated":           {`{"add":[1,`, notJSON},
		"truncated string":    {`"abc`, notJSON},
		"truncated escape":    {`"\u12`, notJSON},
		"trailing":            {`1 2`, notJSON},
		"a NUL":               {"\x00", notJSON},
		"beyond int64":        {"9223372036854775808", notJSON},
		"invalid UTF-8":       {"\"\xff\"", notJSON},
		"truncated UTF-8":     {"\"\xe2\x82\"", notJSON},
		"UTF-16":              {"\xfe\xff\x00\"\x00\"", notJSON},
		"unknown function":    {`{"nope":1}`, answer{Status: 400, Body: unreadable("No form/function found, or invalid argument keys: { nope }.")}},
		"1000 brackets":       {nested(1000), answer{Status: 200, Body: `{"resource":` + nested(1000) + `}`}},
		"1001 brackets":       {nested(1001), tooDeep},
		"1001 left open":      {strings.Repeat("[", 1001), tooDeep},
		"10,000 nested calls": {strings.Repeat(`{"abs":`, 10_000) + "1" + strings.Repeat("}", 10_000), tooDeep},
		"8 MiB":               {text(maxBody), answer{Status: 200, Body: `{"resource":` + text(maxBody) + `}`}},
		"8 MiB and a byte":    {text(maxBody + 1), tooLarge},
		"20 MB":               {text(20_000_000), tooLarge},
	}
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for name, test := range tests {
			for _, chunked := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/chunked=%v", name, chunked), func(t *testing.T) {
					same(t, h.ask(t, c, ask{body: test.body, chunked: chunked}), test.want)
				})
			}
		}
	})
}

// TestStrangersBody checks that little of a stranger's body is read.
func TestStrangersBody(t *testing.T) {
	h := open(t, Options{}, nil)
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		for _, chunked := range []bool{false, true} {
			same(t, h.ask(t, c, ask{body: strings.Repeat("[", maxBody-1), chunked: chunked, stranger: true}), unauthorized)
		}
	})
}

// dial opens a connection to write to byte by byte.
func (h *house) dial(t *testing.T) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// send writes a request of which length bytes of a body are promised.
func (h *house) send(t *testing.T, conn net.Conn, length int, rest string) {
	t.Helper()
	_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: fawn\r\nAuthorization: Bearer "+h.secret+
		"\r\nContent-Length: "+strconv.Itoa(length)+"\r\n"+rest)
	if err != nil {
		t.Fatal(err)
	}
}

// request makes a query as root.
func (h *house) request(t *testing.T, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+h.addr, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.secret)
	return r
}

// read reads one answer.
func read(t *testing.T, in *bufio.Reader) answer {
	t.Helper()
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{Status: resp.StatusCode, Body: string(b), header: resp.Header}
}

func TestExpectContinue(t *testing.T) {
	h := open(t, Options{}, nil)
	conn, in := h.dial(t)
	h.send(t, conn, 13, "Expect: 100-continue\r\n\r\n")
	line, err := in.ReadString('\n')
	if line != "HTTP/1.1 100 Continue\r\n" || err != nil {
		t.Fatalf("got %q, %v", line, err)
	}
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, `{"add":[1,2]}`); err != nil {
		t.Fatal(err)
	}
	same(t, read(t, in), answer{Status: 200, Body: `{"resource":3}`})

	conn, in = h.dial(t)
	h.send(t, conn, 20_000_000, "Expect: 100-continue\r\n\r\n")
	same(t, read(t, in), answer{Status: 413, Body: refusal("request too large", "Request entity is too large")})
}

func TestChunks(t *testing.T) {
	h := open(t, Options{}, nil)
	conn, in := h.dial(t)
	_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: fawn\r\nAuthorization: Bearer "+h.secret+
		"\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\nc\r\n\"add\":[1,2]}\r\n0\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	same(t, read(t, in), answer{Status: 200, Body: `{"resource":3}`})
}

// TestLengths checks the limits of request line and headers.
func TestLengths(t *testing.T) {
	h := open(t, Options{}, nil)
	c := client(t, "HTTP/1.1")
	long := func(n int) string { return strings.Repeat("x", n) }
	line := answer{Status: 400, Body: refusal("bad request", "The request line is too long.")}
	headers := answer{Status: 400, Body: refusal("bad request", "The request headers are too long.")}
	one := answer{Status: 200, Body: `{"resource":1}`}
	tests := map[string]struct {
		ask  ask
		want answer
	}{
		"line below":          {ask{body: "1", path: "/?" + long(maxRequestLine-20)}, one},
		"line above":          {ask{body: "1", path: "/?" + long(maxRequestLine)}, line},
		"line above, unknown": {ask{path: "/" + long(maxRequestLine), stranger: true}, line},
		"headers below":       {ask{body: "1", header: headersOf("X-Other", long(maxHeaders-500))}, one},
		"headers above":       {ask{body: "1", header: headersOf("X-Other", long(maxHeaders))}, headers},
		"a JWT above":         {ask{body: "1", header: headersOf("Authorization", "Bearer ey."+long(maxHeaders)), stranger: true}, headers},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { same(t, h.ask(t, c, test.ask), test.want) })
	}
	far := h.ask(t, c, ask{header: headersOf("X-Other", long(2*maxTransport))})
	if far.Status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("far too long: %d %s", far.Status, far.Body)
	}
}

// TestSlow checks that neither who sends slowly nor who does not read keeps
// others waiting.
func TestSlow(t *testing.T) {
	h := open(t, Options{}, nil)
	large := `"` + strings.Repeat("x", maxBody-2) + `"`
	sender, in := h.dial(t)
	h.send(t, sender, 13, "\r\n"+`{"add":`)
	reader, _ := h.dial(t)
	h.send(t, reader, len(large), "\r\n"+large)
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		unread, err := c.Do(h.request(t, large))
		if err != nil {
			t.Fatal(err)
		}
		defer unread.Body.Close()
		for range 10 {
			same(t, h.ask(t, c, ask{body: "1"}), answer{Status: 200, Body: `{"resource":1}`})
		}
	})
	if _, err := io.WriteString(sender, `[1,2]}`); err != nil {
		t.Fatal(err)
	}
	same(t, read(t, in), answer{Status: 200, Body: `{"resource":3}`})
}

// TestReadingTime checks that who sends too slowly is turned away, and that a
// query may take longer than its reading.
func TestReadingTime(t *testing.T) {
	const limit = 500 * time.Millisecond
	h := open(t, Options{}, func(s *Server) { s.http.ReadTimeout = limit })
	conn, in := h.dial(t)
	h.send(t, conn, 13, "\r\n"+`{"add":`)
	same(t, read(t, in), answer{Status: 400, Body: refusal("bad request", "The request body could not be read.")})
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		seen := time.Now().Add(2 * limit).UnixMicro() // the query waits for it
		got := h.ask(t, c, ask{body: "1", header: headersOf("X-Last-Seen-Txn", strconv.FormatInt(seen, 10))})
		same(t, got, answer{Status: 200, Body: `{"resource":1}`})
		if now := time.Now().UnixMicro(); now < seen {
			t.Errorf("it was answered at %d, before %d", now, seen)
		}
	})
}

// TestAnsweringTime checks that who does not read an answer is let go.
func TestAnsweringTime(t *testing.T) {
	large := make([]byte, maxBody)
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		h := open(t, Options{}, func(s *Server) {
			if s.http.WriteTimeout != answeringTime {
				t.Errorf("the limit is %v", s.http.WriteTimeout)
			}
			s.http.WriteTimeout = time.Second
			s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { s.write(w, http.StatusOK, large) })
		})
		if tr := c.Transport.(*http.Transport); tr.Protocols.HTTP1() { // a stream of HTTP/2 has a window anyway
			tr.DialContext = narrow
		}
		unread, err := c.Do(h.request(t, "1"))
		if err != nil {
			t.Fatal(err)
		}
		defer unread.Body.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := h.http.Shutdown(ctx); err != nil { // it waits for the answer to be given up
			t.Error(err)
		}
	})
}

// narrow dials connections that keep little of what is not read.
func narrow(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetReadBuffer(4096)
}
