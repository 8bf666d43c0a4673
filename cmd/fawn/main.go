// Command fawn is the database in one binary: it serves a file over HTTP, and
// runs queries on a file or on a server.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is what fawn calls itself.
const version = "0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer context.AfterFunc(ctx, stop)() // a second signal ends at once
	if cmd, err := command().ExecuteContextC(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "fawn: "+message(cmd, err))
		os.Exit(1)
	}
}

// command is the whole command line: one file per command.
func command() *cobra.Command {
	root := &cobra.Command{
		Use:                "fawn",
		Short:              "A document database that speaks FQL v4",
		SilenceUsage:       true,
		SilenceErrors:      true,
		DisableSuggestions: true, // they would take more than a line
	}
	root.AddCommand(serveCommand(), evalCommand(), fmtCommand(), checkCommand(), compactCommand(),
		exportCommand(), importCommand(),
		keysCommand(), licensesCommand(),
		tourCommand(), docsCommand(), helpCommand(root), versionCommand())
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "fawn "+version)
			return err
		},
	}
}
