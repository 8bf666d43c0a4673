package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/fawndb/fawn/engine"
	"github.com/fawndb/fawn/query/value"
)

// How many streams are open, each on a document of its own, and how many
// commits a second write to one of these.
const (
	openStreams = 1000
	tickRate    = 500
)

// latencies are times since queries were begun, in nanoseconds.
type latencies struct {
	mu   sync.Mutex
	list []float64
	err  error
}

// add takes in what has just followed a query that was begun at a time, in
// nanoseconds since 1970.
func (l *latencies) add(began int64, err error) {
	took := time.Since(time.Unix(0, began))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list, l.err = append(l.list, float64(took)), errors.Join(l.err, err)
}

// reset forgets all, and returns the median of what there was of n.
func (l *latencies) reset(n int) (figure, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list, err := l.list, l.err
	l.list, l.err = nil, nil
	if err == nil && len(list) != n {
		err = fmt.Errorf("of %d commits %d were heard of", n, len(list))
	}
	if err != nil || n == 0 {
		return figure{}, err
	}
	return figure{value: median(list)}, nil
}

// startStreams is the row of how soon a subscriber hears of a commit, beside
// how soon its writer does.
func startStreams(w *world) (floor, fawn side, stop func() error, err error) {
	class, err := w.ticks()
	if err != nil {
		return nil, nil, nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, nil, err
	}
	ended, err := serveFawn(w, l)
	if err != nil {
		return nil, nil, nil, err
	}
	var streams []*conn1
	stop = func() error {
		for _, c := range streams {
			_ = c.close()
		}
		return ended()
	}
	var writer, subscriber latencies
	for i := range openStreams {
		c, err := dial1(l.Addr().String())
		if err != nil {
			return nil, nil, nil, errors.Join(err, stop())
		}
		streams = append(streams, c)
		if err := c.subscribe(w.root, i+1); err != nil {
			return nil, nil, nil, errors.Join(err, stop())
		}
		go c.follow(&subscriber)
	}
	measure := func(of *latencies) side {
		return func(d time.Duration) (figure, error) {
			n, err := w.tick(class, d, &writer)
			if err != nil {
				return figure{}, err
			}
			a, heard := writer.reset(n)
			b, told := subscriber.reset(n)
			if of == &subscriber {
				a = b
			}
			return a, errors.Join(heard, told)
		}
	}
	return measure(&writer), measure(&subscriber), stop, nil
}

// ticks makes the documents that are streamed.
func (w *world) ticks() (value.Class, error) {
	if _, err := w.query(`CreateCollection({ name: "ticks", history_days: 0 })`, nil); err != nil {
		return 0, err
	}
	ids := make([]int64, openStreams)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	_, err := w.query(`Foreach(ids, (id) => Create(Ref(Collection("ticks"), id), {}))`, map[string]any{"ids": ids})
	if err != nil {
		return 0, err
	}
	res, err := w.query(`Ref(Collection("ticks"), "1")`, nil)
	if err != nil {
		return 0, err
	}
	return res.Value.(value.Ref).Class, nil
}

// tick writes to the documents at the rate asked for, and returns how often it
// did when all of it is acknowledged and what it tells is on its way.
func (w *world) tick(class value.Class, d time.Duration, done *latencies) (int, error) {
	parsed, err := w.db.Parse(`Update(ref, { data: { began: began } })`, "ref", "began")
	if err != nil {
		return 0, err
	}
	var writing sync.WaitGroup
	ticker := time.NewTicker(time.Second / tickRate)
	defer ticker.Stop()
	n := 0
	for end := time.Now().Add(d); time.Now().Before(end); n++ {
		<-ticker.C
		ref := value.Ref{Class: class, ID: int64(n%openStreams + 1)}
		writing.Go(func() {
			began := time.Now().UnixNano()
			args := []value.Field{{Name: "ref", Value: ref}, {Name: "began", Value: value.Long(began)}}
			_, err := w.db.Run(context.Background(), engine.Request{Secret: w.root, Expr: parsed.Expr, Args: args})
			done.add(began, err)
		})
	}
	writing.Wait()
	time.Sleep(200 * time.Millisecond) // for the last events
	return n, nil
}

// subscribe opens the stream of a document.
func (c *conn1) subscribe(secret string, id int) error {
	body := fmt.Sprintf(`{"@ref":{"id":"%d","collection":{"@ref":{"id":"ticks","collection":{"@ref":{"id":"collections"}}}}}}`, id)
	_, err := fmt.Fprintf(c, "POST /stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		secret, len(body), body)
	for err == nil {
		var line []byte
		if line, err = c.in.ReadSlice('\n'); bytes.HasPrefix(line, []byte(`{"type":"start"`)) {
			return nil
		}
	}
	return err
}

// follow notes when events arrive, until the connection ends.
func (c *conn1) follow(heard *latencies) {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return
		}
		if _, rest, ok := bytes.Cut(line, []byte(`"data":{"began":`)); ok {
			digits, _, _ := bytes.Cut(rest, []byte("}"))
			heard.add(strconv.ParseInt(string(digits), 10, 64))
		}
	}
}
