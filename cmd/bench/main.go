package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"
)

// config is what the flags say.
type config struct {
	tokens int
	rounds int
	slice  time.Duration // how long one side is measured at a time
	peers  bool          // beside other databases, not beside the floor
	only   *regexp.Regexp
	dir    string
	// profile is where a CPU profile of the measuring is written, "" for none.
	profile string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	var c config
	million := flag.Bool("million", false, "measure with 1 million tokens instead of 100 thousand")
	flag.IntVar(&c.tokens, "tokens", 100_000, "how many tokens there are; a multiple of 4")
	flag.IntVar(&c.rounds, "rounds", 7, "how many times floor and Fawn are measured in turn")
	flag.DurationVar(&c.slice, "slice", 500*time.Millisecond, "how long each is measured at a time")
	only := flag.String("only", "", "measure the rows whose number and name match a regular expression")
	flag.StringVar(&c.dir, "dir", "", "folder for the databases; the default is the system's for temporary files")
	flag.StringVar(&c.profile, "profile", "", "write a CPU profile of the measuring to this file")
	flag.BoolVar(&c.peers, "peers", false, "measure beside other databases")
	child := flag.String("child", "", "be a program that a row starts: "+childNames())
	flag.Parse()
	if *child != "" {
		return beChild(*child, flag.Args())
	}
	if *million {
		c.tokens = 1_000_000
	}
	if c.tokens < perUser || c.tokens%perUser != 0 || c.rounds < 1 || c.slice <= 0 {
		return errors.New("tokens must be a multiple of 4, rounds and slice positive")
	}
	var err error
	if c.only, err = regexp.Compile(*only); err != nil {
		return err
	}
	return measureAll(c)
}

// measureAll fills the databases, and measures one row after the other.
func measureAll(c config) (err error) {
	rows := selected(rows, c.only)
	if c.peers {
		rows = selected(peerRows, c.only)
	}
	if len(rows) == 0 {
		return errors.New("no such row")
	}
	dir, err := os.MkdirTemp(c.dir, "fawn-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300) // for both sides, as fawn serve has it
	}
	began := time.Now()
	w, err := newWorld(dir, c.tokens)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	fmt.Printf("%d tokens, %d rounds of %s a side, %s, %d processors; filled in %s\n\n",
		c.tokens, c.rounds, c.slice, runtime.Version(), runtime.GOMAXPROCS(0), time.Since(began).Round(time.Second))
	fmt.Printf("%-4s %-46s %10s %10s %7s  %-14s %6s  %s\n", "row", "what", "floor", "Fawn", "ratio", "(rounds)", "work", "must")
	if c.profile != "" {
		stop, err := profile(c.profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	for _, r := range rows {
		err := r.measure(w, c)
		if errors.Is(err, errNoPeer) {
			fmt.Printf("%-4s %-46s not measured: %v\n", r.number, r.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("row %s, %s: %w", r.number, r.name, err)
		}
	}
	return nil
}

// profile starts a CPU profile.
func profile(path string) (stop func() error, err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

func selected(from []row, only *regexp.Regexp) []row {
	var out []row
	for _, r := range from {
		if only.MatchString(strings.Join([]string{r.number, r.name}, " ")) {
			out = append(out, r)
		}
	}
	return out
}
