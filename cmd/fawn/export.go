package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/transfer"
)

// partSuffix ends the name of an export that is not whole yet.
const partSuffix = ".part"

type exportFlags struct {
	data, secret               string
	secrets, noHistory, resume bool
}

func exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export [OUT]",
		Short: "Write a database as lines of JSON",
		Long: "Writes the database that a secret opens, with all below it, as lines of JSON for \"fawn import\", in the state of\n" +
			"one time: schema, documents and their history. Without OUT, or with -, it goes to standard output.\n" +
			"While it is written the file is called OUT" + partSuffix + "; if it is cut short, --resume goes on with it.\n" +
			"No other process may have the database file open.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := "-"
			if len(args) > 0 {
				out = args[0]
			}
			return f.export(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), out)
		},
	}
	cmd.Flags().StringVar(&f.data, "data", "fawn.db", "database file")
	cmd.Flags().StringVar(&f.secret, "secret", "", "secret of root or of an admin key, instead of root's")
	cmd.Flags().BoolVar(&f.secrets, "with-secrets", false,
		"take keys, tokens and credentials along, so that every secret and password still works; the file has digests only")
	cmd.Flags().BoolVar(&f.noHistory, "no-history", false, "leave out versions that are no longer live")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on with an export that was cut short")
	return cmd
}

func (f *exportFlags) export(ctx context.Context, stdout, diagnostics io.Writer, path string) error {
	if path == "-" && f.resume {
		return errors.New("only an export to a file can go on")
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s is there already", path)
	}
	db, err := openFile(f.data, diagnostics)
	if err != nil {
		return err
	}
	if path == "-" {
		err = f.write(ctx, db, stdout, diagnostics, nil)
	} else {
		err = f.toFile(ctx, db, diagnostics, path)
	}
	return errors.Join(err, db.Close())
}

// toFile writes the export to a file, which gets its name when it is whole.
func (f *exportFlags) toFile(ctx context.Context, db *engine.DB, diagnostics io.Writer, path string) error {
	part, point, err := f.part(path + partSuffix)
	if errors.Is(err, transfer.ErrWhole) { // it only lacks its name
		return os.Rename(path+partSuffix, path)
	}
	if err != nil {
		return err
	}
	err = f.write(ctx, db, part, diagnostics, point)
	info, statErr := part.Stat()
	if ended := errors.Join(part.Sync(), part.Close()); ended != nil || err != nil && !errors.Is(err, errLost) {
		if statErr == nil && info.Size() == 0 {
			ended = errors.Join(ended, os.Remove(part.Name()))
		}
		return errors.Join(err, ended)
	}
	return errors.Join(err, os.Rename(part.Name(), path))
}

// part opens the file of an export that is not whole: a new one, or, to go on,
// the one that is there, at the point up to which it is kept.
func (f *exportFlags) part(name string) (*os.File, *transfer.Point, error) {
	if !f.resume {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%s is there already: --resume goes on with it; remove it to begin anew", name)
		}
		return file, nil, err
	}
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	point, err := transfer.ReadPoint(file)
	if err == nil {
		err = file.Truncate(point.Offset)
	}
	if err == nil {
		_, err = file.Seek(point.Offset, io.SeekStart)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
	}
	return file, point, nil
}

// write writes the export, from a point on if there is one.
func (f *exportFlags) write(ctx context.Context, db *engine.DB, out, diagnostics io.Writer, point *transfer.Point) error {
	lost := 0
	var shown bar
	counts, err := db.Export(ctx, secretOn(db, f.secret), out, engine.ExportOptions{
		Secrets: f.secrets, NoHistory: f.noHistory, Resume: point,
		Progress: func(done, total int64) {
			if done == 0 {
				shown = newBar(diagnostics, total, false)
			}
			shown.set(done)
		},
		Problem: func(p transfer.Problem) {
			lost++
			fmt.Fprintln(diagnostics, p.Reason)
		},
	})
	shown.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(diagnostics, "exported %s\n", counts)
	if lost > 0 {
		return fmt.Errorf("%w: %d versions are not whole", errLost, lost)
	}
	return nil
}
