package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/bolt"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a database file for damage",
		Long: "Reads the whole file: its structure, and whether everything that follows from the documents agrees with them:\n" +
			"indexes, history, ttl, secrets and counters. Prints what is wrong, a line each, and changes nothing.\n" +
			"The exit status is 1 if something is wrong. No other process may have the file open.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), cmd.OutOrStdout(), args[0])
		},
	}
}

func check(ctx context.Context, out io.Writer, path string) error {
	// Open would make a new file.
	if _, err := os.Stat(path); err != nil {
		return err
	}
	store, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	n := 0
	found := func(what any) {
		n++
		fmt.Fprintln(out, what)
	}
	err = store.Verify(func(err error) { found(err) })
	if err == nil && n == 0 { // nothing can be said of what is in damaged pages
		err = engine.Check(ctx, store, func(f engine.Finding) { found(f) })
	}
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%s: %d findings", path, n)
	}
	_, err = fmt.Fprintf(out, "%s is in order\n", path)
	return err
}
