package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/fawndb/fawn/server/tokens"
)

// alerts writes every event of the audit as a line of JSON, and tells an
// operator's program of those that must not wait for somebody to read it.
type alerts struct {
	url    string
	log    *slog.Logger
	client http.Client
	queue  chan tokens.Event
	done   sync.WaitGroup

	mu  sync.Mutex
	out io.Writer
}

const (
	waitingAlerts = 100
	alertTime     = 10 * time.Second
)

func newAlerts(url string, out io.Writer, log *slog.Logger) *alerts {
	a := &alerts{
		url: url, log: log, out: out,
		client: http.Client{Timeout: alertTime}, queue: make(chan tokens.Event, waitingAlerts),
	}
	a.done.Go(func() {
		for e := range a.queue {
			if err := a.post(e); err != nil {
				a.log.Error("an alert did not arrive", "event", e.Event, "token_id", e.TokenID, "error", err)
			}
		}
	})
	return a
}

// audited is told of every event. It does not wait for the alert.
func (a *alerts) audited(e tokens.Event) {
	line, err := json.Marshal(struct {
		Audit tokens.Event `json:"audit"`
	}{e})
	if err != nil {
		a.log.Error("an event of the audit is not shown", "event", e.Event, "error", err)
		return
	}
	a.mu.Lock()
	fmt.Fprintf(a.out, "%s\n", line)
	a.mu.Unlock()
	if a.url == "" || e.Event != "token.reuse_detected" {
		return
	}
	select {
	case a.queue <- e:
	default:
		a.log.Error("an alert is dropped: too many wait", "event", e.Event, "token_id", e.TokenID)
	}
}

// post tells of one event, once.
func (a *alerts) post(e tokens.Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := a.client.Do(r)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("it was answered with %s", answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}

// end waits for the alerts that are under way.
func (a *alerts) end() {
	close(a.queue)
	a.done.Wait()
}
