package engine_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestEmbeddersLink guards what a program that embeds the engine links: the
// engine, the language and the store, but nothing that serves or commands.
func TestEmbeddersLink(t *testing.T) {
	kept := []string{"github.com/fawndb/fawn/engine", "github.com/fawndb/fawn/query", "go.etcd.io/bbolt"}
	banned := []string{
		"github.com/fawndb/fawn/server",
		"github.com/fawndb/fawn/cmd",
		"net/http",
		"golang.org/x/net",
		"github.com/spf13",      // the command line
		"github.com/prometheus", // metrics
		"go.opentelemetry.io",
		"github.com/redis",
		"github.com/tidwall",
		"testing",
	}
	embedder := linked(t, "github.com/fawndb/fawn/engine")
	for _, path := range kept {
		if !within(path, embedder) {
			t.Errorf("the engine links no %s: is the list of imports read?", path)
		}
	}
	for _, path := range banned {
		if within(path, embedder) {
			t.Errorf("the engine links %s", path)
		}
	}
	if command := linked(t, "github.com/fawndb/fawn/cmd/fawn"); !within("net/http", command) {
		t.Error("the command links no net/http: is the list of imports read?")
	}
}

// linked lists the packages that a program links which imports the path.
func linked(t *testing.T, path string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", path).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", path, err)
	}
	return strings.Fields(string(out))
}

// within reports whether a package, or one below it, is among the paths.
func within(path string, paths []string) bool {
	for _, p := range paths {
		if p == path || strings.HasPrefix(p, path+"/") {
			return true
		}
	}
	return false
}
