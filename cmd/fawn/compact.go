package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine/kv/bolt"
)

func compactCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compact FILE",
		Short: "Shrink a database file",
		Long: "Writes the file anew without the free space in it. The new file takes the old one's place when it is whole;\n" +
			"until then the old one stays as it is. No other process may have the file open.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			diagnostics := cmd.ErrOrStderr()
			before, after, err := bolt.Compact(cmd.Context(), args[0], func(copied int64) {
				fmt.Fprintf(diagnostics, "\r%s copied", size(copied))
			})
			fmt.Fprintln(diagnostics)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: from %s to %s\n", args[0], size(before), size(after))
			return err
		},
	}
}

// size renders a number of bytes: "1.5 MiB".
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
