package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

const (
	manyRoles     = 1_000
	manyFunctions = 10_000
)

const fillRoles = `Foreach(Var("list"), (n) => CreateRole({
	name: Concat(["role", ToString(n)]),
	privileges: [
		{ resource: Tokens(), actions: { read: true } },
		{ resource: Collection("users"), actions: {
			read: Query((ref) => Equals(Select(["data", "owner"], Get(ref)), CurrentIdentity())), create: true } }
	]
}))`

const fillFunctions = `Foreach(Var("list"), (n) => CreateFunction({
	name: Concat(["function", ToString(n)]),
	body: Query((id, name) => Let({ user: Get(Ref(Collection("users"), id)) },
		If(Equals(Select(["data", "name"], Var("user")), name), Select("ref", Var("user")), Abort("another name"))))
}))`

// startOpenSchema is how long it takes from a closed file with 1,000 roles and
// 10,000 functions to the first answer, beside reading the same file with
// nothing but bbolt.
func startOpenSchema(w *world) (side, side, func() error, error) {
	dir, err := os.MkdirTemp(w.dir, "schema-")
	if err != nil {
		return nil, nil, nil, err
	}
	path := filepath.Join(dir, "fawn.db")
	secret, err := makeSchema(path)
	if err != nil {
		return nil, nil, nil, err
	}
	floor := once(func() (func() error, error) {
		db, err := openFloor(path, false)
		if err != nil {
			return nil, err
		}
		return db.Close, db.View(func(tx *bbolt.Tx) error {
			return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
				return b.ForEach(func(_, _ []byte) error { return nil })
			})
		})
	})
	fawn := once(func() (func() error, error) {
		db, err := engine.Open(path, engine.Options{})
		if err != nil {
			return nil, err
		}
		v, err := db.Verify(context.Background(), secret)
		if err == nil && (len(v.Roles) != 1 || v.Roles[0] != "role999") {
			err = errWrong
		}
		return db.Close, err
	})
	return floor, fawn, nil, nil
}

// makeSchema makes a file with many roles and functions, and returns a secret.
func makeSchema(path string) (secret string, err error) {
	db, err := engine.Open(path, engine.Options{NoSync: true})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, root := context.Background(), db.RootSecret()
	if _, err := db.Query(ctx, root, `CreateCollection({ name: "users" })`, nil); err != nil {
		return "", err
	}
	for _, fill := range []struct {
		q string
		n int
	}{{fillRoles, manyRoles}, {fillFunctions, manyFunctions}} {
		numbers := make([]int, fill.n)
		for i := range numbers {
			numbers[i] = i
		}
		if _, err := db.Query(ctx, root, fill.q, map[string]any{"list": numbers}); err != nil {
			return "", err
		}
	}
	res, err := db.Query(ctx, root, `Select("secret", CreateKey({ role: Role("role999") }))`, nil)
	if err != nil {
		return "", err
	}
	return string(res.Value.(value.String)), nil
}
