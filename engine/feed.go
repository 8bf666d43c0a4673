package engine

import (
	"bytes"
	"slices"
	"sync"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/index"
	"github.com/fawndb/fawn/query/value"
)

// feed hands the store's commits to the subscriptions that they are about. It
// watches the store while there is a subscription.
//
// A subscription is found by what the keys of its writes begin with: the ref
// of a document, the class of a collection's documents, or the terms of an
// index.
type feed struct {
	mu     sync.Mutex
	topics map[string][]*subscription
	count  int
	muted  map[int64]bool // times of commits that are no news
	cancel func()
}

// backlog is how many changes a subscription may have waiting before it is
// given up: a reader that is too slow must not fill the memory.
const backlog = 4096

// subscription is one stream's place in the feed.
type subscription struct {
	topic   string
	changes chan streamChange // closed when the backlog is full
	full    bool
}

// streamChange is what one commit does to what a subscription is about.
type streamChange struct {
	ts     int64
	writes []kv.Write // copies of those that concern the subscription
}

// documentTopic is the topic of one document, collectionTopic that of all
// documents of a class.
func documentTopic(r value.Ref) string { return string(liveKey(r)) }

func collectionTopic(s value.Scope, c value.Class) string {
	return string(appendClass([]byte{spaceLive}, s, c))
}

// subscribe adds a subscription. Every commit after it is delivered.
func (f *feed) subscribe(store kv.Store, topic string) *subscription {
	s := &subscription{topic: topic, changes: make(chan streamChange, backlog)}
	f.mu.Lock()
	if f.topics == nil {
		f.topics = map[string][]*subscription{}
	}
	f.topics[topic] = append(f.topics[topic], s)
	f.count++
	first := f.count == 1 && f.cancel == nil
	f.mu.Unlock()
	if first {
		f.watch(store)
	}
	return s
}

func (f *feed) watch(store kv.Store) {
	cancel := store.Watch(f.deliver)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancel = cancel
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
		for _, topic := range topicsOf(w.Key) {
			for _, s := range f.topics[string(topic)] {
				if told == nil {
					told = map[*subscription]*streamChange{}
				}
				change := told[s]
				if change == nil {
					change = &streamChange{ts: c.Time}
					told[s] = change
				}
				change.writes = append(change.writes, kv.Write{
					Key: bytes.Clone(w.Key), Value: bytes.Clone(w.Value), Delete: w.Delete,
				})
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

// push adds a change, or, if there is no room, ends the subscription. The
// feed's lock is held.
func (s *subscription) push(c streamChange) {
	if s.full {
		return
	}
	select {
	case s.changes <- c:
	default:
		s.full = true
		close(s.changes)
	}
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
