package drivers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestJavaScript runs the tests of the JavaScript driver under Node.
func TestJavaScript(t *testing.T) {
	s := start(t)
	cmd := exec.Command("node", "--test", "--test-reporter=spec")
	cmd.Dir = filepath.Join("..", "js")
	cmd.Env = append(os.Environ(), "FAWN_ENDPOINT="+s.endpoint, "FAWN_SECRET="+s.secret, "FAWN_BINARY="+binary)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("node: %v", err)
	}
}
