package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/secret"
	"github.com/fawndb/fawn/engine/transfer"
	"github.com/fawndb/fawn/query/value"
)

// ImportOptions say how an import is done.
type ImportOptions struct {
	// DryRun reports everything and writes nothing. What documents of the same
	// import would do to each other, in a unique index, it cannot tell.
	DryRun bool
	// Restart begins anew where an earlier import of the same was cut short.
	// What that has written is found to be there.
	Restart bool
	// Progress, when set, is called now and then with how many bytes were read.
	Progress func(read int64)
	// Problem, when set, is called with what is wrong or lost.
	Problem func(transfer.Problem)
}

// Imported says what an import did.
type Imported struct {
	// Schema, Documents and Versions were written: versions of schema objects,
	// documents, and their versions.
	Schema, Documents, Versions int64
	// Same counts the versions that were there already.
	Same int64
	// Skipped counts the lines that are left out, Lost what is left out of
	// others. What an interrupted import had left out is among them.
	Skipped, Lost int64
	// Collections were made because documents, or refs, are in them.
	Collections []string
	// Resumed is the line up to which an earlier import had come, 0 if there
	// was none.
	Resumed int64
	// Header is that of an export, nil if what was read is none.
	Header *transfer.Header
}

// Errors of Import beside those of queries.
var (
	// ErrTruncated: the export has no closing line. What there was has been
	// imported; an import of the whole goes on from there.
	ErrTruncated = errors.New("engine: the export is cut short")
	// ErrDigest: the export is not as it was written.
	ErrDigest = errors.New("engine: the export is damaged")
	// ErrOther: what is read is not what an interrupted import had read.
	ErrOther = errors.New("engine: an import was interrupted that had read something else")
)

// Import reads an export, or a dump of documents (package transfer), into the
// database that a secret opens; it must be root's or an admin key's.
//
// Documents keep their ids, times and history. What is there already stays:
// a version that is there is left as it is, others are added, and an object of
// the schema that has the name of another is taken for that. Lines that cannot
// be used are reported, and the others imported. Each transaction says how far
// the import has come, so that one that was cut short goes on.
func (db *DB) Import(ctx context.Context, presented string, r io.Reader, o ImportOptions) (Imported, error) {
	im := &importer{db: db, presented: presented, o: o, numbers: map[objectName]int64{}}
	defer im.close()
	err := im.run(ctx, transfer.NewReader(r))
	return im.out, public(err)
}

// importer is one import.
type importer struct {
	db        *DB
	ctx       context.Context //nolint:containedctx // an importer is one call
	presented string
	o         ImportOptions
	root      value.Scope
	// scope is the database that documents go to; without one, because it
	// could not be made, they are left out.
	scope   value.Scope
	nowhere bool
	// numbers are those that objects of the schema got here.
	numbers map[objectName]int64
	ended   bool
	out     Imported
	key     []byte // of the progress
	dry     *tx    // that of a dry run, which is never committed
}

// objectName is an object of a schema as an export calls it.
type objectName struct {
	scope value.Scope
	class value.Class
	name  string
}

// progress is how far an import has come. It stands in the store while one is
// going on, under the digest of its first line.
type progress struct {
	Index   int64  `json:"index"` // of the last line
	Line    int64  `json:"line"`  // the line on which that begins
	State   string `json:"state"` // of the reader
	Skipped int64  `json:"skipped"`
	Lost    int64  `json:"lost"`
}

func (im *importer) run(ctx context.Context, r *transfer.Reader) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	im.ctx = ctx
	first, err := r.Next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	from, err := im.begin(first)
	if err != nil {
		return err
	}
	f := newFeeder(ctx, r, from)
	defer f.wait()
	defer stop()
	go f.run(first)
	for c := range f.chunks {
		if err := im.take(&c); err != nil {
			return err
		}
		if im.o.Progress != nil {
			im.o.Progress(c.read)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return im.finish()
}

// begin looks for the progress of an earlier import of the same.
func (im *importer) begin(first transfer.Line) (*progress, error) {
	tx, err := im.open()
	if err != nil {
		return nil, err
	}
	defer im.release(tx)
	im.root, im.scope = tx.own.Scope, tx.own.Scope
	sum := sha256.Sum256(first.Text)
	im.key = metaKey("import " + databaseName(im.root) + " " + hex.EncodeToString(sum[:]))
	from := &progress{}
	stored, err := tx.t.Get(im.key)
	if err != nil || stored == nil || im.o.Restart || im.o.DryRun {
		return from, err
	}
	if err := json.Unmarshal(stored, from); err != nil {
		return nil, fmt.Errorf("engine: the progress of an import: %w", err)
	}
	im.out.Resumed, im.out.Skipped, im.out.Lost = from.Line, from.Skipped, from.Lost
	return from, nil
}

// open begins a transaction in the database that documents go to. A dry run
// has one for all.
func (im *importer) open() (*tx, error) {
	if im.dry != nil {
		return im.dry, nil
	}
	// What a dry run reads need not be noted: there may be a lot.
	tx, err := im.db.openAdmin(im.ctx, im.presented, !im.o.DryRun)
	if err != nil {
		return nil, err
	}
	if im.o.DryRun {
		im.dry = tx
	}
	return tx, nil
}

func (im *importer) release(tx *tx) {
	if tx != im.dry {
		tx.close()
	}
}

func (im *importer) close() {
	if im.dry != nil {
		im.dry.close()
	}
}

// take imports a chunk.
func (im *importer) take(c *chunk) error {
	switch {
	case c.err != nil:
		return c.err
	case c.kind == transfer.KindHeader:
		h, err := c.line.Header()
		if err != nil {
			return fmt.Errorf("engine: the header: %w", err)
		}
		im.out.Header = &h
		return nil
	case c.kind == transfer.KindEnd:
		im.ended = true
		if c.verified != nil {
			return fmt.Errorf("%w: %w", ErrDigest, c.verified)
		}
		return nil
	case c.kind == transfer.KindDatabase:
		return im.database(c)
	case im.nowhere:
		for _, e := range c.entries {
			im.report([]transfer.Problem{{Line: e.line, Reason: "its database is not there", Skipped: true}})
		}
		return nil
	case c.kind == transfer.KindSchema:
		return im.schema(c)
	default:
		return im.documents(c)
	}
}

// finish ends an import of which nothing is left.
func (im *importer) finish() error {
	if im.out.Header != nil && !im.ended {
		return ErrTruncated
	}
	return im.transact(func(tx *tx, _ *batch) error {
		if stored, err := tx.t.Get(im.key); stored == nil || err != nil {
			return err
		}
		tx.t.Delete(im.key)
		return nil
	}, nil)
}

// database goes over to another database of the export.
func (im *importer) database(c *chunk) error {
	d, err := c.line.Database()
	if err != nil {
		im.nowhere = true
		im.report([]transfer.Problem{{Line: c.line.Number, Reason: "not a database: " + err.Error(), Skipped: true}})
		return nil
	}
	im.scope, im.nowhere = im.root, false
	return im.transact(func(tx *tx, w *batch) error {
		im.scope, im.nowhere = im.root, false
		sch, err := tx.below(&session{scope: im.root, builtin: roleAdmin}, d.Path)
		if errors.Is(err, ErrUnauthorized) {
			im.nowhere = true
			w.skip(c.line.Number, fmt.Sprintf("there is no database %v", d.Path))
			return nil
		}
		if err != nil {
			return err
		}
		im.scope = sch.Scope
		if !im.withSecrets() {
			return nil
		}
		if err := tx.descend(im.scope); err != nil {
			return err
		}
		return tx.addGlobalIDs(d.GlobalIDs, func(id string) {
			w.lose(c.line.Number, "the global id "+id+" leads to another database here: the secrets of tokens that carry it open that one")
		})
	}, c)
}

// withSecrets reports whether an export has keys, tokens and credentials.
func (im *importer) withSecrets() bool { return im.out.Header != nil && im.out.Header.Secrets }

// addGlobalIDs makes the global ids that an imported database had lead to the
// transaction's own, and calls taken with those that lead to another.
func (tx *tx) addGlobalIDs(ids []string, taken func(id string)) error {
	for _, text := range ids {
		id, ok := secret.ParseGlobalID(text)
		if ok {
			var err error
			if ok, err = tx.addGlobalID(id); err != nil {
				return err
			}
		}
		if !ok {
			taken(text)
		}
	}
	return nil
}

// batch is what a transaction of an import does, which counts once it has
// committed.
type batch struct {
	out      Imported
	problems []transfer.Problem
	// last are the greatest ids of classes, by a ref with the id 0.
	last map[value.Ref]lastOf
	// partial says that more of the chunk is left for another transaction.
	partial bool
}

func (w *batch) skip(line int64, reason string) {
	w.problems = append(w.problems, transfer.Problem{Line: line, Reason: reason, Skipped: true})
}

func (w *batch) lose(line int64, reason string) {
	w.problems = append(w.problems, transfer.Problem{Line: line, Reason: reason})
}

// transact runs f in a transaction in the present database, again if it loses
// against others, the last time alone. When c is given
// it is done then, unless f says that more is left.
func (im *importer) transact(f func(tx *tx, w *batch) error, c *chunk) error {
	for n := 0; ; n++ {
		w := &batch{}
		err := im.attempt(f, c, w, n == DefaultRetries)
		if errors.Is(err, kv.ErrConflict) && n < DefaultRetries {
			continue
		}
		if errors.Is(err, errAgain) {
			n = -1
			continue
		}
		if c != nil && c.again {
			w.problems = nil // they were counted then
		}
		if err == nil {
			im.count(w)
		}
		return err
	}
}

// errAgain says that a transaction is to be run again, because a line that was
// in it is not any more.
var errAgain = errors.New("engine: a line of an import is wrong")

func (im *importer) attempt(f func(tx *tx, w *batch) error, c *chunk, w *batch, alone bool) error {
	if err := im.ctx.Err(); err != nil {
		return err
	}
	if alone {
		im.db.gate.Lock()
		defer im.db.gate.Unlock()
	}
	tx, err := im.open()
	if err != nil {
		return err
	}
	defer im.release(tx)
	if err := tx.descend(im.scope); err != nil {
		return err
	}
	if err := f(tx, w); err != nil || im.o.DryRun {
		return err
	}
	if c != nil && !c.again && !w.partial {
		if err := im.mark(tx, c, w); err != nil {
			return err
		}
	}
	_, err = tx.commit(alone)
	return err
}

// mark notes that a chunk is done.
func (im *importer) mark(tx *tx, c *chunk, w *batch) error {
	p := progress{Index: c.upTo, Line: c.last, State: hexState(c.state), Skipped: im.out.Skipped, Lost: im.out.Lost}
	for _, problem := range w.problems {
		if problem.Skipped {
			p.Skipped++
		} else {
			p.Lost++
		}
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	tx.t.Put(kv.Write{Key: im.key, Value: b})
	return nil
}

// count takes over what a transaction has done.
func (im *importer) count(w *batch) {
	im.out.Schema += w.out.Schema
	im.out.Documents += w.out.Documents
	im.out.Versions += w.out.Versions
	im.out.Same += w.out.Same
	im.out.Collections = append(im.out.Collections, w.out.Collections...)
	im.report(w.problems)
}

func (im *importer) report(list []transfer.Problem) {
	for _, p := range list {
		if p.Skipped {
			im.out.Skipped++
		} else {
			im.out.Lost++
		}
		if im.o.Problem != nil {
			im.o.Problem(p)
		}
	}
}
