package drivers

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// binary is the fawn that every test starts, built with the race detector.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fawn-drivers-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "fawn")
	build := exec.Command("go", "build", "-race", "-o", binary, "./cmd/fawn")
	build.Dir = filepath.Join("..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build fawn: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// server is a started `fawn serve` on a free port and a scratch file.
type server struct {
	endpoint string // such as "http://127.0.0.1:40721"
	secret   string // opens the root database
}

// start begins to serve and returns when the server says that it listens. The
// server is ended as an operator would end it when the test is over; then it
// must have nothing to complain of, a race among its goroutines included.
func start(t *testing.T) server {
	t.Helper()
	s := server{secret: "the-root-secret-of-a-scratch-file"}
	cmd := exec.Command(binary, "serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "fawn.db"))
	cmd.Env = append(os.Environ(), "FAWN_ROOT_SECRET="+s.secret)
	diagnostics := new(bytes.Buffer)
	cmd.Stderr = diagnostics
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, cmd, diagnostics) })
	s.endpoint = "http://" + listening(t, cmd, stdout)
	return s
}

// listening reads what the server prints until it names its address.
func listening(t *testing.T, cmd *exec.Cmd, stdout io.Reader) string {
	t.Helper()
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if addr, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			return addr
		}
	}
	t.Fatal("the server ended before it listened")
	return ""
}

// stop interrupts the server and waits until it is gone.
func stop(t *testing.T, cmd *exec.Cmd, diagnostics *bytes.Buffer) {
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("interrupt the server: %v", err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server: %v", err)
	}
	if t.Failed() {
		t.Logf("the server's diagnostics:\n%s", diagnostics)
	}
}
