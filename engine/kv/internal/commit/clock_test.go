package commit

import "testing"

// TestClock walks through the life of two groups, with a system clock that
// the steps set.
func TestClock(t *testing.T) {
	var now int64
	c := NewClock(func() int64 { return now }, 50, 7, 1000)
	snapshot := func(state uint64, want int64) {
		t.Helper()
		got, ok := c.Snapshot(state)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("at %d: the snapshot of state %d has the time %d, want %d", now, state, got, want)
		}
	}
	next := func(want int64) {
		t.Helper()
		if got := c.next(); got != want {
			t.Errorf("at %d: the commit has the time %d, want %d", now, got, want)
		}
	}
	const again = -1

	now = 900 // the clock was set back since the file was written
	snapshot(7, 1001)
	snapshot(7, 1002)
	snapshot(8, again)
	now = 2000
	snapshot(7, 2000)

	c.open() // a group, with a lead of 50
	next(2050)
	snapshot(7, 2001)
	next(2051)
	now = 2048
	snapshot(7, 2048)
	snapshot(8, again) // no reader can see it yet
	if state := c.seal(); state != 8 {
		t.Errorf("the group makes state %d, want 8", state)
	}
	now = 3000 // there is no more room below the group
	snapshot(7, 2049)
	snapshot(7, 2049)
	now = 2052
	snapshot(8, 2052) // a reader sees the group before its writer says so
	snapshot(7, again)
	c.close(true)
	snapshot(8, 2053)
	snapshot(7, again)

	now = 4000
	c.open() // a group that is not written: its times are lost
	next(4050)
	c.seal()
	c.close(false)
	snapshot(8, 4000)
	c.open() // and one of nobody
	c.close(false)
	snapshot(8, 4001)

	now = 100
	c.open() // times increase whatever the clock does
	next(4051)
	c.seal()
	snapshot(8, 4002)
	c.close(true)
	c.open() // a snapshot must fit between the commits
	next(4053)
	snapshot(9, 4052)
	snapshot(9, 4052)
	c.close(false)
}
