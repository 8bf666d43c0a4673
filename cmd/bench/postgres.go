package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// postgres is a server of PostgreSQL as it comes: durable commits.
type postgres struct {
	bin, dir string
	port     string
	as       []string // the command that makes another user's of one, for root
}

// pgSchema makes as many users and tokens as Fawn has.
const pgSchema = `
	CREATE TABLE users (id bigint PRIMARY KEY, doc jsonb NOT NULL);
	CREATE TABLE tokens (id bigserial PRIMARY KEY, secret bytea NOT NULL UNIQUE, instance bigint NOT NULL, data jsonb NOT NULL);
	CREATE INDEX tokens_by_instance ON tokens (instance);
	INSERT INTO users SELECT i, '{"name": "Alice"}' FROM generate_series(0, %[1]d - 1) i;
	INSERT INTO tokens (secret, instance, data) SELECT sha256(convert_to('secret' || i, 'UTF8')), i %% %[1]d,
		'{"name": "Firefox on Linux, at home, in the study"}' FROM generate_series(0, %[1]d * 4 - 1) i;`

// What pgbench runs, with so many users: whose a secret is, and a new token.
const (
	pgVerify = `\set n random(0, %[1]d * 4 - 1)
SELECT t.id, t.instance FROM tokens t JOIN users u ON u.id = t.instance WHERE t.secret = sha256(convert_to('secret' || :n::bigint, 'UTF8'));
`
	pgCreate = `\set n random(0, 1000000000000000000)
\set user random(0, %[1]d - 1)
INSERT INTO tokens (secret, instance, data) VALUES (sha256(convert_to('new' || :n::bigint, 'UTF8')), :user, '{"name": "Firefox on Linux, at home, in the study"}');
`
)

// startPostgres is a rate of Fawn over HTTP beside that of a script of pgbench
// with as many clients, prepared statements, over TCP.
func startPostgres(
	clients int, script string, start func(w *world, connections int) (side, func() error, error),
) func(w *world) (side, side, func() error, error) {
	return func(w *world) (_, _ side, _ func() error, err error) {
		pg, err := openPostgres(w.userCount())
		if err != nil {
			return nil, nil, nil, err
		}
		peer, err := pg.bench(clients, fmt.Sprintf(script, w.userCount()))
		if err != nil {
			return nil, nil, nil, errors.Join(err, pg.close())
		}
		fawn, stop, err := start(w, clients)
		if err != nil {
			return nil, nil, nil, errors.Join(err, pg.close())
		}
		return peer, fawn, func() error { return errors.Join(stop(), pg.close()) }, nil
	}
}

// openPostgres starts a server with its own data, wherever it is installed.
func openPostgres(users int) (*postgres, error) {
	pg := &postgres{bin: postgresPrograms()}
	if pg.bin == "" {
		return nil, fmt.Errorf("%w: PostgreSQL with pgbench is neither in PATH nor in /usr/lib/postgresql", errNoPeer)
	}
	var err error
	if pg.dir, err = os.MkdirTemp("", "fawn-postgres-"); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 { // as whom PostgreSQL does not run
		if err := pg.leaveRoot(); err != nil {
			return nil, errors.Join(err, os.RemoveAll(pg.dir))
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, pg.port, _ = net.SplitHostPort(l.Addr().String())
	options := fmt.Sprintf("-p %s -k %s -c listen_addresses=127.0.0.1", pg.port, pg.dir)
	data := filepath.Join(pg.dir, "data")
	if err := l.Close(); err != nil {
		return nil, err
	}
	_, err = pg.run("initdb", "-D", data, "-A", "trust", "-U", "fawn")
	if err == nil {
		_, err = pg.run("pg_ctl", "-D", data, "-o", options, "-l", filepath.Join(pg.dir, "log"), "-w", "start")
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(pg.dir))
	}
	if _, err := pg.client("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", fmt.Sprintf(pgSchema, users), "-c", "VACUUM ANALYZE"); err != nil {
		return nil, errors.Join(err, pg.close())
	}
	return pg, nil
}

// postgresPrograms finds the folder with all that is needed; "" is none.
func postgresPrograms() string {
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(installed)
	for _, dir := range append(installed, filepath.SplitList(os.Getenv("PATH"))...) {
		missing := slices.ContainsFunc([]string{"initdb", "pg_ctl", "psql", "pgbench"}, func(name string) bool {
			_, err := exec.LookPath(filepath.Join(dir, name))
			return err != nil
		})
		if !missing {
			return dir
		}
	}
	return ""
}

// leaveRoot gives the folder to the user postgres.
func (pg *postgres) leaveRoot() error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("%w: PostgreSQL does not run as root, and there is no user postgres", errNoPeer)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	pg.as = []string{"runuser", "-u", "postgres", "--"}
	return os.Chown(pg.dir, uid, -1)
}

// run runs a program of PostgreSQL and returns what it says.
func (pg *postgres) run(name string, args ...string) (string, error) {
	args = slices.Concat(pg.as, []string{filepath.Join(pg.bin, name)}, args)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = pg.dir
	// Into a file: the server that pg_ctl leaves would hold a pipe open.
	log, err := os.CreateTemp(os.TempDir(), "fawn-postgres-")
	if err != nil {
		return "", err
	}
	cmd.Stdout, cmd.Stderr = log, log
	err = cmd.Run()
	said, readErr := os.ReadFile(log.Name())
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return string(said), errors.Join(err, readErr, log.Close(), os.Remove(log.Name()))
}

// client runs a client of the server.
func (pg *postgres) client(name string, args ...string) (string, error) {
	return pg.run(name, append([]string{"-h", "127.0.0.1", "-p", pg.port, "-U", "fawn", "-d", "postgres"}, args...)...)
}

// bench is how often a second pgbench runs a script. It measures whole seconds.
func (pg *postgres) bench(clients int, script string) (side, error) {
	file := filepath.Join(pg.dir, "script.sql")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		return nil, err
	}
	return func(d time.Duration) (figure, error) {
		seconds := strconv.Itoa(int(math.Ceil(d.Seconds())))
		out, err := pg.client("pgbench", "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2", "-T", seconds, "-f", file)
		if err != nil {
			return figure{}, err
		}
		_, rest, _ := strings.Cut(out, "tps = ")
		number, _, _ := strings.Cut(rest, " ")
		v, err := strconv.ParseFloat(number, 64)
		return figure{value: v}, err
	}, nil
}

func (pg *postgres) close() error {
	_, err := pg.run("pg_ctl", "-D", filepath.Join(pg.dir, "data"), "-m", "fast", "-w", "stop")
	return errors.Join(err, os.RemoveAll(pg.dir))
}
