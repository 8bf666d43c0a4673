package schema

import (
	"slices"
	"sync"

	"github.com/fawndb/fawn/query/value"
)

// kept is how many past versions of a database's schema stay at hand for
// transactions that began before them; older ones are loaded again.
const kept = 16

// Catalog keeps the schemas of databases by time.
//
// Every committed change is published before any snapshot can contain it.
// Therefore the newest version at hand that is not later than a snapshot is
// the snapshot's; only when there is none it must be loaded.
type Catalog struct {
	mu  sync.RWMutex
	dbs map[value.Scope][]*Database // by Version, ascending
}

// NewCatalog returns an empty catalog.
func NewCatalog() *Catalog { return &Catalog{dbs: map[value.Scope][]*Database{}} }

// At returns the schema of a database as a snapshot with the given time has
// it. It is false when it must be loaded.
func (c *Catalog) At(s value.Scope, time int64) (*Database, bool) {
	c.mu.RLock()
	versions := c.dbs[s]
	c.mu.RUnlock()
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].Version < time {
			return versions[i], true
		}
	}
	return nil, false
}

// Add takes in a schema that was loaded from a snapshot.
func (c *Catalog) Add(d *Database) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.insert(d)
}

// Publish takes in a transaction's own schema under the time of its commit.
func (c *Catalog) Publish(d *Database, ts int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d.Version = ts
	c.insert(d)
}

// Retract takes a published schema back: its commit failed.
func (c *Catalog) Retract(s value.Scope, ts int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dbs[s] = slices.DeleteFunc(slices.Clone(c.dbs[s]), func(d *Database) bool { return d.Version == ts })
}

func (c *Catalog) insert(d *Database) {
	old := c.dbs[d.Scope]
	i, found := slices.BinarySearchFunc(old, d.Version, func(v *Database, t int64) int {
		switch {
		case v.Version < t:
			return -1
		case v.Version > t:
			return 1
		}
		return 0
	})
	if found {
		return
	}
	// Readers hold the old slice: a new one is made.
	list := slices.Insert(slices.Clone(old), i, d)
	if len(list) > kept {
		list = list[len(list)-kept:]
	}
	c.dbs[d.Scope] = list
}
