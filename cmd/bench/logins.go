package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/password"
	"github.com/fawndb/fawn/query/value"
)

// loginUsers is how many users log in at once.
const loginUsers = 16

// importedCost is that of the imported passwords.
const importedCost = 10

const loginPassword = "sekrit of Alice"

// logins is a database of a few users with passwords: new ones, and imported
// ones.
type logins struct {
	db *engine.DB
	// users and imported are the collections.
	users, imported value.Class
	// plain are the secrets of tokens of users, who have a role for nothing;
	// guarded those of imported ones, whose role has a predicate that reads a
	// document.
	plain, guarded []string
}

const schemaOfLogins = `Do(
	CreateCollection({ name: "users" }), CreateCollection({ name: "imported" }),
	CreateRole({ name: "user", membership: { resource: Collection("users") } }),
	CreateRole({ name: "guarded", membership: {
		resource: Collection("imported"), predicate: Query((who) => Select(["data", "active"], Get(who))) } })
)`

const fillLogins = `Map(Var("ids"), (id) => Do(
	Create(Ref(Collection("users"), id), { data: { active: true }, credentials: { password: Var("password") } }),
	Create(Ref(Collection("imported"), id), { data: { active: true }, credentials: { hashed_password: Var("hash") } }),
	Map([Collection("users"), Collection("imported")], (c) => Select("secret", Create(Tokens(), { instance: Ref(c, id) })))
))`

// newLogins makes the database in a folder of its own.
func newLogins(w *world) (*logins, error) {
	dir, err := os.MkdirTemp(w.dir, "logins-")
	if err != nil {
		return nil, err
	}
	db, err := engine.Open(filepath.Join(dir, "fawn.db"), engine.Options{})
	if err != nil {
		return nil, err
	}
	l := &logins{db: db}
	if err := l.fill(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return l, nil
}

func (l *logins) fill() error {
	ctx := context.Background()
	if _, err := l.db.Query(ctx, l.db.RootSecret(), schemaOfLogins, nil); err != nil {
		return err
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(loginPassword), importedCost)
	if err != nil {
		return err
	}
	ids := make([]int64, loginUsers)
	for i := range ids {
		ids[i] = int64(i)
	}
	server := l.db.RootSecret() + ":server" // who may import hashes
	res, err := l.db.Query(ctx, server, fillLogins, map[string]any{"ids": ids, "password": loginPassword, "hash": string(hash)})
	if err != nil {
		return err
	}
	for _, pair := range res.Value.(value.Array) {
		l.plain = append(l.plain, string(pair.(value.Array)[0].(value.String)))
		l.guarded = append(l.guarded, string(pair.(value.Array)[1].(value.String)))
	}
	for name, class := range map[string]*value.Class{"users": &l.users, "imported": &l.imported} {
		res, err := l.db.Query(ctx, server, fmt.Sprintf("Collection(%q)", name), nil)
		if err != nil {
			return err
		}
		*class = value.Class(res.Value.(value.Ref).ID)
	}
	return nil
}

// login is a worker that logs one user in again and again.
func (l *logins) login(i int) (func() error, error) {
	ctx, who := context.Background(), value.Ref{Class: l.users, ID: int64(i)}
	return func() error {
		t, err := l.db.Login(ctx, l.db.RootSecret(), who, loginPassword, engine.TokenOptions{})
		if err == nil && t.Secret == "" {
			err = errWrong
		}
		return err
	}, nil
}

// identify is a worker that checks the imported password of one user.
func (l *logins) identify(i int) (func() error, error) {
	ctx, args := context.Background(), map[string]any{
		"who": value.Ref{Class: l.imported, ID: int64(i)}, "password": loginPassword,
	}
	return func() error {
		res, err := l.db.Query(ctx, l.db.RootSecret(), `Identify(Var("who"), Var("password"))`, args)
		if err == nil && res.Value != value.Value(value.Boolean(true)) {
			err = errWrong
		}
		return err
	}, nil
}

// verify is a worker that authenticates the tokens of a list.
func (l *logins) verify(secrets []string) func() error {
	ctx, n := context.Background(), 0
	return func() error {
		n++
		v, err := l.db.Verify(ctx, secrets[n%len(secrets)])
		if err == nil && len(v.Roles) != 1 {
			err = errWrong
		}
		return err
	}
}

// hashers is how many passwords Fawn hashes at once: the width of the floor.
func hashers() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// startLogins is a row of logins, or of checks of imported passwords, beside
// bare hashing of the same cost and width.
func startLogins(bare func(i int) (func() error, error), worker func(*logins, int) (func() error, error)) func(w *world) (side, side, func() error, error) {
	return func(w *world) (side, side, func() error, error) {
		l, err := newLogins(w)
		if err != nil {
			return nil, nil, nil, err
		}
		floor, err := rate(hashers(), bare)
		if err != nil {
			return nil, nil, nil, errors.Join(err, l.db.Close())
		}
		fawn, err := rate(loginUsers, func(i int) (func() error, error) { return worker(l, i) })
		return floor, fawn, l.db.Close, err
	}
}

func bareArgon2(int) (func() error, error) {
	c, salt := password.DefaultCost, make([]byte, 16)
	return func() error {
		if len(argon2.IDKey([]byte(loginPassword), salt, c.Time, c.Memory, c.Lanes, 32)) != 32 {
			return errWrong
		}
		return nil
	}, nil
}

func bareBcrypt(int) (func() error, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(loginPassword), importedCost)
	return func() error { return bcrypt.CompareHashAndPassword(hash, []byte(loginPassword)) }, err
}

// beside is a side with workers that do something else meanwhile.
func beside(s side, n int, worker func(i int) (func() error, error)) (side, error) {
	others, err := rate(n, worker)
	return func(d time.Duration) (figure, error) {
		done := make(chan error, 1)
		go func() {
			_, err := others(d)
			done <- err
		}()
		f, err := s(d)
		return f, errors.Join(err, <-done)
	}, err
}

// startVerifyBesideLogins is how often tokens are verified beside 16 logins,
// to how often without.
func startVerifyBesideLogins(w *world) (side, side, func() error, error) {
	l, err := newLogins(w)
	if err != nil {
		return nil, nil, nil, err
	}
	verifying, err := rate(1, func(int) (func() error, error) { return l.verify(l.plain), nil })
	if err != nil {
		return nil, nil, nil, errors.Join(err, l.db.Close())
	}
	fawn, err := beside(verifying, loginUsers, l.login)
	return verifying, fawn, l.db.Close, err
}

// startVerifyBesideHashing is how long it takes to verify a token while one
// worker hashes without a rest, to how long without.
func startVerifyBesideHashing(w *world) (side, side, func() error, error) {
	l, err := newLogins(w)
	if err != nil {
		return nil, nil, nil, err
	}
	verifying := p50(l.verify(l.plain))
	fawn, err := beside(verifying, 1, l.login)
	return verifying, fawn, l.db.Close, err
}

// startPredicate is how long it takes to verify a token whose role has a
// predicate that reads a document, to how long with a role without.
func startPredicate(w *world) (side, side, func() error, error) {
	l, err := newLogins(w)
	if err != nil {
		return nil, nil, nil, err
	}
	return p50(l.verify(l.plain)), p50(l.verify(l.guarded)), l.db.Close, nil
}
