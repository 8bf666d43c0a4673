package drivers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestBrowser has a real browser run the browser build of the JavaScript driver
// on the page of ../js/browser, which is of another origin than the database.
func TestBrowser(t *testing.T) {
	s := start(t)
	outcomes := make(chan map[string]*string, 1)
	page := httptest.NewServer(pages(t, s, outcomes))
	defer page.Close()
	browse(t, page.URL)
	select {
	case got := <-outcomes:
		if len(got) == 0 {
			t.Error("no scenario ran")
		}
		for name, failure := range got {
			t.Run(name, func(t *testing.T) {
				if failure != nil {
					t.Error(*failure)
				}
			})
		}
	case <-time.After(time.Minute):
		t.Fatal("the page did not tell how its scenarios ended")
	}
}

// pages serves the page and what it asks for, and takes its outcomes.
func pages(t *testing.T, s server, outcomes chan<- map[string]*string) http.Handler {
	endpoint, err := url.Parse(s.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	pages := http.NewServeMux()
	for path, file := range map[string]string{
		"/{$}":        "browser/page.html",
		"/page.mjs":   "browser/page.mjs",
		"/faunadb.js": "node_modules/faunadb/dist/faunadb-min.js",
	} {
		pages.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, filepath.Join("..", "js", filepath.FromSlash(file)))
		})
	}
	pages.HandleFunc("GET /server", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{
			"scheme": endpoint.Scheme, "domain": endpoint.Hostname(), "port": endpoint.Port(), "secret": s.secret,
		})
	})
	pages.HandleFunc("POST /outcomes", func(_ http.ResponseWriter, r *http.Request) {
		var got map[string]*string
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		outcomes <- got
	})
	return pages
}

// browse opens a page in a browser of its own, which is ended with the test.
func browse(t *testing.T, address string) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed: apt-get install chromium, or make test, which does it")
	}
	cmd := exec.CommandContext(t.Context(), chromium,
		"--headless", "--no-sandbox", // whose user is often root
		"--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-port=0", address)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it has files to close
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
}
