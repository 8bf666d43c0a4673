package commit

import (
	"context"
	"runtime"
	"sync"

	"github.com/fawndb/fawn/engine/kv"
)

// maxGroup bounds the bytes of a group of several batches.
const maxGroup = kv.MaxBatch

// Writer makes groups durable. It is called from one goroutine.
type Writer interface {
	// Write writes g as the state of number g.State(). When it returns nil,
	// g is durable and every snapshot taken from now on holds it. When it
	// returns an error, no snapshot holds or will hold anything of g.
	Write(g *Group) error
}

// Queue is the line of batches before a store.
type Queue struct {
	writer   Writer
	clock    *Clock
	log      *log
	watchers watchers
	group    *Group        // of the goroutine that writes
	ended    chan struct{} // closed when that goroutine has ended

	mu      sync.Mutex
	filled  sync.Cond // waiting is not empty, or closed
	waiting []*request
	spare   []*request // the line taken last, to be used again
	closed  bool
}

// NewQueue starts a line before w. c is the clock by which the store gives
// its snapshots their times.
func NewQueue(w Writer, c *Clock) *Queue {
	q := &Queue{
		writer: w,
		clock:  c,
		log:    newLog(c.visible),
		group:  newGroup(),
		ended:  make(chan struct{}),
	}
	q.filled.L = &q.mu
	go q.run()
	return q
}

// Commit is kv.Store's Commit.
func (q *Queue) Commit(ctx context.Context, b *kv.Batch) (ts int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	size, err := measure(b)
	if err != nil {
		return 0, err
	}
	// Most of the check is done here, beside others; what is left for the
	// writing goroutine are the groups that come in between.
	seen, changed := q.log.changed(b, nil)
	if changed {
		return 0, q.refusal()
	}
	r := newRequest(b, size, seen)
	if !q.join(r) {
		return 0, kv.ErrClosed
	}
	return r.wait(ctx)
}

// Watch is kv.Store's Watch.
func (q *Queue) Watch(f func(kv.Commit)) (cancel func()) { return q.watchers.add(f) }

// Close waits until all that is in line has been answered. Later commits,
// and a second Close, return kv.ErrClosed.
func (q *Queue) Close() error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return kv.ErrClosed
	}
	q.closed = true
	q.filled.Signal()
	q.mu.Unlock()
	<-q.ended
	return nil
}

// refusal is the error for a conflict found outside of the line.
func (q *Queue) refusal() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return kv.ErrClosed
	}
	return kv.ErrConflict
}

// join puts r at the end of the line, unless that is closed.
func (q *Queue) join(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.waiting = append(q.waiting, r)
	if len(q.waiting) == 1 {
		q.filled.Signal()
	}
	return true
}

// take waits for batches and returns what makes a group, in the order in
// which they came; nothing when the line is closed and empty.
func (q *Queue) take() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 {
		if q.closed {
			return nil
		}
		q.filled.Wait()
	}
	q.gather()
	n, size := 1, q.waiting[0].size
	for n < len(q.waiting) && size+q.waiting[n].size <= maxGroup {
		size += q.waiting[n].size
		n++
	}
	line := q.waiting
	q.waiting = append(q.spare[:0], line[n:]...)
	clear(line[n:])
	q.spare = line[:0]
	return line[:n]
}

// gather lets other goroutines run as long as that makes the line longer.
// Those who were just answered come again at once; without this the first of
// them would be written alone while the others wait. q.mu is held.
func (q *Queue) gather() {
	for before := 0; before < len(q.waiting); {
		before = len(q.waiting)
		q.mu.Unlock()
		runtime.Gosched()
		q.mu.Lock()
	}
}

// run writes one group after the other until the queue is closed.
func (q *Queue) run() {
	defer close(q.ended)
	for {
		line := q.take()
		if line == nil {
			return
		}
		q.process(line)
		clear(line)
	}
}

// process checks the batches of line, in order, writes the valid ones as one
// group, and answers them all.
func (q *Queue) process(line []*request) {
	g := q.group
	defer g.reset()
	q.clock.open()
	for _, r := range line {
		q.admit(r)
	}
	var err error
	if len(g.members) > 0 {
		err = q.write(g)
	} else {
		q.clock.close(false)
	}
	for _, m := range g.members {
		m.answer(m.ts, err)
	}
	// Those who lost against a member come last: when they try again they
	// find it written.
	for _, r := range g.refused {
		r.answer(0, kv.ErrConflict)
	}
}

// admit takes r into the group, if it is valid and its caller still waits.
func (q *Queue) admit(r *request) {
	if !r.take() {
		return
	}
	g := q.group
	_, changed := q.log.changed(r.batch, r.seen)
	if changed || g.touches(r.batch) {
		g.refused = append(g.refused, r)
		return
	}
	ts := q.clock.next()
	g.add(r, ts)
	if r.batch.Publish != nil {
		r.batch.Publish(ts)
	}
}

// write makes g durable and visible and tells the watchers, or takes back
// what was published.
func (q *Queue) write(g *Group) error {
	g.state = q.clock.seal()
	err := q.writer.Write(g)
	q.clock.close(err == nil)
	if err != nil {
		for _, m := range g.members {
			if m.batch.Retract != nil {
				m.batch.Retract(m.ts)
			}
		}
		return err
	}
	q.log.add(g)
	q.watchers.tell(g.members)
	return nil
}
