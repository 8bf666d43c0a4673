package engine

import (
	"errors"
	"math"
	"sync/atomic"
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

// start makes sure that ids are greater than those made up to a commit time
// (microseconds).
func (g *ids) start(ts int64) { g.last.Store(max(0, ts/1000-idEpoch) * idPerMilli) }

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
