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
	w := &world{tokens: tokens, next: int64(tokens)}
	for _, noSync := range []bool{true, false} {
		var err error
		if w.db, err = engine.Open(filepath.Join(dir, "fawn.db"), engine.Options{NoSync: noSync}); err != nil {
			return nil, err
		}
		w.root = w.db.RootSecret()
		w.floor, err = bbolt.Open(filepath.Join(dir, "floor.db"), 0o600, &bbolt.Options{
			FreelistType: bbolt.FreelistMapType, NoStatistics: true, InitialMmapSize: 4 << 30, NoSync: noSync,
		})
		if err != nil {
			return nil, errors.Join(err, w.db.Close())
		}
		if !noSync {
			break
		}
		if err := w.fill(); err != nil {
			return nil, errors.Join(err, w.close())
		}
		if err := w.close(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *world) close() error { return errors.Join(w.floor.Close(), w.db.Close()) }

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

// fill makes users and tokens, many at a time.
func (w *world) fill() error {
	for _, q := range []string{schemaOfWorld, roleOfWorld} {
		if _, err := w.query(q, nil); err != nil {
			return err
		}
	}
	res, err := w.query(`Collection("users")`, nil)
	if err != nil {
		return err
	}
	w.users = value.Class(res.Value.(value.Ref).ID)
	err = w.batches(w.userCount(), fillUsers, func(n int) (int64, value.Object) { return userID(n), userParams(n) }, putUser)
	if err != nil {
		return err
	}
	return w.batches(w.tokens, fillTokens, func(n int) (int64, value.Object) {
		params := w.tokenParams(w.userOf(n))
		return tokenID(n), params.With("hashed_secret", value.String(secret.Digest(secretOf(n))))
	}, func(tx *bbolt.Tx, n int) error {
		return putToken(tx, secretOf(n), tokenID(n), userID(w.userOf(n)))
	})
}

func (w *world) query(q string, args map[string]any) (*engine.Result, error) {
	return w.db.Query(context.Background(), w.root, q, args)
}

// batches makes n documents in both databases.
func (w *world) batches(n int, q string, document func(n int) (int64, value.Object), put func(tx *bbolt.Tx, n int) error) error {
	const batch = 5000
	for from := 0; from < n; from += batch {
		to := min(from+batch, n)
		list := make(value.Array, 0, batch)
		for i := from; i < to; i++ {
			id, params := document(i)
			list = append(list, value.Object{{Name: "id", Value: value.Long(id)}, {Name: "params", Value: params}})
		}
		if _, err := w.query(q, map[string]any{"list": list}); err != nil {
			return fmt.Errorf("fill: %w", err)
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
