package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
)

// secretVariable holds the secret for a server.
const secretVariable = "FAWN_SECRET"

type evalFlags struct {
	data, secret, url string
	files             []string
	json              bool
}

func evalCommand() *cobra.Command {
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval [QUERY ...]",
		Short: "Run queries on a file or on a server",
		Long: "Runs queries given as text, in files, or, when there are neither, on standard input, one after the other.\n" +
			"On a file they run as root unless a secret is given.",
		RunE: func(cmd *cobra.Command, args []string) error {
			sources, err := f.sources(args, cmd.InOrStdin())
			if err != nil {
				return err
			}
			return f.eval(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), sources)
		},
	}
	cmd.Flags().StringVar(&f.data, "data", "fawn.db", "database file")
	cmd.Flags().StringVar(&f.url, "url", "", "address of a server, instead of a file: http://127.0.0.1:8443")
	cmd.Flags().StringVar(&f.secret, "secret", "", "secret to run under; a server wants one, here or in "+secretVariable)
	cmd.Flags().StringArrayVarP(&f.files, "file", "f", nil, "file with queries, - for standard input")
	cmd.Flags().BoolVar(&f.json, "json", false, "print results as JSON")
	cmd.MarkFlagsMutuallyExclusive("data", "url")
	return cmd
}

// source is a text with queries and what to call it in errors.
type source struct{ name, text string }

func (f *evalFlags) sources(args []string, stdin io.Reader) ([]source, error) {
	var out []source
	for _, a := range args {
		out = append(out, source{"", a})
	}
	files := f.files
	if len(args) == 0 && len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		var b []byte
		var err error
		if name == "-" {
			b, err = io.ReadAll(stdin)
		} else {
			b, err = os.ReadFile(name)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, source{name, string(b)})
	}
	return out, nil
}

// runner runs one query and returns the JSON of its result.
type runner func(ctx context.Context, q *text.Query) ([]byte, error)

func (f *evalFlags) eval(ctx context.Context, out, diagnostics io.Writer, sources []source) error {
	// All is read before anything runs.
	queries, err := parseAll(sources)
	if err != nil {
		return err
	}
	run, end, err := f.runner(diagnostics)
	if err != nil {
		return err
	}
	err = runAll(ctx, run, sources, queries, func(result []byte) error {
		if !f.json {
			result = text.AppendResult(nil, result, query.Forms(), text.Options{})
		}
		_, err := fmt.Fprintf(out, "%s\n", bytes.TrimRight(result, "\n"))
		return err
	})
	return errors.Join(err, end())
}

// parseAll reads the queries of each source.
func parseAll(sources []source) ([][]*text.Query, error) {
	queries := make([][]*text.Query, len(sources))
	for i, s := range sources {
		var err error
		if queries[i], err = text.ParseAll(s.text, query.Forms()); err != nil {
			return nil, named(s.name, err)
		}
	}
	return queries, nil
}

// runAll runs the queries of sources in their order, up to the first that
// fails, and prints their results.
func runAll(ctx context.Context, run runner, sources []source, queries [][]*text.Query, print func([]byte) error) error {
	for i, s := range sources {
		for _, q := range queries[i] {
			b, err := run(ctx, q)
			if err != nil {
				return named(s.name, err)
			}
			if err := print(b); err != nil {
				return err
			}
		}
	}
	return nil
}

func named(name string, err error) error {
	if err == nil || name == "" || name == "-" {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// runner returns what runs queries where the flags say, and what ends it.
func (f *evalFlags) runner(diagnostics io.Writer) (run runner, end func() error, err error) {
	if f.url != "" {
		if f.secret, err = serverSecret(f.url, f.secret); err != nil {
			return nil, nil, err
		}
		return f.remote, func() error { return nil }, nil
	}
	db, err := openFile(f.data, diagnostics)
	if err != nil {
		return nil, nil, err
	}
	return f.local(db), db.Close, nil
}

// serverSecret returns the secret for a server: the one given, or that of the
// environment. It refuses what is no address of a server.
func serverSecret(address, secret string) (string, error) {
	if secret == "" {
		secret = os.Getenv(secretVariable)
	}
	if secret == "" {
		return "", errors.New("a server wants a secret: give --secret or set " + secretVariable)
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		return "", fmt.Errorf("%q is no address of a server, such as http://127.0.0.1:8443", address)
	}
	return secret, nil
}

// openFile opens a database file, which must be there.
func openFile(path string, diagnostics io.Writer) (*engine.DB, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no database file %s: \"fawn serve\" makes one", path)
	}
	return makeFile(path, diagnostics)
}

// makeFile opens a database file, and makes it if there is none.
func makeFile(path string, diagnostics io.Writer) (*engine.DB, error) {
	db, err := engine.Open(path, engine.Options{RootSecret: os.Getenv(rootSecretVariable)})
	if err == nil {
		announce(diagnostics, db)
	}
	return db, err
}

// secretOn is the secret to run under on an open file: root's, unless another
// is given.
func secretOn(db *engine.DB, given string) string {
	if given == "" {
		return db.RootSecret()
	}
	return given
}

// local runs queries on an open file.
func (f *evalFlags) local(db *engine.DB) runner {
	secret := secretOn(db, f.secret)
	return func(ctx context.Context, q *text.Query) ([]byte, error) {
		res, err := db.Run(ctx, engine.Request{Secret: secret, Expr: q.Expr})
		if err != nil {
			if query.Decisive(err) == nil {
				return nil, err
			}
			return nil, explained(q, query.AppendErrors(nil, err, nil))
		}
		return res.AppendJSON(nil)
	}
}

// remote runs a query on a server.
func (f *evalFlags) remote(ctx context.Context, q *text.Query) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, bytes.NewReader(q.Wire))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+f.secret)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-FaunaDB-API-Version", "4")
	client := &http.Client{Timeout: 10 * time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, engine.ErrUnauthorized
	}
	var answer struct{ Resource json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%s answered with something else than JSON: %s", f.url, resp.Status)
	}
	if answer.Resource == nil {
		return nil, explained(q, body)
	}
	return answer.Resource, nil
}
