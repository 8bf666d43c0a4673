//go:build unix

package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.etcd.io/bbolt"
)

// What a script may take away from fawn, by environment variables.
const (
	sizeVariable   = "FAWN_TEST_FILE_SIZE" // files have at most so many bytes
	nobodyVariable = "FAWN_TEST_NOBODY"    // it has no rights of root
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fawn": func() {
		if err := restrict(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		main()
	}})
}

// restrict takes from this process what the environment says.
func restrict() error {
	if size := os.Getenv(sizeVariable); size != "" {
		n, err := strconv.ParseUint(size, 10, 64)
		if err != nil {
			return err
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			return err
		}
	}
	const nobody = 65534
	if os.Getenv(nobodyVariable) != "" && os.Getuid() == 0 {
		return syscall.Setuid(nobody)
	}
	return nil
}

func TestScripts(t *testing.T) {
	root := t.TempDir()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		WorkdirRoot:         root,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// A process without the rights of root must get there.
			for _, folder := range []string{filepath.Dir(root), root, env.WorkDir} {
				if err := os.Chmod(folder, 0o755); err != nil {
					return err
				}
			}
			env.Values[servers{}] = map[string]*serving{}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"serve": serveScript, "end": endScript, "truncate": truncateScript, "newer": newerScript, "occupy": occupyScript,
			"certificate": certificateScript, "redis": redisScript,
		},
	})
}

// servers is the key of a script's servers, by their files.
type servers struct{}

// serveScript is the command serve FILE FLAG ...: it starts a server, and sets
// URL and, if one is shown, SECRET.
func serveScript(ts *testscript.TestScript, _ bool, args []string) {
	flags := []string{"--data", ts.MkAbs(args[0])}
	for _, arg := range args[1:] {
		if strings.HasSuffix(arg, ".pem") {
			arg = ts.MkAbs(arg)
		}
		flags = append(flags, arg)
	}
	s, err := startServing(flags, sizeVariable+"="+ts.Getenv(sizeVariable), rootSecretVariable+"="+ts.Getenv(rootSecretVariable))
	ts.Check(err)
	ts.Defer(s.kill)
	ts.Value(servers{}).(map[string]*serving)[args[0]] = s
	ts.Setenv("URL", "http://"+s.addr)
	if slices.Contains(args, "--tls-cert") {
		ts.Setenv("URL", "https://"+s.addr)
	}
	ts.Setenv("ADDR", s.addr)
	ts.Setenv("TCP", s.tcp)
	if s.secret != "" {
		ts.Setenv("SECRET", s.secret)
	}
	fmt.Fprint(ts.Stdout(), s.said)
}

// redisScript is the command redis ADDR ARG ...: it runs redis-cli, under SECRET
// if that is set. Its output may be matched.
func redisScript(ts *testscript.TestScript, neg bool, args []string) {
	path, err := exec.LookPath("redis-cli")
	if err != nil {
		ts.Fatalf("redis-cli is not installed: make redis-cli installs it")
	}
	host, port, err := net.SplitHostPort(args[0])
	ts.Check(err)
	flags := []string{"-h", host, "-p", port, "-e"}
	for _, arg := range args[1:] {
		if strings.HasSuffix(arg, ".pem") {
			arg = ts.MkAbs(arg)
		}
		flags = append(flags, arg)
	}
	cmd := exec.Command(path, flags...)
	cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+ts.Getenv("SECRET"))
	out, err := cmd.CombinedOutput()
	fmt.Fprint(ts.Stdout(), string(out))
	if (err != nil) != neg {
		ts.Fatalf("redis-cli %q: %v\n%s", args, err, out)
	}
}

// endScript is the command end FILE SIGNAL: it ends a server, which must
// end well unless negated.
func endScript(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(servers{}).(map[string]*serving)[args[0]]
	ts.Check(s.cmd.Process.Signal(map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[args[1]]))
	err := s.wait()
	fmt.Fprint(ts.Stderr(), s.stderr.String())
	if (err != nil) != neg {
		ts.Fatalf("the server ended with %v", err)
	}
}

// truncateScript is the command truncate FILE SIZE.
func truncateScript(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// newerScript is the command newer FILE: it makes the file one of the next
// format, or, without "fawn" in it, of another program.
func newerScript(ts *testscript.TestScript, neg bool, args []string) {
	db, err := bbolt.Open(ts.MkAbs(args[0]), 0o600, nil)
	ts.Check(err)
	ts.Check(db.Update(func(tx *bbolt.Tx) error {
		if neg {
			return tx.DeleteBucket([]byte("fawn"))
		}
		return tx.Bucket([]byte("fawn")).Put([]byte("format"), []byte{3})
	}))
	ts.Check(db.Close())
}

// occupyScript is the command occupy: it listens, and sets ADDR. With an
// address it connects to that, and is answered once.
func occupyScript(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) > 0 {
		c, err := net.Dial("tcp", args[0])
		ts.Check(err)
		ts.Defer(func() { _ = c.Close() })
		_, err = io.WriteString(c, "*1\r\n$4\r\nPING\r\n")
		ts.Check(err)
		_, err = c.Read(make([]byte, 1))
		ts.Check(err)
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv("ADDR", l.Addr().String())
}

// certificateScript is the command certificate CERT KEY: it writes a
// certificate for 127.0.0.1.
func certificateScript(ts *testscript.TestScript, _ bool, args []string) {
	donor := httptest.NewTLSServer(nil)
	defer donor.Close()
	private, err := x509.MarshalPKCS8PrivateKey(donor.TLS.Certificates[0].PrivateKey)
	ts.Check(err)
	for i, block := range []*pem.Block{
		{Type: "CERTIFICATE", Bytes: donor.Certificate().Raw}, {Type: "PRIVATE KEY", Bytes: private},
	} {
		ts.Check(os.WriteFile(ts.MkAbs(args[i]), pem.EncodeToMemory(block), 0o600))
	}
}

func TestMessagesAreLines(t *testing.T) {
	for _, f := range failures {
		err := fmt.Errorf("open store x: %w\n%w", f.cause, os.ErrInvalid)
		got := message(command(), err)
		if strings.Contains(got, "\n") || strings.Contains(got, "kv: ") || strings.Contains(got, "engine: ") {
			t.Errorf("got %q", got)
		}
	}
}
