//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fawndb/fawn/engine"
)

// TestKilled kills a server while many clients write, and checks that every
// write that was acknowledged is there.
func TestKilled(t *testing.T) {
	const clients, enough = 16, 300
	path := filepath.Join(t.TempDir(), "fawn.db")
	s, err := startServing([]string{"--data", path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	if status := create(s, `{"create_collection":{"object":{"name":"users"}}}`); status != http.StatusCreated {
		t.Fatalf("the collection was answered with %d", status)
	}
	var acknowledged sync.Map
	acks := make(chan struct{})
	var writers sync.WaitGroup
	for client := range clients {
		writers.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d%06d", client+1, n)
				// Each writes a document and a token's worth of data.
				status := create(s, `{"create":{"ref":{"collection":"users"},"id":"`+id+
					`"},"params":{"object":{"data":{"object":{"text":"`+strings.Repeat("x", 100)+`"}}}}}`)
				if status == 0 {
					return // the server is gone
				}
				if status != http.StatusCreated {
					t.Errorf("document %s was answered with %d", id, status)
					return
				}
				acknowledged.Store(id, true)
				acks <- struct{}{}
			}
		})
	}
	go func() {
		writers.Wait()
		close(acks)
	}()
	count := 0
	for range acks {
		if count++; count == enough {
			if err := s.cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = s.wait() // it was killed
	if count < enough {
		t.Fatalf("only %d documents were acknowledged", count)
	}
	if out, err := fawn("check", path); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	db, err := engine.Open(path, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	acknowledged.Range(func(id, _ any) bool {
		var text string
		res, err := db.Query(context.Background(), db.RootSecret(),
			`Select(["data", "text"], Get(Ref(Collection("users"), Var("id"))))`, map[string]any{"id": id})
		if err == nil {
			err = res.Decode(&text)
		}
		if err != nil || len(text) != 100 {
			t.Errorf("document %s: %q, %v", id, text, err)
		}
		return true
	})
}

// create posts a query and returns the status of the answer, 0 if there is
// none.
func create(s *serving, body string) int {
	r, err := http.NewRequest(http.MethodPost, "http://"+s.addr, strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+s.secret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0
	}
	return resp.StatusCode
}
