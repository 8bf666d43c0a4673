package main

import (
	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/query/reference"
)

// docsCommand writes the reference that is checked in.
func docsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "docs DIR",
		Short: "Write the reference of the language in Markdown",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return reference.Write(args[0]) },
	}
}
