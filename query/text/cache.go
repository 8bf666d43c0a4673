package text

import (
	"container/list"
	"sync"

	"github.com/fawndb/fawn/query/ast"
)

// Cache keeps the queries read last, so that a text which comes again is not
// read again. It is safe for use by many goroutines.
type Cache struct {
	forms *ast.Forms
	limit int

	mu      sync.Mutex
	size    int
	recent  list.List // of *Query, the one used last in front
	entries map[string]*list.Element
}

// NewCache returns a cache of texts up to limit bytes altogether. The memory
// it takes is some ten times as much.
func NewCache(forms *ast.Forms, limit int) *Cache {
	return &Cache{forms: forms, limit: limit, entries: map[string]*list.Element{}}
}

// Parse returns what Parse returns for src. Errors are not kept.
func (c *Cache) Parse(src string) (*Query, error) {
	if q := c.find(src); q != nil {
		return q, nil
	}
	q, err := Parse(src, c.forms)
	if err == nil {
		c.add(q)
	}
	return q, err
}

func (c *Cache) find(src string) *Query {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[src]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*Query)
}

// add keeps q and forgets those used least recently. A text that takes more
// than a quarter of the cache is not kept.
func (c *Cache) add(q *Query) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(q.src) > c.limit/4 || c.entries[q.src] != nil {
		return
	}
	c.entries[q.src] = c.recent.PushFront(q)
	for c.size += len(q.src); c.size > c.limit; {
		old := c.recent.Remove(c.recent.Back()).(*Query)
		delete(c.entries, old.src)
		c.size -= len(old.src)
	}
}
