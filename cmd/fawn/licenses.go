package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/server/dfx"
	"github.com/fawndb/fawn/server/tokens"
)

// licensesCommand makes licenses of DeepAffex.
func licensesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "licenses", Short: "Look after the licenses of DeepAffex's door"}
	var data, database string
	var l dfx.License
	var lasts time.Duration
	create := &cobra.Command{
		Use:   "create",
		Short: "Make a license for devices of an organisation",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			db, err := openFile(data, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			service, err := tokens.New(cmd.Context(), db, tokens.Options{Database: database})
			if err != nil {
				return err
			}
			if lasts > 0 {
				l.ExpiresAt = time.Now().Add(lasts)
			}
			key, id, err := dfx.CreateLicense(cmd.Context(), service, l)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "license: %s\nlicense key: %s\nIt is shown this once; the file keeps only its digest.\n", id, key)
			return err
		},
	}
	create.Flags().StringVar(&data, "data", "fawn.db", "database file, which no server has open")
	create.Flags().StringVar(&database, "services-database", "", "database of the token services, as a path from the root")
	create.Flags().StringVar(&l.Org, "org", "", "identifier of the organisation")
	create.Flags().Int64Var(&l.MaxDevices, "devices", 1, "how many devices may be registered at once")
	create.Flags().StringVar(&l.Role, "role", "", "RoleID of its devices")
	create.Flags().DurationVar(&lasts, "lasts", 0, "how long it lasts: 8760h; 0 is for ever")
	cmd.AddCommand(create)
	return cmd
}
