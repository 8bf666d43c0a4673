//go:build unix

package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDrain ends a server as an operator does behind a load balancer: it says
// that it is not ready any more, serves those who still come, and is gone.
func TestDrain(t *testing.T) {
	s, err := startServing([]string{"--data", filepath.Join(t.TempDir(), "fawn.db"), "--drain", "2s"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	if status, said := readiness(t, s); status != http.StatusOK || said != "ready\n" {
		t.Fatalf("at the start: %d %q", status, said)
	}
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for {
		status, said := readiness(t, s)
		if status == http.StatusServiceUnavailable {
			if said != "not ready: it is shutting down\n" {
				t.Errorf("it says %q", said)
			}
			break
		}
	}
	if status := post(s, "/", `1`); status != http.StatusOK {
		t.Errorf("a query that still comes: %d", status)
	}
	if err := s.wait(); err != nil {
		t.Errorf("%v: %s", err, s.stderr.String())
	}
	if served := time.Since(began); served < 2*time.Second {
		t.Errorf("it served on for %v", served)
	}
	if status := post(s, "/", `1`); status != 0 {
		t.Errorf("after the end: %d", status)
	}
}

// readiness asks at a new connection whether the server is ready.
func readiness(t *testing.T, s *serving) (status int, said string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + s.addr + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body strings.Builder
	if _, err := io.Copy(&body, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body.String()
}
