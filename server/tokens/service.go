// Package tokens owns what the token services have in common: the tokens they
// make in Tokens(), how a secret is found and rotated, the key ring that signs
// JWTs, the users behind the tokens, and the audit. The doors say it on the
// wire: ecoflow, monoIntegrator, DeepAffex, OAuth.
//
// Everything is documents of one database, read and written in the transaction
// of the operation; there is no second store.
package tokens

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

// Options of the services. The zero value serves the root database.
type Options struct {
	// Database is the path of the database from the root: "prod/eu"; "" is the
	// root itself.
	Database string
	// Users is the collection of users; the default is "users".
	Users string
	// Issuer is the public URL; a slash at its end is left out.
	Issuer string
	// Ring signs; without it no JWT is made, and none is good.
	Ring *Ring
	// Random is the source of secrets; the default is the system's.
	Random io.Reader
	// Race is how long after a rotation the old secret is taken for a request
	// sent twice, not for a stolen one; the default is 5 seconds. It is
	// negative for never.
	Race time.Duration
	// Retention is how long the audit is kept; the default is 90 days.
	Retention time.Duration
	// MaxPassword is how long the passwords that the doors take for users may be,
	// in bytes; the default is 1024.
	MaxPassword int
	// Audited is told of every event once it is in the store. It must not
	// block.
	Audited func(Event)
}

// Service is the token services of one database. It is safe for concurrent
// use.
type Service struct {
	db      *engine.DB
	options Options
	secret  string // of an admin of the database
	scope   value.Scope
	users   value.Class
	issuer  []byte // the issuer as JSON
}

// New returns the services of a database that is prepared for them.
func New(ctx context.Context, db *engine.DB, o Options) (*Service, error) {
	s, err := Open(ctx, db, o)
	if err == nil {
		err = s.Prepare(ctx)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Open returns the services of a database as it is, for those that only resolve
// and introspect tokens. Before anything is made in it comes Prepare.
func Open(ctx context.Context, db *engine.DB, o Options) (*Service, error) {
	if o.Users == "" {
		o.Users = "users"
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Race == 0 {
		o.Race = 5 * time.Second
	}
	if o.MaxPassword == 0 {
		o.MaxPassword = 1024
	}
	if o.Retention == 0 {
		o.Retention = 90 * 24 * time.Hour
	}
	o.Issuer = strings.TrimSuffix(o.Issuer, "/")
	s := &Service{db: db, options: o, secret: db.RootSecret(), issuer: value.AppendJSONString(nil, o.Issuer)}
	if o.Database != "" {
		s.secret += ":" + o.Database + ":admin"
	}
	verified, err := db.Verify(ctx, s.secret)
	if err != nil {
		return nil, s.failed(err)
	}
	s.scope = verified.Database
	return s, nil
}

// Prepare makes the collections and indexes that the services need, where they
// do not exist.
func (s *Service) Prepare(ctx context.Context) error {
	if err := s.prepare(ctx); err != nil {
		return s.failed(err)
	}
	return nil
}

func (s *Service) failed(err error) error {
	return fmt.Errorf("tokens: database %q: %w", s.options.Database, err)
}

// Update runs f in a transaction that may do everything in the database. It is
// run again when it lost against others, as engine.DB.Update says.
func (s *Service) Update(ctx context.Context, f func(*Tx) error) error {
	var done *Tx
	_, err := s.db.Update(ctx, s.secret, func(t *engine.Transaction) error {
		done = &Tx{Transaction: t, s: s}
		return f(done)
	})
	if err == nil {
		done.publish()
	}
	return err
}

// View runs f in a transaction that writes nothing.
func (s *Service) View(ctx context.Context, f func(*Tx) error) error {
	return s.db.View(ctx, s.secret, func(t *engine.Transaction) error {
		return f(&Tx{Transaction: t, s: s})
	})
}

// DB is the database file that the services are in.
func (s *Service) DB() *engine.DB { return s.db }

// Secret is the secret of an admin of the services' database, good for as long
// as the file is open. It never leaves the process.
func (s *Service) Secret() string { return s.secret }

// Scope is the number of the services' database.
func (s *Service) Scope() value.Scope { return s.scope }

// Issuer is the public URL, without a slash at its end.
func (s *Service) Issuer() string { return s.options.Issuer }

// MaxPassword is how long a new password may be, in bytes.
func (s *Service) MaxPassword() int { return s.options.MaxPassword }

// Ring is the key ring, nil if there is none.
func (s *Service) Ring() *Ring { return s.options.Ring }

// Tx is a transaction of a service.
type Tx struct {
	*engine.Transaction
	s      *Service
	events []Event // those that it wrote, for when it is committed
}

// At is the time of the transaction.
func (tx *Tx) At() time.Time { return time.UnixMicro(tx.Now()).UTC() }

// Opaque returns a new secret: a prefix and 256 random bits.
//
//	at_Zk…  43 characters behind the prefix
func (s *Service) Opaque(prefix string) (string, error) {
	b, err := s.random(32)
	return prefix + base64.RawURLEncoding.EncodeToString(b), err
}

// Bearer returns a new UUID of version 4: 3f1c2b9a-6d0e-4c57-9a41-0b8e7d2f5a10.
func (s *Service) Bearer() (string, error) {
	b, err := s.random(16)
	if err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}

// Hex returns 128 random bits as 32 digits: families of tokens, ids of JWTs.
func (s *Service) Hex() (string, error) {
	b, err := s.random(16)
	return hex.EncodeToString(b), err
}

// Digits returns a code of six digits for people to type, none of which is more
// likely than another: 100000 to 999999.
func (s *Service) Digits() (string, error) {
	n, err := rand.Int(s.options.Random, big.NewInt(900_000))
	if err != nil {
		return "", fmt.Errorf("tokens: random: %w", err)
	}
	return strconv.FormatInt(100_000+n.Int64(), 10), nil
}

func (s *Service) random(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.options.Random, b); err != nil {
		return nil, fmt.Errorf("tokens: random: %w", err)
	}
	return b, nil
}
