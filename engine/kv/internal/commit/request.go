package commit

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/fawndb/fawn/engine/kv"
)

// request is a batch in line.
type request struct {
	batch *kv.Batch
	size  int
	seen  *entry       // what is older was checked when the batch came
	place atomic.Int32 // inLine, then taken or left
	done  chan answer
}

type answer struct {
	ts  int64
	err error
}

// Places of a request.
const (
	inLine int32 = iota
	taken        // it will be answered
	left         // its caller has gone
)

var requests = sync.Pool{New: func() any { return &request{done: make(chan answer, 1)} }}

func newRequest(b *kv.Batch, size int, seen *entry) *request {
	r := requests.Get().(*request)
	r.batch, r.size, r.seen = b, size, seen
	r.place.Store(inLine)
	return r
}

// take claims r for the group; false if its caller has gone.
func (r *request) take() bool { return r.place.CompareAndSwap(inLine, taken) }

// answer ends a taken request. Its caller owns r from then on.
func (r *request) answer(ts int64, err error) {
	if err != nil {
		ts = 0
	}
	r.done <- answer{ts, err}
}

// wait returns the answer, or the context's error if that ends while r is
// still in line.
func (r *request) wait(ctx context.Context) (int64, error) {
	var a answer
	select {
	case a = <-r.done:
	case <-ctx.Done():
		if r.place.CompareAndSwap(inLine, left) {
			return 0, ctx.Err()
		}
		a = <-r.done
	}
	r.batch, r.seen = nil, nil
	requests.Put(r)
	return a.ts, a.err
}
