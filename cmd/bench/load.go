package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/query/value"
)

// startLoad is how many tokens a second go into a new file, a few thousand a
// transaction, each made durable: by hand, and by an import of a file that has
// them as lines.
func startLoad(w *world) (side, side, func() error, error) {
	lines := filepath.Join(w.dir, "tokens.jsonl")
	stop := func() error { return os.Remove(lines) }
	if err := w.writeLines(lines); err != nil {
		return nil, nil, nil, errors.Join(err, stop())
	}
	floor := w.load(func(fresh *world) (err error) {
		fresh.floor, err = openFloor(filepath.Join(fresh.dir, "load.db"), false)
		return err
	}, (*world).fillTokens)
	fawn := w.load(func(fresh *world) error {
		if err := fresh.openFawn(false); err != nil {
			return err
		}
		return fresh.fillSchema()
	}, func(fresh *world) error { return fresh.importLines(lines) })
	return floor, fawn, stop, nil
}

// writeLines writes all tokens as an import reads them.
func (w *world) writeLines(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	to := bufio.NewWriter(f)
	for n := range w.tokens {
		fields := w.tokenParams(w.userOf(n))
		line, err := w.render(append(value.Object{
			{Name: "ref", Value: value.Ref{Class: value.Tokens, ID: tokenID(n)}},
			{Name: "ts", Value: value.Long(1_700_000_000_000_000 + int64(n))},
			{Name: "hashed_secret", Value: value.String(secret.Digest(secretOf(n)))},
		}, fields...))
		if err != nil {
			return errors.Join(err, f.Close())
		}
		_, _ = to.Write(append(line, '\n')) // Flush has the error
	}
	return errors.Join(to.Flush(), f.Close())
}

// usersOnly names the one collection that tokens refer to.
type usersOnly struct{}

func (usersOnly) Scope() value.Scope                   { return 0 }
func (usersOnly) Parent(value.Scope) (value.Ref, bool) { return value.Ref{}, false }
func (usersOnly) Name(value.Ref) (string, bool)        { return "users", true }

func (w *world) render(v value.Value) ([]byte, error) {
	return value.Renderer{Names: usersOnly{}}.Append(nil, v)
}

func (w *world) importLines(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	out, err := w.db.Import(context.Background(), w.root, f, engine.ImportOptions{})
	if err == nil && out.Documents != int64(w.tokens) {
		err = fmt.Errorf("%d documents were imported: %w", out.Documents, errWrong)
	}
	return errors.Join(err, f.Close())
}

func (w *world) load(open, fill func(fresh *world) error) side {
	return func(time.Duration) (_ figure, err error) {
		dir, err := os.MkdirTemp(w.dir, "load-")
		if err != nil {
			return figure{}, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		fresh := &world{dir: dir, tokens: w.tokens}
		if err := open(fresh); err != nil {
			return figure{}, err
		}
		begin, work := time.Now(), processorTime()
		err = fill(fresh)
		took := time.Since(begin)
		work = processorTime() - work
		n := float64(w.tokens)
		return figure{n / took.Seconds(), float64(work) / n}, errors.Join(err, fresh.close())
	}
}
