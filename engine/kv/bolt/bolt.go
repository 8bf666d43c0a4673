// Package bolt is the store in one file, over bbolt. It owns the file: its
// creation, its lock, the check of it at open, and the layout below.
//
// The first bytes of a key name the bucket that it is in, which is made on
// demand: how many is said for each space (first byte of a key), so that what
// is read together is a tree of its own. Keys stand in it whole: without their
// first bytes they would be shorter, but each one handed out would have to be
// put together again. The bucket "fawn" holds the format of the file, how many
// bytes name buckets, and the time of the last commit, which is written with
// every group. It is small enough that bbolt keeps it in the page of the list
// of buckets, which every commit writes anyway.
//
// No type of bbolt leaves this package.
package bolt

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/internal/commit"
)

// DefaultLead is the Lead of a store that asks for none, in microseconds. A
// group takes about that long to be written.
const DefaultLead = 2000

// Options of a store. The zero value is ready for use.
type Options struct {
	// Spaces says how the keys of a space are kept.
	Spaces map[byte]Space
	// Clock returns the time in microseconds since 1970; the system's clock
	// when nil. Times of commits increase even where it does not, also over
	// restarts.
	Clock func() int64
	// Lead is how many microseconds the times of commits run ahead of Clock;
	// that many snapshots have times of their own while a group is written.
	// Zero is DefaultLead, less is none.
	Lead int64
	// LockWait is how long Open waits for another process to let go of the
	// file. At zero it does not wait.
	LockWait time.Duration
	// NoSync leaves out the sync of every commit. A power cut then loses
	// commits, and may destroy the file: for tests and benchmarks.
	NoSync bool
}

// Space is how the keys of a space, which is the first byte of a key, are
// kept.
type Space struct {
	// Prefix is how many bytes of a key name its bucket; zero is one. A store
	// keeps what it was made with.
	Prefix uint8
	// Ascending says that keys are mostly written in ascending order: their
	// pages are filled up rather than left half empty. Without it that is done
	// by commits of which all keys of a bucket come behind those there.
	Ascending bool
}

// Store is a kv.Store in a file. Open snapshots keep the pages that they see
// from being used again, so a snapshot that stays open makes the file grow.
type Store struct {
	*commit.Queue
	path     string // where the file is, wherever links lead
	noSync   bool
	file     atomic.Pointer[file]
	replaced sync.WaitGroup // files that Compact has replaced, until they are closed
	clock    *commit.Clock
	prefix   prefixes
	filled   [256]bool // spaces whose pages are filled up
	failure  atomic.Pointer[failure]
	wedged   atomic.Bool // bbolt holds a lock that it will never release

	compacting sync.Mutex // held by Compact, and by Close
	closed     bool       // guarded by compacting
	writing    sync.Mutex // held while a group is written
	journal    *journal   // what is written while Compact runs, else nil; guarded by writing
}

var (
	_ kv.Store     = (*Store)(nil)
	_ kv.Compacter = (*Store)(nil)
)

// failure is why a store refuses work until it is opened again.
type failure struct {
	err   error
	reads bool // snapshots are refused too
}

// Open opens the store at path, and makes it if there is no file. Errors are
// one line and wrap
//
//   - kv.ErrDamaged: the file is not a store, cut short, empty or damaged as
//     far as can be seen without reading all of it;
//   - kv.ErrFormat: another version of this package wrote it;
//   - kv.ErrLocked: it is open already, here or in another process;
//   - kv.ErrReadOnly: it, or the folder of a new one, cannot be written;
//   - kv.ErrNoSpace: there is no room for a new one.
//
// A file that is refused is left as it was. So is an empty one: a new store
// appears under its name whole, so an empty file is one that lost its content.
func Open(path string, opt Options) (*Store, error) {
	if opt.Clock == nil {
		opt.Clock = func() int64 { return time.Now().UnixMicro() } //nolint:forbidigo // the default clock
	}
	if opt.Lead == 0 {
		opt.Lead = DefaultLead
	}
	db, mapped, err := openOrCreate(path, opt)
	if err != nil {
		return nil, openError(path, err)
	}
	s, err := openOn(db, path, mapped, opt)
	if err != nil {
		_ = db.Close()
		return nil, openError(path, err)
	}
	return s, nil
}

func openOn(db *bbolt.DB, path string, mapped int64, opt Options) (*Store, error) {
	h, err := readHeader(db)
	if err != nil {
		return nil, err
	}
	if path, err = settled(path); err != nil {
		return nil, err
	}
	_ = os.Remove(path + unfinished) // of a process that was killed
	f, err := newFile(db, path, mapped)
	if err != nil {
		return nil, err
	}
	s := &Store{
		path: path, noSync: opt.NoSync, prefix: h.prefix,
		clock: commit.NewClock(opt.Clock, max(opt.Lead, 0), h.state, h.last),
	}
	s.file.Store(f)
	for id, space := range opt.Spaces {
		s.filled[id] = space.Ascending
	}
	s.Queue = commit.NewQueue(writer{s}, s.clock)
	return s, nil
}

// bucketOf returns the name of the bucket that a key is in: its first bytes.
func (s *Store) bucketOf(key []byte) []byte {
	if len(key) == 0 {
		return nil
	}
	return key[:min(int(s.prefix[key[0]]), len(key))]
}

// Snapshot is kv.Store's Snapshot.
func (s *Store) Snapshot() (kv.Snapshot, error) {
	snap, err := s.snapshot(s.view)
	if err != nil {
		return nil, err
	}
	return snap, nil
}

// snapshot returns a snapshot of a view that take returns.
func (s *Store) snapshot(take func() (*view, error)) (*snapshot, error) {
	if f := s.failure.Load(); f != nil && f.reads {
		return nil, f.err
	}
	for {
		v, err := take()
		if err != nil {
			return nil, err
		}
		if ts, ok := s.clock.Snapshot(v.file.state(v.tx)); ok {
			return &snapshot{store: s, view: v, ts: ts}, nil
		}
		v.end()
	}
}

// view returns a view that no snapshot uses.
func (s *Store) view() (*view, error) {
	f := s.acquire()
	if v := f.views.take(); v != nil {
		f.release() // the view has its own use of it
		return v, nil
	}
	f.release()
	return s.newestView()
}

// newestView returns a view of its own. Unlike one that was kept, it has what
// was written last even before that has been answered.
func (s *Store) newestView() (*view, error) {
	f := s.acquire()
	tx, err := s.begin(f, false)
	if err != nil {
		f.release()
		return nil, err
	}
	return newView(f, tx), nil
}

// Close is kv.Store's Close. It waits for open snapshots, and for Compact.
func (s *Store) Close() error {
	if err := s.Queue.Close(); err != nil {
		return err
	}
	s.compacting.Lock()
	defer s.compacting.Unlock()
	s.closed = true
	if s.wedged.Load() {
		return s.failure.Load().err
	}
	s.replaced.Wait()
	f := s.file.Load()
	f.views.drop(false)
	return fileError(guarded(f.db.Close))
}

// begin starts a transaction of bbolt. If bbolt panics then, it keeps a lock.
func (s *Store) begin(f *file, writable bool) (tx *bbolt.Tx, err error) {
	defer func() {
		if errors.Is(err, kv.ErrDamaged) {
			s.fail(err, true)
			s.wedged.Store(true)
		}
	}()
	defer caught(&err, debug.SetPanicOnFault(true))
	tx, err = f.db.Begin(writable)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		err = kv.ErrClosed
	}
	return tx, err
}

// fail makes the store refuse commits, and snapshots too if reads is set.
func (s *Store) fail(err error, reads bool) { s.failure.Store(&failure{err, reads}) }

// mapSize is how much of the address space the file is mapped to at least.
// Only when a file outgrows its map must commits wait for open snapshots, and
// new snapshots for them. It takes no memory; on Windows it would make the
// file as large.
func mapSize(fileSize int64) int {
	const usual = 64 << 30
	if strconv.IntSize < 64 || runtime.GOOS == "windows" {
		return 0
	}
	return int(max(usual, 4*fileSize))
}
