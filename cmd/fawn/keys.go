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
	algorithm := ""
	rotate := &cobra.Command{
		Use:   "rotate FILE",
		Short: "Make a new key",
		Long:  "Makes a new key, which is published at once and signs some minutes later. Old keys stay known until all they signed has expired.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := tokens.RotateRing(args[0], time.Now(), tokens.RingOptions{Algorithm: algorithm}); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: a new key is known at once, and signs some minutes later\n", args[0])
			return err
		},
	}
	rotate.Flags().StringVar(&algorithm, "jwt-alg", "", "its algorithm, ES256 or RS256; without it, that of the key before")
	cmd.AddCommand(rotate)
	return cmd
}
