package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fawndb/fawn/engine/kv"
)

// format is the number of the layout that this package reads and writes.
const format = 2

// The bucket beside those of keys, and its own keys: the format is one byte,
// the time of the last commit 8 bytes, big-endian.
var (
	header     = []byte("fawn")
	headFormat = []byte("format")
	headPrefix = []byte("prefix")
	headTime   = []byte("time")
)

// prefixes are how many bytes of a key name its bucket, by the first of them:
// at least one, and so few that no bucket has the name of the header.
//
// Shape, in the file: two bytes, the first one and the number, for each that is
// not 1.
type prefixes [256]uint8

func prefixesOf(spaces map[byte]Space) prefixes {
	var p prefixes
	for id := range p {
		p[id] = max(spaces[byte(id)].Prefix, 1)
	}
	p[header[0]] = min(p[header[0]], uint8(len(header)-1))
	return p
}

func (p *prefixes) encode() []byte {
	var out []byte
	for id, n := range p {
		if n != 1 {
			out = append(out, byte(id), n)
		}
	}
	return out
}

// file is an open file of bbolt. Compact puts another in its place; snapshots
// of the one before go on reading that.
type file struct {
	db   *bbolt.DB
	info fs.FileInfo
	// base is how far the numbers of the store's states are ahead of those of
	// bbolt's transactions: they go on where Compact changes the file.
	base  uint64
	users atomic.Int64 // snapshots, and the store itself
	views views
	// mapped is how much of the address space the file was given at least,
	// size how large it was before the last write.
	mapped, size int64
	// unused is called once there are no users: the file was replaced.
	unused func()
}

// newFile returns the file at path, which is open.
func newFile(db *bbolt.DB, path string, mapped int64) (*file, error) {
	info, err := os.Stat(path)
	f := &file{db: db, info: info, mapped: mapped}
	f.users.Store(1)
	return f, err
}

// state is the number of the state that a transaction sees or makes.
func (f *file) state(tx *bbolt.Tx) uint64 { return uint64(tx.ID()) + f.base }

// release ends what acquire began.
func (f *file) release() {
	if f.users.Add(-1) == 0 {
		f.unused()
	}
}

// acquire returns the present file, which stays open until it is released.
func (s *Store) acquire() *file {
	for {
		f := s.file.Load()
		f.users.Add(1)
		if f == s.file.Load() {
			return f
		}
		f.release()
	}
}

// openOrCreate opens the file at path, after making it if there is none.
func openOrCreate(path string, opt Options) (db *bbolt.DB, mapped int64, err error) {
	db, mapped, err = openFile(path, opt)
	if !errors.Is(err, fs.ErrNotExist) {
		return db, mapped, err
	}
	if err := create(path, opt); err != nil {
		return nil, 0, err
	}
	return openFile(path, opt)
}

// openFile opens the file at path, which it neither makes nor changes. If
// there is no address space for a large map it is content with a small one;
// mapped is the size that was asked for.
func openFile(path string, opt Options) (db *bbolt.DB, mapped int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	size := mapSize(info.Size())
	db, err = openMapped(path, size, opt)
	if errors.Is(err, syscall.ENOMEM) {
		size = 0
		db, err = openMapped(path, size, opt)
	}
	return db, int64(size), err
}

func openMapped(path string, size int, opt Options) (db *bbolt.DB, err error) {
	var file *os.File
	defer func() {
		if err != nil && file != nil {
			_ = file.Close() // bbolt does so too, unless it panics
		}
	}()
	defer caught(&err, debug.SetPanicOnFault(true))
	return bbolt.Open(path, 0, &bbolt.Options{
		InitialMmapSize: size,
		FreelistType:    bbolt.FreelistMapType,
		NoStatistics:    true,
		NoSync:          opt.NoSync,
		Timeout:         max(opt.LockWait, 1), // zero would be for ever
		OpenFile: func(path string, _ int, _ os.FileMode) (*os.File, error) {
			f, err := openVerified(path, opt.LockWait)
			file = f
			return f, err
		},
	})
}

// openVerified opens and locks the file at path, and checks it before bbolt
// sees it.
func openVerified(path string, wait time.Duration) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		if err = lock(f, wait); err == nil {
			err = verify(f)
		}
		here := true
		if err == nil {
			here, err = isAt(f, path)
		}
		if err == nil && here {
			return f, nil
		}
		if e := f.Close(); err != nil {
			return nil, err
		} else if e != nil {
			return nil, e
		}
		// While it waited for the lock, Compact has put another in its place.
	}
}

// isAt reports whether f is the file that has the name path.
func isAt(f *os.File, path string) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there), err
}

// settled returns the path of a file itself, which no change of links or of
// the working folder leads elsewhere.
func settled(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// create makes an empty store at path. The file gets its name when it is
// whole and durable, so whoever finds it, even after a power cut, finds a
// store. If another process makes one at the same time, the first stays.
func create(path string, opt Options) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	name := f.Name()
	defer func() { _ = os.Remove(name) }()
	if err := f.Close(); err != nil {
		return err
	}
	if err := makeEmpty(name, 0, opt); err != nil {
		return err
	}
	return publish(name, path)
}

// makeEmpty makes an empty store of the empty file at path. At 0 its pages are
// as large as those of the system.
func makeEmpty(path string, pageSize int, opt Options) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoSync: opt.NoSync, PageSize: pageSize})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(header)
		if err != nil {
			return err
		}
		p := prefixesOf(opt.Spaces)
		return errors.Join(
			b.Put(headFormat, []byte{format}), b.Put(headPrefix, p.encode()), b.Put(headTime, make([]byte, 8)),
		)
	})
	return errors.Join(err, db.Close())
}

// publish gives the file name the name path too, unless that exists.
func publish(name, path string) error {
	err := os.Link(name, path)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil { // a file system without links
		if _, err := os.Lstat(path); err == nil {
			return nil
		}
		if err := os.Rename(name, path); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // has no such call, and needs none
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// head is what the header of a file says.
type head struct {
	state  uint64 // number of the file's state
	last   int64  // time of the last commit
	prefix prefixes
}

func readHeader(db *bbolt.DB) (h head, err error) {
	err = guarded(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			b := tx.Bucket(header)
			if b == nil {
				return damaged("a bbolt file of another program")
			}
			f, p, t := b.Get(headFormat), b.Get(headPrefix), b.Get(headTime)
			switch {
			case len(f) == 1 && f[0] != format:
				return fmt.Errorf("%w: %d, this version reads %d", kv.ErrFormat, f[0], format)
			case len(f) != 1 || len(t) != 8 || p == nil || len(p)%2 != 0:
				return damaged("its header is incomplete")
			}
			spaces := map[byte]Space{}
			for ; len(p) > 0; p = p[2:] {
				spaces[p[0]] = Space{Prefix: p[1]}
			}
			h = head{state: uint64(tx.ID()), last: int64(binary.BigEndian.Uint64(t)), prefix: prefixesOf(spaces)}
			return nil
		})
	})
	return h, err
}
