package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
)

// perUser is how many tokens every user has.
const perUser = 4

// firstID makes ids as long as those that Fawn gives.
const firstID = int64(400_000_000_000_000_000)

// world is the two databases, both with the same tokens.
type world struct {
	dir    string // of both files
	tokens int
	floor  *bbolt.DB
	db     *engine.DB
	users  value.Class
	root   string // secret of the database
	next   int64  // number of the next token that a floor makes
}

func (w *world) userCount() int { return w.tokens / perUser }

// userOf returns the user of a token: neighbours have far apart ones.
func (w *world) userOf(token int) int { return int(uint64(token) * 7919 % uint64(w.userCount())) }

func tokenID(n int) int64 { return firstID + int64(n)<<10 }
func userID(n int) int64  { return firstID + int64(n)<<10 + 1 }

// secretOf returns the secret of a token. That its random part is not random
// does no harm here.
func secretOf(token int) string {
	var random [32]byte
	binary.BigEndian.PutUint64(random[:], uint64(token)*0x9E3779B97F4A7C15)
	s, err := secret.New(secret.Parts{Kind: secret.Token, ID: tokenID(token)}, bytes.NewReader(random[:]))
	if err != nil {
		panic(err) // the reader is long enough
	}
	return s
}

func (w *world) user(n int) value.Ref { return value.Ref{Class: w.users, ID: userID(n)} }

// random returns a source of numbers, the same in every run.
func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// newWorld makes both databases in a folder. They are filled without syncs,
// and opened again with them.
func newWorld(dir string, tokens int) (*world, error) {
	w := &world{dir: dir, tokens: tokens, next: int64(tokens)}
	if err := w.open(true); err != nil {
		return nil, err
	}
	if err := w.fill(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if err := w.close(); err != nil {
		return nil, err
	}
	return w, w.open(false)
}

func (w *world) fawnFile() string  { return filepath.Join(w.dir, "fawn.db") }
func (w *world) floorFile() string { return filepath.Join(w.dir, "floor.db") }

func (w *world) open(noSync bool) (err error) {
	if err := w.openFawn(noSync); err != nil {
		return err
	}
	if w.floor, err = openFloor(w.floorFile(), noSync); err != nil {
		return errors.Join(err, w.db.Close())
	}
	return nil
}

func (w *world) openFawn(noSync bool) (err error) {
	if w.db, err = engine.Open(w.fawnFile(), engine.Options{NoSync: noSync}); err == nil {
		w.root = w.db.RootSecret()
	}
	return err
}

func openFloor(path string, noSync bool) (*bbolt.DB, error) {
	return bbolt.Open(path, 0o600, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, NoStatistics: true, InitialMmapSize: 4 << 30, NoSync: noSync,
	})
}

func (w *world) close() (err error) {
	if w.floor != nil {
		err = w.floor.Close()
	}
	if w.db != nil {
		err = errors.Join(err, w.db.Close())
	}
	return err
}

// aside closes both databases for a row that opens the files itself; its stop
// opens them again.
func (w *world) aside(floor, fawn side) (side, side, func() error, error) {
	return floor, fawn, func() error { return w.open(false) }, w.close()
}

// A role lets users list tokens through the index, and read them.
const schemaOfWorld = `Do(
	CreateCollection({ name: "users" }),
	CreateIndex({ name: "tokens_by_instance", source: Tokens(), terms: [{ field: ["instance"] }] })
)`

const roleOfWorld = `CreateRole({
	name: "users",
	membership: { resource: Collection("users") },
	privileges: [
		{ resource: Index("tokens_by_instance"), actions: { unrestricted_read: true } },
		{ resource: Tokens(), actions: { read: true } }
	]
})`

const fillUsers = `Foreach(Var("list"), (u) => Create(Ref(Collection("users"), Select("id", u)), Select("params", u)))`

const fillTokens = `Foreach(Var("list"), (t) => Create(Ref(Tokens(), Select("id", t)), Select("params", t)))`

// fill makes users and tokens, many at a time, in whichever databases are
// open.
func (w *world) fill() error {
	if w.db != nil {
		if err := w.fillSchema(); err != nil {
			return err
		}
	}
	err := w.batches(w.userCount(), fillUsers, func(n int) (int64, value.Object) { return userID(n), userParams(n) }, putUser)
	if err != nil {
		return err
	}
	return w.fillTokens()
}

func (w *world) fillTokens() error {
	return w.batches(w.tokens, fillTokens, func(n int) (int64, value.Object) {
		params := w.tokenParams(w.userOf(n))
		return tokenID(n), params.With("hashed_secret", value.String(secret.Digest(secretOf(n))))
	}, func(tx *bbolt.Tx, n int) error {
		return putToken(tx, secretOf(n), tokenID(n), userID(w.userOf(n)))
	})
}

func (w *world) fillSchema() error {
	for _, q := range []string{schemaOfWorld, roleOfWorld} {
		if _, err := w.query(q, nil); err != nil {
			return err
		}
	}
	res, err := w.query(`Collection("users")`, nil)
	if err == nil {
		w.users = value.Class(res.Value.(value.Ref).ID)
	}
	return err
}

func (w *world) query(q string, args map[string]any) (*engine.Result, error) {
	return w.db.Query(context.Background(), w.root, q, args)
}

// batchSize is how many documents are made in a transaction.
const batchSize = 5000

// batches makes n documents in whichever databases are open.
func (w *world) batches(n int, q string, document func(n int) (int64, value.Object), put func(tx *bbolt.Tx, n int) error) error {
	for from := 0; from < n; from += batchSize {
		to := min(from+batchSize, n)
		if w.db != nil {
			if err := w.create(q, from, to, document); err != nil {
				return fmt.Errorf("fill: %w", err)
			}
		}
		if w.floor == nil {
			continue
		}
		err := w.floor.Update(func(tx *bbolt.Tx) error {
			for i := from; i < to; i++ {
				if err := put(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// create makes the documents from one number up to another in one query.
func (w *world) create(q string, from, to int, document func(n int) (int64, value.Object)) error {
	list := make(value.Array, 0, to-from)
	for i := from; i < to; i++ {
		id, params := document(i)
		list = append(list, value.Object{{Name: "id", Value: value.Long(id)}, {Name: "params", Value: params}})
	}
	_, err := w.query(q, map[string]any{"list": list})
	return err
}

func userParams(n int) value.Object {
	return value.Object{{Name: "data", Value: value.Object{
		{Name: "email", Value: value.String(fmt.Sprintf("user%d@example.com", n))},
		{Name: "name", Value: value.String("Alice Liddell of the looking glass")},
	}}}
}

// deviceName is the data of a token.
const deviceName = "Firefox on Linux, at home, in the study"

func (w *world) tokenParams(user int) value.Object {
	return value.Object{
		{Name: "instance", Value: w.user(user)},
		{Name: "data", Value: value.Object{{Name: "name", Value: value.String(deviceName)}}},
	}
}
