package resp

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
)

// slowly is a server with a command that runs until it is let go, or the
// server loses its patience.
func slowly(t *testing.T) (h *house, begun <-chan struct{}, release func()) {
	t.Helper()
	h = open(t, setup{})
	runs, free := make(chan struct{}, 1), make(chan struct{})
	h.Server.commands["SLOW"] = &command{name: "SLOW", run: func(c *conn, ctx context.Context, _ [][]byte) error {
		runs <- struct{}{}
		select {
		case <-free:
			c.simple("DONE")
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	return h, runs, func() { close(free) }
}

// TestShutdown: running commands are finished, and all that arrived with them;
// those that wait for commands are closed at once.
func TestShutdown(t *testing.T) {
	h, begun, release := slowly(t)
	waiting, half, busy := h.dial(t), h.dial(t), h.dial(t)
	waiting.ask("+PONG\r\n", "PING")
	half.send("*2\r\n$4\r\nEC")
	busy.send(frame("SLOW") + frame("PING", "behind"))
	<-begun
	done := make(chan error, 1)
	go func() { done <- h.Shutdown(context.Background()) }()
	waiting.wantEnd("")
	half.wantEnd("")
	if c, err := net.Dial("tcp", h.addr); err == nil {
		c.Close()
		t.Error("it still listens")
	}
	if err := <-h.served; !errors.Is(err, ErrServerClosed) {
		t.Errorf("Serve returned %v", err)
	}
	select {
	case err := <-done:
		t.Fatalf("Shutdown did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	release()
	busy.wantEnd("+DONE\r\n" + bulk("behind"))
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := h.Serve(&net.TCPListener{}, "", ""); !errors.Is(err, ErrServerClosed) {
		t.Errorf("served again: %v", err)
	}
}

// TestShutdownAtOnce: a command does not outlive the patience of Shutdown.
func TestShutdownAtOnce(t *testing.T) {
	h, begun, _ := slowly(t)
	busy := h.dial(t)
	busy.send(frame("SLOW"))
	<-begun
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := h.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if h.log.String() != "" {
		t.Errorf("the log says %s", h.log.String())
	}
}

// TestNoCertificate: what cannot be encrypted is not served.
func TestNoCertificate(t *testing.T) {
	h := serverOf(t, open(t, setup{}).db)
	if err := h.Serve(&net.TCPListener{}, filepath.Join(t.TempDir(), "none"), "none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a certificate that is not there: %v", err)
	}
}

// TestTimeout: a query's time is that of the database.
func TestTimeout(t *testing.T) {
	h := open(t, setup{db: engine.Options{Timeout: time.Millisecond}})
	list := "[0" + strings.Repeat(",0", 99) + "]"
	h.known(t, h.secret).ask("-TIME_OUT Read timed out\r\n", "FQL",
		`Map(`+list+`, (a) => Map(`+list+`, (b) => Sum(Map(`+list+`, (c) => Add(a, b, c)))))`)
}
