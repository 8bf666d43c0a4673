// Package kv is the contract of the store below the engine: an ordered map of
// byte keys with snapshots and optimistic, atomic commits. It imports nothing
// of ours, and only engine and cmd import it.
//
// Principles:
//
//   - Keys are flat byte strings in byte order. There are no buckets, because
//     a distributed engine has none. The first byte of a key is its space, by
//     which a store may arrange its files.
//   - A Snapshot never changes and never waits for a commit.
//   - A Batch says what was read and what is to be written. It commits whole,
//     if nothing that was read has changed since its snapshot, or not at all.
//   - The store gives every commit its time, in microseconds, strictly
//     increasing, and writes it where the batch asks for it (a stamp).
//   - Commits that wait together may be made durable together. A commit that
//     was acknowledged survives a killed process and a power cut.
package kv

import (
	"context"
	"errors"
)

// Limits that every store keeps. A batch that breaks one is refused whole.
const (
	MaxKey   = 32 << 10 // bytes of a key
	MaxValue = 16 << 20 // bytes of a value
	MaxBatch = 64 << 20 // bytes of all keys and values of a batch
)

// Errors of a store.
var (
	// ErrConflict: something the batch read has changed. Nothing was written;
	// the caller may run its work again on a new snapshot.
	ErrConflict = errors.New("kv: conflict")
	// ErrKeySize, ErrValueSize, ErrBatchSize: a limit was broken. Nothing was
	// written.
	ErrKeySize   = errors.New("kv: key is empty or too large")
	ErrValueSize = errors.New("kv: value too large")
	ErrBatchSize = errors.New("kv: batch too large")
	// ErrStamp: a stamp's 8 bytes do not lie within the key or the value.
	// Nothing was written.
	ErrStamp = errors.New("kv: stamp outside of its key or value")
	// ErrClosed: the store, or the snapshot, is closed.
	ErrClosed = errors.New("kv: closed")
	// ErrNoSpace: the disk is full. Nothing was written.
	ErrNoSpace = errors.New("kv: no space left")
	// ErrLocked: another process has the file open.
	ErrLocked = errors.New("kv: file is in use by another process")
	// ErrBusy: the store is being compacted already.
	ErrBusy = errors.New("kv: being compacted already")
	// ErrReadOnly: the file, or its folder, cannot be written.
	ErrReadOnly = errors.New("kv: file is read-only")
	// ErrDamaged: the file is not a store, or a damaged one. It was left as
	// it is.
	ErrDamaged = errors.New("kv: file is damaged or not a store")
	// ErrFormat: the file is a store of another format. It was left as it is.
	ErrFormat = errors.New("kv: file is of another format")
)

// Store is an ordered, transactional map. Its methods may be called from any
// goroutine.
type Store interface {
	// Snapshot returns the state after the last commit. The caller closes it.
	Snapshot() (Snapshot, error)
	// Commit validates and writes b, and returns its time once it is durable
	// and visible to new snapshots. If ctx ends while b waits in line, it is
	// not written; once b is being written its end is awaited. On any error
	// nothing of b was written. (A disk that fails at the very last step
	// leaves that unknown; a store then refuses all work until it is opened
	// again.)
	//
	// The caller closes its own snapshots before: a store that must grow may
	// wait for open snapshots.
	Commit(ctx context.Context, b *Batch) (ts int64, err error)
	// Watch calls f after every commit, in order of their times, with the
	// commit's writes (stamped; valid only during the call), before Commit
	// returns to its caller and after the commit is visible. f must be quick
	// and must not call the store. cancel returns after the last call of f;
	// f must not call it, and calling it twice is harmless.
	Watch(f func(Commit)) (cancel func())
	// Close waits for running commits and then closes. Snapshots must have
	// been closed before; Close may wait for them. Whatever is called later,
	// Close too, returns ErrClosed.
	Close() error
}

// Compacter is a Store whose file keeps the room of what was deleted. One
// without a file, such as that in memory, need not be one.
type Compacter interface {
	// Compact writes the file anew, without that room, while the store is
	// read and written as usual; only at the end commits wait for a moment.
	// It calls progress, unless that is nil, now and then with the bytes of
	// keys and values that were copied. The sizes are those of the file before
	// and after. On an error, and when the process is killed, the file is as
	// it was. Only one Compact runs at a time: another gets ErrBusy.
	Compact(ctx context.Context, progress func(copied int64)) (before, after int64, err error)
}

// Snapshot is the state of a store at one time. A snapshot, with its
// iterators, is used by one goroutine at a time.
type Snapshot interface {
	// Time is the snapshot's own time, in microseconds: every commit with a
	// smaller time is in it, none with a greater, and no commit ever has the
	// same. Times of successive snapshots never decrease; they differ as long
	// as there is room, which is one microsecond each while a commit is being
	// written.
	Time() int64
	// Get returns the value of key, nil when there is none (values are never
	// nil, they may be empty). The slice must not be changed and is valid
	// until Close.
	Get(key []byte) ([]byte, error)
	// Scan returns an iterator over the keys k with lo <= k < hi; nil hi is
	// the end of all keys. It starts before the first entry, or, when reverse
	// is set, after the last one and moves backwards.
	Scan(lo, hi []byte, reverse bool) Iterator
	// Close releases the snapshot. Nothing of it may be used afterwards,
	// except that closing again is harmless.
	Close()
}

// Iterator moves over entries in one direction.
type Iterator interface {
	// Next moves to the next entry and reports whether there is one.
	Next() bool
	// Seek moves to the first entry at or after key (in reverse: the last one
	// strictly before key) within the bounds of the scan, in either direction
	// of the order, and reports whether there is one. Next goes on from
	// there, also when the iterator had come to its end.
	Seek(key []byte) bool
	// Fill moves on as Next does, over as many entries as there is room for in
	// keys and values, which are equally long, and returns how many it has put
	// there: less only at the end. It stands on the last of them, or, if it has
	// come to the end, on none.
	Fill(keys, values [][]byte) int
	// Key and Value return the present entry, nil when there is none. The
	// slices must not be changed and are valid until the snapshot is closed.
	Key() []byte
	Value() []byte
	// Err returns the error that ended the iteration, if one did.
	Err() error
	// Close releases the iterator. Closing again is harmless.
	Close()
}

// FillByNext is Fill for iterators that have nothing faster.
func FillByNext(it Iterator, keys, values [][]byte) (n int) {
	for n < len(keys) && it.Next() {
		keys[n], values[n] = it.Key(), it.Value()
		n++
	}
	return n
}

// Range is the keys k with Lo <= k < Hi; nil Hi is the end of all keys.
type Range struct{ Lo, Hi []byte }

// Write is one change. A key is written at most once in a batch.
type Write struct {
	Key    []byte
	Value  []byte
	Delete bool
	// KeyStamps and ValueStamps are offsets at which the commit's time is
	// written into Key and Value, as 8 bytes big-endian over what is there.
	// In a key the time is written complemented, so that later commits sort
	// first; at KeyTimes it is written as it is, so that they sort last.
	KeyStamps   []int
	KeyTimes    []int
	ValueStamps []int
}

// Batch is the work of one transaction.
type Batch struct {
	// Since is the Time of the snapshot that was read.
	Since int64
	// Keys and Ranges are what was read and must not have been written by a
	// commit after Since. A store remembers the writes of some time only: if
	// something was read and Since lies before that, it is a conflict too.
	Keys   [][]byte
	Ranges []Range
	// Writes take effect together. Commit may change the bytes where stamps
	// point, and keeps nothing of the batch.
	Writes []Write
	// Publish, when set, is called with the commit's time after the batch was
	// found to be valid and before any snapshot can see it, in order of the
	// times. If the write fails afterwards, Retract is called with the same
	// time. Both must be quick and must not call the store.
	Publish func(ts int64)
	Retract func(ts int64)
}

// Commit is one commit as a watcher sees it.
type Commit struct {
	Time   int64
	Writes []Write
}
