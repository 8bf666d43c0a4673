package index

import (
	"context"
	"encoding/binary"
	"fmt"
	"sort"
	"testing"

	"github.com/fawndb/fawn/query"
	"github.com/fawndb/fawn/query/value"
)

// frozen is a store that is a sorted list: what reading costs here is nearly
// all the sets' own.
type frozen struct {
	*store
	rows []row
}

func (f *frozen) Scan(lo, hi []byte, reverse bool) Iterator {
	return &frozenIterator{rows: f.rows, lo: f.find(lo), hi: f.find(hi), reverse: reverse, i: -1}
}

func (f *frozen) find(key []byte) int {
	return sort.Search(len(f.rows), func(i int) bool { return string(f.rows[i].key) >= string(key) })
}

type frozenIterator struct {
	rows      []row
	lo, hi, i int
	reverse   bool
}

func (it *frozenIterator) Next() bool {
	switch {
	case it.i < 0 && it.reverse:
		it.i = it.hi - 1
	case it.i < 0:
		it.i = it.lo
	case it.reverse:
		it.i--
	default:
		it.i++
	}
	return it.i >= it.lo && it.i < it.hi
}

func (it *frozenIterator) Seek(key []byte) bool {
	it.i = it.lo + sort.Search(it.hi-it.lo, func(i int) bool { return string(it.rows[it.lo+i].key) >= string(key) })
	if it.reverse {
		it.i--
	}
	return it.i >= it.lo && it.i < it.hi
}

func (it *frozenIterator) Fill(keys, values [][]byte) int { return fillByNext(it, keys, values) }

func (it *frozenIterator) Key() []byte   { return it.rows[it.i].key }
func (it *frozenIterator) Value() []byte { return it.rows[it.i].value }
func (it *frozenIterator) Err() error    { return nil }
func (it *frozenIterator) Close()        {}

// BenchmarkPaginateMatch reads the four documents of an instance, the tree
// being ready.
func BenchmarkPaginateMatch(b *testing.B) {
	for _, n := range []int64{1000, 100_000} {
		b.Run(fmt.Sprintf("docs=%d", n), func(b *testing.B) {
			s := newStore()
			byInstance := s.define(b, 1, "data.instance", "")
			f := &frozen{store: s}
			for id := range n {
				doc := document(id, 5, value.Object{{Name: "instance", Value: thing(id / 4)}}, nil)
				for _, e := range s.entries(b, s.indexes[byInstance], doc) {
					f.rows = append(f.rows, row{e.Key, e.Value})
				}
			}
			sort.Slice(f.rows, func(i, j int) bool { return string(f.rows[i].key) < string(f.rows[j].key) })
			h := &frozenHost{host{s: s}, f}
			e := call("Paginate", "paginate", call("Match", "match", byInstance, "terms", thing(n/8)))
			b.ReportAllocs()
			for b.Loop() {
				v, _, err := query.Eval(context.Background(), h, e, query.Options{})
				if err != nil || v.(*value.Page).Len() != 4 {
					b.Fatal(v, err)
				}
			}
		})
	}
}

type frozenHost struct {
	host
	f *frozen
}

func (h *frozenHost) Open(v value.Value, r query.Reading) (query.Set, error) {
	return Open(v, h.f, r, nil)
}

// BenchmarkScanDocuments walks all documents of a collection.
func BenchmarkScanDocuments(b *testing.B) {
	const n = 10_000
	f := &frozen{store: newStore()}
	for id := range uint64(n) {
		key := binary.BigEndian.AppendUint64(documentPrefix(SpaceLive, 0, things), id)
		f.rows = append(f.rows, row{key, AppendHeader(nil, Header{TS: 5})})
	}
	b.ReportAllocs()
	for b.Loop() {
		set, err := Open(docs(), f, query.Reading{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		count := 0
		for it := set.Scan(query.Bound{}, false); it.Next(); {
			count++
		}
		if count != n {
			b.Fatal(count)
		}
	}
}
