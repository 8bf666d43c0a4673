package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/kv/bolt"
	"github.com/fawndb/fawn/engine/kv/kvtest"
	"github.com/fawndb/fawn/query/value"
)

// listPage is how many tokens a query of startList returns.
const listPage = 1000

const listQuery = `Map(Paginate(Documents(Tokens()), { size: 1000, after: Var("after") }), (ref) => Get(ref))`

// startList is how long one token takes when all are read one after the other
// and decoded.
func startList(w *world) (side, side, func() error, error) {
	parsed, err := w.db.Parse(listQuery, "after")
	if err != nil {
		return nil, nil, nil, err
	}
	from, d := []byte(nil), msgpack.NewDecoder(nil)
	floor := p50(func() error {
		return w.floor.View(func(tx *bbolt.Tx) error {
			c := tx.Bucket(documents).Cursor()
			k, v := c.Seek(from)
			for range listPage {
				if k == nil {
					_, v = c.First()
				}
				var t decoded
				if err := t.decode(d, v); err != nil {
					return err
				}
				k, v = c.Next()
			}
			from = bytes.Clone(k)
			return nil
		})
	})
	ctx, start := context.Background(), value.Value(value.Long(0))
	after := start
	fawn := p50(func() error {
		args := []value.Field{{Name: "after", Value: after}}
		res, err := w.db.Run(ctx, engine.Request{Secret: w.root, Expr: parsed.Expr, Args: args})
		if err != nil {
			return err
		}
		page := res.Value.(*value.Page)
		for _, doc := range page.Data() {
			if _, err := doc.(*value.Document).Fields(); err != nil {
				return err
			}
		}
		if after = page.After; after == nil {
			after = start
		} else if page.Len() != listPage {
			return fmt.Errorf("%d tokens: %w", page.Len(), errWrong)
		}
		return nil
	})
	return each(floor, listPage), each(fawn, listPage), nil, nil
}

// each is the time of one thing where a side does so many at once.
func each(s side, many float64) side {
	return func(d time.Duration) (figure, error) {
		f, err := s(d)
		f.value /= many
		return f, err
	}
}

// indexNames makes an index in which all tokens have the same term, unless it
// is there.
func (w *world) indexNames() error {
	_, err := w.query(`If(Exists(Index("tokens_by_name")), null, CreateIndex({
		name: "tokens_by_name", source: Tokens(), terms: [{ field: ["data", "name"] }]
	}))`, nil)
	if err == nil {
		err = w.db.AwaitBuilds(context.Background())
	}
	return err
}

const pageQuery = `Paginate(Match(Index("tokens_by_name"), Var("name")), { after: Var("after") })`

// startPage is a page of the usual size from somewhere in a large index; the
// floor reads as many entries of its own.
func startPage(w *world) (side, side, func() error, error) {
	if err := w.indexNames(); err != nil {
		return nil, nil, nil, err
	}
	parsed, err := w.db.Parse(pageQuery, "name", "after")
	if err != nil {
		return nil, nil, nil, err
	}
	const size = 64
	r, ids := random(), make([]int64, 0, size)
	floor := p50(func() error {
		return w.floor.View(func(tx *bbolt.Tx) error {
			c := tx.Bucket(byUser).Cursor()
			ids = ids[:0]
			k, _ := c.Seek(key(userID(r.IntN(w.userCount() - size))))
			for ; len(ids) < size; k, _ = c.Next() {
				ids = append(ids, int64(binary.BigEndian.Uint64(k[8:])))
			}
			return nil
		})
	})
	ctx := context.Background()
	fawn := p50(func() error {
		args := []value.Field{
			{Name: "name", Value: value.String(deviceName)},
			{Name: "after", Value: value.Ref{Class: value.Tokens, ID: tokenID(r.IntN(w.tokens - size))}},
		}
		res, err := w.db.Run(ctx, engine.Request{Secret: w.root, Expr: parsed.Expr, Args: args})
		if err == nil && res.Value.(*value.Page).Len() != size {
			err = errWrong
		}
		return err
	})
	return floor, fawn, nil, nil
}

const intersectionQuery = `Count(Intersection(Match(Index("tokens_by_instance"), Var("user")), Match(Index("tokens_by_name"), Var("name"))))`

// startIntersection counts the entries that the intersection of a set of few
// with one of all tokens reads. By hand, each of the few is looked for among
// all.
func startIntersection(w *world) (_, _ side, stop func() error, err error) {
	if err := w.indexNames(); err != nil {
		return nil, nil, nil, err
	}
	if err := w.db.Close(); err != nil {
		return nil, nil, nil, err
	}
	stop = func() error { return w.openFawn(false) }
	file, err := bolt.Open(w.fawnFile(), bolt.Options{})
	if err != nil {
		return nil, nil, nil, errors.Join(err, stop())
	}
	store := kvtest.Count(file)
	db, err := engine.OpenStore(store, engine.Options{})
	if err != nil {
		return nil, nil, nil, errors.Join(err, file.Close(), stop())
	}
	stop = func() error { return errors.Join(db.Close(), w.openFawn(false)) }
	r, ctx := random(), context.Background()
	fawn := func(time.Duration) (figure, error) {
		args := map[string]any{"user": w.user(r.IntN(w.userCount())), "name": deviceName}
		before := store.Reads()
		res, err := db.Query(ctx, db.RootSecret(), intersectionQuery, args)
		if err == nil && res.Value != value.Value(value.Long(perUser)) {
			err = errWrong
		}
		return figure{value: float64(store.Reads() - before)}, err
	}
	floor := func(time.Duration) (figure, error) { return figure{value: 2*perUser + 2}, nil }
	return floor, fawn, stop, nil
}

// startVersions reads a document that was never changed, and one that has a
// thousand versions before it.
func startVersions(w *world) (side, side, func() error, error) {
	const changes = 1000
	_, err := w.query(`Do(CreateCollection({ name: "changed" }),
		Create(Ref(Collection("changed"), 1), { data: { n: 0 } }), Create(Ref(Collection("changed"), 2), { data: { n: 0 } }))`, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	for n := range changes {
		if _, err := w.query(`Update(Ref(Collection("changed"), 2), { data: { n: Var("n") } })`, map[string]any{"n": n}); err != nil {
			return nil, nil, nil, err
		}
	}
	stop := func() error {
		_, err := w.query(`Delete(Collection("changed"))`, nil)
		return err
	}
	sides := make([]side, 2)
	for i := range sides {
		parsed, err := w.db.Parse(fmt.Sprintf(`Get(Ref(Collection("changed"), %d))`, i+1))
		if err != nil {
			return nil, nil, nil, errors.Join(err, stop())
		}
		sides[i] = p50(func() error {
			_, err := w.db.Run(context.Background(), engine.Request{Secret: w.root, Expr: parsed.Expr})
			return err
		})
	}
	return sides[0], sides[1], stop, nil
}
