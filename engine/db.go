package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/bolt"
	"github.com/fawndb/fawn/engine/limiter"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/engine/schema"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/text"
	"github.com/fawndb/fawn/query/value"
)

// Errors of Open and of queries that are not errors of the language.
var (
	// ErrUnauthorized: the secret is malformed, unknown, expired or revoked,
	// or asks for a scope it may not have. It never says which.
	ErrUnauthorized = errors.New("engine: unauthorized")
	// ErrFormat: another version wrote the file, or it is no database.
	ErrFormat = errors.New("engine: unknown file format")
	// ErrClosed: the database is closed.
	ErrClosed = errors.New("engine: closed")
)

// Options of a database. The zero value is ready to use.
type Options struct {
	// RootSecret, when set, is the root secret for this run, in place of the
	// one that the file keeps the digest of. It is not stored.
	RootSecret string
	// Clock gives the time; the default is the system's.
	Clock func() time.Time
	// Random is the source of secrets, salts and global ids; the default is
	// the system's. It must be safe for concurrent use.
	Random io.Reader
	// PasswordCost is the work of hashing a new password.
	PasswordCost password.Cost
	// Hashers is how many passwords are hashed at once; the default leaves
	// one core free.
	Hashers int
	// LoginLimit bounds the wrong passwords that keys of the role client, which
	// are public, may try for one identity with Login and Identify; the default
	// is limiter.Passwords. A negative Limit is no bound.
	LoginLimit limiter.Policy
	// Timeout bounds a query that brings no deadline of its own; the default
	// is two minutes.
	Timeout time.Duration
	// MaxSteps bounds the functions and lambdas that one query evaluates; the
	// default is 50 million. It is negative for no bound.
	MaxSteps int64
	// MaxMemory bounds, in bytes, the values that one query holds, and those of
	// its response; the default is 256 MiB. It is negative for no bound.
	MaxMemory int64
	// HistoryDays is given to collections that do not say how long their
	// history is kept; the default is 30. It is negative for 0 days.
	HistoryDays int64
	// BuildAtOnce is up to how many versions of documents a new index is built
	// by the query that creates it, and is active in its answer. Larger ones
	// are built in the background. The default is 128; math.MaxInt is all
	// indexes, a negative number none but those of empty collections.
	BuildAtOnce int
	// Keys gives the public keys of access providers; without it no JWT is
	// accepted.
	Keys KeySource
	// Audience begins the audience of every database, which ends with its
	// global id; the default is DefaultAudience.
	Audience string
	// StrictIdentity takes away what identities without a role may do beyond
	// the core's own rules: reading their own document, and the rights of
	// legacy permissions.
	StrictIdentity bool
	// SweepInterval is how often the background frees what nobody can see any
	// more; the default is a minute. It is negative for never: Sweep does it.
	SweepInterval time.Duration
	// Log is told of what no caller hears of: predicates of roles that fail, and
	// what fails in the background. It never gets a secret, a query or a value.
	Log *slog.Logger
	// NoSync lets commits return before they are durable: for scratch
	// databases only.
	NoSync bool
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	feed    feed
	store   kv.Store
	options Options
	ids     ids
	catalog *schema.Catalog
	hashers *password.Pool
	limiter limiter.Table
	texts   *text.Cache
	scopes  sync.Map // global id -> value.Scope; it may be one that is gone
	known   *known
	dummy   func() string
	root    []byte // SHA-256 of the root secret
	process []byte // the root secret of this process, made when it began
	initial string
	health  health
	gate    sync.RWMutex // held by commits, and whole by a query that runs alone
	ctx     context.Context
	stop    context.CancelFunc
	builder builder
	tasks   sync.WaitGroup // work behind the queries, which ends by itself

	sweeping sync.WaitGroup // goes on until Close
	// renewing are the keys and tokens whose hash is being replaced.
	renewing sync.Map // value.Ref -> true
}

// Open opens the database in a file, which it makes if there is none. Only
// one process can have a file open.
func Open(path string, o Options) (*DB, error) {
	clock := o.withDefaults().Clock
	store, err := bolt.Open(path, bolt.Options{
		Clock:  func() int64 { return clock().UnixMicro() },
		NoSync: o.NoSync,
		Spaces: layout,
	})
	if err != nil {
		return nil, err
	}
	db, err := OpenStore(store, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("engine: open %s: %w", path, err), store.Close())
	}
	return db, nil
}

// layout says how the store keeps the spaces that grow: every collection and every
// index is a tree of its own. The keys of documents mostly come in ascending
// order.
var layout = map[byte]bolt.Space{
	spaceLive:          {Prefix: 1 + classSize, Ascending: true},
	spaceHistory:       {Prefix: 1 + classSize, Ascending: true},
	index.SpaceEntry:   {Prefix: index.NumberSize},
	index.SpaceRemoved: {Prefix: index.NumberSize},
}

// OpenStore opens the database in a store, which it closes at its end. The
// store should run on the same clock.
func OpenStore(store kv.Store, o Options) (*DB, error) {
	o = o.withDefaults()
	db := &DB{
		store: store, options: o, catalog: schema.NewCatalog(), known: new(known),
		hashers: password.NewPool(o.Hashers), texts: text.NewCache(query.Forms(), textCacheSize),
		health: health{asking: make(chan struct{}, 1)},
	}
	db.ctx, db.stop = context.WithCancel(context.Background())
	db.dummy = sync.OnceValue(db.dummyHash)
	if err := db.begin(); err != nil {
		db.stop()
		db.tasks.Wait()
		return nil, err
	}
	if o.SweepInterval > 0 {
		db.sweeping.Go(func() { db.sweepAll(o.SweepInterval) })
	}
	return db, nil
}

// begin makes the database ready. What is written for good and shown once, the
// root secret of a new file, comes last.
func (db *DB) begin() error {
	if err := db.format(); err != nil {
		return err
	}
	if err := db.openBuilds(); err != nil {
		return fmt.Errorf("build indexes: %w", err)
	}
	secret, err := randomText(db.options.Random)
	if err != nil {
		return err
	}
	db.process = []byte(secret)
	return db.openRoot()
}

// textCacheSize bounds the texts of parsed queries that are kept, in bytes.
const textCacheSize = 1 << 20

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default clock
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.PasswordCost == (password.Cost{}) {
		o.PasswordCost = password.DefaultCost
	}
	if o.LoginLimit == (limiter.Policy{}) {
		o.LoginLimit = limiter.Passwords
	}
	if o.SweepInterval == 0 {
		o.SweepInterval = time.Minute
	}
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.Audience == "" {
		o.Audience = DefaultAudience
	}
	if o.MaxSteps == 0 {
		o.MaxSteps = 50_000_000
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = 256 << 20
	}
	switch {
	case o.HistoryDays == 0:
		o.HistoryDays = 30
	case o.HistoryDays < 0:
		o.HistoryDays = 0
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.BuildAtOnce == 0 {
		o.BuildAtOnce = smallIndex
	}
	return o
}

// RootSecret returns a secret that is root for as long as this DB is open: a
// program that embeds the database needs no other. It is not stored.
func (db *DB) RootSecret() string { return string(db.process) }

// InitialSecret returns the root secret that was generated for a new file,
// once, and "" ever after: the file keeps only its digest.
func (db *DB) InitialSecret() string {
	db.gate.Lock()
	defer db.gate.Unlock()
	s := db.initial
	db.initial = ""
	return s
}

// Close ends running background work and closes the store. It waits for
// queries that have begun; later ones, and a second Close, get ErrClosed.
func (db *DB) Close() error {
	db.stop()
	db.tasks.Wait()
	db.sweeping.Wait()
	err := db.store.Close()
	if errors.Is(err, kv.ErrClosed) {
		return ErrClosed
	}
	return err
}

// now is the present time in microseconds.
func (db *DB) now() int64 { return db.options.Clock().UnixMicro() }

// isRoot reports whether a text is a root secret, in constant time. Only that
// which is kept as its digest must be hashed.
func (db *DB) isRoot(s string) bool {
	if db.isProcess(s) {
		return true
	}
	sum := sha256.Sum256([]byte(s))
	return subtle.ConstantTimeCompare(sum[:], db.root) == 1
}

// isProcess reports whether a text is this process's own root secret, in
// constant time.
func (db *DB) isProcess(s string) bool {
	var room [64]byte // for all that may be it, so that nothing is allocated
	return subtle.ConstantTimeCompare(append(room[:0], s...), db.process) == 1
}

func digest(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// randomText returns 30 random bytes as text of 40 characters.
func randomText(random io.Reader) (string, error) {
	var b [30]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("engine: random: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// dummyHash is compared with where there is no hash, so that a failed login
// takes the same time whatever was wrong.
func (db *DB) dummyHash() string {
	s, err := password.Hash("", db.options.PasswordCost, db.options.Random)
	if err != nil {
		return ""
	}
	return s
}

// commit hands a batch to the store. alone says that the caller holds the
// gate already.
func (db *DB) commit(ctx context.Context, b *kv.Batch, alone bool) (int64, error) {
	if !alone {
		db.gate.RLock()
		defer db.gate.RUnlock()
	}
	publish := b.Publish
	b.Publish = func(ts int64) {
		db.known.note(b.Writes, ts)
		if publish != nil {
			publish(ts)
		}
	}
	ts, err := db.store.Commit(ctx, b)
	db.health.note(ts, err, db.now)
	return ts, err
}

// scopeOf finds a database by its global id. It does not say that the
// database is live.
func (db *DB) scopeOf(get func([]byte) ([]byte, error), globalID uint64) (value.Scope, bool, error) {
	if globalID == 0 {
		return 0, true, nil
	}
	if s, ok := db.scopes.Load(globalID); ok {
		return s.(value.Scope), true, nil
	}
	v, err := get(globalKey(globalID))
	if err != nil || len(v) != 4 {
		return 0, false, err
	}
	s := value.Scope(be32(v))
	db.scopes.Store(globalID, s)
	return s, true, nil
}
