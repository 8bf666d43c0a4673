package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// Larger indexes are built in the background, in transactions of a few
// hundred documents that commit like any others and are run again when they
// lose. How far a build has come stands in the store, so that the next Open
// goes on with it.
//
// Writers index their documents as usual meanwhile. What they write agrees
// with what the build writes, because both give an entry the times of its own
// document; a build overwrites what it finds. An entry that the build has not
// made yet is simply not there for them.

// buildBatch is how many documents a transaction of a build covers, and
// buildBytes at about how many bytes it ends.
const (
	buildBatch = 256
	buildBytes = 1 << 20
)

// Build is how far the building of an index has come.
type Build struct {
	// Index is the index, in the database that its Scope names.
	Index value.Ref
	// Name is the index's name.
	Name string
	// Done of Total documents are in the index, deleted ones with history
	// counted. Total is as it was when the build began.
	Done, Total int64
	// Left is how many of those done were left out of the index, because they
	// would have too many entries there.
	Left int64
	// Duplicates is how many entries of a unique index have the terms and
	// values of another: of documents that were there before it, or that were
	// written while it was built and had not come to the other. They stay, and
	// each is refused when it is written again. It is counted at the end.
	Duplicates int64
	// Ended says that nothing is left to do. A build that has ended is listed
	// if it has left something to tell, until its index is deleted.
	Ended bool
	// Err is why the build stands still. It is tried again, after a second at
	// first, and later up to a minute.
	Err error
}

// builder runs builds.
type builder struct {
	mu sync.Mutex
	// running is closed when the goroutine ends; nil when there is none.
	running chan struct{}
	again   bool          // builds were added
	pause   time.Duration // until what has failed is tried again
	// failed are the builds that stand still; under the zero Ref is why none
	// could be found.
	failed map[value.Ref]error
}

// build is the state of the building of an index.
//
// Shape: the stage (1 byte); class (4 bytes) and id (8) of the next document;
// how many are done (8), of how many (8), of which 0 is not counted yet; how
// many were left out (8); how many entries are duplicates (8).
type build struct {
	stage            stage
	class            value.Class
	id               int64
	done, total      int64
	left, duplicates int64
}

// stage says which build it is.
type stage byte

const (
	stageNew     stage = iota // of a new index
	stageRebuild              // of an index whose entries were removed
	stageClear                // of one whose entries must be removed first
	stageUnique               // of a unique index that has all documents, to be looked through
	stageEnded                // what is left to tell of one that has ended
)

const buildSize = 1 + 4 + 5*8

func (b *build) encode() []byte {
	out := append(make([]byte, 0, buildSize), byte(b.stage))
	out = binary.BigEndian.AppendUint32(out, uint32(b.class))
	for _, n := range []int64{b.id, b.done, b.total, b.left, b.duplicates} {
		out = binary.BigEndian.AppendUint64(out, uint64(n))
	}
	return out
}

func decodeBuild(b []byte) (*build, error) {
	if len(b) != buildSize || b[0] > byte(stageEnded) {
		return nil, index.ErrDamaged
	}
	return &build{
		stage: stage(b[0]), class: value.Class(be32(b[1:])), id: int64(be64(b[5:])),
		done: int64(be64(b[13:])), total: int64(be64(b[21:])),
		left: int64(be64(b[29:])), duplicates: int64(be64(b[37:])),
	}, nil
}

// buildKey is where the state of an index's build stands.
func buildKey(r value.Ref) []byte {
	return appendClass([]byte{spaceBuild}, r.Scope, value.Class(r.ID))
}

// Builds returns the builds that have not ended, and those that have something
// to tell.
func (db *DB) Builds() ([]Build, error) {
	refs, err := db.builds(stageEnded)
	if err != nil {
		return nil, err
	}
	out := make([]Build, 0, len(refs))
	for _, r := range refs {
		b, err := db.buildOf(r)
		if err != nil {
			return nil, err
		}
		if b != nil {
			out = append(out, *b)
		}
	}
	return out, nil
}

func (db *DB) buildOf(r value.Ref) (*Build, error) {
	tx, err := db.openServer(r.Scope, false)
	if err != nil {
		return nil, err
	}
	defer tx.close()
	state, i, err := tx.buildState(r)
	if state == nil || err != nil {
		return nil, err
	}
	db.builder.mu.Lock()
	defer db.builder.mu.Unlock()
	return &Build{
		Index: r, Name: i.Name, Done: state.done, Total: state.total, Left: state.left, Duplicates: state.duplicates,
		Ended: state.stage == stageEnded, Err: db.builder.failed[r],
	}, nil
}

// AwaitBuilds waits until every build has ended or stands still, and returns
// why one does.
func (db *DB) AwaitBuilds(ctx context.Context) error {
	b := &db.builder
	b.mu.Lock()
	running := b.running
	b.mu.Unlock()
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, err := range b.failed {
		return err
	}
	return nil
}

// wakeBuilder makes the builder look for what there is to build.
func (db *DB) wakeBuilder() {
	b := &db.builder
	b.mu.Lock()
	defer b.mu.Unlock()
	b.again = true
	if b.running == nil {
		b.running = make(chan struct{})
		db.tasks.Add(1)
		go db.runBuilder()
	}
}

func (db *DB) runBuilder() {
	defer db.tasks.Done()
	b := &db.builder
	for {
		b.mu.Lock()
		if !b.again {
			close(b.running)
			b.running = nil
			db.retryBuilds()
			b.mu.Unlock()
			return
		}
		b.again, b.failed = false, map[value.Ref]error{}
		b.mu.Unlock()
		db.buildAll()
	}
}

// How long a build that has failed waits until it is tried again.
const (
	leastPause = time.Second
	mostPause  = time.Minute
)

// retryBuilds makes the builder try again, after a while, what has failed. Its
// lock is held.
func (db *DB) retryBuilds() {
	b := &db.builder
	if len(b.failed) == 0 {
		b.pause = 0
		return
	}
	b.pause = min(max(2*b.pause, leastPause), mostPause)
	pause := time.NewTimer(b.pause)
	db.tasks.Go(func() {
		defer pause.Stop()
		select {
		case <-pause.C:
			db.wakeBuilder()
		case <-db.ctx.Done():
		}
	})
}

// buildAll carries on all builds in turn, a transaction each, so that a small
// index need not wait for a large one.
func (db *DB) buildAll() {
	for {
		refs, err := db.unbuilt()
		if err != nil {
			db.buildFailed(value.Ref{}, err)
			return
		}
		busy := false
		for _, r := range refs {
			if db.buildFailure(r) != nil {
				continue
			}
			switch err := db.buildStep(r); {
			case db.ctx.Err() != nil:
				return
			case err != nil:
				db.buildFailed(r, err)
			default:
				busy = true
			}
		}
		if !busy {
			return
		}
	}
}

func (db *DB) buildFailure(r value.Ref) error {
	db.builder.mu.Lock()
	defer db.builder.mu.Unlock()
	return db.builder.failed[r]
}

func (db *DB) buildFailed(r value.Ref, err error) {
	db.options.Log.Error("build of an index failed", "database", r.Scope, "index", r.ID, "error", err)
	db.builder.mu.Lock()
	defer db.builder.mu.Unlock()
	db.builder.failed[r] = err
}

// unbuilt returns the indexes whose builds have not ended.
func (db *DB) unbuilt() ([]value.Ref, error) { return db.builds(stageUnique) }

// builds returns the indexes whose builds are at one of the stages up to last.
func (db *DB) builds(last stage) ([]value.Ref, error) {
	snap, err := db.store.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	it := snap.Scan([]byte{spaceBuild}, []byte{spaceBuild + 1}, false)
	defer it.Close()
	var out []value.Ref
	for it.Next() {
		state := it.Value()
		if key := it.Key(); len(key) == 9 && (len(state) == 0 || stage(state[0]) <= last) {
			out = append(out, value.Ref{Scope: value.Scope(be32(key[1:])), Class: value.Indexes, ID: int64(be32(key[5:]))})
		}
	}
	return out, it.Err()
}

// openServer begins a transaction with the rights of a server key.
func (db *DB) openServer(s value.Scope, writes bool) (*tx, error) {
	tx, err := db.open(db.ctx, &request{}, writes)
	if err != nil {
		return nil, err
	}
	if err := tx.begun(&session{scope: s, builtin: roleServer}); err != nil {
		tx.close()
		return nil, err
	}
	return tx, nil
}

// buildStep brings the documents of one batch into an index. Batches that
// lose against others get smaller; the last attempt is alone with one
// document.
func (db *DB) buildStep(r value.Ref) error {
	for size := buildBatch; ; size /= 4 {
		err := db.buildSome(r, max(size, 1), size == 0)
		if size == 0 || !errors.Is(err, kv.ErrConflict) {
			return err
		}
	}
}

func (db *DB) buildSome(r value.Ref, size int, alone bool) error {
	if alone {
		db.gate.Lock()
		defer db.gate.Unlock()
	}
	refs, total, err := db.buildNext(r, size)
	if err != nil {
		return err
	}
	duplicates, err := db.duplicates(r)
	if err != nil {
		return err
	}
	tx, err := db.openServer(r.Scope, true)
	if err != nil {
		return err
	}
	defer tx.close()
	if err := tx.buildRefs(r, refs, size, total, duplicates); err != nil {
		return err
	}
	_, err = tx.commit(alone)
	return err
}

// buildNext returns the documents that a build has before it, one more than
// size, and how many there are in all. The transaction that reads them here
// is not the one that writes: documents that are new to the latter were
// indexed by those who wrote them.
func (db *DB) buildNext(r value.Ref, size int) (refs []value.Ref, total int64, err error) {
	tx, err := db.openServer(r.Scope, false)
	if err != nil {
		return nil, 0, err
	}
	defer tx.close()
	state, i, err := tx.buildState(r)
	if state == nil || err != nil {
		return nil, 0, err
	}
	classes := sourcesOf(tx.own, i.Definition)
	if total = state.total; total == 0 {
		if total, err = tx.countDocuments(classes); err != nil {
			return nil, 0, err
		}
	}
	refs, err = tx.documentsFrom(classes, state.class, state.id, size+1)
	return refs, total, err
}

// countDocuments counts the documents of classes, deleted ones with history
// included.
func (tx *tx) countDocuments(classes []value.Class) (int64, error) {
	const chunk = 4096
	n := int64(0)
	class, id := value.Class(0), int64(0)
	for {
		refs, err := tx.documentsFrom(classes, class, id, chunk+1)
		if err != nil || len(refs) <= chunk {
			return n + int64(len(refs)), err
		}
		n += chunk
		class, id = refs[chunk].Class, refs[chunk].ID
	}
}

// buildRefs writes the entries of the first size of refs, and ends the build
// if there are no more.
func (tx *tx) buildRefs(r value.Ref, refs []value.Ref, size int, total, duplicates int64) error {
	state, i, err := tx.buildState(r)
	if err != nil {
		return err
	}
	if state == nil {
		return tx.forgetBuild(r)
	}
	if state.stage == stageClear {
		return tx.clearIndex(r, state)
	}
	n := 0
	for ; n < min(size, len(refs)) && tx.t.Size() < buildBytes; n++ {
		switch err := tx.buildOne(i.Definition, refs[n]); {
		case err == nil:
		case isRefusal(err), query.IsErrors(err):
			state.left++
		default:
			return fmt.Errorf("engine: build index %s: %w", i.Name, err)
		}
	}
	state.done, state.total = state.done+int64(n), total
	if n < len(refs) {
		state.class, state.id = refs[n].Class, refs[n].ID
		tx.t.Put(kv.Write{Key: buildKey(r), Value: state.encode()})
		return nil
	}
	if i.Definition.Unique && state.stage != stageUnique {
		state.stage, state.class = stageUnique, math.MaxUint32
		tx.t.Put(kv.Write{Key: buildKey(r), Value: state.encode()})
		return nil
	}
	tx.t.Delete(buildKey(r))
	if state.duplicates = duplicates; state.left > 0 || duplicates > 0 {
		state.stage = stageEnded
		tx.t.Put(kv.Write{Key: buildKey(r), Value: state.encode()})
		tx.db.options.Log.Warn("an index is built, but not whole", "database", r.Scope, "index", i.Name,
			"documents left out", state.left, "duplicates", duplicates)
	}
	if i.Active {
		return nil
	}
	_, err = tx.Write(query.Change{
		Verb: query.Update, Ref: r, Params: value.Object{{Name: "active", Value: value.Boolean(true)}},
	})
	return err
}

// isRefusal reports whether a document cannot be in an index because it would
// have too many entries there: it is left out.
func isRefusal(err error) bool {
	var r *query.Refusal
	return errors.As(err, &r)
}

// duplicates counts, once a unique index has all documents, the live entries
// that have the terms and values of the entry before. What it reads is not
// noted: a document that is written meanwhile finds all the others.
func (db *DB) duplicates(r value.Ref) (int64, error) {
	tx, err := db.openServer(r.Scope, false)
	if err != nil {
		return 0, err
	}
	defer tx.close()
	state, _, err := tx.buildState(r)
	if err != nil || state == nil || state.stage != stageUnique {
		return 0, err
	}
	i, err := tx.indexOf(r)
	if err != nil {
		return 0, err
	}
	n, d := int64(0), i.Definition
	var last []byte // the terms and values of the entry before
	prefix := appendClass([]byte{index.SpaceEntry}, r.Scope, value.Class(r.ID))
	it := tx.t.Scan(prefix, after(prefix), false)
	defer it.Close()
	for it.Next() {
		ok, err := tx.counts(d, it.Key(), it.Value())
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		tuple := d.TupleOf(it.Key())
		if last != nil && bytes.Equal(tuple, last) {
			n++
		}
		last = tuple
	}
	return n, it.Err()
}
