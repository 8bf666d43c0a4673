//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// serving is a running fawn serve.
type serving struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	stderr bytes.Buffer
	said   string // on standard output, until it listened
	addr   string
	tcp    string // for Redis clients, if it was asked for
	secret string // root's, if it was shown
	ended  bool
}

// startServing starts a server on a free port and waits until it listens.
func startServing(args []string, env ...string) (*serving, error) {
	return startServingIn("", append([]string{"--addr", "127.0.0.1:0"}, args...), env...)
}

// startServingIn starts a server in a folder, with all its flags.
func startServingIn(dir string, args []string, env ...string) (*serving, error) {
	s := &serving{cmd: exec.Command("fawn", append([]string{"serve"}, args...)...)}
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Stderr = &s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for s.addr == "" {
		line, err := s.out.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("%w: %s%s", s.wait(), s.said, s.stderr.String())
		}
		s.said += line
		if secret, ok := strings.CutPrefix(line, "root secret: "); ok {
			s.secret = strings.TrimSpace(secret)
		}
		if addr, ok := strings.CutPrefix(line, "listening for Redis clients on "); ok {
			s.tcp = strings.TrimSpace(addr)
		}
		if addr, ok := strings.CutPrefix(line, "listening on "); ok {
			s.addr = strings.TrimSpace(addr)
		}
	}
	return s, nil
}

// wait waits for the server's end.
func (s *serving) wait() error {
	s.ended = true
	_, err := io.Copy(io.Discard, s.out)
	if ended := s.cmd.Wait(); ended != nil {
		return ended
	}
	return err
}

// kill ends a server that still runs.
func (s *serving) kill() {
	if !s.ended {
		_ = s.cmd.Process.Kill()
		_ = s.wait()
	}
}
