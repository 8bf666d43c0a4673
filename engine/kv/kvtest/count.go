package kvtest

import (
	"sync/atomic"

	"github.com/fawndb/fawn/engine/kv"
)

// Counting is a store that counts what is read of it.
type Counting struct {
	kv.Store
	gets, steps, snapshots atomic.Int64
}

// Count returns s, counting.
func Count(s kv.Store) *Counting { return &Counting{Store: s} }

// Reads is the number of entries read so far: each Get, found or not, and
// each step of an iterator: Next, Seek, and each entry of a Fill. Those at its
// end count too.
func (c *Counting) Reads() int64 { return c.Gets() + c.Steps() }

// Gets is the number of Gets so far.
func (c *Counting) Gets() int64 { return c.gets.Load() }

// Steps is the number of steps of iterators so far.
func (c *Counting) Steps() int64 { return c.steps.Load() }

// Snapshots is the number of snapshots taken so far.
func (c *Counting) Snapshots() int64 { return c.snapshots.Load() }

// Snapshot counts, and so do the reads of what it returns.
func (c *Counting) Snapshot() (kv.Snapshot, error) {
	snap, err := c.Store.Snapshot()
	if err != nil {
		return nil, err
	}
	c.snapshots.Add(1)
	return &countingSnapshot{snap, c}, nil
}

type countingSnapshot struct {
	kv.Snapshot
	c *Counting
}

func (s *countingSnapshot) Get(key []byte) ([]byte, error) {
	s.c.gets.Add(1)
	return s.Snapshot.Get(key)
}

func (s *countingSnapshot) Scan(lo, hi []byte, reverse bool) kv.Iterator {
	return &countingIterator{s.Snapshot.Scan(lo, hi, reverse), s.c}
}

type countingIterator struct {
	kv.Iterator
	c *Counting
}

func (it *countingIterator) Next() bool {
	it.c.steps.Add(1)
	return it.Iterator.Next()
}

func (it *countingIterator) Seek(key []byte) bool {
	it.c.steps.Add(1)
	return it.Iterator.Seek(key)
}

func (it *countingIterator) Fill(keys, values [][]byte) int { return kv.FillByNext(it, keys, values) }
