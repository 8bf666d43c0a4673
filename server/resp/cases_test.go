package resp

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/querytest"
	"github.com/fawndb/fawn/server"
	"github.com/fawndb/fawn/server/conns/connstest"
)

// caseSecret is the root secret of the databases of cases.
const caseSecret = "the-root-secret-of-cases"

// caseSession is two databases with the same clock and the same chance: one
// behind HTTP, one behind this door. Both must answer alike; what this door
// does not tell, the status and the errors beside the first, is HTTP's.
type caseSession struct {
	t    *testing.T
	web  *caseHouse
	http http.Handler
	resp *caseHouse
	line net.Conn
	in   *bufio.Reader
}

// caseHouse is a database that knows no time and no chance but a test's.
type caseHouse struct {
	db  *engine.DB
	now atomic.Int64 // microseconds
}

// chance is a source of random bytes for many goroutines, the same in every
// run.
type chance struct {
	mu sync.Mutex
	r  *rand.ChaCha8
}

func (c *chance) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.r.Read(b)
}

func openCaseHouse(t *testing.T) *caseHouse {
	t.Helper()
	h := new(caseHouse)
	h.now.Store(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
	clock := func() int64 { return h.now.Add(1) }
	db, err := engine.OpenStore(mem.New(mem.Options{Clock: clock}), engine.Options{
		RootSecret: caseSecret, SweepInterval: -1, Random: &chance{r: rand.NewChaCha8([32]byte{})},
		Clock:        func() time.Time { return time.UnixMicro(clock()).UTC() },
		PasswordCost: password.Cost{Memory: 8, Time: 1, Lanes: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h.db = db
	return h
}

func openCase(t *testing.T) querytest.Session {
	t.Helper()
	s := &caseSession{t: t, web: openCaseHouse(t), resp: openCaseHouse(t)}
	s.http = server.New(s.web.db, server.Options{}).Handler()
	p := connstest.NewPipes()
	h := serverOf(t, s.resp.db)
	go func() { h.served <- h.Serve(p, "", "") }()
	t.Cleanup(func() {
		if err := h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s.line = p.Dial()
	s.in = bufio.NewReader(s.line)
	return s
}

func (s *caseSession) Forward(d time.Duration) {
	s.web.now.Add(d.Microseconds())
	s.resp.now.Add(d.Microseconds())
}

func (s *caseSession) Query(secret string, form querytest.Form, src string) (int, []byte) {
	if secret == "" {
		secret = caseSecret
	}
	// One may have asked for the time more often than the other.
	now := max(s.web.now.Load(), s.resp.now.Load())
	s.web.now.Store(now)
	s.resp.now.Store(now)
	status, body := s.overHTTP(secret, form, src)
	command := "QUERY"
	if form == querytest.Text {
		command = "FQL"
	}
	got := s.ask("AUTH", secret)
	if got == "+OK" {
		got = s.ask(command, src)
	}
	if want := s.wanted(status, body); got != want {
		s.t.Errorf("%s %s\ngot  %s\nwant %s", command, src, got, want)
	}
	return status, body
}

// overHTTP asks HTTP, which takes only JSON.
func (s *caseSession) overHTTP(secret string, form querytest.Form, src string) (int, []byte) {
	_, _ = s.web.db.Verify(context.Background(), secret) // AUTH does too
	if form == querytest.Text {
		q, err := s.web.db.Parse(src)
		if err != nil {
			return http.StatusBadRequest, query.AppendErrors(nil, inText("", err), nil)
		}
		src = string(q.Wire)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(src))
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// ask sends a command and returns the reply, without its size.
func (s *caseSession) ask(args ...string) string {
	_ = s.line.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(s.line, frame(args...)); err != nil {
		s.t.Fatal(err)
	}
	head, err := s.in.ReadString('\n')
	if err != nil {
		s.t.Fatal(err)
	}
	head = strings.TrimSuffix(head, "\r\n")
	size, ok := strings.CutPrefix(head, "$")
	if !ok {
		return head
	}
	n, err := strconv.Atoi(size)
	if err != nil {
		s.t.Fatal(err)
	}
	text := make([]byte, n+len("\r\n"))
	if _, err := io.ReadFull(s.in, text); err != nil {
		s.t.Fatal(err)
	}
	return string(text[:n])
}

// wanted is the reply that an answer of HTTP becomes.
func (s *caseSession) wanted(status int, body []byte) string {
	if status < 300 {
		return strings.TrimSuffix(strings.TrimPrefix(string(body), `{"resource":`), "}")
	}
	if status == http.StatusUnauthorized {
		return "-WRONGPASS Unauthorized"
	}
	var report struct {
		Errors []struct {
			Position          json.RawMessage
			Code, Description string
		}
	}
	if err := json.Unmarshal(body, &report); err != nil {
		s.t.Fatal(err)
	}
	decides := report.Errors[0]
	for _, code := range []string{"permission denied", "invalid argument", "invalid expression"} { // the last wins
		for i := len(report.Errors) - 1; i >= 0; i-- {
			if e := report.Errors[i]; e.Code == code {
				decides = e
			}
		}
	}
	words := []string{"-" + strings.ToUpper(strings.ReplaceAll(decides.Code, " ", "_"))}
	if decides.Position != nil {
		words = append(words, string(decides.Position))
	}
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(strings.Join(append(words, decides.Description), " "))
}

// TestCases runs the cases of the language through this door.
func TestCases(t *testing.T) {
	querytest.Run(t, "../../testdata/fql/*.txt", openCase)
}
