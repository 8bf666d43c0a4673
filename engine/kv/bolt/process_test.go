//go:build unix

package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
)

// childVar tells the test binary which child to be, childPath on which file.
const (
	childVar  = "KVTEST_CHILD"
	childPath = "KVTEST_PATH"
)

// children are what the test binary does when it is started by a test.
var children = map[string]func(path string) error{
	"write":    childWrite,
	"compact":  childCompact,
	"full":     childFull,
	"hold":     childHold,
	"readonly": childReadOnly,
}

func TestMain(m *testing.M) {
	if child := children[os.Getenv(childVar)]; child != nil {
		if err := child(os.Getenv(childPath)); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// start starts a child; its output is read from the pipe.
func start(t *testing.T, name, path string) (*exec.Cmd, *bufio.Scanner, io.WriteCloser) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childVar+"="+name, childPath+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewScanner(out), in
}

// childWriters write at the same time in childWrite.
const childWriters = 8

// childWrite commits for ever, and prints "writer number" after each commit.
// A commit writes its number in two spaces.
func childWrite(path string) error {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	return writeForever(s)
}

func writeForever(s *bolt.Store) error {
	var wg sync.WaitGroup
	for w := range childWriters {
		wg.Go(func() {
			for n := 0; ; n++ {
				text := fmt.Sprintf("%d %d", w, n)
				b := entry("a"+text, strings.Repeat("x", 300))
				b.Writes = append(b.Writes, kv.Write{Key: []byte("b" + text)})
				if _, err := s.Commit(context.Background(), b); err != nil {
					fmt.Println("failed:", err)
					return
				}
				fmt.Println(text)
			}
		})
	}
	wg.Wait()
	return nil
}

// TestKill kills a process in the middle of its commits, sooner or later. What
// it has acknowledged must be there, whole; of the rest at most what each
// writer had under way.
func TestKill(t *testing.T) { kill(t, "write", 5) }

// TestKillCompacting does so while the store is compacted again and again.
func TestKillCompacting(t *testing.T) { kill(t, "compact", 12) }

func kill(t *testing.T, child string, rounds int) {
	t.Helper()
	for round := range rounds {
		path := newPath(t)
		cmd, out, _ := start(t, child, path)
		acknowledged := [childWriters]int{}
		for n := 0; out.Scan(); n++ {
			var w, i int
			if _, err := fmt.Sscanf(out.Text(), "%d %d", &w, &i); err != nil {
				t.Fatalf("the child says %q", out.Text())
			}
			acknowledged[w] = i + 1
			if n == 40*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		checkWritten(t, path, acknowledged)
		mustBeAlone(t, path)
	}
}

func checkWritten(t *testing.T, path string, acknowledged [childWriters]int) {
	t.Helper()
	s := open(t, path, bolt.Options{})
	defer func() { _ = s.Close() }()
	if err := s.Verify(func(err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	for w, count := range acknowledged {
		for n := range count + 2 {
			a, errA := snap.Get(fmt.Appendf(nil, "a%d %d", w, n))
			b, errB := snap.Get(fmt.Appendf(nil, "b%d %d", w, n))
			if errA != nil || errB != nil || (a == nil) != (b == nil) || (a != nil && len(a) != 300) {
				t.Errorf("commit %d of writer %d is not whole: %d bytes, %v, %v, %v", n, w, len(a), b != nil, errA, errB)
			}
			if n < count && a == nil {
				t.Errorf("commit %d of writer %d was acknowledged and is lost", n, w)
			}
			if n > count && a != nil {
				t.Errorf("commit %d of writer %d was never begun", n, w)
			}
		}
	}
}

// childFull commits until the file may not grow, prints what it has
// committed and the errors, reads, lets the file grow and goes on.
func childFull(path string) error {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	unlimited := limit
	limit.Cur = 3 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	refused := 0
	for n := 0; refused < 20; n++ {
		b := entry(fmt.Sprintf("k%05d", n), strings.Repeat("x", 50_000))
		retracted := int64(0)
		var published int64
		b.Publish = func(ts int64) { published = ts }
		b.Retract = func(ts int64) { retracted = ts }
		_, err := s.Commit(context.Background(), b)
		switch {
		case err == nil:
			fmt.Println(n)
		case !errors.Is(err, kv.ErrNoSpace):
			return fmt.Errorf("commit %d: %w", n, err)
		case published == 0 || retracted != published:
			return fmt.Errorf("commit %d: published %d, retracted %d", n, published, retracted)
		default:
			refused++
		}
		if refused == 10 {
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &unlimited); err != nil {
				return err
			}
			if _, err := s.Commit(context.Background(), entry("k99999", "room again")); err != nil {
				return err
			}
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
				return err
			}
		}
		if _, err := dump(s); err != nil {
			return err
		}
	}
	fmt.Println(99999)
	return s.Close()
}

// TestFull gives a child little room on the disk.
func TestFull(t *testing.T) {
	path := newPath(t)
	cmd, out, _ := start(t, "full", path)
	var want []string
	for out.Scan() {
		n, err := strconv.Atoi(out.Text())
		if err != nil {
			t.Fatalf("the child says %q", out.Text())
		}
		want = append(want, fmt.Sprintf("k%05d", n))
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, bolt.Options{})
	entries, err := dump(s)
	var got []string
	for _, e := range entries {
		key, _, _ := strings.Cut(e, "=")
		got = append(got, key)
	}
	if err != nil || !slices.Equal(got, want) || len(want) < 10 {
		t.Errorf("the store has %q, %v, want %q", got, err, want)
	}
	put(t, s, "k", "and on")
}

// childHold opens the store and holds it until its input ends.
func childHold(path string) error {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	fmt.Println("open")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return s.Close()
}

func TestLocked(t *testing.T) {
	path := newPath(t)
	cmd, out, in := start(t, "hold", path)
	if !out.Scan() || out.Text() != "open" {
		t.Fatalf("the child says %q", out.Text())
	}
	if _, err := bolt.Open(path, bolt.Options{}); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("while another process has the store: %v", err)
	}
	if _, err := bolt.Open(path, bolt.Options{LockWait: time.Millisecond}); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("while another process has the store, waiting: %v", err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, bolt.Options{LockWait: time.Minute}) // the child closes meanwhile
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := bolt.Open(path, bolt.Options{}); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("while this process has the store: %v", err)
	}
	put(t, s, "a", "1")
}

// childReadOnly gives up the rights of root, which may write everywhere, and
// tries a store that it may read only, and a new one beside it.
func childReadOnly(path string) error {
	const nobody = 65534
	if os.Getuid() == 0 {
		if err := syscall.Setuid(nobody); err != nil {
			return err
		}
	}
	if _, err := os.ReadFile(path); err != nil {
		return err
	}
	for _, path := range []string{path, path + ".new"} {
		_, err := bolt.Open(path, bolt.Options{})
		if !errors.Is(err, kv.ErrReadOnly) {
			return fmt.Errorf("open %s: %w", path, err)
		}
	}
	return nil
}

func TestReadOnly(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "test.db")
	put(t, open(t, path, bolt.Options{}), "a", "1")
	for name, mode := range map[string]os.FileMode{filepath.Dir(folder): 0o755, folder: 0o555, path: 0o444} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	cmd, out, _ := start(t, "readonly", path)
	for out.Scan() {
		t.Error(out.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
}

// childCompact is childWrite in a store that is compacted all the time.
func childCompact(path string) error {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	go func() {
		for {
			if _, _, err := s.Compact(context.Background(), nil); err != nil {
				fmt.Println("failed:", err)
				return
			}
		}
	}()
	return writeForever(s)
}
