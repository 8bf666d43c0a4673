package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/bolt"
)

type compactFlags struct{ url, secret string }

func compactCommand() *cobra.Command {
	var f compactFlags
	cmd := &cobra.Command{
		Use:   "compact [FILE]",
		Short: "Shrink a database file, or that of a running server",
		Long: "Writes the file anew without the free space in it. The new file takes the old one's place when it is whole;\n" +
			"until then the old one stays as it is. No other process may have the file open.\n" +
			"The file of a server is compacted by the server, with --url and the root secret, or an admin key of the root\n" +
			"database. It goes on serving meanwhile.",
		Args: func(_ *cobra.Command, args []string) error {
			if (len(args) == 1) == (f.url != "") || len(args) > 1 {
				return errors.New("give either a file or --url")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			diagnostics := cmd.ErrOrStderr()
			progress := func(copied int64) { fmt.Fprintf(diagnostics, "\r%s copied", size(copied)) }
			var what string
			var before, after int64
			var err error
			if f.url != "" {
				what = f.url
				before, after, err = f.remote(cmd.Context(), progress)
			} else {
				what = args[0]
				before, after, err = bolt.Compact(cmd.Context(), what, progress)
			}
			fmt.Fprintln(diagnostics)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: from %s to %s\n", what, size(before), size(after))
			return err
		},
	}
	cmd.Flags().StringVar(&f.url, "url", "", "address of a server, instead of a file: http://127.0.0.1:8443")
	cmd.Flags().StringVar(&f.secret, "secret", "", "secret for the server, here or in "+secretVariable)
	return cmd
}

// remote makes a server compact its file, and reads how far it has come.
func (f compactFlags) remote(ctx context.Context, progress func(copied int64)) (before, after int64, err error) {
	secret, err := serverSecret(f.url, f.secret)
	if err != nil {
		return 0, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(f.url, "/")+"/compact", nil)
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		return 0, 0, engine.ErrUnauthorized
	}
	for in := json.NewDecoder(resp.Body); ; {
		var line struct {
			Copied, Before, After *int64
			Error                 string
			Errors                []struct{ Code, Description string }
		}
		err := in.Decode(&line)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return 0, 0, fmt.Errorf("%s ended before the file was compacted", f.url)
		case err != nil:
			return 0, 0, fmt.Errorf("%s answered with something else than JSON: %s", f.url, resp.Status)
		case line.Copied != nil:
			progress(*line.Copied)
		case line.Before != nil && line.After != nil:
			return *line.Before, *line.After, nil
		case line.Error != "":
			return 0, 0, fmt.Errorf("%s: %s", f.url, line.Error)
		case len(line.Errors) > 0:
			return 0, 0, fmt.Errorf("%s: %s", line.Errors[0].Code, line.Errors[0].Description)
		}
	}
}

// size renders a number of bytes: "1.5 MiB".
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
