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
	"github.com/fawndb/fawn/engine/password"
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
	passwords                  string
	bcryptCost                 int
	loginLimit                 bool
	services                   serviceFlags
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
	cmd.Flags().StringVar(&f.passwords, "passwords-algorithm", "argon2id", "how new passwords are hashed: argon2id or bcrypt")
	cmd.Flags().IntVar(&f.bcryptCost, "passwords-bcrypt-cost", 12, "cost of bcrypt")
	cmd.Flags().BoolVar(&f.loginLimit, "login-limit", true, "lock whoever is tried with wrong passwords too often under a key of the role client")
	f.services.add(cmd.Flags())
	cmd.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	return cmd
}

// collectPercent is how much garbage there may be to what is live before it is
// collected. A server's live memory is a few MiB: with Go's 100 it would be
// collecting many times a second.
const collectPercent = 300

func serve(ctx context.Context, out, diagnostics io.Writer, f serveFlags) error {
	options, err := f.check()
	if err != nil {
		return err
	}
	// The file comes last: nothing may go wrong between the making of a new
	// one and the showing of its root secret.
	doors, err := f.listen()
	if err != nil {
		return err
	}
	publicURL := f.public(doors)
	if err := f.services.check(publicURL); err != nil {
		return errors.Join(err, closeAll(doors))
	}
	log := slog.New(slog.NewTextHandler(diagnostics, nil))
	options.Log = log
	db, err := engine.Open(f.data, options)
	if err != nil {
		return errors.Join(err, closeAll(doors))
	}
	announce(out, db)
	services, err := f.services.open(ctx, out, diagnostics, db, f.data, publicURL, log)
	if err != nil {
		return errors.Join(err, closeAll(doors), db.Close())
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectPercent)
	}
	f.staff(doors, db, services, log)
	for _, told := range services.told {
		fmt.Fprintln(out, told)
	}
	go services.tend(ctx)
	go watchClock(ctx, log)
	err = f.serveAll(ctx, out, doors, log)
	services.end()
	return errors.Join(err, db.Close())
}

// check refuses flags that go wrong together, and returns what they say of the
// database.
func (f *serveFlags) check() (engine.Options, error) {
	secret := os.Getenv(rootSecretVariable)
	for _, addr := range []string{f.addr, f.tcp} {
		if secret != "" && len(secret) < minSecret && addr != "" && !loopback(addr) {
			return engine.Options{}, fmt.Errorf("%s is shorter than %d characters: refusing to listen beyond loopback on %s",
				rootSecretVariable, minSecret, addr)
		}
	}
	if f.connections < 1 {
		return engine.Options{}, errors.New("--max-connections must be positive")
	}
	if f.drain < 0 {
		return engine.Options{}, errors.New("--drain must not be negative")
	}
	if f.cert != "" {
		if _, err := tls.LoadX509KeyPair(f.cert, f.key); err != nil {
			return engine.Options{}, fmt.Errorf("certificate: %w", err)
		}
	}
	o, err := f.engineOptions()
	o.RootSecret = secret
	return o, err
}

// engineOptions are those of the database that flags say.
func (f *serveFlags) engineOptions() (engine.Options, error) {
	o := engine.Options{Keys: jwks.New(jwks.Options{AllowPrivate: f.privateKeys})}
	switch f.passwords {
	case "argon2id":
	case "bcrypt":
		if f.bcryptCost < minBcrypt || f.bcryptCost > maxBcrypt {
			return o, fmt.Errorf("--passwords-bcrypt-cost must be from %d to %d", minBcrypt, maxBcrypt)
		}
		o.PasswordCost.Bcrypt, f.services.maxPassword = f.bcryptCost, password.BcryptMax
	default:
		return o, fmt.Errorf("--passwords-algorithm: %q is neither argon2id nor bcrypt", f.passwords)
	}
	if !f.loginLimit {
		o.LoginLimit.Limit = -1
	}
	return o, nil
}

// Costs of bcrypt that are of use: from what it can do to a second or so.
const minBcrypt, maxBcrypt = 4, 16

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
