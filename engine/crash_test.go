//go:build unix

package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/engine/kv/bolt"
	"github.com/fawndb/fawn/query"
)

// crashVar names the file on which the test binary works until it is killed,
// crashSeed begins its random queries.
const (
	crashVar  = "ENGINE_CRASH_FILE"
	crashSeed = "ENGINE_CRASH_SEED"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashVar); path != "" {
		fmt.Println("failed:", work(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// crashOptions are those of a database that sweeps and builds all the time.
func crashOptions(clock *testClock) Options {
	o := testOptions(clock)
	o.Clock, o.NoSync, o.BuildAtOnce, o.SweepInterval = nil, false, -1, time.Millisecond
	return o
}

// work writes at random for ever, and prints a line for each query that was
// acknowledged: the writer and how many it has.
func work(path string) error {
	seed, err := strconv.ParseUint(os.Getenv(crashSeed), 10, 64)
	if err != nil {
		return err
	}
	clock := newTestClock()
	db, err := Open(path, crashOptions(clock))
	if err != nil {
		return err
	}
	if _, err := db.Query(context.Background(), "root", schemaOfTests, nil); err != nil {
		return err
	}
	const writers = 4
	failed := make(chan error, writers)
	var out sync.Mutex
	for w := range writers {
		r := rand.New(rand.NewPCG(seed, uint64(w)))
		go func() {
			for n := 1; ; n++ {
				q := randomWrite(r, clock)
				if r.IntN(5) == 0 {
					q = randomSchema(r)
				}
				q = fmt.Sprintf(`Do(%s, Insert(Ref(Collection("a"), "%d"), 1, "create", {data: {x: %d}}))`, q, 1000+w, n)
				_, err := db.Query(context.Background(), "root", q, nil)
				var e *query.Error
				if err != nil && !query.IsErrors(err) && !errors.As(err, &e) {
					failed <- err
					return
				}
				if err == nil {
					out.Lock()
					fmt.Println(w, n)
					out.Unlock()
				}
			}
		}()
	}
	return <-failed
}

// TestCrash kills a process that writes. Its file is sound, holds all that was
// acknowledged, and the builds that it had begun go on.
func TestCrash(t *testing.T) {
	r := newRand(t)
	for round := range 5 {
		path := filepath.Join(t.TempDir(), "test.db")
		last := crash(t, path, r.Uint64(), 20+round*60)
		checkFile(t, path)
		db, err := Open(path, crashOptions(newTestClock()))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.AwaitBuilds(context.Background()); err != nil {
			t.Error(err)
		}
		for w, n := range last {
			x := run(t, db, `Select(["data", "x"], Get(Ref(Collection("a"), "%d")), 0)`, 1000+w)
			if got, err := strconv.Atoi(x); err != nil || got < n {
				t.Errorf("writer %d has %s, but %d was acknowledged", w, x, n)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		checkFile(t, path)
	}
}

// crash starts a process that works on a file, kills it after so many lines,
// and returns the last number of each writer.
func crash(t *testing.T, path string, seed uint64, lines int) map[int]int {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), crashVar+"="+path, crashSeed+"="+strconv.FormatUint(seed, 10))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := map[int]int{}
	scanner := bufio.NewScanner(out)
	for n := 0; scanner.Scan(); n++ {
		var w, i int
		if _, err := fmt.Sscan(scanner.Text(), &w, &i); err != nil {
			t.Fatalf("the process says %q", scanner.Text())
		}
		last[w] = i
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	return last
}

// checkFile checks a file's structure and what is in it.
func checkFile(t *testing.T, path string) {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(func(err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
	mustBeClean(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
