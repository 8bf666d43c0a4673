package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/server/conns"
	"github.com/fawndb/fawn/server/jwks"
)

// rootSecretVariable holds the root secret for a run, in place of the one
// that the file keeps the digest of.
const rootSecretVariable = "FAWN_ROOT_SECRET"

// minSecret is how long the root secret must be before anybody beyond this
// machine can try to guess it.
const minSecret = 16

// grace is how long running queries may take to finish at the end.
const grace = 30 * time.Second

type serveFlags struct {
	addr, tcp, data, cert, key string
	publicURL                  string
	connections                int
	drain                      time.Duration
	privateKeys                bool
}

func serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a database file over HTTP, and to Redis clients",
		Long: "Serves a database file. Every flag can also be set in the environment, FAWN_ADDR for --addr, and in a file of\n" +
			"settings in YAML, which --config names: \"addr: 127.0.0.1:8443\". A flag wins over the environment, and that over the file.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := loadSettings(cmd); err != nil {
				return err
			}
			return serve(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), f)
		},
	}
	cmd.Flags().String(configFlag, "", "file of settings")
	cmd.Flags().StringVar(&f.addr, "addr", "127.0.0.1:8443", "address to listen on")
	cmd.Flags().StringVar(&f.tcp, "tcp", "", "address to listen on for Redis clients; without it there is no such door")
	cmd.Flags().StringVar(&f.data, "data", "fawn.db", "database file; it is made if there is none")
	cmd.Flags().StringVar(&f.cert, "tls-cert", "", "certificate file; connections are then encrypted")
	cmd.Flags().StringVar(&f.key, "tls-key", "", "private key file of the certificate")
	cmd.Flags().StringVar(&f.publicURL, "public-url", "", "URL under which clients reach this server, the issuer of its tokens")
	cmd.Flags().IntVar(&f.connections, "max-connections", conns.DefaultMax, "how many connections may be open at once")
	cmd.Flags().DurationVar(&f.drain, "drain", 0,
		"how long to serve on at the end, when /readyz says so already: 10s where a load balancer asks it")
	cmd.Flags().BoolVar(&f.privateKeys, "jwks-allow-private", false,
		"fetch the keys of access providers from private addresses too")
	cmd.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	return cmd
}

// collectPercent is how much garbage there may be to what is live before it is
// collected. A server's live memory is a few MiB: with Go's 100 it would be
// collecting many times a second.
const collectPercent = 300

func serve(ctx context.Context, out, diagnostics io.Writer, f serveFlags) error {
	secret := os.Getenv(rootSecretVariable)
	for _, addr := range []string{f.addr, f.tcp} {
		if secret != "" && len(secret) < minSecret && addr != "" && !loopback(addr) {
			return fmt.Errorf("%s is shorter than %d characters: refusing to listen beyond loopback on %s",
				rootSecretVariable, minSecret, addr)
		}
	}
	if f.connections < 1 {
		return errors.New("--max-connections must be positive")
	}
	if f.drain < 0 {
		return errors.New("--drain must not be negative")
	}
	if f.cert != "" {
		if _, err := tls.LoadX509KeyPair(f.cert, f.key); err != nil {
			return fmt.Errorf("certificate: %w", err)
		}
	}
	// The file comes last: nothing may go wrong between the making of a new
	// one and the showing of its root secret.
	doors, err := f.listen()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(diagnostics, nil))
	db, err := engine.Open(f.data, engine.Options{
		RootSecret: secret, Keys: jwks.New(jwks.Options{AllowPrivate: f.privateKeys}), Log: log,
	})
	if err != nil {
		return errors.Join(err, closeAll(doors))
	}
	announce(out, db)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectPercent)
	}
	f.staff(doors, db, log)
	return errors.Join(f.serveAll(ctx, out, doors, log), db.Close())
}

// announce shows the root secret of a new file, the only time it can be.
func announce(w io.Writer, db *engine.DB) {
	if s := db.InitialSecret(); s != "" {
		fmt.Fprintf(w, "root secret: %s\nIt is shown this once; the file keeps only its digest.\n", s)
	}
}

// loopback reports whether an address can be reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
