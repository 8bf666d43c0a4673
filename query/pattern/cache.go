package pattern

import (
	"container/list"
	"strings"
	"sync"
)

// The cache keeps this many patterns, each of so many bytes at most.
const (
	cacheSize   = 256
	cacheSource = 1 << 10
)

var cache = patternCache{entries: map[string]*list.Element{}}

// patternCache keeps the patterns that were used last. Those that do not
// compile are kept, too, without Pattern.
type patternCache struct {
	mu      sync.Mutex
	entries map[string]*list.Element
	order   list.List // of *cached, the last used first
}

type cached struct {
	source  string
	pattern *Pattern
}

// Compile returns the pattern that source says, from a cache if it was
// compiled not long ago. The error is ErrSyntax.
func Compile(source string) (*Pattern, error) {
	p, ok := cache.get(source)
	if !ok {
		p, _ = compile(source) // the error is always the same
		cache.put(source, p)
	}
	if p == nil {
		return nil, ErrSyntax
	}
	return p, nil
}

func (c *patternCache) get(source string) (p *Pattern, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[source]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).pattern, true
}

func (c *patternCache) put(source string, p *Pattern) {
	if len(source) > cacheSource {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[source]; ok {
		return
	}
	source = strings.Clone(source) // of a request, which is not to be kept
	c.entries[source] = c.order.PushFront(&cached{source, p})
	if c.order.Len() > cacheSize {
		last := c.order.Remove(c.order.Back()).(*cached)
		delete(c.entries, last.source)
	}
}
