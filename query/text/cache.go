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
	recent  list.List // of kept, the one used last in front
	entries map[string]*list.Element
}

// NewCache returns a cache of texts up to limit bytes altogether. The memory
// it takes is some ten times as much.
func NewCache(forms *ast.Forms, limit int) *Cache {
	return &Cache{forms: forms, limit: limit, entries: map[string]*list.Element{}}
}

// Parse returns what Parse returns for src and vars. Errors are not kept.
func (c *Cache) Parse(src string, vars ...string) (*Query, error) {
	key := src
	for _, name := range vars {
		key += "\x00" + name
	}
	if q := c.find(key); q != nil {
		return q, nil
	}
	q, err := Parse(src, c.forms, vars...)
	if err == nil {
		c.add(key, q)
	}
	return q, err
}

// kept is a query in the cache.
type kept struct {
	key   string
	query *Query
}

func (c *Cache) find(key string) *Query {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(kept).query
}

// add keeps q and forgets those used least recently. A text that takes more
// than a quarter of the cache is not kept.
func (c *Cache) add(key string, q *Query) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(key) > c.limit/4 || c.entries[key] != nil {
		return
	}
	c.entries[key] = c.recent.PushFront(kept{key, q})
	for c.size += len(key); c.size > c.limit; {
		old := c.recent.Remove(c.recent.Back()).(kept)
		delete(c.entries, old.key)
		c.size -= len(old.key)
	}
}
