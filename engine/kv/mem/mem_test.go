package mem_test

import (
	"testing"

	"github.com/fawndb/fawn/engine/kv"
	"github.com/fawndb/fawn/engine/kv/kvtest"
	"github.com/fawndb/fawn/engine/kv/mem"
)

func TestStore(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Store { return mem.New(mem.Options{}) })
}

func TestStoreWithLead(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Store { return mem.New(mem.Options{Lead: 2000}) })
}

// TestStoppedClock gives a store a clock that never moves, as a test of the
// engine may: times still increase.
func TestStoppedClock(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Store {
		return mem.New(mem.Options{Clock: func() int64 { return 1_000_000 }})
	})
}
