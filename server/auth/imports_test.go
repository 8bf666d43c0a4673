package auth_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestProtectedProgramsLink guards what a program links that protects its
// handlers: neither the database nor its doors.
func TestProtectedProgramsLink(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/fawndb/fawn/server/auth").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{}
	for path := range strings.FieldsSeq(string(out)) {
		linked[path] = true
		ours := strings.HasPrefix(path, "github.com/fawndb/fawn/")
		if ours && path != "github.com/fawndb/fawn/server/auth" || strings.HasPrefix(path, "go.etcd.io/") {
			t.Errorf("server/auth links %s", path)
		}
	}
	if !linked["net/http"] || !linked["github.com/fawndb/fawn/server/auth"] {
		t.Error("server/auth links no net/http: is the list of imports read?")
	}
}
