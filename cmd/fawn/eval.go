package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
)

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
			return f.eval(cmd.Context(), cmd.OutOrStdout(), sources)
		},
	}
	cmd.Flags().StringVar(&f.data, "data", "fawn.db", "database file")
	cmd.Flags().StringVar(&f.url, "url", "", "address of a server, instead of a file: http://127.0.0.1:8443")
	cmd.Flags().StringVar(&f.secret, "secret", "", "secret to run under; on a server it is required (or FAWN_SECRET)")
	cmd.Flags().StringArrayVarP(&f.files, "file", "f", nil, "file with queries, - for standard input")
	cmd.Flags().BoolVar(&f.json, "json", false, "print results as JSON")
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

// runner runs one query and prints what it returns.
type runner func(ctx context.Context, q *text.Query) ([]byte, error)

func (f *evalFlags) eval(ctx context.Context, out io.Writer, sources []source) (err error) {
	run := runner(f.remote)
	if f.url == "" {
		var db *engine.DB
		if db, err = engine.Open(f.data, engine.Options{RootSecret: os.Getenv(rootSecretVariable)}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		if s := db.InitialSecret(); s != "" {
			fmt.Fprintf(os.Stderr, "root secret of the new file: %s\n", s)
		}
		run = f.local(db)
	} else if f.secret == "" {
		if f.secret = os.Getenv("FAWN_SECRET"); f.secret == "" {
			return errors.New("a server wants a secret: give --secret or set FAWN_SECRET")
		}
	}
	for _, s := range sources {
		queries, err := text.ParseAll(s.text, query.Forms())
		if err != nil {
			return named(s.name, err)
		}
		for _, q := range queries {
			b, err := run(ctx, q)
			if err != nil {
				return named(s.name, err)
			}
			if _, err := fmt.Fprintf(out, "%s\n", bytes.TrimRight(b, "\n")); err != nil {
				return err
			}
		}
	}
	return nil
}

func named(name string, err error) error {
	if name == "" || name == "-" {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// local runs queries on an open file.
func (f *evalFlags) local(db *engine.DB) runner {
	secret := f.secret
	if secret == "" {
		secret = db.RootSecret()
	}
	return func(ctx context.Context, q *text.Query) ([]byte, error) {
		res, err := db.Run(ctx, engine.Request{Secret: secret, Expr: q.Expr})
		if err != nil {
			return nil, explained(q, err)
		}
		b, err := res.AppendJSON(nil)
		if err != nil || f.json {
			return b, err
		}
		return text.AppendResult(nil, b, query.Forms(), text.Options{}), nil
	}
}

// explained shows where in its text a query failed.
func explained(q *text.Query, err error) error {
	e := query.Decisive(err)
	if e == nil || e.Position == nil {
		return err
	}
	message := e.Error()
	for _, f := range e.Failures {
		message += fmt.Sprintf("\n  %s: %s: %s", strings.Join(f.Field, "."), f.Code, f.Description)
	}
	return q.At(e.Position, message)
}

// remote runs a query on a server.
func (f *evalFlags) remote(ctx context.Context, q *text.Query) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, bytes.NewReader(q.Wire))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+f.secret)
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
	var answer struct {
		Resource json.RawMessage
		Errors   json.RawMessage
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%s answered with something else than JSON: %s", f.url, resp.Status)
	}
	if answer.Errors != nil {
		return nil, fmt.Errorf("%s: %s", resp.Status, value.Indent(nil, answer.Errors))
	}
	if f.json {
		return answer.Resource, nil
	}
	return text.AppendResult(nil, answer.Resource, query.Forms(), text.Options{}), nil
}
