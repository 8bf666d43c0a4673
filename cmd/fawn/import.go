package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/mem"
	"github.com/fawndb/fawn/engine/transfer"
)

type importFlags struct {
	data, secret    string
	dryRun, restart bool
}

func importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import PATH ...",
		Short: "Read exports, dumps and schema files into a database",
		Long: "Reads, one after the other, into the database that a secret opens:\n" +
			"  - what \"fawn export\" has written, with the ids, times and history of its documents;\n" +
			"  - dumps of documents, {\"ref\":…,\"ts\":…,\"data\":…}, as lines or as one array; - is standard input;\n" +
			"  - folders of .fql files, whose queries run in the order of their names.\n" +
			"The database file is made if there is none. What is there already stays. A line that cannot be used is\n" +
			"reported, and the others are imported; the exit status is 1 then. An import that is cut short goes on when it\n" +
			"is run again. No other process may have the database file open.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			return f.run(cmd, paths)
		},
	}
	cmd.Flags().StringVar(&f.data, "data", "fawn.db", "database file")
	cmd.Flags().StringVar(&f.secret, "secret", "", "secret of root or of an admin key, instead of root's")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would be imported and what lost")
	cmd.Flags().BoolVar(&f.restart, "restart", false, "begin anew where an earlier import was cut short")
	return cmd
}

func (f *importFlags) run(cmd *cobra.Command, paths []string) error {
	folders := make([][]source, len(paths))
	for i, path := range paths { // nothing is done if a path is wrong
		var err error
		if folders[i], err = folder(path); err != nil {
			return err
		}
	}
	db, err := f.open(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	lost := false
	for i, path := range paths {
		if folders[i] != nil {
			err = f.schema(cmd.Context(), db, cmd.OutOrStdout(), path, folders[i])
		} else {
			err = named(path, f.documents(cmd, db, path))
		}
		if errors.Is(err, errLost) {
			lost, err = true, nil
		}
		if err != nil {
			return errors.Join(err, db.Close())
		}
	}
	if err = db.Close(); err == nil && lost {
		err = errLost
	}
	return err
}

// errLost is the end of an import of which parts were left out, which was said
// already.
var errLost = errors.New("not everything was carried over")

// open opens the database. A dry run makes no file.
func (f *importFlags) open(diagnostics io.Writer) (*engine.DB, error) {
	if _, err := os.Stat(f.data); f.dryRun && errors.Is(err, fs.ErrNotExist) {
		store := mem.New(mem.Options{Clock: func() int64 { return time.Now().UnixMicro() }})
		return engine.OpenStore(store, engine.Options{})
	}
	return makeFile(f.data, diagnostics)
}

// folder returns the .fql files of a folder in the order of their names, nil
// when path is none.
func folder(path string) ([]source, error) {
	if path == "-" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return nil, err
	}
	names, err := os.ReadDir(path) // in their order
	if err != nil {
		return nil, err
	}
	out := []source{}
	for _, entry := range names {
		if entry.IsDir() || filepath.Ext(entry.Name()) != ".fql" {
			continue
		}
		name := filepath.Join(path, entry.Name())
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out = append(out, source{name, string(b)})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no .fql files", path)
	}
	return out, nil
}

// schema runs the queries of a folder. A dry run only reads them.
func (f *importFlags) schema(ctx context.Context, db *engine.DB, out io.Writer, path string, sources []source) error {
	queries, err := parseAll(sources)
	if err != nil {
		return err
	}
	n := 0
	for _, list := range queries {
		n += len(list)
	}
	if !f.dryRun {
		eval := evalFlags{secret: f.secret}
		if err := runAll(ctx, eval.local(db), sources, queries, func([]byte) error { return nil }); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "%s: %s %d queries of %d files\n", path, f.verb("ran", "would run"), n, len(sources))
	return err
}

// verb is what was done, or what would be.
func (f *importFlags) verb(done, would string) string {
	if f.dryRun {
		return would
	}
	return done
}

// documents imports an export or a dump.
func (f *importFlags) documents(cmd *cobra.Command, db *engine.DB, path string) error {
	in, size := cmd.InOrStdin(), int64(0)
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		if info, err := file.Stat(); err == nil {
			size = info.Size()
		}
		in = file
	}
	diagnostics := cmd.ErrOrStderr()
	shown := newBar(diagnostics, size, true)
	res, err := db.Import(cmd.Context(), secretOn(db, f.secret), in, engine.ImportOptions{
		DryRun: f.dryRun, Restart: f.restart, Progress: shown.set,
		Problem: func(p transfer.Problem) { fmt.Fprintf(diagnostics, "%s:%d: %s\n", path, p.Line, p.Reason) },
	})
	shown.end()
	f.report(cmd.OutOrStdout(), path, &res)
	if errors.Is(err, context.Canceled) {
		err = errors.New("stopped; the same command goes on with it")
	}
	if err == nil && res.Skipped+res.Lost > 0 {
		err = errLost
	}
	return err
}

// report says what was done.
func (f *importFlags) report(out io.Writer, path string, res *engine.Imported) {
	say := func(format string, args ...any) {
		fmt.Fprintf(out, "%s: %s\n", path, fmt.Sprintf(format, args...))
	}
	if res.Resumed > 0 {
		say("went on behind line %d", res.Resumed)
	}
	if f.dryRun {
		f.missing(say, res.Header)
	}
	if len(res.Collections) > 0 {
		say("%s collections for documents or refs: %s", f.verb("made", "would make"), strings.Join(res.Collections, ", "))
	}
	say("%s %d documents in %d versions and %d versions of the schema; %d versions were there already",
		f.verb("imported", "would import"), res.Documents, res.Versions, res.Schema, res.Same)
	if res.Skipped+res.Lost > 0 {
		say("%d lines %s left out, and parts of others %d times", res.Skipped, f.verb("were", "would be"), res.Lost)
	}
}

// missing says what a file does not have.
func (f *importFlags) missing(say func(string, ...any), h *transfer.Header) {
	switch {
	case h == nil:
		say("a dump has no schema and no history")
	case !h.History:
		say("the export has no history")
	}
	if h != nil && !h.Secrets {
		say("the export has no keys, tokens and credentials")
	}
}
