// Package deliver owns how messages reach people: mail and short messages with
// a login code or a link. A Queue holds them in memory, so that they are never
// written in clear, and hands them to a Sender: a mail server, a webhook, or, for
// development, a directory.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fawndb/fawn/server/tokens"
)

// The channels.
const (
	Email = "email"
	SMS   = "sms"
)

// Message is what one person is told.
type Message struct {
	ID      string // given by the queue
	Channel string // Email or SMS
	To      string // a mailbox, or a phone number: "+15550100"
	// Template names what the text is made of, for senders that have texts of
	// their own: "login_code"; Locale is the language, "en".
	Template, Locale    string
	Subject, Text, HTML string            // of a mail; a short message has Text only
	Vars                map[string]string // what the text is made with: code, link, minutes
	ExpiresAt           time.Time         // useless after this
}

// Sender takes messages of a channel.
type Sender interface {
	// Name is what the audit calls it: "smtp".
	Name() string
	// Send returns nil when the message is accepted. An error with a method
	// Temporary() bool that returns true asks for another try.
	Send(ctx context.Context, m Message) error
}

// Error is why a sender did not take a message. Its text goes to the audit:
// it is the sender's own, without what the other side said.
type Error struct {
	Text  string
	Again bool // another try may succeed
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

// Temporary says whether another try may succeed.
func (e *Error) Temporary() bool { return e.Again }

// Options of a queue.
type Options struct {
	// Senders are those of the channels. A message of a channel without one is
	// not sent, and the audit says so.
	Senders map[string]Sender
	// Capacity is how many messages may wait; the default is 1000. Further
	// ones are dropped.
	Capacity int
	// Delays are how long to wait before each further try; the default is
	// 5 s, 30 s, 2 min, 5 min.
	Delays []time.Duration
	// Clock gives the time, After waits; the defaults are the system's.
	Clock func() time.Time
	After func(time.Duration) <-chan time.Time
	// Log is told of failures of the store. It gets no message.
	Log *slog.Logger
}

const (
	// capacity is the default of Options.Capacity.
	capacity = 1000
	// attempt is how long one try may take.
	attempt = 10 * time.Second
	// atOnce is how many messages are made or sent at once.
	atOnce = 4
)

// Queue sends messages after the requests that made them are answered. It is
// safe for concurrent use.
type Queue struct {
	s       *tokens.Service
	options Options
	waiting chan struct{} // one for each message
	working chan struct{} // one for each that is being made or sent
	ctx     context.Context
	stop    context.CancelFunc

	mu     sync.Mutex // held while work begins
	closed bool
	work   sync.WaitGroup
}

// New returns an empty queue, whose audit is that of a service.
func New(s *tokens.Service, o Options) *Queue {
	if o.Capacity == 0 {
		o.Capacity = capacity
	}
	if o.Delays == nil {
		o.Delays = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute}
	}
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default clock
	}
	if o.After == nil {
		o.After = time.After
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	q := &Queue{s: s, options: o, waiting: make(chan struct{}, o.Capacity), working: make(chan struct{}, atOnce)}
	q.ctx, q.stop = context.WithCancel(context.Background())
	return q
}

// Close ends the queue with the messages in it. It comes before the database
// is closed.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.stop()
	q.work.Wait()
}

// Job makes a message, nil if there is nothing to send, and commits what the
// message tells of. subject is who it is for: "users/5".
type Job func(ctx context.Context) (m *Message, subject string, err error)

// Hand runs a job and sends its message, both after Hand has returned: how long
// a request takes does not tell whether there is anybody to send to. A full
// queue drops the job.
func (q *Queue) Hand(o tokens.Origin, job Job) {
	if !q.begin(func() { q.run(o, job) }) {
		q.failed(o, "", "the queue is full")
	}
}

// begin runs work, unless the queue is full; a closed one drops it silently, as
// it does the messages that wait in it.
func (q *Queue) begin(work func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return true
	}
	select {
	case q.waiting <- struct{}{}:
	default:
		return false
	}
	q.work.Go(func() {
		defer func() { <-q.waiting }()
		work()
	})
	return true
}

func (q *Queue) run(o tokens.Origin, job Job) {
	var m *Message
	var subject string
	var err error
	q.busy(func() { m, subject, err = job(q.ctx) })
	switch {
	case err != nil:
		q.options.Log.Error("a message was not made", "facade", o.Facade, "request_id", o.RequestID, "error", err)
	case m != nil:
		q.send(o, subject, m)
	}
}

// busy runs f when one of the workers is free.
func (q *Queue) busy(f func()) {
	q.working <- struct{}{}
	defer func() { <-q.working }()
	f()
}

// send tries to send a message until it is sent, refused for good, or useless.
func (q *Queue) send(o tokens.Origin, subject string, m *Message) {
	sender := q.options.Senders[m.Channel]
	if sender == nil {
		q.audit(o, tokens.Event{Event: "delivery.unconfigured", Level: tokens.Warning, Outcome: "refused", Subject: subject, Reason: m.Channel})
		return
	}
	id, err := q.s.Hex()
	if err != nil {
		q.failed(o, subject, "no id could be made")
		return
	}
	m.ID = id
	for n := 0; ; n++ {
		var err error
		q.busy(func() {
			ctx, end := context.WithTimeout(q.ctx, attempt)
			defer end()
			err = sender.Send(ctx, *m)
		})
		if err == nil {
			q.audit(o, tokens.Event{Event: "delivery.sent", Subject: subject, Reason: sender.Name()})
			return
		}
		if !temporary(err) || n == len(q.options.Delays) {
			q.failed(o, subject, fmt.Sprintf("%s, try %d: %s", sender.Name(), n+1, reason(err)))
			return
		}
		if why := q.pause(q.options.Delays[n], m.ExpiresAt); why != "" {
			q.failed(o, subject, fmt.Sprintf("%s, try %d: %s; %s", sender.Name(), n+1, reason(err), why))
			return
		}
	}
}

// pause waits before the next try; it returns why there is none.
func (q *Queue) pause(d time.Duration, expires time.Time) string {
	if !q.options.Clock().Add(d).Before(expires) {
		return "the message expires before the next"
	}
	select {
	case <-q.options.After(d):
		return ""
	case <-q.ctx.Done():
		return "the server stops"
	}
}

// temporary reports whether an error asks for another try.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// reason is what the audit says of an error: text that senders elsewhere make
// may hold anything.
func reason(err error) string {
	if own := new(Error); errors.As(err, &own) {
		return own.Text
	}
	return "refused"
}

func (q *Queue) failed(o tokens.Origin, subject, reason string) {
	q.audit(o, tokens.Event{Event: "delivery.failed", Level: tokens.Error, Outcome: "refused", Subject: subject, Reason: reason})
}

// audit writes an event, also while the queue ends.
func (q *Queue) audit(o tokens.Origin, e tokens.Event) {
	if err := q.s.Audit(context.Background(), o, e); err != nil {
		q.options.Log.Error("the audit of a delivery was not written", "event", e.Event, "error", err)
	}
}

// writable refuses what would break out of a header.
func writable(values ...string) error {
	for _, v := range values {
		if slices.ContainsFunc([]rune(v), func(r rune) bool { return r == '\r' || r == '\n' || r == 0 }) {
			return &Error{Text: "a value of a header has a line break"}
		}
	}
	return nil
}
