package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
)

// errNotFormatted is the end of fmt when something is wrong that was said
// already.
var errNotFormatted = errors.New("some files are not in order")

func fmtCommand() *cobra.Command {
	var check, wire bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE ...]",
		Short: "Format files with queries",
		Long:  "Formats .fql files in place; without files, standard input to standard output.",
		RunE: func(cmd *cobra.Command, files []string) error {
			if len(files) == 0 {
				src, err := io.ReadAll(cmd.InOrStdin())
				if err != nil {
					return err
				}
				out, err := formatted(string(src), check, wire)
				if err != nil {
					return err
				}
				_, err = cmd.OutOrStdout().Write(out)
				return err
			}
			bad := false
			for _, name := range files {
				if err := fmtFile(cmd.OutOrStdout(), name, check, wire); err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", name, err)
					bad = true
				}
			}
			if bad {
				return errNotFormatted
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only say what is wrong where")
	cmd.Flags().BoolVar(&wire, "json", false, "print the wire form instead")
	cmd.MarkFlagsMutuallyExclusive("check", "json")
	return cmd
}

func fmtFile(out io.Writer, name string, check, wire bool) error {
	src, err := os.ReadFile(name)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return failed.Err // whoever prints it says the name
	}
	if err != nil {
		return err
	}
	b, err := formatted(string(src), check, wire)
	switch {
	case err != nil:
		return err
	case wire:
		_, err = out.Write(b)
		return err
	case check || bytes.Equal(b, src):
		return nil
	}
	return replace(name, b)
}

// replace gives a file new content, all of it or, on an error, nothing.
func replace(name string, content []byte) (err error) {
	if name, err = filepath.EvalSymlinks(name); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if err = cmp.Or(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// formatted returns a file's text in order, or its queries in wire form, a
// line each. With check it only parses.
func formatted(src string, check, wire bool) ([]byte, error) {
	if check || wire {
		queries, err := text.ParseAll(src, query.Forms())
		if err != nil || check {
			return nil, err
		}
		var out []byte
		for _, q := range queries {
			out = append(append(out, q.Wire...), '\n')
		}
		return out, nil
	}
	out, err := text.Format(src)
	return []byte(out), err
}
