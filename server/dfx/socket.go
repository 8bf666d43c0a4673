package dfx

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/fawndb/fawn/server/auth"
	"github.com/fawndb/fawn/server/door"
	"github.com/fawndb/fawn/server/tokens"
)

// A frame of the client is an action, the id of the request, and JSON; ours
// is the id, a status, and JSON:
//
//	0718 0718AbCdEf {"Token":"eyJ…"}
//	     0718AbCdEf 200 {}
const (
	actionSize = 4
	idSize     = 10
	// loginWithToken is the only action that is answered.
	loginWithToken = "0718"
	// silence is how long a socket may say nothing.
	silence = 10 * time.Minute
)

// sockets are the open ones.
type sockets struct {
	mu     sync.Mutex
	open   map[*websocket.Conn]bool
	closed bool
	served sync.WaitGroup
}

// add returns false if no socket may be opened any more.
func (s *sockets) add(c *websocket.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.open == nil {
		s.open = map[*websocket.Conn]bool{}
	}
	s.open[c] = true
	s.served.Add(1)
	return true
}

func (s *sockets) remove(c *websocket.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	s.served.Done()
}

// Close ends the open sockets, which a stopping server leaves alone, and the
// queue, unless it was given one. It comes before the database is closed.
func (d *Door) Close() {
	s := &d.sockets
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		_ = c.CloseNow() // who serves it is told so
	}
	s.mu.Unlock()
	s.served.Wait()
	if d.queue != nil {
		d.queue.Close()
	}
}

// socket serves websocket.connect(token). Other requests are unknown.
func (d *Door) socket(unknown http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			unknown.ServeHTTP(w, r)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !d.MayUse(origin) {
			d.serve(func(*call) (any, error) { return nil, errForbidden }).ServeHTTP(w, r)
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Subprotocols: []string{"json"}, InsecureSkipVerify: true, // its origin is checked above
		})
		if err != nil {
			return // Accept has answered
		}
		conn.SetReadLimit(door.MaxBody)
		if !d.sockets.add(conn) {
			_ = conn.CloseNow()
			return
		}
		defer d.sockets.remove(conn)
		d.talk(conn, r)
	})
}

// talk answers frames until the socket is closed, silent, or makes no sense.
func (d *Door) talk(conn *websocket.Conn, r *http.Request) {
	defer func() { _ = conn.CloseNow() }()
	for {
		ctx, done := context.WithTimeout(r.Context(), silence)
		_, frame, err := conn.Read(ctx)
		done()
		if err != nil {
			return
		}
		if len(frame) < actionSize+idSize {
			_ = conn.Close(websocket.StatusUnsupportedData, "a frame is too short")
			return
		}
		c := &call{Door: d, r: r}
		answer := append([]byte(nil), frame[actionSize:actionSize+idSize]...)
		answer = append(answer, c.frame(string(frame[:actionSize]), frame[actionSize+idSize:])...)
		c.count()
		ctx, done = context.WithTimeout(r.Context(), silence)
		err = conn.Write(ctx, websocket.MessageBinary, answer)
		done()
		if err != nil {
			return
		}
	}
}

// frame returns the status and the body that answer a frame.
func (c *call) frame(action string, data []byte) []byte {
	err := error(errNotFound)
	if action == loginWithToken {
		err = c.loginWithToken(data)
	}
	if err == nil {
		return []byte("200{}")
	}
	r := c.refusal(err)
	return append([]byte(strconv.Itoa(r.status)), door.AppendJSON(r.body())...)
}

// loginWithToken checks the access token of a frame.
func (c *call) loginWithToken(data []byte) error {
	var in struct{ Token string }
	if json.Unmarshal(data, &in) != nil {
		return errInvalidJSON
	}
	if err := c.Free(c.r, door.UnknownSecrets); err != nil {
		return err
	}
	found, err := c.Resolve(c.r.Context(), tokens.Presented{Secret: in.Token, Want: tokens.Access, Referer: c.r.Referer()})
	if errors.Is(err, auth.ErrInactive) {
		c.guessed = true
		return errToken
	}
	if err == nil && !ofKind(found.Token, own) {
		return errToken
	}
	return err
}
