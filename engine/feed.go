package engine

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// feed hands the store's commits to the subscriptions that they are about. It
// watches the store from the first subscription on.
//
// A subscription is found by what the keys of its writes begin with: the ref
// of a document, the class of a collection's documents, or the terms of an
// index.
type feed struct {
	watching sync.Once
	mu       sync.Mutex
	topics   map[string][]*subscription
	count    int
	muted    map[int64]bool // times of commits that are no news
}

// What a subscription may have waiting before it is given up: a reader that is
// too slow must not fill the memory. One change, however large, may always wait.
const (
	backlog      = 4096     // changes
	backlogBytes = 16 << 20 // of their keys and values
)

// subscription is one stream's place in the feed.
type subscription struct {
	topic   string
	arrived chan struct{}   // holds one when something has come
	lost    context.Context //nolint:containedctx // ends when it is given up
	giveUp  context.CancelFunc

	mu          sync.Mutex
	waiting     []streamChange
	size        int // bytes of those that wait
	accumulated int // how many waited when it was given up, 0 before
}

// streamChange is what one commit does to what a subscription is about. The
// writes are copies, which subscriptions share.
type streamChange struct {
	ts     int64
	writes []*kv.Write
}

// documentTopic is the topic of one document, collectionTopic that of all
// documents of a class.
func documentTopic(r value.Ref) string { return string(liveKey(r)) }

func collectionTopic(s value.Scope, c value.Class) string {
	return string(appendClass([]byte{spaceLive}, s, c))
}

// subscribe adds a subscription. Every commit after it is delivered.
func (f *feed) subscribe(store kv.Store, topic string) *subscription {
	f.watching.Do(func() { store.Watch(f.deliver) })
	s := &subscription{topic: topic, arrived: make(chan struct{}, 1)}
	s.lost, s.giveUp = context.WithCancel(context.Background())
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.topics == nil {
		f.topics = map[string][]*subscription{}
	}
	f.topics[topic] = append(f.topics[topic], s)
	f.count++
	return s
}

// unsubscribe ends a subscription.
func (f *feed) unsubscribe(s *subscription) {
	f.mu.Lock()
	list := slices.DeleteFunc(f.topics[s.topic], func(o *subscription) bool { return o == s })
	if f.topics[s.topic] = list; len(list) == 0 {
		delete(f.topics, s.topic)
	}
	f.count--
	f.mu.Unlock()
}

// deliver is called by the store after every commit, in order.
func (f *feed) deliver(c kv.Commit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 || f.muted[c.Time] {
		return
	}
	var told map[*subscription]*streamChange
	for i := range c.Writes {
		w := &c.Writes[i]
		var shared *kv.Write
		for _, topic := range topicsOf(w.Key) {
			for _, s := range f.topics[string(topic)] {
				if shared == nil {
					shared = &kv.Write{Key: bytes.Clone(w.Key), Value: bytes.Clone(w.Value), Delete: w.Delete}
				}
				if told == nil {
					told = map[*subscription]*streamChange{}
				}
				change := told[s]
				if change == nil {
					change = &streamChange{ts: c.Time}
					told[s] = change
				}
				change.writes = append(change.writes, shared)
			}
		}
	}
	for s, change := range told {
		s.push(*change)
	}
}

// mute keeps the commit of a time from subscriptions, until unmute.
func (f *feed) mute(ts int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.muted == nil {
		f.muted = map[int64]bool{}
	}
	f.muted[ts] = true
}

func (f *feed) unmute(ts int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.muted, ts)
}

// push adds a change, or, if there is no room, gives the subscription up.
func (s *subscription) push(c streamChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accumulated > 0 {
		return
	}
	n := c.bytes()
	if len(s.waiting) == backlog || len(s.waiting) > 0 && s.size+n > backlogBytes {
		s.accumulated, s.waiting = len(s.waiting), nil
		s.giveUp()
	} else {
		s.waiting = append(s.waiting, c)
		s.size += n
	}
	select {
	case s.arrived <- struct{}{}:
	default: // it knows of what came before
	}
}

// take returns the change that waits longest, if one does, and how many had
// waited when the subscription was given up, which is 0 before.
func (s *subscription) take() (c streamChange, accumulated int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return c, s.accumulated, false
	}
	c, s.waiting[0] = s.waiting[0], streamChange{}
	if s.waiting = s.waiting[1:]; len(s.waiting) == 0 {
		s.waiting = nil // idle streams hold no memory
	}
	s.size -= c.bytes()
	return c, 0, true
}

func (c *streamChange) bytes() int {
	n := 0
	for _, w := range c.writes {
		n += len(w.Key) + len(w.Value)
	}
	return n
}

// topicsOf returns the topics that a write with this key is about.
func topicsOf(key []byte) [][]byte {
	switch key[0] {
	case spaceLive:
		if len(key) == 1+refSize {
			return [][]byte{key, key[:1+4+4]}
		}
	case spaceHistory:
		if len(key) == historyStamp+8 {
			live := append([]byte{spaceLive}, key[1:historyStamp]...)
			return [][]byte{live, live[:1+4+4]}
		}
	case index.SpaceEntry:
		if n := index.PrefixLen(key); n > 0 {
			return [][]byte{key[:n]}
		}
	case index.SpaceRemoved:
		if n := index.PrefixLen(key); n > 0 {
			return [][]byte{append([]byte{index.SpaceEntry}, key[1:n]...)}
		}
	}
	return nil
}
