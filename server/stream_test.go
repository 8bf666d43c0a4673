package server

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/server/conns"
)

const streamSecret = "a root secret of tests"

// streamed is a server with an open stream on it.
type streamed struct {
	t      *testing.T
	url    string
	events *bufio.Reader
}

func newStreamed(t *testing.T) *streamed {
	t.Helper()
	db, err := engine.OpenStore(mem.New(mem.Options{}), engine.Options{RootSecret: streamSecret})
	if err != nil {
		t.Fatal(err)
	}
	s := New(db, Options{})
	ts := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		s.end()
		ts.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &streamed{t: t, url: ts.URL}
}

// post sends a body and returns the status and the answer.
func (s *streamed) post(path, secret, body string) (int, string) {
	s.t.Helper()
	resp := s.request(path, secret, body)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func (s *streamed) request(path, secret, body string) *http.Response {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	s.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp
}

// query runs a query that must succeed.
func (s *streamed) query(body string) string {
	s.t.Helper()
	status, answer := s.post("/", streamSecret, body)
	if status >= 300 {
		s.t.Fatalf("%s: %d %s", body, status, answer)
	}
	return answer
}

// open opens a stream and reads its start.
func (s *streamed) open(path, secret, body string) {
	s.t.Helper()
	resp := s.request(path, secret, body)
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		s.t.Fatalf("%d %s", resp.StatusCode, b)
	}
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	s.events = bufio.NewReader(resp.Body)
	s.expect(`{"type":"start","txn":T,"event":T}`)
}

var times = regexp.MustCompile(`\b1[0-9]{15}\b`)

// expect reads the next event; times in it are shown as T.
func (s *streamed) expect(want string) {
	s.t.Helper()
	line, err := s.events.ReadString('\n')
	if err != nil {
		s.t.Fatalf("%q, %v; want %s", line, err, want)
	}
	if !strings.HasSuffix(line, "\r\n") {
		s.t.Errorf("%q does not end its line", line)
	}
	if got := times.ReplaceAllString(strings.TrimSuffix(line, "\r\n"), "T"); got != want {
		s.t.Fatalf("got  %s\nwant %s", got, want)
	}
}

const (
	users = `{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}`
	user1 = `{"@ref":{"id":"1","collection":` + users + `}}`
)

func TestDocumentStream(t *testing.T) {
	s := newStreamed(t)
	s.query(`{"create_collection":{"object":{"name":"users"}}}`)
	s.open("/stream?fields=action,document,diff,prev,", streamSecret, user1)
	s.query(`{"create":` + user1 + `,"params":{"object":{"data":{"object":{"a":1,"b":1,"c":1}}}}}`)
	data := `"data":{"a":1,"b":1,"c":1}`
	s.expect(`{"type":"version","txn":T,"event":{"action":"create","document":{"ref":` + user1 + `,"ts":T,` + data +
		`},"diff":{"ref":` + user1 + `,"ts":T,` + data + `},"prev":{"ref":` + user1 + `,"ts":T}}}`)
	s.query(`{"update":` + user1 + `,"params":{"object":{"data":{"object":{"a":2,"b":null}}}}}`)
	s.expect(`{"type":"version","txn":T,"event":{"action":"update","document":{"ref":` + user1 + `,"ts":T,"data":{"a":2,"c":1}` +
		`},"diff":{"ref":` + user1 + `,"ts":T,"data":{"a":2,"b":null}},"prev":{"ref":` + user1 + `,"ts":T,` + data + `}}}`)
	s.query(`{"delete":` + user1 + `}`)
	s.expect(`{"type":"version","txn":T,"event":{"action":"delete","document":{"ref":` + user1 + `,"ts":T,"data":{"a":2,"c":1}` +
		`},"diff":{"ref":` + user1 + `,"ts":T},"prev":{"ref":` + user1 + `,"ts":T,"data":{"a":2,"c":1}}}}`)
	s.query(`{"create":` + user1 + `}`)
	s.expect(`{"type":"version","txn":T,"event":{"action":"create","document":{"ref":` + user1 + `,"ts":T` +
		`},"diff":{"ref":` + user1 + `,"ts":T},"prev":{"ref":` + user1 + `,"ts":T}}}`)
}

func TestSetStreams(t *testing.T) {
	s := newStreamed(t)
	s.query(`{"create_collection":{"object":{"name":"users"}}}`)
	s.query(`{"create_index":{"object":{"name":"by_city","source":` + users + `,"terms":[{"object":{"field":["data","city"]}}],` +
		`"values":[{"object":{"field":["data","name"]}}]}}}`)
	index := `{"@ref":{"id":"by_city","collection":{"@ref":{"id":"indexes"}}}}`
	event := func(action, name string) string {
		return `{"type":"set","txn":T,"event":{"action":"` + action + `","document":{"ref":` + user1 + `,"ts":T},"index":{"ref":` +
			index + `,"terms":["Oslo"],"values":["` + name + `"]}}}`
	}
	s.open("/stream?fields=action%2Cdocument%2Cindex", streamSecret, `{"match":{"index":"by_city"},"terms":"Oslo"}`)
	all := &streamed{t: t, url: s.url}
	all.open("/stream", streamSecret, `{"documents":{"collection":"users"}}`)
	s.query(`{"create":` + user1 + `,"params":{"object":{"data":{"object":{"city":"Oslo","name":"Ann"}}}}}`)
	s.expect(event("add", "Ann"))
	s.query(`{"update":` + user1 + `,"params":{"object":{"data":{"object":{"age":7}}}}}`)
	s.query(`{"update":` + user1 + `,"params":{"object":{"data":{"object":{"name":"Bea"}}}}}`)
	s.expect(event("remove", "Ann"))
	s.expect(event("add", "Bea"))
	s.query(`{"delete":` + user1 + `}`)
	s.expect(event("remove", "Bea"))
	all.expect(`{"type":"set","txn":T,"event":{"action":"add","document":{"ref":` + user1 + `,"ts":T}}}`)
	all.expect(`{"type":"set","txn":T,"event":{"action":"remove","document":{"ref":` + user1 + `,"ts":T}}}`)
}

func TestStreamEndsWithItsSecret(t *testing.T) {
	s := newStreamed(t)
	s.query(`{"create_collection":{"object":{"name":"users"}}}`)
	answer := s.query(`{"create_key":{"object":{"role":"server"}}}`)
	secret := regexp.MustCompile(`"secret":"([^"]+)"`).FindStringSubmatch(answer)[1]
	key := regexp.MustCompile(`"ref":\{"@ref":\{"id":"(\d+)"`).FindStringSubmatch(answer)[1]
	s.open("/stream", secret, user1)
	s.query(`{"delete":{"ref":{"keys":null},"id":"` + key + `"}}`)
	s.query(`{"create":` + user1 + `}`)
	s.expect(`{"type":"error","txn":T,"event":{"code":"permission denied","description":"Authorization lost during stream evaluation."}}`)
	if _, err := s.events.ReadByte(); err != io.EOF {
		t.Errorf("after the error: %v", err)
	}
}

func TestRefusedStreams(t *testing.T) {
	s := newStreamed(t)
	s.query(`{"create_collection":{"object":{"name":"users"}}}`)
	target := func(kind string) string {
		return `{"errors":[{"position":[],"code":"invalid argument","description":"Expected a Document Ref or Version, or a Set Ref, got ` + kind + `."}]}`
	}
	field := func(name string) string {
		return `{"errors":[{"position":[],"code":"invalid url parameter","description":"Invalid url parameter fields. Invalid field name '` + name + `'."}]}`
	}
	const write = `{"errors":[{"position":[],"code":"invalid expression","description":"Write effect in read-only query expression."}]}`
	for _, test := range []struct {
		path, secret, body string
		status             int
		want               string
	}{
		{"/stream", streamSecret, `"invalid stream"`, 400, target("String")},
		{"/stream", streamSecret, users, 400, target("Collection Ref")},
		{"/stream", streamSecret, `{"object":{}}`, 400, target("Object")},
		{"/stream", streamSecret, `{"union":[{"documents":` + users + `},{"documents":` + users + `}]}`, 400, target("Set")},
		{
			"/stream", streamSecret, `{"@ref":{"id":"1","collection":{"@ref":{"id":"nope","collection":{"@ref":{"id":"collections"}}}}}}`, 400,
			`{"errors":[{"position":[],"code":"invalid ref","description":"Ref refers to undefined collection 'nope'"}]}`,
		},
		{"/stream", streamSecret, `{"get":` + user1 + `}`, 404, `{"errors":[{"position":[],"code":"instance not found","description":"Document not found."}]}`},
		{"/stream", streamSecret, `{"create":` + users + `}`, 400, write},
		{"/stream", streamSecret, `{"new_id":null}`, 400, write},
		{"/stream?fields=action,foo", streamSecret, user1, 400, field("foo")},
		{"/stream?fields=", streamSecret, user1, 400, field("")},
		{"/stream", "nobody", user1, 401, `{"errors":[{"code":"unauthorized","description":"Unauthorized"}]}`},
	} {
		if status, got := s.post(test.path, test.secret, test.body); status != test.status || got != test.want {
			t.Errorf("%s %s: %d %s\nwant %d %s", test.path, test.body, status, got, test.status, test.want)
		}
	}
}

// flood opens a stream that nobody reads, and writes more to its document than
// the connection and what may wait hold together.
func flood(t *testing.T, h *house, c *http.Client) *http.Response {
	t.Helper()
	h.ask(t, c, ask{body: `{"create_collection":{"object":{"name":"users"}}}`})
	h.ask(t, c, ask{body: `{"create":` + user1 + `}`})
	r, err := http.NewRequest(http.MethodPost, "http://"+h.addr+"/stream", strings.NewReader(user1))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.secret)
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	update := `{"update":` + user1 + `,"params":{"object":{"data":{"object":{"x":"` + strings.Repeat("x", 256<<10) + `"}}}}}`
	for range 60 {
		if got := h.ask(t, client(t, "HTTP/1.1"), ask{body: update}); got.Status != 200 {
			t.Fatalf("others are not served: %d %s", got.Status, got.Body)
		}
	}
	return resp
}

// TestSlowReaderIsGivenUp checks that a reader that is too slow is told so.
func TestSlowReaderIsGivenUp(t *testing.T) {
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		h := open(t, Options{}, nil)
		resp := flood(t, h, c)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(body), "\r\n")
		last := lines[len(lines)-2]
		want := regexp.MustCompile(`^{"type":"error","txn":0,"event":{"code":"time out",` +
			`"description":"Stream closed due to congestion after accumulating [1-9][0-9]* items."}}$`)
		if !want.MatchString(last) {
			t.Errorf("after %d events the last line is %.200s", len(lines)-2, last)
		}
	})
}

// TestSlowReaderIsCut checks that one that does not read at all is not waited
// for longer than for the reading of any answer. The clock of the server is
// as much behind.
func TestSlowReaderIsCut(t *testing.T) {
	eachProtocol(t, func(t *testing.T, c *http.Client) {
		ended := make(chan struct{})
		h := open(t, Options{Clock: func() time.Time { return time.Now().Add(-conns.AnsweringTime) }}, func(s *Server) {
			next := s.http.Handler
			s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r)
				if r.URL.Path == "/stream" {
					close(ended)
				}
			})
		})
		resp := flood(t, h, c)
		defer resp.Body.Close()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Fatal("it is still waited for")
		}
		if body, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("the answer ended well after %d bytes", len(body))
		}
	})
}

// TestManyStreams opens thousands of streams, over HTTP/2 all on one connection,
// and checks that each is told of its own document and of no other.
func TestManyStreams(t *testing.T) {
	const streams = 2000
	h := open(t, Options{}, nil)
	c := client(t, "HTTP/2.0")
	h.ask(t, c, ask{body: `{"create_collection":{"object":{"name":"users"}}}`})
	readers := make([]*bufio.Reader, streams)
	document := func(i int) string { return `{"@ref":{"id":"` + strconv.Itoa(i+1) + `","collection":` + users + `}}` }
	for i := range readers {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+h.addr+"/stream", strings.NewReader(document(i)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+h.secret)
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		readers[i] = bufio.NewReaderSize(resp.Body, 512)
		if line, err := readers[i].ReadString('\n'); !strings.HasPrefix(line, `{"type":"start"`) {
			t.Fatalf("stream %d begins with %q, %v", i, line, err)
		}
	}
	for _, i := range []int{streams - 1, 0, streams / 2} {
		h.ask(t, c, ask{body: `{"create":` + document(i) + `}`})
	}
	for _, i := range []int{0, streams / 2, streams - 1} {
		line, err := readers[i].ReadString('\n')
		if !strings.HasPrefix(line, `{"type":"version"`) || !strings.Contains(line, document(i)) {
			t.Errorf("stream %d is told %q, %v", i, line, err)
		}
	}
}
