package query

import (
	"math"

	"github.com/fawndb/fawn/query/value"
)

// moment is a time at which reads may be done: a Time, microseconds, or the
// commit time of the running query.
var moment = kinds("Time", value.KindLong, value.KindTime, value.KindTxnTime)

// validTime returns the valid time of reads at a moment, as Context.at. The
// snapshot's own time and the pending commit time are the present. A later
// time changes nothing: inside a past time that one stays in force.
// Source: chapter on documents, section 1.13.
func (c *Context) validTime(moment value.Value) int64 {
	if moment.Kind() == value.KindTxnTime {
		return 0
	}
	at, now := sinceEpoch(moment), c.Host.Now()
	switch {
	case at == now:
		return 0
	case at > now:
		return c.at
	case at == 0:
		return -1 // 0 means the present; nothing happened in that microsecond
	default:
		return at
	}
}

// sinceEpoch returns a Time, rounded down, or a Long as microseconds. Times
// beyond the range of a Long become its ends.
func sinceEpoch(moment value.Value) int64 {
	t, ok := moment.(value.Time)
	if !ok {
		return int64(moment.(value.Long))
	}
	if at, ok := t.Micros(); ok {
		return at
	}
	if t.Sec < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}
