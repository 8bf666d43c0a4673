// Package mem is a store in memory, for tests and scratch. It keeps the whole
// contract of kv but durability: what it holds is gone when it is closed.
package mem

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/google/btree"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/internal/commit"
)

// Options of a store. The zero value is ready for use.
type Options struct {
	// Clock returns the time in microseconds since 1970; the system's clock
	// when nil. Times of commits increase even where it does not.
	Clock func() int64
	// Lead is how many microseconds the times of commits run ahead of Clock;
	// that many snapshots have times of their own while a commit is written.
	Lead int64
}

// Store is a kv.Store in memory.
type Store struct {
	*commit.Queue
	clock *commit.Clock
	state atomic.Pointer[state]
}

var _ kv.Store = (*Store)(nil)

// state is what one snapshot sees. Its tree never changes.
type state struct {
	number uint64
	tree   *tree
}

// entry is a key and its value. Neither is changed once it is in a tree.
type entry struct{ key, value []byte }

type tree = btree.BTreeG[entry]

// degree of the tree; a wider node would make each commit copy more.
const degree = 16

// New returns an empty store.
func New(opt Options) *Store {
	if opt.Clock == nil {
		opt.Clock = func() int64 { return time.Now().UnixMicro() } //nolint:forbidigo // the default clock
	}
	s := &Store{clock: commit.NewClock(opt.Clock, opt.Lead, 0, 0)}
	s.state.Store(&state{tree: btree.NewG(degree, func(a, b entry) bool {
		return bytes.Compare(a.key, b.key) < 0
	})})
	s.Queue = commit.NewQueue(writer{s}, s.clock)
	return s
}

// Snapshot is kv.Store's Snapshot.
func (s *Store) Snapshot() (kv.Snapshot, error) {
	for {
		state := s.state.Load()
		if state == nil {
			return nil, kv.ErrClosed
		}
		if ts, ok := s.clock.Snapshot(state.number); ok {
			return &snapshot{tree: state.tree, ts: ts}, nil
		}
	}
}

// Close is kv.Store's Close. It does not wait for open snapshots, which stay
// as they are.
func (s *Store) Close() error {
	err := s.Queue.Close()
	s.state.Store(nil)
	return err
}

// writer is the side of a Store that its queue sees.
type writer struct{ s *Store }

// Write makes the state that holds g. The tree before it stays whole, and
// shares the nodes that g does not touch.
func (w writer) Write(g *commit.Group) error {
	next := w.s.state.Load().tree.Clone()
	for w := range g.Writes() {
		if w.Delete {
			next.Delete(entry{key: w.Key})
		} else {
			next.ReplaceOrInsert(newEntry(w.Key, w.Value))
		}
	}
	w.s.state.Store(&state{number: g.State(), tree: next})
	return nil
}

// newEntry copies key and value into one slice. A value is never nil.
func newEntry(key, value []byte) entry {
	b := make([]byte, 0, len(key)+len(value))
	b = append(append(b, key...), value...)
	n := len(key)
	return entry{key: b[:n:n], value: b[n:len(b):len(b)]}
}
