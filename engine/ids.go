package engine

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"sync/atomic"

	"github.com/fawndb/fawn/engine/kv"
)

// Ids are milliseconds since idEpoch, then 10 bits that count within the
// millisecond, then 10 bits for the number of the server, which is 0.
// Source: chapter on authentication, section 7.5.
const (
	idEpoch    = 1336258850000 // milliseconds since 1970
	idStep     = 1 << 10
	idPerMilli = 1 << 20
)

// ids makes document ids: unique, and greater than all before.
type ids struct{ last atomic.Int64 }

// maxAhead is how far ids may be ahead of the clock, because more were made
// than there is room for in the time: an hour, which is some 3.7 billion ids.
const maxAhead = 3_600_000 * idPerMilli

// start makes sure that ids are greater than those in a store. What lies
// further ahead than maxAhead was chosen by callers.
func (g *ids) start(snap kv.Snapshot) error {
	last := max(0, snap.Time()/1000-idEpoch+1) * idPerMilli
	lo := last
	for _, space := range []byte{spaceLive, spaceHistory} {
		it := snap.Scan([]byte{space}, []byte{space + 1}, false)
		defer it.Close()
		for ok := it.Next(); ok; {
			key := it.Key()
			if len(key) < 1+refSize {
				ok = it.Next()
				continue
			}
			class := key[:1+refSize-idSize]
			id, err := lastID(snap, class, lo, lo+maxAhead)
			if err != nil {
				return err
			}
			last = max(last, id)
			ok = it.Seek(after(class))
		}
		if err := it.Err(); err != nil {
			return err
		}
	}
	g.last.Store(last)
	return nil
}

// lastID returns the greatest id from lo up to hi under a class, lo if there is
// none.
func lastID(snap kv.Snapshot, class []byte, lo, hi int64) (int64, error) {
	bound := func(id int64) []byte { return binary.BigEndian.AppendUint64(slices.Clone(class), uint64(id)) }
	it := snap.Scan(bound(lo), bound(hi), true)
	defer it.Close()
	if !it.Next() || len(it.Key()) < len(class)+idSize {
		return lo, it.Err()
	}
	return int64(be64(it.Key()[len(class):])), nil
}

// next returns a new id; now is the present time in microseconds.
func (g *ids) next(now int64) (int64, error) {
	base := max(0, now/1000-idEpoch)
	if base > math.MaxInt64/idPerMilli-1 {
		return 0, errors.New("engine: the clock is beyond the range of ids")
	}
	for {
		last := g.last.Load()
		id := max(base*idPerMilli, last+idStep)
		if g.last.CompareAndSwap(last, id) {
			return id, nil
		}
	}
}
