package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fawndb/fawn/server/tokens"
)

// TestAlerts: every event is a line of JSON, and a stolen refresh token is told
// of.
func TestAlerts(t *testing.T) {
	posted := make(chan string, 2)
	status := http.StatusOK
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(status)
		posted <- r.Header.Get("Content-Type") + " " + string(body)
	}))
	defer hook.Close()
	var out, log bytes.Buffer
	a := newAlerts(hook.URL, &out, slog.New(slog.NewTextHandler(&log, nil)))
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a.audited(tokens.Event{At: at, Event: "token.rotated", Level: tokens.Info, TokenID: "5"})
	stolen := tokens.Event{At: at, Event: "token.reuse_detected", Level: tokens.Error, Outcome: "revoked", TokenID: "7"}
	a.audited(stolen)
	a.end()
	want, err := json.Marshal(stolen)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-posted; got != "application/json "+string(want) || len(posted) != 0 {
		t.Errorf("posted %s, want %s", got, want)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || lines[1] != `{"audit":`+string(want)+`}` || log.Len() != 0 {
		t.Errorf("lines %q, log %s", lines, &log)
	}
	status = http.StatusTeapot
	a = newAlerts(hook.URL, io.Discard, slog.New(slog.NewTextHandler(&log, nil)))
	a.audited(stolen)
	a.end()
	if !strings.Contains(log.String(), "an alert did not arrive") || !strings.Contains(log.String(), "418") {
		t.Errorf("log: %s", &log)
	}
}
