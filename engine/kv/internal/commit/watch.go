package commit

import (
	"slices"
	"sync"

	"github.com/fawndb/fawn/engine/kv"
)

// watchers are called after every commit. The lock is held while they run, so
// that a cancel returns after the last call.
type watchers struct {
	mu   sync.Mutex
	list []*func(kv.Commit)
}

// add makes f a watcher until cancel is called.
func (ws *watchers) add(f func(kv.Commit)) (cancel func()) {
	w := &f
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.list = append(ws.list, w)
	return func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		if i := slices.Index(ws.list, w); i >= 0 {
			ws.list = slices.Delete(ws.list, i, i+1)
		}
	}
}

// tell shows the commits of a group to every watcher.
func (ws *watchers) tell(members []member) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, w := range ws.list {
		for _, m := range members {
			(*w)(kv.Commit{Time: m.ts, Writes: m.batch.Writes})
		}
	}
}
