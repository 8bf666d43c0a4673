package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Some rows measure the memory of a program, which they start: fawn serve, or
// this program as one of its children.

// children are what this program can be started as.
var children = map[string]func(args []string) error{
	"serve": childServe,
	"fill":  childFill,
}

func childNames() string { return strings.Join(slices.Sorted(maps.Keys(children)), ", ") }

func beChild(name string, args []string) error {
	f, ok := children[name]
	if !ok {
		return fmt.Errorf("no child %q, there are: %s", name, childNames())
	}
	return f(args)
}

// startChild starts this program as one of its children.
func startChild(name string, args ...string) (*program, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startProgram(path, append([]string{"-child", name}, args...)...)
}

// buildFawn builds the binary into a folder.
func buildFawn(dir string) (path string, err error) {
	path = filepath.Join(dir, "fawn")
	cmd := exec.Command("go", "build", "-o", path, "github.com/fawndb/fawn/cmd/fawn")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}

// program is a program that runs beside this one.
type program struct {
	*exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

func startProgram(path string, args ...string) (*program, error) {
	p := &program{Cmd: exec.Command(path, args...)}
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	return p, p.Start()
}

// said returns what follows prefix in the first line that begins so.
func (p *program) said(prefix string) (string, error) {
	for p.out.Scan() {
		if rest, ok := strings.CutPrefix(p.out.Text(), prefix); ok {
			return rest, nil
		}
	}
	return "", errors.Join(fmt.Errorf("%s ended", p.Path), p.out.Err())
}

// kill ends the program at once.
func (p *program) kill() error {
	err := p.Process.Kill()
	_ = p.Wait() // says that it was killed
	return err
}

// interrupt ends the program as a user does.
func (p *program) interrupt() error {
	return errors.Join(p.Process.Signal(os.Interrupt), p.Wait())
}

// memory is how many bytes the program has for itself, pages of files not
// counted.
func (p *program) memory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("the system does not say how much memory a program has")
}

// peak is the most memory that the program has until work has ended.
func (p *program) peak(work func() error) (int64, error) {
	done := make(chan error, 1)
	go func() { done <- work() }()
	for most := int64(0); ; {
		n, err := p.memory()
		if err != nil && most == 0 { // later, it may have ended
			return 0, errors.Join(err, <-done)
		}
		most = max(most, n)
		select {
		case err := <-done:
			return most, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}
