package server

import (
	"net/http"
	"strconv"

	"github.com/fawndb/fawn/engine"
)

// figures are what the headers of an answer say in numbers, in the order of
// figureNames.
type figures [12]int64

// figureNames are the headers of figures, as Go and as HTTP/2 write them.
// Source: chapter on the wire, section 1.10.
var figureNames = [len(figures{})]struct{ canonical, lower string }{
	{"X-Txn-Time", "x-txn-time"},
	{"X-Compute-Ops", "x-compute-ops"},
	{"X-Byte-Read-Ops", "x-byte-read-ops"},
	{"X-Read-Ops", "x-read-ops"},
	{"X-Byte-Write-Ops", "x-byte-write-ops"},
	{"X-Write-Ops", "x-write-ops"},
	{"X-Storage-Bytes-Read", "x-storage-bytes-read"},
	{"X-Storage-Bytes-Write", "x-storage-bytes-write"},
	{"X-Query-Bytes-In", "x-query-bytes-in"},
	{"X-Query-Bytes-Out", "x-query-bytes-out"},
	{"X-Query-Time", "x-query-time"},
	{"X-Txn-Retries", "x-txn-retries"},
}

// callsPerOp is how many calls count as one compute operation.
const callsPerOp = 50

// figuresOf says what a query did. An answer with errors did nothing; only an
// abort keeps what it read. A query that has not begun has no res, and no time.
func (s *Server) figuresOf(c *call, res *engine.Result, status int) figures {
	var stats engine.Stats
	at := int64(0)
	if res != nil {
		stats, at = res.Stats, res.Time
	}
	calls := stats.Calls
	if status < http.StatusBadRequest {
		calls = max(calls, 1)
	}
	return figures{
		at,
		(calls + callsPerOp - 1) / callsPerOp,
		stats.ReadOps, stats.ReadOps,
		stats.WriteOps, stats.WriteOps,
		stats.BytesRead,
		stats.BytesWritten,
		int64(len(c.body.in)),
		int64(len(c.body.out)),
		s.options.Clock().Sub(c.began).Milliseconds(),
		int64(stats.Retries),
	}
}

// appendLines appends the figures as HTTP/1.1 sends them. A time of 0 is none.
func (f *figures) appendLines(dst []byte) []byte {
	for i, name := range figureNames {
		if i > 0 || f[i] != 0 {
			dst = append(append(dst, name.canonical...), ": "...)
			dst = append(strconv.AppendInt(dst, f[i], 10), "\r\n"...)
		}
	}
	return dst
}

// set puts the figures into headers.
func (f *figures) set(h http.Header, lower bool) {
	var digits [256]byte
	text := digits[:0]
	var ends [len(f)]int
	for i := range f {
		text = strconv.AppendInt(text, f[i], 10)
		ends[i] = len(text)
	}
	all := string(text)                 // the digits of all, and
	values := make([]string, 0, len(f)) // their values: one allocation each
	begin := 0
	for i, name := range figureNames {
		values = append(values, all[begin:ends[i]])
		begin = ends[i]
		if i == 0 && f[i] == 0 {
			continue
		}
		key := name.canonical
		if lower {
			key = name.lower
		}
		h[key] = values[i : i+1 : i+1]
	}
}
