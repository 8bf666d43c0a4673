package deliver_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/deliver"
	"github.com/fawndb/fawn/server/tokens"
	"github.com/fawndb/fawn/server/tokens/tokenstest"
)

// scripted is a sender that answers what it is told to.
type scripted struct {
	answers []error // the last one is repeated
	mu      sync.Mutex
	sent    []deliver.Message
}

func (s *scripted) Name() string { return "scripted" }

func (s *scripted) Send(_ context.Context, m deliver.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.sent), len(s.answers)-1)
	s.sent = append(s.sent, m)
	if n < 0 {
		return nil
	}
	return s.answers[n]
}

var busy = &deliver.Error{Text: "busy", Again: true}

// fixture is a queue whose clock goes on by what it waits.
type fixture struct {
	*tokenstest.Fixture
	queue  *deliver.Queue
	waited []time.Duration
}

func newFixture(t *testing.T, o deliver.Options) *fixture {
	f := &fixture{Fixture: tokenstest.New(t)}
	o.Clock = f.Clock
	o.After = func(d time.Duration) <-chan time.Time {
		f.waited = append(f.waited, d)
		f.Forward(d)
		c := make(chan time.Time, 1)
		c <- f.Clock()
		return c
	}
	f.queue = deliver.New(f.Service, o)
	t.Cleanup(f.queue.Close)
	return f
}

// hand sends a message that is good for some time, and waits until the queue is
// done with it.
func (f *fixture) hand(channel string, life time.Duration) {
	f.queue.Hand(tokens.Origin{Facade: "dfx"}, func(context.Context) (*deliver.Message, string, error) {
		return &deliver.Message{Channel: channel, To: "+15550100", Text: "481920", ExpiresAt: f.Clock().Add(life)}, "users/5", nil
	})
	f.queue.Wait()
}

// reasons are those of the events of the audit.
func (f *fixture) reasons(t *testing.T) []string {
	t.Helper()
	v := f.Do(`Select("data", Map(Paginate(Documents(Collection("token_audit"))), (e) => Concat([
		Select(["data", "event"], Get(e)), Select(["data", "subject"], Get(e), "-"), Select(["data", "reason"], Get(e))
	], "; ")))`, nil)
	var out []string
	if err := value.Decode(v, nil, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestQueue(t *testing.T) {
	const long = time.Hour
	for name, tc := range map[string]struct {
		answers []error
		life    time.Duration
		tries   int
		want    string
	}{
		"sent":      {nil, long, 1, "delivery.sent; users/5; scripted"},
		"again":     {[]error{busy, busy, nil}, long, 3, "delivery.sent; users/5; scripted"},
		"never":     {[]error{busy}, long, 5, "delivery.failed; users/5; scripted, try 5: busy"},
		"for good":  {[]error{&deliver.Error{Text: "the server answers 550"}}, long, 1, "delivery.failed; users/5; scripted, try 1: the server answers 550"},
		"elsewhere": {[]error{errors.New("no code 481920 for you")}, long, 1, "delivery.failed; users/5; scripted, try 1: refused"},
		"too late": {
			[]error{busy},
			30 * time.Second, 2,
			"delivery.failed; users/5; scripted, try 2: busy; the message expires before the next",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scripted{answers: tc.answers}
			f := newFixture(t, deliver.Options{Senders: map[string]deliver.Sender{deliver.SMS: s}})
			f.hand(deliver.SMS, tc.life)
			delays := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute}
			if len(s.sent) != tc.tries || !slices.Equal(f.waited, delays[:tc.tries-1]) {
				t.Errorf("%d tries after %v", len(s.sent), f.waited)
			}
			if got := f.reasons(t); !slices.Equal(got, []string{tc.want}) {
				t.Errorf("audit %q", got)
			}
			if len(s.sent) > 0 && len(s.sent[0].ID) != 32 {
				t.Errorf("id %q", s.sent[0].ID)
			}
		})
	}
}

func TestQueueUnconfigured(t *testing.T) {
	f := newFixture(t, deliver.Options{Senders: map[string]deliver.Sender{deliver.SMS: &scripted{}}})
	f.hand(deliver.Email, time.Hour)
	if got := f.reasons(t); !slices.Equal(got, []string{"delivery.unconfigured; users/5; email"}) {
		t.Errorf("audit %q", got)
	}
}

// TestQueueFull: what does not fit is dropped, and the audit says so.
func TestQueueFull(t *testing.T) {
	s := &scripted{}
	f := newFixture(t, deliver.Options{Capacity: 1, Senders: map[string]deliver.Sender{deliver.SMS: s}})
	begun, goOn := make(chan struct{}), make(chan struct{})
	f.queue.Hand(tokens.Origin{}, func(context.Context) (*deliver.Message, string, error) {
		close(begun)
		<-goOn
		return nil, "", nil
	})
	<-begun
	f.queue.Hand(tokens.Origin{}, func(context.Context) (*deliver.Message, string, error) {
		t.Error("a job runs that was dropped")
		return nil, "", nil
	})
	close(goOn)
	f.queue.Wait()
	if got := f.reasons(t); !slices.Equal(got, []string{"delivery.failed; -; the queue is full"}) {
		t.Errorf("audit %q", got)
	}
	f.hand(deliver.SMS, time.Hour)
	if len(s.sent) != 1 {
		t.Error("the queue stays full")
	}
}

// TestQueueClose: a queue that waits for the next try ends at once, and takes
// nothing more.
func TestQueueClose(t *testing.T) {
	f := &fixture{Fixture: tokenstest.New(t)}
	waits := make(chan struct{})
	q := deliver.New(f.Service, deliver.Options{
		Clock: f.Clock, Senders: map[string]deliver.Sender{deliver.SMS: &scripted{answers: []error{busy}}},
		After: func(time.Duration) <-chan time.Time { close(waits); return nil },
	})
	job := func(context.Context) (*deliver.Message, string, error) {
		return &deliver.Message{Channel: deliver.SMS, ExpiresAt: f.Clock().Add(time.Hour)}, "users/5", nil
	}
	q.Hand(tokens.Origin{}, job)
	<-waits
	q.Close()
	q.Hand(tokens.Origin{}, job)
	if got := f.reasons(t); !slices.Equal(got, []string{"delivery.failed; users/5; scripted, try 1: busy; the server stops"}) {
		t.Errorf("audit %q", got)
	}
}
