//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine"
)

// TestKilled kills a server while many clients write, and checks that every
// write that was acknowledged is there.
func TestKilled(t *testing.T) { killed(t, nil) }

// TestKilledCompacting does so while the server compacts its file, again and
// again.
func TestKilledCompacting(t *testing.T) {
	killed(t, func(s *serving) {
		for post(s, "/compact", "") == http.StatusOK {
		}
	})
}

// killed kills a server; meanwhile, unless it is nil, runs until then.
func killed(t *testing.T, meanwhile func(s *serving)) {
	t.Helper()
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
	if meanwhile != nil {
		writers.Go(func() { meanwhile(s) })
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
	defer func() { _ = db.Close() }()
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

// TestTerminated ends a server in the middle of a request, and checks that it
// is answered, and that what it wrote is there.
func TestTerminated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fawn.db")
	s, err := startServing([]string{"--data", path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const body = `{"create_collection":{"object":{"name":"users"}}}`
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: fawn\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n"+
		"X-Last-Seen-Txn: %d\r\nExpect: 100-continue\r\n\r\n", s.secret, len(body), time.Now().Add(300*time.Millisecond).UnixMicro())
	in := bufio.NewReader(conn)
	if line, err := in.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v", line, err) // it waits for the body now
	}
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for err == nil { // until it listens no more
		var c net.Conn
		if c, err = net.Dial("tcp", s.addr); err == nil {
			_ = c.Close()
		}
	}
	fmt.Fprint(conn, body)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("the query was answered with %s", resp.Status)
	}
	if err := s.wait(); err != nil || s.stderr.Len() > 0 {
		t.Errorf("it ended with %v: %s", err, s.stderr.String())
	}
	db, err := engine.Open(path, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Query(context.Background(), db.RootSecret(), `Get(Collection("users"))`, nil); err != nil {
		t.Error(err)
	}
}

// create runs a query and returns the status of its answer, 0 if there is none.
func create(s *serving, body string) int { return post(s, "/", body) }

func post(s *serving, path, body string) int {
	r, err := http.NewRequest(http.MethodPost, "http://"+s.addr+path, strings.NewReader(body))
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

// TestImportKilled kills an import again and again, and checks that it goes on
// each time, and that in the end everything is there once.
func TestImportKilled(t *testing.T) {
	const documents, kills = 60_000, 3
	dir := t.TempDir()
	path, data := filepath.Join(dir, "dump.jsonl"), filepath.Join(dir, "fawn.db")
	var dump strings.Builder
	for i := range documents {
		fmt.Fprintf(&dump, `{"ref":{"@ref":"classes/users/%d"},"data":{"text":"%s"}}`+"\n", i+1, strings.Repeat("x", 100))
	}
	if err := os.WriteFile(path, []byte(dump.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for range kills {
		cmd := exec.Command("fawn", "import", "--data", data, path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		grown := fileSize(data)
		for since := time.Now(); fileSize(data) <= grown && time.Since(since) < time.Minute; {
			time.Sleep(time.Millisecond)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed, unless it was quicker
	}
	out, err := fawn("import", "--data", data, path)
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if !strings.Contains(out, "went on behind line") {
		t.Errorf("it did not go on:\n%s", out)
	}
	if out, err := fawn("check", data); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	// The documents have no times: one that was imported twice would have two
	// versions.
	out, err = fawn("export", "--data", data)
	if n := strings.Count(out, `"ts":`); err != nil || n != documents+1 {
		t.Errorf("%d versions of %d documents and a collection, %v", n, documents, err)
	}
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
