package kvtest

import (
	"context"
	"sync/atomic"

	"github.com/fawndb/fawn/engine/kv"
)

// Failing is a store that fails once. To sweep, fail at the first operation,
// at the second, and so on, until nothing has failed:
//
//	for n := 1; ; n++ {
//		s := kvtest.Fail(open(), n, errFault)
//		... work on s; it must end in errFault or do its work whole ...
//		if !s.Failed() {
//			break
//		}
//	}
type Failing struct {
	kv.Store
	err  error
	left atomic.Int64
}

// Fail returns s, which returns err from its n-th operation, counted from 1,
// instead of doing it. Operations are Store.Snapshot and Commit, Snapshot.Get,
// and Iterator.Next and Seek, which then report false and leave err in Err.
// The operations before and after are those of s.
func Fail(s kv.Store, n int, err error) *Failing {
	f := &Failing{Store: s, err: err}
	f.left.Store(int64(n))
	return f
}

// Failed reports whether the n-th operation has been reached.
func (f *Failing) Failed() bool { return f.left.Load() <= 0 }

// step counts an operation; it returns the error if it is the n-th.
func (f *Failing) step() error {
	if f.left.Add(-1) == 0 {
		return f.err
	}
	return nil
}

// Snapshot is an operation; so are the reads of what it returns.
func (f *Failing) Snapshot() (kv.Snapshot, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	snap, err := f.Store.Snapshot()
	if err != nil {
		return nil, err
	}
	return &failingSnapshot{snap, f}, nil
}

// Commit is an operation.
func (f *Failing) Commit(ctx context.Context, b *kv.Batch) (int64, error) {
	if err := f.step(); err != nil {
		return 0, err
	}
	return f.Store.Commit(ctx, b)
}

type failingSnapshot struct {
	kv.Snapshot
	f *Failing
}

func (s *failingSnapshot) Get(key []byte) ([]byte, error) {
	if err := s.f.step(); err != nil {
		return nil, err
	}
	return s.Snapshot.Get(key)
}

func (s *failingSnapshot) Scan(lo, hi []byte, reverse bool) kv.Iterator {
	return &failingIterator{Iterator: s.Snapshot.Scan(lo, hi, reverse), f: s.f}
}

// failingIterator has no entry and does not move once it has failed.
type failingIterator struct {
	kv.Iterator
	f   *Failing
	err error
}

func (it *failingIterator) Next() bool { return it.step() && it.Iterator.Next() }

func (it *failingIterator) Seek(key []byte) bool { return it.step() && it.Iterator.Seek(key) }

func (it *failingIterator) Fill(keys, values [][]byte) int { return kv.FillByNext(it, keys, values) }

func (it *failingIterator) step() bool {
	if it.err == nil {
		it.err = it.f.step()
	}
	return it.err == nil
}

func (it *failingIterator) Key() []byte {
	if it.err != nil {
		return nil
	}
	return it.Iterator.Key()
}

func (it *failingIterator) Value() []byte {
	if it.err != nil {
		return nil
	}
	return it.Iterator.Value()
}

func (it *failingIterator) Err() error {
	if it.err != nil {
		return it.err
	}
	return it.Iterator.Err()
}
