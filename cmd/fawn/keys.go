package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/server/tokens"
)

// keysCommand is what an operator does with a key ring. A server that has it
// open reads it again within a minute.
func keysCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "Look after the key ring of the token services"}
	cmd.AddCommand(&cobra.Command{
		Use:   "rotate FILE",
		Short: "Make a new key",
		Long:  "Makes a new key, which is published at once and signs in 10 minutes. Old keys stay known until all they signed has expired.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			now := time.Now()
			ring, err := tokens.ReadRing(args[0])
			if err != nil {
				return err
			}
			if err := ring.Rotate(now); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: a new key signs in 10 minutes; %d keys are known\n", args[0], len(ring.Public().Keys))
			return err
		},
	})
	return cmd
}
